"""RLlib's team keeps to the budget and to its seed, and learns."""

import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ray.rllib", reason="needs the extra [marl]")

from archgym import agents
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.space import DesignSpace
from archgym.testing import FormulaSimulator, FormulaWorkload, check_agent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def stop_ray() -> Iterator[None]:
    """Leaves no Ray behind in the process of the tests."""
    import ray

    yield
    ray.shutdown()


EASY = DesignSpace(
    "easy",
    [
        Parameter("Policy", ("A", "B", "C"), "A"),
        Parameter("Size", range(8), 0, ordered=True),
        Parameter("Switch", (False, True), False),
    ],
)

SCRIPT = """
from archgym import agents
from archgym.assembly import assemble
problem = assemble("stream", budget=45)
agents.make("rllib_ppo", problem.space, 3).search(problem)
print(problem.best)
"""


def easy_cost(design: Any) -> float:
    return 1.0 + 2.0 * (design["Policy"] != "C") + abs(design["Size"] - 6) + design["Switch"]


class Watched(Problem):
    """Remembers what was evaluated."""

    costs: list[float]

    def evaluate(self, designs: Any) -> Any:
        found = super().evaluate(designs)
        self.costs += [evaluation.cost for evaluation in found]
        return found


def watched(budget: int) -> Watched:
    simulator = FormulaSimulator(
        EASY, lambda design: {"runtime_ns": easy_cost(design), "refresh_debt_ns": 0.0}
    )
    problem = Watched(EASY, FormulaWorkload("one"), "runtime", simulator, budget=budget)
    problem.costs = []
    return problem


def test_conformance() -> None:
    check_agent(agents.registry.load("rllib_ppo"))


def test_the_policies_improve() -> None:
    problem = watched(500)
    agents.make("rllib_ppo", EASY, 0).search(problem)
    assert problem.evaluations == 500
    assert median(problem.costs[-100:]) < 0.6 * median(problem.costs[:100])


def test_updates_are_told() -> None:
    told: list[tuple[int, dict[str, float]]] = []
    agent: Any = agents.make("rllib_ppo", EASY, 0, rollout=20)
    agent.on_update = lambda evaluations, scalars: told.append((evaluations, scalars))
    problem = watched(50)
    agent.search(problem)
    assert [evaluations for evaluations, _ in told] == [20, 40, 50]
    assert {tuple(scalars) for _, scalars in told} == {
        ("reward", "entropy", "policy loss", "value loss")
    }
    first = -np.mean(np.log(np.array(problem.costs[:20]) / problem.default.cost))
    assert told[0][1]["reward"] == pytest.approx(first, rel=1e-3)
    assert all(np.isfinite(value) for _, scalars in told for value in scalars.values())


def test_searches_do_not_depend_on_the_hash_seed() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
