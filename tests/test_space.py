"""A space's encodings, counts and moves, on random small spaces that can be listed in full."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.condition import Condition, NotBelow
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.space import DesignSpace
from archgym.testing.spaces import every_design, spaces

SIZE = Parameter("Size", range(1, 9), 4, ordered=True)
POLICY = Parameter("Policy", ("Open", "Closed", "Adaptive"), "Open")


@given(spaces())
def test_counts_equal_those_of_the_listed_space(space: DesignSpace) -> None:
    designs = every_design(space)
    feasible = [design for design in designs if space.infeasibility(design) is None]
    assert space.size == len(designs)
    assert space.count_distinct() == len({space.key(design) for design in designs})
    assert space.count_feasible() == len({space.key(design) for design in feasible})


@given(spaces())
def test_encodings_round_trip(space: DesignSpace) -> None:
    for design in every_design(space):
        assert space.decode(space.encode(design)) == design
        assert space.from_unit(space.to_unit(design)) == design


@given(spaces())
def test_canonical_form(space: DesignSpace) -> None:
    for design in every_design(space):
        canonical = space.canonical(design)
        assert space.canonical(canonical) == canonical
        assert space.key(canonical) == space.key(design)
        assert list(canonical) == list(space.parameters)
        for name, condition in space.active.items():
            if not condition.holds(canonical):
                assert canonical[name] == space.parameters[name].default


@given(spaces(), st.integers(0, 2**32))
def test_neighbour_changes_one_active_parameter(space: DesignSpace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    (design,) = space.sample(rng, 1)
    canonical = space.canonical(design)
    movable = [
        name
        for name, parameter in space.parameters.items()
        if len(parameter.values) > 1
        and (name not in space.active or space.active[name].holds(canonical))
    ]
    if not movable:
        with pytest.raises(ArchgymError, match="no neighbour"):
            space.neighbour(design, rng)
        return
    neighbour = space.neighbour(design, rng)
    changed = [name for name in design if design[name] != neighbour[name]]
    assert len(changed) == 1
    assert changed[0] in movable
    assert space.key(neighbour) != space.key(design)
    parameter = space.parameters[changed[0]]
    if parameter.ordered:
        step = parameter.index(neighbour[changed[0]]) - parameter.index(design[changed[0]])
        assert abs(step) == 1


def test_every_neighbour_is_reachable() -> None:
    space = DesignSpace("two", [SIZE, POLICY])
    rng = np.random.default_rng(1)
    reached = {tuple(space.neighbour({}, rng).values()) for _ in range(200)}
    assert reached == {(3, "Open"), (5, "Open"), (4, "Closed"), (4, "Adaptive")}


@given(spaces(), st.integers(0, 2**32), st.integers(0, 20))
def test_sample_is_reproducible_and_valid(space: DesignSpace, seed: int, n: int) -> None:
    first = space.sample(np.random.default_rng(seed), n)
    assert first == space.sample(np.random.default_rng(seed), n)
    assert len(first) == n
    assert all(space.validate(design) == design for design in first)


def test_sample_is_uniform() -> None:
    space = DesignSpace("two", [SIZE, POLICY])
    designs = space.sample(np.random.default_rng(0), 4800)
    counts = [sum(design == d for design in designs) for d in every_design(space)]
    # 200 expected of each of 24; a standard deviation is 14.
    assert all(140 < count < 260 for count in counts)


@settings(max_examples=30)
@given(st.integers(1, 70_000), st.data())
def test_unit_cells_are_of_equal_width(length: int, data: st.DataObject) -> None:
    space = DesignSpace("long", [Parameter("Long", range(length), 0, ordered=True)])
    x = data.draw(st.floats(0, 1))
    index = space.from_unit([x])["Long"]
    assert index / length <= x + 1e-12
    assert x <= (index + 1) / length + 1e-12
    assert space.from_unit(space.to_unit({"Long": index})) == {"Long": index}


def test_to_unit_spaces_values_evenly_from_end_to_end() -> None:
    space = DesignSpace("one", [POLICY])
    points = [space.to_unit({"Policy": value})[0] for value in POLICY.values]
    assert points == [0, 0.5, 1]


def test_validate_fills_in_defaults_in_order_and_takes_numpy_scalars() -> None:
    space = DesignSpace("two", [SIZE, POLICY])
    design = space.validate({"Policy": np.str_("Closed"), "Size": np.int64(2)})
    assert list(design.items()) == [("Size", 2), ("Policy", "Closed")]
    assert [type(value) for value in design.values()] == [int, str]
    assert space.validate({}) == space.default


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ({"Sise": 1}, r"unknown parameter of space two 'Sise'; did you mean 'Size'\?"),
        ({"Size": 9}, "Size takes 1 to 8, not 9"),
        ({"Size": True}, "Size takes 1 to 8, not True"),
        ({"Size": "4"}, "Size takes 1 to 8, not '4'"),
        ({"Size": None}, "Size takes 1 to 8, not None"),
        (
            {"Policy": "Close"},
            r"Policy takes Open, Closed or Adaptive, not 'Close' \(did you mean 'Closed'\?\)",
        ),
    ],
)
def test_bad_designs(design: dict, message: str) -> None:
    space = DesignSpace("two", [SIZE, POLICY])
    for method in (space.validate, space.canonical, space.encode, space.to_unit, space.key):
        with pytest.raises(ArchgymError, match=message):
            method(design)


@pytest.mark.parametrize("indices", [[0], [0, 3], [-1, 0], [8, 0], [0.5, 0], [[0, 0]]])
def test_bad_indices(indices: list) -> None:
    with pytest.raises(ArchgymError):
        DesignSpace("two", [SIZE, POLICY]).decode(indices)


@pytest.mark.parametrize("point", [[0.5], [0, 1.01], [-0.01, 0], [float("nan"), 0]])
def test_bad_points(point: list) -> None:
    with pytest.raises(ArchgymError, match=r"2 coordinates in \[0, 1\]"):
        DesignSpace("two", [SIZE, POLICY]).from_unit(point)


def test_bad_parameters() -> None:
    with pytest.raises(ArchgymError, match="no values"):
        Parameter("None", (), 0)
    with pytest.raises(ArchgymError, match="twice"):
        Parameter("Twice", (1, 2, 1), 1)
    with pytest.raises(ArchgymError, match="Size takes 1 to 8, not 0"):
        Parameter("Size", range(1, 9), 0)


def test_bad_spaces() -> None:
    with pytest.raises(ArchgymError, match="name of its own"):
        DesignSpace("same", [SIZE, SIZE])
    with pytest.raises(ArchgymError, match="did you mean 'Policy'"):
        DesignSpace("unknown", [POLICY, SIZE], active={"Size": Condition("Polcy")})
    with pytest.raises(ArchgymError, match="did you mean 'Size'"):
        DesignSpace("unknown", [POLICY, SIZE], active={"Sise": Condition("Policy")})
    with pytest.raises(ArchgymError, match="Policy takes"):
        DesignSpace("value", [POLICY, SIZE], active={"Size": Condition("Policy", ("Opened",))})
    with pytest.raises(ArchgymError, match="must come before"):
        DesignSpace("order", [SIZE, POLICY], active={"Size": Condition("Policy")})
    with pytest.raises(ArchgymError, match="did you mean 'Size'"):
        DesignSpace("unknown", [POLICY, SIZE], infeasible={NotBelow("Sise", "Size"): "wrong"})
    with pytest.raises(ArchgymError, match="default design of space bad is ruled out: wrong"):
        DesignSpace("bad", [POLICY], infeasible={Condition("Policy", ("Open",)): "wrong"})


def test_conditions_print_as_sentences() -> None:
    assert str(Condition("Arbiter", not_in=("Simple",))) == "Arbiter not Simple"
    assert str(Condition("Policy", one_of=("Open", "Closed"))) == "Policy Open or Closed"
    assert str(NotBelow("Low", "High")) == "Low not below High"


def test_a_huge_range_is_not_looked_through():
    huge = Parameter("huge", range(10**15), 0, ordered=True)
    assert huge.index(3.0) == huge.index(np.float64(3)) == 3
    for value in (0.5, float("nan"), float("inf"), "3", None, True, [3]):
        with pytest.raises(ArchgymError, match="huge takes 0 to 999999999999999"):
            huge.index(value)
