"""The simulators themselves, where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from archgym import evaluation_log, simulators
from archgym.dram.spaces import make_space
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulator import Failure
from archgym.simulators._external import External
from archgym.simulators.dramsys import ROW_CYCLE
from archgym.simulators.native import Native
from archgym.study import Study
from archgym.testing import check_simulator
from archgym.traces.trace import Trace
from experiments.agreement import recorded as recorded_runs

NAMES = ("dramsim3", "dramsys", "ramulator2")
# Standards of their own, one device each.
DEVICES = ("ddr3-1600", "ddr4-2400", "ddr5-4800")


def make(name: str) -> External:
    kind = simulators.registry.load(name)
    assert issubclass(kind, External)
    if kind.find() is None:
        pytest.skip(kind.how_to_find())
    simulator = simulators.make(name, limit_s=60)
    assert isinstance(simulator, External)
    return simulator


def make_dramsys_5() -> External:
    dramsys = make("dramsys")
    if dramsys.version.startswith("4"):
        pytest.skip(f"{dramsys.program} is of release 4")
    return dramsys


@pytest.fixture(params=NAMES)
def simulator(request: pytest.FixtureRequest) -> External:
    return make(request.param)


def devices(simulator: External) -> list[str]:
    return [name for name in DEVICES if System.load(name).device.standard in simulator.standards]


def one(*arrivals_ps: int, device: str, address: int = 0) -> Workload:
    count = len(arrivals_ps)
    system = System.load(device)
    size = system.device.organization.bytes_per_burst
    return Workload(system, Trace(arrivals_ps, [address] * count, [False] * count, size))


@pytest.mark.slow
def test_conforms(simulator):
    check_simulator(simulator, Workload.load("mixed", device="ddr3-1600", requests=100))


def test_version_tells_builds_apart(simulator):
    assert "sha256:" in simulator.version
    assert type(simulator).identify(simulator.program) in type(simulator).status()


@pytest.mark.parametrize("device", DEVICES)
def test_serves_every_request_once(simulator, device):
    if device not in devices(simulator):
        pytest.skip(f"{simulator.title} does not simulate {device}")
    workload = Workload.load("mixed", device=device, requests=300)
    # No address twice, since reads from and writes over waiting writes may be merged.
    bursts = workload.bursts()
    address = np.arange(bursts.address.size, dtype=np.uint64) * np.uint64(64 * 129)
    trace = Trace(bursts.arrival_ps, address % np.uint64(1 << 28), bursts.is_write)
    workload = Workload(workload.system, trace)
    (outcome,) = simulator.evaluate([{}], workload)
    assert isinstance(outcome, dict), outcome
    assert outcome.keys() <= simulator.metrics
    if "commands_rd" in outcome:
        reads = outcome["commands_rd"] + outcome["commands_rda"]
        writes = outcome["commands_wr"] + outcome["commands_wra"]
        assert (reads, writes) == ((~trace.is_write).sum(), trace.is_write.sum())
        assert outcome["commands_act"] > 0


def test_what_it_lacks_is_an_error(simulator):
    workload = one(0, device="ddr3-1600")
    lacking = {"MaxActiveTransactions": 4}
    designs = [{"PagePolicy": "ClosedAdaptive"}, lacking, {"PagePolicy": "Ajar"}, {"Pages": 1}]
    outcomes = simulator.evaluate(designs, workload)
    kinds = [outcome.kind if isinstance(outcome, Failure) else "ok" for outcome in outcomes]
    whole = simulator.name == "dramsys"
    assert kinds == [*(["ok"] * 2 if whole else ["unsupported"] * 2), "invalid", "invalid"]


def test_closed_play_is_unsupported(simulator):
    from archgym.traces.player import Player

    system = System.load("ddr3-1600")
    trace = Trace([0], [0], [False])
    workload = Workload(system, trace, Player("closed", max_outstanding=4))
    (outcome,) = simulator.evaluate([{}], workload)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "unsupported"


@pytest.mark.slow
def test_studies_repeat(simulator, tmp_path):
    study = Study.from_mapping(
        {
            "agents": {"random_search": {}, "genetic_algorithm": {"population": 4}},
            "workloads": [{"name": name, "requests": 150} for name in ("mixed", "stream")],
            "device": "ddr3-1600",
            "space": "common-v1",
            "simulator": simulator.name,
            # Of the time alone, since release 4 of DRAMSys does not count refreshes.
            "objectives": ["archgym-latency"],
            "budget": 10,
            "seeds": 1,
        },
        "options",
    )
    logs = []
    for name in ("one", "two"):
        assert study.run(tmp_path / name, workers=1) == []
        logs.append(evaluation_log.read(tmp_path / name / "trials"))
    assert len(logs[0]) == 2 * 2 * 10
    assert evaluation_log.equal(*logs)
    assert (logs[0]["simulator_version"] == simulator.version).all()


def test_dramsys_is_what_native_reproduces():
    dramsys = make_dramsys_5()
    native = Native(dramsys_quirks=True)
    space = make_space("controller-v1", "ddr3-1600")
    rng = np.random.default_rng(5)
    sampled = map(space.canonical, space.sample(rng, 40))
    designs = [design for design in sampled if space.infeasibility(design) is None][:8]
    workload = Workload.load("mixed", device="ddr3-1600", requests=300)
    pairs = zip(
        dramsys.evaluate(designs, workload), native.evaluate(designs, workload), strict=True
    )
    for theirs, ours in pairs:
        assert isinstance(theirs, dict), theirs
        assert isinstance(ours, dict)
        energies = [name for name in theirs if name.startswith(("energy", "power"))]
        for name in theirs.keys() - energies:
            # Our quantiles are rounded down, by less than this.
            assert theirs[name] == pytest.approx(ours[name], rel=1 / 16384), name


@pytest.mark.slow
def test_dramsys_repeats_its_recorded_runs():
    reference = os.environ.get("ARCHGYM_REFERENCE")
    if not reference:
        pytest.skip("ARCHGYM_REFERENCE does not name a folder of reference runs")
    dramsys = make("dramsys")
    devices = recorded_runs(dramsys, Path(reference), ROW_CYCLE in dramsys.detected())
    assert sum(quantities["total_time"]["n"] for quantities in devices.values()) == 50
    for quantities in devices.values():
        for name in ("total_time", "mean_latency", "p99_latency", "commands", "total_energy"):
            assert quantities.get(name, {"exact": 1.0})["exact"] == 1.0, name


def test_dramsys_row_cycle_is_detected_rightly():
    dramsys = make_dramsys_5()
    system = System.load("ddr4-2400")
    rows = system.mapping.encode({"row": [0, 1]})
    workload = Workload(system, Trace([0, 0], rows, [False, False]))
    design = {"PagePolicy": "Closed"}
    (theirs,), (ours,) = dramsys.evaluate([design], workload), Native().evaluate([design], workload)
    assert (ROW_CYCLE in dramsys.detected()) == (theirs["runtime_ns"] < ours["runtime_ns"])


@pytest.mark.parametrize("device", ["ddr3-1600", "ddr4-2400", "ddr5-4800"])
def test_ramulator_unloaded_latency(device):
    """Its data come a cycle after arrival, as ours do, whose response takes a further cycle."""
    ramulator = make("ramulator2")
    workload = one(0, device=device)
    (theirs,) = ramulator.evaluate([{}], workload)
    timing, clock_ps = workload.system.device.timing, workload.system.device.clock_ps
    burst = workload.system.device.organization.burst_length // 2
    expected = 1 + timing["RCD"] + timing["RL"] + burst
    assert theirs["latency_ns"] * 1e3 == pytest.approx(expected * clock_ps)
    design = {"PagePolicy": "Open"}
    (ours,) = Native().evaluate([design], workload)
    # JEDEC counts DDR5's reads from the second cycle of the command.
    second = device.startswith("ddr5")
    assert ours["latency_ns"] * 1e3 == pytest.approx((expected + 1 + second) * clock_ps)


def test_ramulator_forwards_only_from_the_same_address():
    """Its trace player of places gives requests no address; ours has one each."""
    ramulator = make("ramulator2")
    system = System.load("ddr4-2400")
    address = np.arange(40) * 64
    is_write = np.arange(40) < 8
    workload = Workload(system, Trace(np.zeros(40, int), address, is_write))
    (outcome,) = ramulator.evaluate([{}], workload)
    assert outcome["commands_rd"] == 32
    # A write that has to wait for others of its bank, and a read of the same address.
    rows = system.mapping.encode({"row": [1, 2, 3, 4, 5, 5]})
    same = Workload(system, Trace([0] * 6, rows, [True] * 5 + [False]))
    (outcome,) = ramulator.evaluate([{}], same)
    assert outcome["commands_rd"] == 0
    assert outcome["commands_wr"] == 5


def test_dramsim3_ends_with_its_last_response():
    dramsim3 = make("dramsim3")
    workload = one(0, device="ddr4-2400")
    (outcome,) = dramsim3.evaluate([{}], workload)
    device = workload.system.device
    timing = device.timing
    expected = timing["RCD"] + timing["RL"] + 4
    # From the queue of transactions to that of the bank, and to the first command.
    assert outcome["runtime_ns"] * 1e3 / device.clock_ps == pytest.approx(expected + 1, abs=1.01)
    (later,) = dramsim3.evaluate([{}], one(0, 10**6, device="ddr4-2400"))
    assert later["runtime_ns"] >= 1000 + (timing["RL"] + 4) * device.clock_ps / 1e3
