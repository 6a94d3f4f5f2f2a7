"""Numbers of distinct designs, on random small spaces that can be listed in full."""

import numpy as np
import pytest
from hypothesis import given

from archgym.distinct import DistinctDesigns
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError
from archgym.space import DesignSpace
from archgym.testing.spaces import every_design, spaces


@given(spaces())
def test_every_canonical_design_has_one_number(space: DesignSpace) -> None:
    designs = DistinctDesigns(space)
    listed = list(designs)
    assert len(listed) == len(designs) == space.count_distinct()
    assert {tuple(design.values()) for design in listed} == {
        space.key(design) for design in every_design(space)
    }
    assert all(space.canonical(design) == design for design in listed)
    assert designs.designs(range(len(designs))) == listed


@given(spaces())
def test_a_design_has_the_number_of_its_canonical_form(space: DesignSpace) -> None:
    designs = DistinctDesigns(space)
    every = every_design(space)
    numbers = designs.numbers(np.array([space.encode(design) for design in every]))
    assert designs.designs(numbers) == [space.canonical(design) for design in every]
    assert (designs.numbers(designs.indices(range(len(designs)))) == range(len(designs))).all()


@given(spaces())
def test_infeasibility_is_that_of_the_designs(space: DesignSpace) -> None:
    designs = DistinctDesigns(space)
    reasons = designs.infeasibility(range(len(designs)))
    assert reasons == [space.infeasibility(design) for design in designs]


@pytest.mark.parametrize("name", ["archgym", "archgym-pow2", "controller-v1"])
def test_released_spaces(name: str) -> None:
    space = make_space(name)
    designs = DistinctDesigns(space)
    assert len(designs) == space.count_distinct()
    rng = np.random.default_rng(0)
    numbers = rng.integers(len(designs), size=1000)
    assert (designs.numbers(designs.indices(numbers)) == numbers).all()
    drawn = space.sample(rng, 1000)
    numbers = designs.numbers(np.array([space.encode(design) for design in drawn]))
    assert designs.designs(numbers) == [space.canonical(design) for design in drawn]


@pytest.mark.parametrize("number", [-1, 166_464])
def test_numbers_beyond_the_last(number: int) -> None:
    designs = DistinctDesigns(make_space("archgym-pow2"))
    for method in (designs.indices, designs.designs, designs.infeasibility):
        with pytest.raises(ArchgymError, match=r"archgym-pow2 has distinct designs 0 to 166463"):
            method([0, number])
