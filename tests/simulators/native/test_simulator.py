"""The Python side of the native simulator: batches, failures, metrics, and time without end."""

import ast
import copy
import gc
import threading
import weakref
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archgym
from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.mapping_family import NAMES, mappings
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.dram.testing.strategies import Access, accesses, designs, make_workload, one_channel
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, SimulationError
from archgym.simulator import Failure
from archgym.simulators.native import Native, _core
from archgym.simulators.native import decoded as decoded_module
from archgym.simulators.native.conduct import jedec
from archgym.simulators.native.lowering import make_memory, make_requests
from archgym.testing.simulators import check_simulator
from archgym.traces.player import Player
from archgym.traces.trace import Trace


def make_trace(arrival_ps: list[int], address: list[int], **columns: list[int]) -> Trace:
    count = len(arrival_ps)
    return Trace(
        np.array(arrival_ps, np.int64),
        np.array(address, np.uint64),
        np.array(columns.get("is_write", [0] * count), np.bool_),
        np.array(columns.get("size", [64] * count), np.uint32),
        np.array(columns.get("initiator", [0] * count), np.uint16),
    )


def changed(timing: dict[str, int], **others: str | int) -> Device:
    """DDR3-1600 with other timing, a standard, or further bits of an address level."""
    data = copy.deepcopy(Device.load("ddr3-1600").data)
    data["memspec"]["memtimingspec"] |= timing
    counts = {"CHANNEL_BIT": "nbrOfChannels", "RANK_BIT": "nbrOfRanks", "BANK_BIT": "nbrOfBanks"}
    for name, value in others.items():
        if name not in counts:
            data["memspec"][name] = value
            continue
        mapping, architecture = data["addressmapping"], data["memspec"]["memarchitecturespec"]
        first = 1 + max(bit for bits in mapping.values() for bit in bits)
        mapping[name] = [*mapping.get(name, []), *range(first, first + value)]
        architecture[counts[name]] = architecture.get(counts[name], 1) << value
    return Device.from_dict(data)


@pytest.fixture(scope="module")
def workload() -> Workload:
    return Workload.load("mixed", requests=2000)


def test_passes_the_conformance_suite(workload: Workload) -> None:
    check_simulator(Native(), workload)


def test_threads_change_nothing(workload: Workload) -> None:
    designs = archgym.make_space("archgym").sample(np.random.default_rng(1), 40)
    assert Native(threads=4).evaluate(designs, workload) == Native().evaluate(designs, workload)


def test_a_failure_takes_the_place_of_its_design(workload: Workload) -> None:
    good, unknown, beyond, unsupported, last = Native().evaluate(
        [
            {},
            {"PagePolcy": "Open"},
            {"RequestBufferSize": 0},
            {"RefreshPolicy": "PerBank"},
            {"PagePolicy": "Closed"},
        ],
        workload,
    )
    assert isinstance(good, dict)
    assert isinstance(last, dict)
    assert good["runtime_ns"] != last["runtime_ns"]
    assert isinstance(unknown, Failure)
    assert unknown.kind == "invalid"
    assert "did you mean 'PagePolicy'" in unknown.reason
    assert isinstance(beyond, Failure)
    assert beyond.kind == "invalid"
    assert "RequestBufferSize takes 1 to 65536, not 0" in beyond.reason
    assert isinstance(unsupported, Failure)
    assert unsupported.kind == "unsupported"
    assert unsupported.reason == (
        "ddr4-2400 (DDR4) has RefreshPolicy NoRefresh or AllBank, not PerBank"
    )


@pytest.mark.parametrize("device_name", Device.names())
def test_a_device_is_refreshed_in_the_ways_that_it_offers(device_name: str) -> None:
    device = one_channel(Device.load(device_name))
    rules = STANDARDS[device.standard].rules(device.timing, device.organization)
    cycles = 20 * rules.refreshes["AllBank"].interval
    late = Access(cycles * device.clock_ps, 0, 0)
    workload = make_workload(device, [Access(0, 0, 0), late])
    policies = PARAMETERS["RefreshPolicy"].values
    outcomes = Native().evaluate([{"RefreshPolicy": policy} for policy in policies], workload)
    for policy, outcome in zip(policies, outcomes, strict=True):
        if policy == "NoRefresh":
            assert isinstance(outcome, dict)
            assert not any(outcome[name] for name in outcome if name.startswith("commands_ref"))
        elif policy in rules.refreshes:
            assert isinstance(outcome, dict)
            refresh = rules.refreshes[policy]
            count = outcome[f"commands_{refresh.command.lower()}"]
            expected = workload.system.ranks * cycles / refresh.interval
            assert count == pytest.approx(expected, abs=2 * workload.system.ranks)
        else:
            assert isinstance(outcome, Failure)
            assert outcome.kind == "unsupported"
            assert f"{device_name} ({device.standard}) has RefreshPolicy" in outcome.reason


@pytest.mark.parametrize("device_name", ["ddr4-2400-2rank-xor", "hbm2"])
def test_a_design_chooses_the_address_mapping(device_name: str) -> None:
    workload = Workload.load("random", device_name, requests=500)
    designs = [{"AddressMapping": name, "PagePolicy": "Open"} for name in NAMES]
    batch = Native().evaluate([*designs, *reversed(designs)], workload)
    assert batch[: len(NAMES)] == batch[: len(NAMES) - 1 : -1]
    for (name, mapping), outcome in zip(mappings(workload.system).items(), batch, strict=False):
        mapped = Workload(System(workload.system.device, mapping), workload.trace)
        assert Native().evaluate([{"PagePolicy": "Open"}], mapped) == [outcome], name
        commands = Native().command_trace({"AddressMapping": name, "PagePolicy": "Open"}, workload)
        expected = Native().command_trace({"PagePolicy": "Open"}, mapped)
        np.testing.assert_array_equal(commands, expected)
    assert len({outcome["runtime_ns"] for outcome in batch}) > 3


def test_few_decoded_traces_are_kept(workload: Workload, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[object] = []

    def count(*arguments: object) -> object:
        decoded.append(arguments)
        return make_requests(*arguments)

    monkeypatch.setattr(decoded_module, "make_requests", count)
    monkeypatch.setattr(decoded_module, "_KEPT_BURSTS", 2 * len(workload))
    simulator = Native()
    for name in ("Device", "RowBankColumn", "Device", "BankRowColumn", "Device", "RowBankColumn"):
        assert simulator.evaluate([{"AddressMapping": name}], workload) == Native().evaluate(
            [{"AddressMapping": name}], workload
        )
    # Half of them are those of the simulators made for one use each.
    assert len(decoded) == 6 + 4


@pytest.mark.parametrize("name", Device.names())
@pytest.mark.parametrize("is_write", [[0, 0], [1, 1], [0, 1]], ids=str)
def test_what_a_workload_reports_is_known_before(name: str, is_write: list[int]) -> None:
    trace = make_trace([0, 0], [0, 0], is_write=is_write)
    workload = Workload(System.load(name), trace)
    (outcome,) = Native().evaluate([{}], workload)
    assert isinstance(outcome, dict)
    missing = Native().reported(workload) - outcome.keys()
    assert {metric for metric in missing if not metric.startswith("commands_")} == set()
    assert outcome.keys() <= Native().reported(workload)


def test_watermarks_must_be_in_order(workload: Workload) -> None:
    design = {"Scheduler": "GrpFrFcfsWm", "LowWatermark": 4}
    below, level = Native().evaluate(
        [design | {"HighWatermark": 5}, design | {"HighWatermark": 4}], workload
    )
    assert isinstance(below, dict)
    assert isinstance(level, Failure)
    assert level.reason == "LowWatermark must be below HighWatermark, 4, not 4"


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        (changed({}, memoryType="DDR9"), "not DDR9"),
        (changed({}, RANK_BIT=4), "up to 8 ranks, ddr3-1600 has 16"),
        (changed({}, BANK_BIT=4), "up to 64 banks, ddr3-1600 has 128"),
        (changed({"REFI": 1 << 25}), "ddr3-1600 has REFI 33554432"),
        (changed({"RAS": 0}), "tRAS"),
        (changed({"RFC": 0}), "AllBank takes ddr3-1600 none"),
        (changed({"REFI": 100}), "little but refresh: with RefreshPolicy AllBank"),
        (changed({}, CHANNEL_BIT=7), "up to 64 channels, ddr3-1600 has 128"),
    ],
)
def test_says_which_systems_it_cannot_play(device: Device, reason: str) -> None:
    workload = Workload(System(device), make_trace([0], [0]))
    (outcome,) = Native().evaluate([{}], workload)
    assert isinstance(outcome, Failure)
    assert reason in outcome.reason
    assert outcome.kind == "unsupported"
    with pytest.raises(SimulationError, match=reason):
        Native().command_trace({}, workload)


def test_says_how_long_it_can_play() -> None:
    workload = Workload(System.load("ddr4-2400"), make_trace([0, 1 << 60], [0, 0]))
    (outcome,) = Native().evaluate([{"RefreshPolicy": "NoRefresh"}], workload)
    assert isinstance(outcome, Failure)
    assert "up to 1e+18 ps" in outcome.reason


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_timing_is_simulated_or_refused(data: st.DataObject) -> None:
    device = one_channel(Device.load(data.draw(st.sampled_from(Device.names()))))
    timing = device.data["memspec"]["memtimingspec"]
    names = st.sampled_from(sorted(timing.keys() - {"tCK"}))
    values = st.one_of(st.integers(0, 3), st.integers(0, 1000), st.integers(0, 1 << 40))
    timing |= data.draw(st.dictionaries(names, values, min_size=1, max_size=3))
    try:
        changed_device = Device.from_dict(device.data)
    except ArchgymError:
        return
    requests = data.draw(accesses(20))
    workload = make_workload(changed_device, requests)
    (outcome,) = Native().evaluate([data.draw(designs(device))], workload)
    if isinstance(outcome, Failure):
        assert outcome.kind == "unsupported"
    else:
        served = sum(outcome[f"commands_{cas}"] for cas in ("rd", "rda", "wr", "wra"))
        assert served == workload.bursts().address.size


@pytest.mark.parametrize("player", [Player(), Player("closed", 2)], ids=str)
def test_initiators_are_told_apart_not_by_their_numbers(player: Player) -> None:
    system, arrivals = System.load("ddr4-2400"), list(range(0, 60_000, 2000))
    addresses = [1 << 20 | index << 13 for index in range(30)]

    def outcome(initiator: list[int]) -> object:
        trace = make_trace(arrivals, addresses, initiator=initiator)
        limited = {"Arbiter": "Fifo", "MaxActiveTransactions": 2}
        return Native().evaluate([{}, limited], Workload(system, trace, player))

    assert outcome([7, 500] * 15) == outcome([0, 1] * 15)
    assert outcome([0, 1] * 15) != outcome([0] * 30)


def test_read_and_write_buffers_default_to_the_one_size(workload: Workload) -> None:
    short = {"SchedulerBuffer": "ReadWrite", "RequestBufferSize": 3}
    full = short | {"RequestBufferSizeRead": 3, "RequestBufferSizeWrite": 3}
    uneven = short | {"RequestBufferSizeWrite": 5}
    first, second, third = Native().evaluate([short, full, uneven], workload)
    assert first == second
    assert first["queue_entries"] == 6
    assert third["queue_entries"] == 8


def test_counts_add_up(workload: Workload) -> None:
    for metrics in Native().evaluate(
        [{"PagePolicy": policy} for policy in ("Open", "OpenAdaptive", "ClosedAdaptive")], workload
    ):
        served = sum(metrics[f"commands_{cas}"] for cas in ("rd", "rda", "wr", "wra"))
        assert served == len(workload)
        outcomes = metrics["row_hits"] + metrics["row_misses"] + metrics["row_conflicts"]
        assert outcomes == len(workload)
        split = [
            metrics[name] for name in metrics if name.startswith("energy_") and name != "energy_nj"
        ]
        assert len(split) == 8
        assert sum(split) == pytest.approx(metrics["energy_nj"])
        assert metrics["power_mw"] == pytest.approx(
            metrics["energy_nj"] / metrics["runtime_ns"] * 1e3
        )


def test_a_large_request_ends_with_its_last_burst() -> None:
    system = System.load("ddr4-2400")
    whole = Workload(system, make_trace([0], [0], size=[256]))
    parts = Workload(system, make_trace([0] * 4, [0, 64, 128, 192]))
    (one,), (four,) = Native().evaluate([{}], whole), Native().evaluate([{}], parts)
    assert one["commands_rd"] == four["commands_rd"] == 4
    assert one["latency_ns"] == one["latency_max_ns"] == four["latency_max_ns"]
    assert one["service_latency_ns"] > four["service_latency_max_ns"]
    assert one["bandwidth_gb_per_s"] == four["bandwidth_gb_per_s"] == 256 / one["runtime_ns"]


def test_bandwidth_is_of_the_bytes_asked_for_or_moved() -> None:
    system = System.load("ddr4-2400")
    # One byte of a burst, a whole one, and 4 bytes over the border of two.
    workload = Workload(system, make_trace([0, 0, 0], [5, 64, 190], size=[1, 64, 4]))
    (metrics,) = Native().evaluate([{}], workload)
    assert metrics["bandwidth_gb_per_s"] == 69 / metrics["runtime_ns"]
    assert metrics["bus_bandwidth_gb_per_s"] == 4 * 64 / metrics["runtime_ns"]


@pytest.mark.parametrize("device_name", ["ddr4-2400", "ddr4-2400-2channel", "gddr6-16000"])
@pytest.mark.parametrize("arbiter", ["Simple", "Fifo", "Reorder"])
def test_large_requests_end_with_the_last_burst_of_any_channel(
    device_name: str, arbiter: str
) -> None:
    system = System.load(device_name)
    burst = system.device.organization.bytes_per_burst
    sizes = [burst * bursts for bursts in (6, 1, 2, 5, 3, 6)]
    addresses = [index << 20 for index in range(6)]
    design = {"Arbiter": arbiter}
    # Each at the front: the last to end is one of those that arrived at 0.
    for first in range(6):
        trace = make_trace([0] * 6, addresses, size=[*sizes[first:], *sizes[:first]])
        (metrics,) = Native().evaluate([design], Workload(system, trace))
        assert metrics["latency_max_ns"] == metrics["runtime_ns"]
        assert 0 < metrics["latency_p50_ns"] <= metrics["latency_max_ns"]
        assert metrics["latency_ns"] >= metrics["latency_max_ns"] / 6


def test_absent_reads_and_absent_currents_are_absent_metrics() -> None:
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    del data["memspec"]["mempowerspec"]
    workload = Workload(System(Device.from_dict(data)), make_trace([0], [0], is_write=[1]))
    (metrics,) = Native().evaluate([{}], workload)
    assert not [name for name in metrics if name.startswith("read_latency")]
    assert metrics["write_latency_ns"] == metrics["latency_ns"]
    assert not [name for name in metrics if name.endswith(("_nj", "_mw"))]
    assert set(metrics) < Native.metrics


@pytest.mark.parametrize("seconds", [1, 3, 30])
def test_a_late_request_is_served_like_an_early_one(seconds: int) -> None:
    clock = 833
    late = seconds * 10**12 // clock * clock
    trace = make_trace([0, late], [0, 1 << 20])
    design = {"RefreshPolicy": "NoRefresh", "PagePolicy": "Closed"}
    (metrics,) = Native().evaluate([design], Workload(System.load("ddr4-2400"), trace))
    assert metrics["latency_p50_ns"] == metrics["latency_max_ns"]
    assert metrics["runtime_ns"] == pytest.approx(late / 1e3 + metrics["latency_max_ns"])


def test_an_idle_second_is_refreshed_throughout() -> None:
    trace = make_trace([0, 10**12], [0, 1 << 20])
    (metrics,) = Native().evaluate([{}], Workload(System.load("ddr4-2400"), trace))
    assert metrics["commands_refab"] == 10**12 // (9360 * 833)
    assert metrics["refreshes_owed"] == 0


def test_dramsys_presents_the_first_request_at_once() -> None:
    workload = Workload(System.load("ddr4-2400"), make_trace([833_000, 833_000], [0, 0]))
    (jedec,) = Native().evaluate([{}], workload)
    (dramsys,) = Native(dramsys_quirks=True).evaluate([{}], workload)
    assert jedec["latency_max_ns"] > jedec["service_latency_max_ns"] > 0
    assert dramsys["row_hits"] == jedec["row_hits"] == 1
    assert dramsys["runtime_ns"] < jedec["runtime_ns"]


def test_postponed_refreshes_that_a_run_never_pays_are_owed() -> None:
    workload = Workload.load("random", requests=10_000, intensity=0.3)
    metrics = archgym.simulate({"RefreshMaxPostponed": 4}, workload)
    assert metrics["refreshes_owed"] == 4
    assert metrics["refresh_debt_ns"] == pytest.approx(4 * 312 * 0.833)
    assert metrics["refresh_debt_nj"] == pytest.approx(
        4 * metrics["energy_refresh_nj"] / metrics["commands_refab"]
    )


def test_runs_without_the_interpreter_lock(workload: Workload) -> None:
    simulator = Native()
    simulator.evaluate([{}], workload)
    thread = threading.Thread(target=simulator.evaluate, args=([{}] * 500, workload))
    thread.start()
    turns = 0
    while thread.is_alive():
        turns += 1
    assert turns > 100


def test_a_decoded_trace_dies_with_its_workload() -> None:
    simulator = Native()
    workload = Workload.load("stream", requests=10)
    simulator.evaluate([{}], workload)
    gone = weakref.ref(workload)
    del workload
    gc.collect()
    assert gone() is None


def test_the_stub_names_what_the_core_has() -> None:
    stub = Path(decoded_module.__file__).parent / "_core.pyi"
    names = set()
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    assert names == {
        name
        for name, value in vars(_core).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }


def test_the_core_refuses_what_is_no_trace_of_its_memory() -> None:
    system = System.load("ddr4-2400")
    memory = make_memory(system, jedec(system.device))

    def make(*, arrivals: int = 2, bank: int = 0, channel: int = 0) -> _core.Requests:
        return _core.Requests(
            memory,
            arrival_cycle=np.zeros(2, np.int64),
            arrival_ps=np.zeros(arrivals, np.int64),
            channel=np.array([0, channel], np.uint8),
            bank=np.array([0, bank], np.uint8),
            row=np.zeros(2, np.uint32),
            column=np.zeros(2, np.uint32),
            is_write=np.zeros(2, np.bool_),
            request=np.arange(2, dtype=np.uint32),
            initiator=np.zeros(2, np.uint16),
            bytes=128,
            player={
                "closed": False,
                "max_outstanding": 2,
                "think_cycles": 0,
                "dependent": False,
            },
        )

    make(bank=15)
    with pytest.raises(ValueError, match="one equal length"):
        make(arrivals=3)
    for beyond in ({"bank": 16}, {"channel": 1}):
        with pytest.raises(ValueError, match="beyond the channels or banks"):
            make(**beyond)
