"""The Python side of the native simulator: batches, failures, metrics, and time without end."""

import ast
import copy
import gc
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

import archgym
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.trace import Trace
from archgym.dram.workload import Workload
from archgym.errors import SimulationError
from archgym.simulators import Failure
from archgym.simulators.native import Native, _core
from archgym.simulators.native import simulator as native_module
from archgym.testing.simulators import check_simulator


def make_trace(arrival_ps: list[int], address: list[int], **columns: list[int]) -> Trace:
    count = len(arrival_ps)
    return Trace(
        np.array(arrival_ps, np.int64),
        np.array(address, np.uint64),
        np.array(columns.get("is_write", [0] * count), np.bool_),
        np.array(columns.get("size", [64] * count), np.uint32),
        np.array(columns.get("initiator", [0] * count), np.uint16),
    )


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
            {"PowerDownPolicy": "Staggered"},
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
        ("lpddr4-3200", "DDR3 and DDR4, not LPDDR4"),
        ("ddr4-2400-2channel", "one channel"),
        ("hbm2", "DDR3 and DDR4, not HBM2"),
    ],
)
def test_says_which_systems_it_cannot_play(device: str, reason: str) -> None:
    workload = Workload.load("stream", device, requests=10)
    (outcome,) = Native().evaluate([{}], workload)
    assert isinstance(outcome, Failure)
    assert reason in outcome.reason
    with pytest.raises(SimulationError, match=reason):
        Native().command_trace({}, workload)


def test_says_that_it_plays_one_initiator() -> None:
    trace = make_trace([0, 0], [0, 64], initiator=[0, 1])
    (outcome,) = Native().evaluate([{}], Workload(System.load("ddr4-2400"), trace))
    assert isinstance(outcome, Failure)
    assert "one initiator" in outcome.reason


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
        assert len(split) == 6
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


def test_absent_reads_and_absent_currents_are_absent_metrics() -> None:
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    del data["memspec"]["mempowerspec"]
    workload = Workload(System(Device.from_dict(data)), make_trace([0], [0], is_write=[1]))
    (metrics,) = Native().evaluate([{}], workload)
    assert "read_latency_ns" not in metrics
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
    stub = Path(native_module.__file__).parent / "_core.pyi"
    names = set()
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    assert names == {name for name in dir(_core) if not name.startswith("_")}


def test_the_core_refuses_columns_of_unequal_length() -> None:
    column = np.zeros(2, np.uint32)
    with pytest.raises(ValueError, match="one equal length"):
        _core.Requests(
            np.zeros(2, np.int64), np.zeros(3, np.int64), np.zeros(2, np.uint8), column, column,
            np.zeros(2, np.bool_), column,
        )  # fmt: skip
