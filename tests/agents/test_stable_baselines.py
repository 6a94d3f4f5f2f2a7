"""What all agents of Stable-Baselines3 have in common: each trains a policy within the budget."""

import random
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

import torch

from archgym import agents
from archgym.condition import Condition
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.space import DesignSpace
from archgym.testing import FormulaSimulator, FormulaWorkload, check_agent
from archgym.testing.agents import SPACE, example_cost, example_metrics

NAMES = ("ppo", "a2c", "dqn", "sac")

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


def problem(budget: int, workload: str = "one") -> Problem:
    simulator = FormulaSimulator(
        EASY, lambda design: {"runtime_ns": easy_cost(design), "refresh_debt_ns": 0.0}
    )
    return Problem(EASY, FormulaWorkload(workload), "runtime", simulator, budget=budget)


@pytest.mark.parametrize("name", NAMES)
def test_conformance(name: str) -> None:
    check_agent(agents.registry.load(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_improves_on_uniform_designs(name: str) -> None:
    agent: Any = agents.make(name, EASY, 0)
    before = median(map(easy_cost, agent.draw(200)))
    agent.search(problem(1200))
    after = median(map(easy_cost, agent.draw(200)))
    assert after < 0.6 * before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("environments", [2, 7, 64])
def test_the_budget_is_spent_exactly(name: str, environments: int) -> None:
    spent = problem(45)
    agents.make(name, EASY, 0, environments=environments).search(spent)
    assert spent.evaluations == 45


@pytest.mark.parametrize("name", ["ppo", "a2c", "sac"])
def test_the_budget_may_end_within_an_episode(name: str) -> None:
    spent = problem(29)
    agents.make(name, EASY, 0, environments=4, horizon=3).search(spent)
    assert spent.evaluations == 29


@pytest.mark.parametrize("name", NAMES)
def test_values_that_are_ruled_out_are_never_evaluated(name: str) -> None:
    infeasible = []

    class Watched(Problem):
        def evaluate(self, designs: Any) -> Any:
            infeasible.extend(map(self.space.infeasibility, designs))
            return super().evaluate(designs)

    plain = problem(1)
    watched = Watched(EASY, plain.workload, "runtime", plain.simulator, budget=100)
    agent: Any = agents.make(name, EASY, 0)
    agent.search(watched)
    assert infeasible == [None] * 100
    assert not any(map(EASY.infeasibility, agent.draw(50)))


@pytest.mark.parametrize("name", NAMES)
def test_every_allowed_value_can_be_chosen(name: str) -> None:
    seen: list[Any] = []

    class Watched(Problem):
        def evaluate(self, designs: Any) -> Any:
            seen.extend(designs)
            return super().evaluate(designs)

    plain = problem(1)
    watched = Watched(EASY, plain.workload, "runtime", plain.simulator, budget=200)
    # So slow that the policy hardly leaves its beginnings, which are nearly uniform.
    slow = {"initial": 200} if name in ("dqn", "sac") else {"learning_rate": 1e-6}
    agents.make(name, EASY, 0, **slow).search(watched)
    assert {design["Policy"] for design in seen} == {"A", "B", "C"}
    assert {design["Size"] for design in seen} == set(range(8))


@pytest.mark.parametrize("name", NAMES)
def test_a_second_search_goes_on_with_the_policy(name: str) -> None:
    agent: Any = agents.make(name, EASY, 0)
    agent.search(problem(200))
    model = agent.model
    agent.search(second := problem(60, "another"))
    assert agent.model is model
    assert second.evaluations == 60


@pytest.mark.parametrize("name", NAMES)
def test_torch_is_left_as_it_was(name: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.manual_seed(5)
    random.seed(5)
    expected = torch.rand(3).tolist()
    torch.manual_seed(5)
    try:
        agents.make(name, EASY, 0).search(problem(50))
        assert torch.get_num_threads() == 2
        assert torch.rand(3).tolist() == expected
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("name", NAMES)
def test_neither_global_states_nor_threads_change_a_search(name: str) -> None:
    found = []
    threads = torch.get_num_threads()
    try:
        for disturbed in (1, 2):
            torch.manual_seed(disturbed)
            np.random.seed(disturbed)  # noqa: NPY002
            torch.set_num_threads(disturbed)
            agent: Any = agents.make(name, EASY, 0)
            agent.search(problem(80))
            found.append(agent.draw(20))
    finally:
        torch.set_num_threads(threads)
    assert found[0] == found[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_simulator_that_fails_does_not_stop_the_training(name: str) -> None:
    simulator = FormulaSimulator(SPACE, example_metrics)
    failing = Problem(SPACE, FormulaWorkload(), "runtime", simulator, budget=120)
    agents.make(name, SPACE, 0).search(failing)
    assert failing.best is not None
    assert failing.best.cost <= 1000 * example_cost(SPACE.default)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_search_goes_on_as_if_it_had_not_stopped(name: str, tmp_path: Path) -> None:
    whole: Any = agents.make(name, EASY, 5)
    whole.search(problem(90))
    whole.save(tmp_path / "agent.pt")
    loaded: Any = agents.make(name, EASY, 6)
    loaded.load(tmp_path / "agent.pt")
    assert loaded.draw(20) == whole.draw(20)
    searches = [problem(90, "another") for _ in range(2)]
    for agent, search in zip((whole, loaded), searches, strict=True):
        agent.search(search)
    assert searches[0].best == searches[1].best
    assert searches[0].simulations == searches[1].simulations
    assert loaded.draw(50) == whole.draw(50)
    assert list(tmp_path.iterdir()) == [tmp_path / "agent.pt"]


def test_what_can_not_be_loaded_says_so(tmp_path: Path) -> None:
    path = tmp_path / "agent.pt"
    agent: Any = agents.make("ppo", EASY, 0)
    with pytest.raises(ArchgymError, match="nothing to save"):
        agent.save(path)
    agent.search(problem(20))
    agent.save(path)

    def load(name: str, space: DesignSpace = EASY, **settings: Any) -> None:
        other: Any = agents.make(name, space, 0, **settings)
        other.load(path)

    with pytest.raises(ArchgymError, match="is of an agent PPO"):
        load("a2c")
    with pytest.raises(ArchgymError, match="other hyperparameters"):
        load("ppo", hidden=8)
    with pytest.raises(ArchgymError, match="another space than smaller"):
        load("ppo", DesignSpace("smaller", list(EASY.parameters.values())[:2]))
    path.write_bytes(b"PK" + path.read_bytes()[:500])
    with pytest.raises(ArchgymError, match="not a saved agent"):
        load("ppo")
    with pytest.raises(ArchgymError, match="can't write"):
        agent.save(tmp_path / "no" / "folder" / "agent.pt")


@pytest.mark.parametrize("name", NAMES)
def test_updates_are_told(name: str) -> None:
    told: list[tuple[int, Mapping[str, float]]] = []
    agent: Any = agents.make(name, EASY, 0, environments=10)
    agent.on_update = lambda evaluations, scalars: told.append((evaluations, scalars))
    agent.search(problem(100))
    counts = [evaluations for evaluations, _ in told]
    assert len(counts) >= 4
    assert counts == sorted(counts)
    assert counts[-1] == 100
    for _, scalars in told:
        assert "reward" in scalars
        assert any("loss" in name for name in scalars)
        assert all(np.isfinite(value) for value in scalars.values())
    silent: Any = agents.make(name, EASY, 0, environments=10)
    silent.search(problem(100))
    assert silent.draw(20) == agent.draw(20)


def test_a_policy_of_limits_that_version_0_does_not_show() -> None:
    """It keeps to the columns that it began with."""
    simulator = FormulaSimulator(
        EASY,
        lambda design: {
            "runtime_ns": easy_cost(design),
            "refresh_debt_ns": 0.0,
            "queue_entries": 1.0 + design["Size"],
        },
    )

    def limited(objective: str) -> Problem:
        return Problem(EASY, FormulaWorkload("one"), objective, simulator, budget=40)

    agent = agents.make("ppo", EASY, 0)
    for objective in ("runtime with queue_entries <= 4", "runtime"):
        agent.search(search := limited(objective))
        assert search.evaluations == 40
    plain = agents.make("ppo", EASY, 0)
    plain.search(limited("runtime"))
    with pytest.raises(ArchgymError, match="about queue_entries, which version 0"):
        plain.search(limited("runtime with queue_entries <= 4"))
