"""Equivalent designs are coded alike, different ones are not, in any space."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.condition import Condition
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.proxy.coding import KNOTS, Coding
from archgym.space import DesignSpace

SPACES = [
    make_space("archgym-pow2"),
    make_space("archgym", allow_data_loss=True),
    make_space("controller-v1"),
]
CODINGS = [Coding(space) for space in SPACES]


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding.space.name)
def test_keys_are_equal_exactly_where_canonical_designs_are(coding: Coding) -> None:
    space, rng = coding.space, np.random.default_rng(0)
    designs = space.sample(rng, 400)
    # Canonical forms, and neighbours: so that equal ones occur.
    designs += [space.canonical(each) for each in designs]
    designs += [space.neighbour(each, rng) for each in designs]
    keys = coding.keys(coding.codes(np.array([space.encode(each) for each in designs])))
    by_key: dict[int, set] = {}
    by_form: dict[tuple, set] = {}
    for design, key in zip(designs, keys.tolist(), strict=True):
        by_key.setdefault(key, set()).add(space.key(design))
        by_form.setdefault(space.key(design), set()).add(key)
    assert all(len(forms) == 1 for forms in by_key.values())
    assert all(len(found) == 1 for found in by_form.values())


@pytest.mark.parametrize("coding", CODINGS, ids=lambda coding: coding.space.name)
def test_one_design_is_coded_as_many_are(coding: Coding) -> None:
    designs = coding.space.sample(np.random.default_rng(1), 200)
    many = coding.codes(np.array([coding.space.encode(each) for each in designs]))
    assert many.tolist() == [coding.code(each) for each in designs]


@given(left_out=st.sets(st.sampled_from(list(SPACES[0].parameters))))
def test_what_a_design_leaves_out_has_its_default(left_out: set[str]) -> None:
    space, coding = SPACES[0], CODINGS[0]
    (design,) = space.sample(np.random.default_rng(len(left_out)), 1)
    partial = {name: value for name, value in design.items() if name not in left_out}
    assert coding.code(partial) == coding.code(space.validate(partial))


def test_values_as_numpy_has_them_are_taken() -> None:
    assert CODINGS[0].code({"RequestBufferSize": np.int64(4)}) == CODINGS[0].code(
        {"RequestBufferSize": 4}
    )


def test_foreign_designs_are_refused() -> None:
    for design in ({"NoSuch": 1}, {"RequestBufferSize": 3}, {"RequestBufferSize": True}):
        with pytest.raises(ArchgymError):
            CODINGS[0].code(design)


def test_features_of_an_ordered_parameter_interpolate() -> None:
    coding = CODINGS[1]
    for basis in coding.basis:
        assert basis.min() >= 0
        assert basis.max() <= 1
    # 128 values of MaxActiveTransactions share a few hat functions.
    assert sum(basis.shape[1] for basis in coding.basis) < 6 * 10 + 2 * KNOTS


def test_parameters_that_depend_on_each_other_in_too_many_ways_are_refused() -> None:
    size = Parameter("size", range(1, 2000), 1, ordered=True)
    other = Parameter("other", range(1, 2000), 1, ordered=True)
    space = DesignSpace("large", [size, other], active={"other": Condition("size", not_in=(1,))})
    with pytest.raises(ArchgymError, match="size, other depend on each other"):
        Coding(space)
