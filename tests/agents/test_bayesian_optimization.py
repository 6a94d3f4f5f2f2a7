"""Bayesian optimisation learns, does not repeat itself, and copes with any scale of cost."""

from statistics import median
from typing import Any

import numpy as np
import pytest

pytest.importorskip("skopt")

from archgym.agents import AskTellAgent, Evaluated, configure
from archgym.agents.bayesian_optimization import BayesianOptimization
from archgym.agents.random_search import RandomSearch
from archgym.condition import Condition
from archgym.parameter import Parameter
from archgym.space import DesignSpace
from archgym.testing import check_agent
from archgym.testing.agents import SPACE, TINY_SPACE, example_cost

SMALL = DesignSpace(
    "small",
    [
        Parameter("Policy", ("A", "B", "Lossy"), "A"),
        Parameter("Limit", (1, 2, 3), 1, ordered=True),
        Parameter("Size", (1, 2, 3, 4), 1, ordered=True),
    ],
    active={"Limit": Condition("Policy", not_in=("A",))},
    infeasible={Condition("Policy", one_of=("Lossy",)): "loses data"},
)


def make(space: DesignSpace = SPACE, seed: int = 0, **settings: float | str) -> AskTellAgent:
    return BayesianOptimization(space, seed, configure(BayesianOptimization, settings))


def best(agent: AskTellAgent, evaluations: int) -> float:
    costs: list[float] = []
    while len(costs) < evaluations:
        (design,) = agent.ask(1)
        costs.append(example_cost(design))
        agent.tell([Evaluated(design, costs[-1])])
    return min(costs)


def test_conformance() -> None:
    check_agent(BayesianOptimization)


@pytest.mark.parametrize(
    "surrogate",
    [
        "extra_trees",
        pytest.param("random_forest", marks=pytest.mark.slow),
        pytest.param("gaussian_process", marks=pytest.mark.slow),
    ],
)
def test_learns(surrogate: str) -> None:
    seeds = range(3)
    learned = [best(make(seed=seed, surrogate=surrogate), 30) for seed in seeds]
    drawn = [best(RandomSearch(SPACE, seed), 30) for seed in seeds]
    assert median(learned) < median(drawn)


@pytest.mark.parametrize("acquisition", ["confidence_bound", "probability_of_improvement"])
def test_learns_with_any_acquisition_function(acquisition: str) -> None:
    seeds = range(3)
    learned = [best(make(seed=seed, acquisition=acquisition), 40) for seed in seeds]
    drawn = [best(RandomSearch(SPACE, seed), 40) for seed in seeds]
    assert median(learned) < median(drawn)


@pytest.mark.parametrize("confidence", [0.0, 1.96, 50.0])
def test_confidence_bound_weighs_what_is_unknown(confidence: float) -> None:
    agent: Any = make(acquisition="confidence_bound", confidence=confidence, leaf=1)
    designs = agent.ask(20)
    points = np.array([SPACE.to_unit(design) for design in designs])
    model = agent._surrogate().fit(points[:10], [example_cost(design) for design in designs[:10]])
    mean, deviation = model.predict(points, return_std=True)
    assert agent._promise(model, points, 0.0) == pytest.approx(confidence * deviation - mean)


def test_unseen_designs_come_before_repeats() -> None:
    agent = make(SMALL, initial=3)
    keys = []
    for _ in range(SMALL.count_feasible()):
        (design,) = agent.ask(1)
        keys.append(SMALL.key(design))
        assert SMALL.infeasibility(design) is None
        agent.tell([Evaluated(design, float(design["Size"]))])
    assert len(set(keys)) == SMALL.count_feasible() == 16
    (again,) = agent.ask(1)
    assert again["Size"] == 1  # Everything is known, so it repeats the best.


def test_a_batch_has_no_repeats() -> None:
    agent = make(SMALL, initial=3)
    first = agent.ask(3)
    agent.tell(list(map(Evaluated, first, [1.0, 2.0, 3.0])))
    batch = [SMALL.key(design) for design in first + agent.ask(13)]
    assert len(set(batch)) == 16


def test_designs_told_by_others_are_not_proposed() -> None:
    agent = make(TINY_SPACE, initial=1)
    others = [{"Policy": policy, "Size": size} for policy, size in [("Open", 1), ("Open", 2)]]
    agent.tell(list(map(Evaluated, others, [1.0, 2.0])))
    assert {design["Policy"] for design in agent.ask(2)} == {"Closed"}


def test_only_the_order_of_costs_matters() -> None:
    proposals = []
    for scale in (lambda cost: cost, lambda cost: 1e9 * cost**5):
        agent = make(initial=5)
        told = agent.ask(12)
        agent.tell([Evaluated(design, scale(example_cost(design))) for design in told])
        proposals.append(agent.ask(3))
    assert proposals[0] == proposals[1]
