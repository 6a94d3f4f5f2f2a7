"""The released spaces, whose sizes and meaning must never change."""

import numpy as np
import pytest

from archgym.dram.controller import PARAMETERS
from archgym.dram.spaces import SPACES, make_space
from archgym.errors import ArchgymError


@pytest.mark.parametrize(
    ("name", "size", "distinct", "feasible"),
    [
        # 576 combinations of the other six; 1 + 2 x 128 of arbiter and limit, 1 + 64 of refresh.
        ("archgym", 28_311_552, 576 * 257 * 65, 576 * 257 * 64),
        ("archgym-pow2", 442_368, 166_464, 156_672),
    ],
)
def test_sizes(name: str, size: int, distinct: int, feasible: int) -> None:
    space = make_space(name)
    assert (space.size, space.count_distinct(), space.count_feasible()) == (
        size,
        distinct,
        feasible,
    )


@pytest.mark.parametrize("name", SPACES)
def test_default_is_the_controllers_but_for_refresh_limits(name: str) -> None:
    default = make_space(name).default
    controller = {parameter: PARAMETERS[parameter].default for parameter in default}
    assert default == controller | {"RefreshMaxPostponed": 1, "RefreshMaxPulledin": 1}


@pytest.mark.parametrize("name", SPACES)
def test_values_are_the_controllers(name: str) -> None:
    for parameter in make_space(name).parameters.values():
        assert all(value in PARAMETERS[parameter.name].values for value in parameter.values)
        assert parameter.ordered == isinstance(parameter.values[0], int)


def test_what_has_no_effect_is_not_distinct() -> None:
    space = make_space("archgym")
    simple = {"Arbiter": "Simple", "MaxActiveTransactions": 5}
    assert space.key(simple) == space.key({"Arbiter": "Simple"})
    assert space.key(simple | {"Arbiter": "Fifo"}) != space.key({"Arbiter": "Fifo"})
    lost = {"RefreshPolicy": "NoRefresh", "RefreshMaxPostponed": 8}
    assert space.key(lost) == space.key({"RefreshPolicy": "NoRefresh"})


def test_data_loss_is_infeasible_unless_allowed() -> None:
    lost = {"RefreshPolicy": "NoRefresh"}
    assert "loses its data" in (make_space("archgym-pow2").infeasibility(lost) or "")
    allowed = make_space("archgym-pow2", allow_data_loss=True)
    assert allowed.infeasibility(lost) is None
    assert allowed.count_feasible() == 166_464
    assert allowed.name == "archgym-pow2+data-loss"


def test_half_of_the_points_lose_data() -> None:
    space = make_space("archgym")
    designs = space.sample(np.random.default_rng(0), 1000)
    assert 400 < sum(space.infeasibility(design) is not None for design in designs) < 600


def test_unknown_space() -> None:
    with pytest.raises(ArchgymError, match="did you mean 'archgym-pow2'"):
        make_space("archgym-pow")
