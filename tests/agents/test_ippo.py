"""A team with an agent for each parameter: what it learns, on its own or with a common critic."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import agents
from archgym.agents.ippo import IPPO, Team
from archgym.assembly import assemble
from archgym.condition import Condition
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.space import DesignSpace
from archgym.testing import FormulaSimulator, FormulaWorkload, check_agent

NAMES = ("ippo", "mappo")

EASY = DesignSpace(
    "easy",
    [
        Parameter("Policy", ("A", "B", "Lossy", "C"), "A"),
        Parameter("Size", range(8), 0, ordered=True),
        Parameter("Switch", (False, True), False),
    ],
    infeasible={Condition("Policy", one_of=("Lossy",)): "loses data"},
)


def easy_cost(design: Any) -> float:
    return 1.0 + 2.0 * (design["Policy"] != "C") + abs(design["Size"] - 6) + design["Switch"]


def problem(budget: int, space: DesignSpace = EASY) -> Problem:
    simulator = FormulaSimulator(
        space, lambda design: {"runtime_ns": easy_cost(design), "refresh_debt_ns": 0.0}
    )
    return Problem(space, FormulaWorkload("one"), "runtime", simulator, budget=budget)


def make(name: str = "ippo", seed: int = 0, **settings: Any) -> IPPO:
    agent = agents.make(name, EASY, seed, **settings)
    assert isinstance(agent, IPPO)
    return agent


@pytest.mark.parametrize("name", NAMES)
def test_conformance(name: str) -> None:
    check_agent(agents.registry.load(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_improves_on_uniform_designs(name: str) -> None:
    agent = make(name)
    before = median(map(easy_cost, agent.draw(200)))
    agent.search(problem(600))
    after = median(map(easy_cost, agent.draw(200)))
    assert after < 0.6 * before


@pytest.mark.parametrize("name", NAMES)
def test_values_that_are_ruled_out_are_never_chosen(name: str) -> None:
    agent = make(name)
    searched = problem(100)
    agent.search(searched)
    assert all(design["Policy"] != "Lossy" for design in agent.draw(300))


@pytest.mark.parametrize(
    ("budget", "environments", "horizon"), [(45, 7, 1), (29, 4, 3), (3, 20, 1)]
)
def test_the_budget_is_spent_exactly(budget: int, environments: int, horizon: int) -> None:
    spent = problem(budget)
    make(environments=environments, horizon=horizon).search(spent)
    assert spent.evaluations == budget


def test_critics() -> None:
    team = {name: make(name) for name in NAMES}
    for agent in team.values():
        agent.search(problem(20))
    counts = {name: agent.team.critics.first.shape[0] for name, agent in team.items() if agent.team}
    assert counts == {"ippo": 3, "mappo": 1}


def test_agents_share_no_weight() -> None:
    """What one agent is paid for does not move the others' policies."""
    masks = [np.array([True, True]), np.array([True, True, True])]
    team = Team(masks, 4, 8, 2, torch.Generator().manual_seed(0))
    team.logits(torch.randn(5, 4, generator=torch.Generator().manual_seed(1)))[:, 0, :2].exp()[
        :, 0
    ].sum().backward()
    gradient = team.policies.first.grad
    assert gradient is not None
    assert gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_search_goes_on_as_if_it_had_not_stopped(name: str, tmp_path: Path) -> None:
    # The last rollout of a search may be a smaller one.
    budget = 3 * make(name, 5).hyperparameters.environments
    whole = make(name, 5)
    whole.search(problem(2 * budget))
    first = make(name, 5)
    first.search(problem(budget))
    first.save(tmp_path / "agent.pt")
    second = make(name, 6)
    second.load(tmp_path / "agent.pt")
    second.search(problem(budget))
    assert second.draw(50) == whole.draw(50)
    assert second.sample(5) == whole.sample(5)
    assert list(tmp_path.iterdir()) == [tmp_path / "agent.pt"]


def test_what_can_not_be_loaded_says_so(tmp_path: Path) -> None:
    path = tmp_path / "agent.pt"
    with pytest.raises(ArchgymError, match="nothing to save"):
        make().save(path)
    agent = make()
    agent.search(problem(20))
    agent.save(path)
    with pytest.raises(ArchgymError, match="is of an agent IPPO"):
        make("mappo").load(path)
    with pytest.raises(ArchgymError, match="other hyperparameters"):
        make(hidden=8).load(path)
    smaller = DesignSpace("smaller", list(EASY.parameters.values())[:2])
    with pytest.raises(ArchgymError, match="another space than smaller"):
        IPPO(smaller, 0).load(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ArchgymError, match="is not a saved agent, or damaged"):
        make().load(path)
    with pytest.raises(ArchgymError, match=r"can't read saved agent .*No such file"):
        make().load(tmp_path / "nowhere.pt")
    with pytest.raises(ArchgymError, match="can't write"):
        agent.save(tmp_path / "no" / "folder" / "agent.pt")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_what_it_was(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "agent.pt"
    if not path.exists():
        agent = make()
        agent.search(problem(20))
        agent.save(path)
    whole = make()
    whole.load(path)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[at:]
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(content)
    again = make()
    with suppress(ArchgymError):
        again.load(damaged)
        assert again.sample(5) == whole.sample(5)


def test_a_team_that_has_learnt_proposes_for_a_problem_at_no_cost() -> None:
    agent = make()
    with pytest.raises(ArchgymError, match="nothing to propose"):
        agent.propose(problem(1))
    agent.search(problem(800))
    unseen = problem(1)
    assert easy_cost(agent.propose(unseen)) <= 2
    assert agent.propose(unseen) == agent.propose(unseen)
    assert unseen.evaluations == 0


def test_updates_are_told() -> None:
    told: list[tuple[int, Mapping[str, float]]] = []
    agent = make(environments=20)
    agent.on_update = lambda evaluations, scalars: told.append((evaluations, scalars))
    agent.search(problem(100))
    assert [evaluations for evaluations, _ in told] == [20, 40, 60, 80, 100]
    assert {tuple(scalars) for _, scalars in told} == {
        ("reward", "entropy", "policy loss", "value loss")
    }
    assert all(np.isfinite(value) for _, scalars in told for value in scalars.values())


def test_scalars_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from archgym.analysis.tensorboard import write_scalars

    agent = make(environments=20)
    agent.on_update = write_scalars(tmp_path)
    agent.search(problem(60))
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [event.step for event in events.Scalars("reward")] == [20, 40, 60]


@pytest.mark.slow
def test_threads_change_nothing() -> None:
    found = []
    for threads in (1, 2):
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            searched = assemble("stream", space="archgym-pow2", budget=200)
            agents.make("ippo", searched.space, 0).search(searched)
        finally:
            torch.set_num_threads(before)
        found.append(searched.best)
    assert found[0] == found[1]
