"""Refreshes that are owed at the end of a run, counted again from its commands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archgym
from archgym.dram.device import Device
from archgym.dram.legality import check
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.dram.testing.strategies import designs, make_workload, runs
from archgym.dram.workload import Workload
from archgym.simulators.native import COMMANDS, Native
from archgym.traces.trace import Trace

REFRESHES = {"REFAB": "AllBank", "REFPB": "PerBank", "REFP2B": "Per2Bank", "REFSB": "SameBank"}


def refresh_of(design, device):
    rules = STANDARDS[device.standard].rules(device.timing, device.organization)
    return rules.refreshes.get(design["RefreshPolicy"])


def counted_debts(design, workload, end):
    """The refreshes owed by each rank of each channel at cycle `end`, of the commands issued."""
    system, device = workload.system, workload.system.device
    refresh = refresh_of(design, device)
    commands = Native().command_trace(design, workload)
    names = np.array(COMMANDS)[commands["command"]]
    cycle = commands["time_ps"] // device.clock_ps
    debts = []
    for channel in range(system.channels):
        for rank in range(system.ranks):
            here = (commands["channel"] == channel) & (commands["rank"] == rank)
            entries, exits = (cycle[here & (names == name)] for name in ("SREFEN", "SREFEX"))
            asleep = np.append(exits, end)[: len(entries)] - entries
            due = (end - asleep.sum()) // refresh.interval
            issued = (here & (names == refresh.command)).sum()
            if refresh.command == "REFAB":
                due += len(exits)
            debts.append(max(0, int(due - issued)))
    return debts


def check_debt(design, workload):
    (metrics,) = Native().evaluate([design], workload)
    device = workload.system.device
    refresh = refresh_of(design, device)
    owed = metrics["refreshes_owed"], metrics["refresh_debt_ns"]
    if refresh is None:
        assert owed == (0, 0)
        return
    end = round(metrics["runtime_ns"] * 1000 / device.clock_ps)
    debts = counted_debts(design, workload, end)
    assert metrics["refreshes_owed"] == sum(debts)
    duration_ns = refresh.duration * device.clock_ps / 1000
    assert metrics["refresh_debt_ns"] == pytest.approx(max(debts) * duration_ns)
    if "energy_nj" in metrics:
        assert (metrics["refresh_debt_nj"] > 0) == (sum(debts) > 0)


@settings(max_examples=100, deadline=None)
@given(runs(Device.names()))
def test_debt_is_what_the_commands_leave(run):
    check_debt(run.design, make_workload(run.device, run.accesses))


@settings(max_examples=30, deadline=None)
@given(
    designs(Device.load("ddr4-2400-2channel")),
    st.lists(st.integers(0, 40_000_000), min_size=1, max_size=30),
    st.integers(0, 1000),
)
def test_the_debt_of_channels_is_the_largest_of_theirs(design, gaps, seed):
    system = System.load("ddr4-2400-2channel")
    count = len(gaps)
    address = np.random.default_rng(seed).integers(0, 1 << 24, count).astype(np.uint64)
    trace = Trace(
        arrival_ps=np.cumsum(gaps),
        address=address // np.uint64(64) * np.uint64(64),
        is_write=np.zeros(count, bool),
        size=np.full(count, 64, np.uint32),
        initiator=np.zeros(count, np.uint16),
    )
    check_debt(design, Workload(system, trace))


@pytest.mark.parametrize("device_name", ["ddr3-1600-2rank", "ddr4-2400", "lpddr4-3200", "hbm2"])
def test_ranks_that_refresh_themselves_owe_nothing(device_name):
    # Sparse requests, so that ranks sleep between them, and wake up at any point of an interval.
    system = System.load(device_name)
    rng = np.random.default_rng(5)
    count = 300
    size = system.device.organization.bytes_per_burst
    trace = Trace(
        arrival_ps=np.cumsum(rng.integers(0, 60_000_000, count)),
        address=rng.integers(0, system.capacity // size, count).astype(np.uint64) * np.uint64(size),
        is_write=rng.random(count) < 0.3,
        size=np.full(count, size, np.uint32),
        initiator=np.zeros(count, np.uint16),
    )
    workload = Workload(system, trace)
    design = {"PowerDownPolicy": "Staggered", "RefreshPolicy": "AllBank"}
    metrics = archgym.simulate(design, workload)
    assert metrics["commands_srefex"] > 100
    # What falls due with the last request, at most.
    assert metrics["refreshes_owed"] <= system.channels * system.ranks
    check_debt(design, workload)
    commands = Native().command_trace(design, workload)
    first = commands[commands["channel"] == 0]
    assert check(first, system.device, names=COMMANDS) == []
