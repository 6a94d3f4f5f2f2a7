"""The released spaces, whose sizes and meaning must never change."""

import copy
import itertools

import numpy as np
import pytest

from archgym import simulators
from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.mapping_family import mappings
from archgym.dram.spaces import SPACES, make_space
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.errors import ArchgymError

DEVICES = [name for name in Device.names() if Device.load(name).standard in STANDARDS]


@pytest.mark.parametrize(
    ("name", "size", "distinct", "feasible"),
    [
        # 576 combinations of the other six; 1 + 2 x 128 of arbiter and limit, 1 + 64 of refresh.
        ("archgym", 28_311_552, 576 * 257 * 65, 576 * 257 * 64),
        ("archgym-pow2", 442_368, 166_464, 156_672),
        # 10 mappings; 5 of scheduler and multiplexer, 36 of watermarks, of which 21 are possible;
        # 2 x 7 + 49 of buffers; 1 + 25 of refresh; 1 + 2 x 8 of the arbiter; 4 x 2 x 2 of the rest.
        (
            "controller-v1",
            10 * 5 * 36 * 3 * 343 * 2 * 2 * 25 * 24 * 16,
            10 * (5 + 36) * 63 * 26 * 17 * 16,
            10 * (5 + 21) * 63 * 25 * 17 * 16,
        ),
    ],
)
def test_sizes(name: str, size: int, distinct: int, feasible: int) -> None:
    space = make_space(name)
    assert (space.size, space.count_distinct(), space.count_feasible()) == (
        size,
        distinct,
        feasible,
    )


@pytest.mark.parametrize("name", ["archgym", "archgym-pow2"])
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


@pytest.mark.parametrize("device", DEVICES)
def test_controller_space_of_a_device(device: str) -> None:
    space = make_space("controller-v1", device)
    assert space.name == f"controller-v1@{device}"
    assert space.default == {name: PARAMETERS[name].default for name in space.parameters}
    missing = [name for name in PARAMETERS if name not in space.parameters]
    assert all("Delay" in name for name in missing if name != "RowHitCap")

    system = System.load(device)
    standard = STANDARDS[system.device.standard]
    refreshes = standard.rules(system.device.timing, system.device.organization).refreshes
    assert set(space.parameters["RefreshPolicy"].values) == {"NoRefresh", *refreshes}
    limits = space.parameters["RefreshMaxPostponed"].values
    assert 0 < max(limits) <= standard.refresh_flexibility

    family = mappings(system)
    chosen = [family[name] for name in space.parameters["AddressMapping"].values]
    assert chosen[0] == system.mapping
    assert len(chosen) == len(set(chosen)) == len(set(family.values()))


@pytest.mark.parametrize("device", DEVICES)
def test_controller_designs_are_encoded_and_decoded(device: str) -> None:
    space = make_space("controller-v1", device)
    keys = set()
    for design in space.sample(np.random.default_rng(0), 300):
        assert space.decode(space.encode(design)) == design
        assert space.from_unit(space.to_unit(design)) == design
        canonical = space.canonical(design)
        assert space.canonical(canonical) == canonical
        keys.add(space.key(design))
    assert len(keys) > 290


@pytest.mark.parametrize("device", DEVICES)
def test_the_second_controller_space_has_all_of_the_first(device: str) -> None:
    first, second = (make_space(name, device) for name in ("controller-v1", "controller-v2"))
    assert second.default == first.default | {"RowHitCap": 4}
    assert [name for name in second.parameters if name != "RowHitCap"] == list(first.parameters)
    for name, parameter in first.parameters.items():
        assert parameter.values == second.parameters[name].values[: len(parameter.values)]
    capped = {"Scheduler": "FrFcfsCap", "RowHitCap": 8}
    assert second.is_active("RowHitCap", capped)
    assert second.key({"RowHitCap": 8}) == second.key({})
    assert second.count_distinct() > first.count_distinct()


def test_what_decides_in_the_controller_space_makes_distinct_designs() -> None:
    space = make_space("controller-v1")
    names = ("Scheduler", "LowWatermark", "HighWatermark", "SchedulerBuffer", "CmdMux", "Arbiter")
    found: dict[tuple[object, ...], bool] = {}
    for values in itertools.product(*(space.parameters[name].values for name in names)):
        design = dict(zip(names, values, strict=True))
        feasible = space.infeasibility(design) is None
        assert found.setdefault(space.key(design), feasible) == feasible
        low, high = design["LowWatermark"], design["HighWatermark"]
        assert feasible == (design["Scheduler"] != "GrpFrFcfsWm" or low < high)
    # Five schedulers: three with neither, Fifo with a multiplexer, one with watermarks.
    assert len(found) == (3 + 2 + 36) * 3 * 3
    assert sum(found.values()) == (3 + 2 + 21) * 3 * 3


@pytest.mark.parametrize(
    ("parameter", "value", "when", "unless"),
    [
        ("LowWatermark", 4, {"Scheduler": "GrpFrFcfsWm"}, {"Scheduler": "GrpFrFcfs"}),
        ("HighWatermark", 4, {"Scheduler": "GrpFrFcfsWm"}, {"Scheduler": "FrFcfs"}),
        ("CmdMux", "Strict", {"Scheduler": "Fifo"}, {"Scheduler": "FrFcfsGrp"}),
        ("RequestBufferSize", 4, {"SchedulerBuffer": "Shared"}, {"SchedulerBuffer": "ReadWrite"}),
        ("RequestBufferSize", 4, {"SchedulerBuffer": "Bankwise"}, {"SchedulerBuffer": "ReadWrite"}),
        ("RequestBufferSizeRead", 4, {"SchedulerBuffer": "ReadWrite"}, {}),
        ("RequestBufferSizeWrite", 4, {"SchedulerBuffer": "ReadWrite"}, {}),
        ("MaxActiveTransactions", 4, {"Arbiter": "Reorder"}, {"Arbiter": "Simple"}),
        ("MaxActiveTransactions", 4, {"Arbiter": "Fifo"}, {}),
        ("RefreshMaxPostponed", 4, {}, {"RefreshPolicy": "NoRefresh"}),
        ("RefreshMaxPulledin", 4, {}, {"RefreshPolicy": "NoRefresh"}),
    ],
)
def test_parameters_that_matter_only_at_times(
    parameter: str, value: object, when: dict[str, str], unless: dict[str, str]
) -> None:
    space = make_space("controller-v1")
    assert space.key(when | {parameter: value}) != space.key(when)
    assert space.key(unless | {parameter: value}) == space.key(unless)


def test_a_device_of_an_unknown_standard_has_no_controller_space() -> None:
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    data["memspec"]["memoryType"] = "DDR9"
    with pytest.raises(ArchgymError, match="ddr4-2400: DDR9 is not known"):
        make_space("controller-v1", System(Device.from_dict(data)))


def test_unknown_space() -> None:
    with pytest.raises(ArchgymError, match="did you mean 'archgym-pow2'"):
        make_space("archgym-pow")


@pytest.mark.parametrize("name", ["dramsim3", "dramsys", "native", "ramulator2"])
@pytest.mark.parametrize("device", ["ddr3-1600", "ddr4-2400", "hbm2"])
def test_every_simulator_has_all_of_the_common_space(name: str, device: str) -> None:
    space = make_space("common-v1", device)
    understood = simulators.registry.load(name).parameters
    for parameter in space.parameters.values():
        for value in parameter.values:
            understood[parameter.name].index(value)
    # Without a choice of refresh there is no data to lose.
    assert space.count_feasible() == space.count_distinct() == space.size > 50
