"""A saved agent from elsewhere proposes designs and goes on, or is refused in a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archgym import agents
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.space import DesignSpace
from archgym.testing import FormulaSimulator, FormulaWorkload, archives

pytest.importorskip("stable_baselines3")

SPACE = DesignSpace(
    "easy", [Parameter(name, tuple(range(4)), 0, ordered=True) for name in ("a", "b", "c")]
)
NAMES = ("ippo", "mappo", "ppo", "a2c", "dqn", "sac")


def problem(budget: int) -> Problem:
    simulator = FormulaSimulator(
        SPACE, lambda design: {"runtime_ns": 1.0 + sum(design.values()), "refresh_debt_ns": 0.0}
    )
    return Problem(SPACE, FormulaWorkload("one"), "runtime", simulator, budget=budget)


@pytest.fixture(scope="module", params=NAMES)
def saved(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    path = tmp_path_factory.mktemp("saved") / "agent"
    agent: Any = agents.make(request.param, SPACE, 0)
    agent.search(problem(3 * agent.hyperparameters.environments))
    agent.save(path)
    return request.param, path


def check_altered(saved: tuple[str, Path], count: int, seed: int, folder: Path) -> None:
    name, path = saved
    rng = np.random.default_rng([seed, *name.encode()])
    refused = 0
    for _ in range(count):
        altered = archives.alter(path, folder / "altered", rng)
        agent: Any = agents.make(name, SPACE, 0)
        untouched = agents.make(name, SPACE, 0).draw(3)
        sentence = ""
        try:
            agent.load(altered)
        except ArchgymError as error:
            sentence = str(error)
            refused += 1
            # It is as if nothing had been tried.
            assert agent.draw(3) == untouched
        assert "\n" not in sentence
        if not sentence:
            for design in agent.draw(3):
                SPACE.validate(design)
    assert 0 < refused <= count


def test_altered_agents_are_refused_or_propose(saved: tuple[str, Path], tmp_path: Path) -> None:
    check_altered(saved, 20, 0, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_many_altered_agents_do_too(saved: tuple[str, Path], seed: int, tmp_path: Path) -> None:
    check_altered(saved, 200, seed, tmp_path)


def test_what_was_not_altered_goes_on(saved: tuple[str, Path], tmp_path: Path) -> None:
    name, path = saved
    agent: Any = agents.make(name, SPACE, 0)
    agent.load(archives.write(tmp_path / "same", archives.read(path)))
    more = problem(2 * agent.hyperparameters.environments)
    agent.search(more)
    assert more.evaluations == 2 * agent.hyperparameters.environments
