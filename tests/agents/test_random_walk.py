"""A random walk moves by one parameter at a time."""

from itertools import pairwise

from archgym.agents import configure
from archgym.agents.base import Design
from archgym.agents.random_walk import RandomWalk
from archgym.testing import check_agent
from archgym.testing.agents import SPACE


def walk(restart: float, n: int = 300) -> list[Design]:
    return RandomWalk(SPACE, 0, configure(RandomWalk, {"restart": restart})).ask(n)


def changed(before: Design, after: Design) -> list[str]:
    return [name for name in SPACE.parameters if before[name] != after[name]]


def test_conformance() -> None:
    check_agent(RandomWalk)


def test_a_step_changes_one_parameter_by_one_value() -> None:
    path = walk(restart=0.0)
    for before, after in pairwise(path):
        (name,) = changed(before, after)
        parameter = SPACE.parameters[name]
        if parameter.ordered:
            assert abs(parameter.index(before[name]) - parameter.index(after[name])) == 1


def test_every_step_is_feasible() -> None:
    assert all(SPACE.infeasibility(design) is None for design in walk(restart=0.0))


def test_restarts_are_as_frequent_as_asked() -> None:
    path = walk(restart=0.3, n=2000)
    jumps = sum(len(changed(a, b)) > 1 for a, b in pairwise(path))
    # A restart changes one parameter or none in about 1 of 30 cases; standard deviation 20.
    assert abs(jumps - 0.29 * 2000) < 120
