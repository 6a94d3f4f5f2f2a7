"""Optuna's samplers learn what they may choose, and no design is evaluated twice."""

import dataclasses
import math
import sys
from statistics import median
from typing import Any

import pytest

pytest.importorskip("optuna")
pytest.importorskip("cmaes")

import optuna

from archgym import agents
from archgym.agents import AskTellAgent, Evaluated, choice, configure, tunable
from archgym.agents.optuna import Optuna
from archgym.agents.random_search import RandomSearch
from archgym.condition import Condition, NotBelow
from archgym.errors import MissingExtraError
from archgym.parameter import Design, Parameter
from archgym.space import DesignSpace
from archgym.testing import check_agent
from archgym.testing.agents import SPACE, example_cost

SAMPLERS = ("tpe", "cmaes", "nsga2", pytest.param("gp", marks=pytest.mark.slow))

# 4 values of High, with 0 to 3 of Low below each: 6 pairs, twice.
ORDERED = DesignSpace(
    "ordered",
    [
        Parameter("Low", range(4), 0, ordered=True),
        Parameter("High", range(4), 3, ordered=True),
        Parameter("Switch", (False, True), False),
    ],
    infeasible={NotBelow("Low", "High"): "not below"},
)

SUM = DesignSpace("sum", [Parameter(name, range(16), 0, ordered=True) for name in "ABCDEF"])


def distance(design: Design) -> float:
    return 1.0 + sum(abs(value - 5) for value in design.values())


def make(space: DesignSpace = SPACE, seed: int = 0, **settings: float | str) -> AskTellAgent:
    return Optuna(space, seed, configure(Optuna, settings))


def best(agent: AskTellAgent, evaluations: int = 100) -> float:
    costs: list[float] = []
    while len(costs) < evaluations:
        designs = agent.ask(agent.batch_size)
        told = [distance(design) for design in designs]
        agent.tell(list(map(Evaluated, designs, told)))
        costs += told
    return min(costs[:evaluations])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_conformance(sampler: str) -> None:
    default = sampler

    class Chosen(Optuna):
        @dataclasses.dataclass(frozen=True)
        class Hyperparameters(Optuna.Hyperparameters):
            sampler: str = choice(default, ("tpe", "gp", "cmaes", "nsga2"), "which")
            # A Gaussian process takes half a second for a proposal: fewer of those.
            initial: int = tunable(40 if default == "gp" else 10, 1, 10_000, "drawn at random")

    check_agent(Chosen)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_learns(sampler: str) -> None:
    # A Gaussian process takes half a second for a proposal, and needs few.
    seeds, evaluations = (range(1), 40) if sampler == "gp" else (range(3), 100)
    learned = [best(make(SUM, seed, sampler=sampler), evaluations) for seed in seeds]
    drawn = [best(RandomSearch(SUM, seed), evaluations) for seed in seeds]
    assert median(learned) < 0.8 * median(drawn)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_design_is_evaluated_twice_nor_an_infeasible_one(sampler: str) -> None:
    agent = make(ORDERED, sampler=sampler, initial=4)
    keys = []
    for _ in range(12):
        (design,) = agent.ask(1)
        assert ORDERED.infeasibility(design) is None
        keys.append(ORDERED.key(design))
        agent.tell([Evaluated(design, 1.0 + design["Low"])])
    assert len(set(keys)) == ORDERED.count_feasible() == 12


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_batch_has_no_repeats(sampler: str) -> None:
    batch = make(sampler=sampler).ask(20)
    assert len({SPACE.key(design) for design in batch}) == 20


def test_samplers_are_not_offered_what_is_ruled_out() -> None:
    agent = make()
    for _ in range(20):
        designs = agent.ask(2)
        agent.tell([Evaluated(design, example_cost(design)) for design in designs])
    trials = agent._study.trials
    assert all(len(trial.distributions["Policy"].choices) == 3 for trial in trials)


def test_tpe_is_asked_for_active_parameters_only() -> None:
    agent = make()
    designs = agent.ask(30)
    agent.tell([Evaluated(design, example_cost(design)) for design in designs])
    limits = ["Limit" in trial.params for trial in agent._study.trials]
    inactive = [design["Policy"] == "Open" for design in designs]
    assert True in inactive
    assert limits == [not each for each in inactive]
    assert all(d["Limit"] == 2 for d, each in zip(designs, inactive, strict=True) if each)


def test_designs_told_by_others_are_learnt_from() -> None:
    agent = make(initial=1)
    others = RandomSearch(SPACE, 1).ask(40)
    agent.tell([Evaluated(design, example_cost(design)) for design in others])
    learned = [example_cost(design) for design in agent.ask(20)]
    assert median(learned) < median(map(example_cost, others))


def test_what_others_tell_may_be_ruled_out_or_fail() -> None:
    agent = make()
    designs: list[Design] = [{"Policy": "Lossy"}, {"Size": 3}, {"Size": 4}]
    agent.tell(list(map(Evaluated, designs, [1.0, math.nan, 2.0])))
    assert len(agent._study.trials) == 1


def test_optuna_is_left_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    agent = make()
    agent.tell(list(map(Evaluated, agent.ask(3), [1.0, 2.0, 3.0])))
    assert optuna.logging.get_verbosity() == before
    assert capsys.readouterr().err == ""


def test_gp_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"'gp' of agent 'optuna' needs torch.*\[rl\]"):
        agents.make("optuna", SPACE, 0, sampler="gp")


def test_conditions_on_conditions() -> None:
    space = DesignSpace(
        "chain",
        [
            Parameter("A", (False, True), False),
            Parameter("B", (False, True), False),
            Parameter("C", range(5), 0, ordered=True),
        ],
        active={"B": Condition("A", one_of=(True,)), "C": Condition("B", one_of=(True,))},
    )
    for settings in ({"sampler": "tpe"}, {"sampler": "cmaes"}, {"sampler": "nsga2"}):
        agent: Any = make(space, **settings)
        keys = set()
        for _ in range(7):
            (design,) = agent.ask(1)
            keys.add(space.key(design))
            agent.tell([Evaluated(design, 1.0)])
        assert len(keys) == space.count_distinct() == 7
