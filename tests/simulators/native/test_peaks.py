"""What a device can do at best, the simulator reaches; what it takes at least, it takes."""

import numpy as np
import pytest
from hypothesis import given, settings

import archgym
from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.dram.testing.strategies import make_workload, runs
from archgym.simulators.native import Native
from archgym.traces.trace import Trace

DESIGN = {"SchedulerBuffer": "Bankwise", "RequestBufferSize": 16, "PagePolicy": "OpenAdaptive"}

# One device a standard, an address mapping that keeps its banks busy, and the share of the peak
# that must be reached.
STREAMS = [
    ("ddr3-1600", "Device", 0.99),
    ("ddr4-2400", "Device", 0.99),
    ("ddr5-4800", "Device", 0.99),
    ("lpddr4-3200", "RowColumnBankColumn", 0.99),
    # ACT takes two cycles of the command bus, and every other of them delays a read by one.
    ("lpddr5-6400", "RowColumnBankColumn", 0.985),
    ("gddr6-14000", "Device", 0.99),
    ("hbm2", "RowColumnBankColumn", 0.99),
    ("hbm3-6400", "RowColumnBankColumn", 0.99),
]


def stream_of_reads(system, bursts):
    """Reads in the order of addresses, by one initiator."""
    size = system.device.organization.bytes_per_burst
    address = np.arange(bursts, dtype=np.uint64) * np.uint64(size)
    return Trace(
        arrival_ps=np.zeros(bursts, np.int64),
        address=address,
        is_write=np.zeros(bursts, bool),
        size=np.full(bursts, size, np.uint32),
        initiator=np.zeros(bursts, np.uint16),
        name="reads",
    )


def share_of_peak(device, mapping, refresh_policy, **choices):
    system = System.load(device)
    organization = system.device.organization
    bursts = 20_000 * organization.channels * organization.pseudo_channels
    workload = archgym.Workload(system, stream_of_reads(system, bursts))
    design = DESIGN | {"AddressMapping": mapping, "RefreshPolicy": refresh_policy} | choices
    metrics = archgym.simulate(design, workload)
    return metrics["bandwidth_gb_per_s"] / system.device.peak_bandwidth_gb_per_s


@pytest.mark.parametrize(("device", "mapping", "share"), STREAMS)
def test_a_stream_of_reads_reaches_the_peak(device, mapping, share):
    assert share <= share_of_peak(device, mapping, "NoRefresh") <= 1


@pytest.mark.parametrize("arbiter", ["Fifo", "Reorder"])
@pytest.mark.parametrize("device", Device.names())
def test_every_arbiter_reaches_the_same_bandwidth(device, arbiter):
    simple, other = (
        share_of_peak(
            device,
            "RowColumnBankColumn",
            "AllBank",
            Arbiter=name,
            MaxActiveTransactions=65_536,
            # Longer on their way than between two of them.
            ThinkDelayFw=20,
            ArbitrationDelayFw=20,
            ArbitrationDelayBw=20,
        )
        for name in ("Simple", arbiter)
    )
    assert other == pytest.approx(simple, rel=1e-3)


@pytest.mark.parametrize(("device", "mapping", "share"), STREAMS)
def test_refresh_takes_no_more_than_its_time(device, mapping, share):
    # Before REFAB the banks are precharged after the last read, after it a row is opened.
    rules = rules_of(device)
    refresh = rules.refreshes["AllBank"]
    pause = refresh.duration + sum(
        longest(rules, *pair) for pair in (("RD", "PREAB"), ("PREAB", "REFAB"), ("ACT", "RD"))
    )
    available = 1 - pause / refresh.interval
    assert share_of_peak(device, mapping, "AllBank") >= (share - 0.01) * available


def rules_of(device):
    device = Device.load(device)
    return STANDARDS[device.standard].rules(device.timing, device.organization)


def longest(rules, previous, following):
    return max(
        constraint.cycles
        for constraint in rules.constraints
        if previous in constraint.previous and following in constraint.following
    )


@pytest.mark.parametrize("name", Device.names())
def test_an_unloaded_read_takes_its_latency(name):
    device, rules = Device.load(name), rules_of(name)
    size = device.organization.bytes_per_burst
    read = Trace(
        arrival_ps=np.zeros(1, np.int64),
        address=np.zeros(1, np.uint64),
        is_write=np.zeros(1, bool),
        size=np.full(1, size, np.uint32),
        initiator=np.zeros(1, np.uint16),
        name="read",
    )
    metrics = archgym.simulate({}, archgym.Workload(System(device), read))
    think, response = 1, 1
    cycles = think + longest(rules, "ACT", "RD") + rules.latencies.read + response
    assert metrics["latency_ns"] * 1000 == pytest.approx(cycles * device.clock_ps, rel=1e-12)


@settings(max_examples=100, deadline=None)
@given(runs(Device.names()))
def test_no_run_exceeds_its_device(run):
    (metrics,) = Native().evaluate([run.design], make_workload(run.device, run.accesses))
    assert metrics["bandwidth_gb_per_s"] <= run.device.peak_bandwidth_gb_per_s * (1 + 1e-12)
    assert min(metrics.values()) >= 0
