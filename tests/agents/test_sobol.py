"""Sobol's sequence fills the space evenly."""

from collections import Counter

import pytest

pytest.importorskip("scipy")

from archgym.agents import Evaluated
from archgym.agents.random_search import RandomSearch
from archgym.agents.sobol import Sobol
from archgym.parameter import Parameter
from archgym.space import DesignSpace
from archgym.testing import check_agent
from archgym.testing.agents import SPACE

PAIR = DesignSpace("pair", [Parameter(name, range(16), 0, ordered=True) for name in "AB"])


def test_conformance() -> None:
    check_agent(Sobol)


def test_a_block_is_a_net() -> None:
    """Of 64 points in two dimensions, every cell of 8 x 8 has one, and every strip of 64 too."""
    designs = Sobol(PAIR, 0).ask(64)
    for rows in (1, 2, 4, 8, 16):
        cells = Counter(
            (design["A"] * rows // 16, design["B"] * (64 // rows) // 16)
            for design in designs
            if 64 // rows <= 16
        )
        if cells:
            assert set(cells.values()) == {1}
            assert len(cells) == 64


def test_random_designs_are_no_net() -> None:
    designs = RandomSearch(PAIR, 0).ask(64)
    assert len({(design["A"] // 2, design["B"] // 2) for design in designs}) < 64


def test_no_design_is_proposed_twice() -> None:
    designs = Sobol(SPACE, 0).ask(500)
    assert len({SPACE.key(design) for design in designs}) == 500
    assert all(SPACE.infeasibility(design) is None for design in designs)


def test_costs_change_nothing() -> None:
    told, untold = Sobol(SPACE, 5), Sobol(SPACE, 5)
    told.tell(list(map(Evaluated, told.ask(3), [1.0, 2.0, 3.0])))
    untold.ask(3)
    assert told.ask(3) == untold.ask(3)
