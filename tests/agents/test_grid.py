"""A grid has every combination once, and then twice as fine."""

from collections import Counter

import pytest

from archgym.agents import configure
from archgym.agents.grid import Grid
from archgym.parameter import Parameter
from archgym.space import DesignSpace
from archgym.testing import check_agent
from archgym.testing.agents import SPACE

PAIR = DesignSpace(
    "pair",
    [Parameter("A", range(17), 0, ordered=True), Parameter("B", ("x", "y", "z"), "x")],
)


def make(space: DesignSpace = PAIR, seed: int = 0, levels: int = 3) -> Grid:
    return Grid(space, seed, configure(Grid, {"levels": levels}))


def test_conformance() -> None:
    check_agent(Grid)


def test_the_first_grid_has_the_ends_and_the_middle() -> None:
    designs = make().ask(9)
    assert {design["A"] for design in designs} == {0, 8, 16}
    assert len({PAIR.key(design) for design in designs}) == 9


def test_grids_refine_until_every_design_was_proposed_once() -> None:
    agent = make()
    proposed = [PAIR.key(design) for design in agent.ask(51)]
    assert len(set(proposed)) == 51
    assert {key[0] for key in proposed[:15]} == {0, 4, 8, 12, 16}
    assert {PAIR.key(design) for design in agent.ask(9)} == set(proposed[:9])


@pytest.mark.parametrize("seed", range(5))
def test_every_feasible_design_comes_once(seed: int) -> None:
    count = SPACE.count_feasible()
    designs = make(SPACE, seed).ask(count)
    assert len({SPACE.key(design) for design in designs}) == count
    assert all(SPACE.infeasibility(design) is None for design in designs)


def test_the_first_points_have_all_values_evenly() -> None:
    """However the stride falls: a lexicographic order would have one value of B only."""
    space = DesignSpace("cube", [Parameter(name, range(5), 0) for name in "ABC"])
    for seed in range(5):
        first = Counter(design["A"] for design in make(space, seed).ask(25))
        assert set(first.values()) == {5}
