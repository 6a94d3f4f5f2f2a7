"""Limits on refreshes, where they are hard to keep to."""

import copy

import numpy as np
import pytest

from archgym.dram.device import Device
from archgym.dram.legality import check
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulators.native import COMMANDS, Native
from archgym.traces.trace import Trace


def with_timing(name, **cycles):
    data = copy.deepcopy(Device.load(name).data)
    data["memspec"]["memtimingspec"] |= cycles
    return System(Device.from_dict(data))


def play(system, gaps_ns, lines, rng, **design):
    """Returns the commands of channel 0, which are legal."""
    count = len(gaps_ns)
    size = system.device.organization.bytes_per_burst
    trace = Trace(
        arrival_ps=np.cumsum(gaps_ns * 1000).astype(np.int64),
        address=rng.integers(0, lines, count).astype(np.uint64) * np.uint64(size),
        is_write=rng.random(count) < 0.5,
        size=np.full(count, size, np.uint32),
        initiator=np.zeros(count, np.uint16),
    )
    commands = Native().command_trace(design, Workload(system, trace))
    first = commands[commands["channel"] == 0]
    assert check(first, system.device, names=COMMANDS) == []
    return np.array(COMMANDS)[first["command"]]


@pytest.mark.parametrize("busy", [4, 10, 20])
@pytest.mark.parametrize("gap_ns", [500, 550, 600, 650])
def test_ranks_that_wake_up_often_do_not_refresh_too_often(busy, gap_ns):
    # Refreshes are pulled in first; then, every request finds the rank in self-refresh, after
    # which a refresh of all banks has to follow.
    rng = np.random.default_rng(1)
    names = play(
        with_timing("lpddr4-3200", RFCpb=26, RFCab=61, XSR=99, SR=20),
        np.concatenate([np.full(busy, 150), rng.uniform(0.97, 1.03, 40) * gap_ns]),
        1,
        rng,
        PagePolicy="Closed",
        RefreshPolicy="PerBank",
        RefreshMaxPostponed=7,
        RefreshMaxPulledin=7,
        PowerDownPolicy="Staggered",
    )
    assert np.count_nonzero(names == "SREFEX") > 10


@pytest.mark.parametrize("max_postponed", [0, 4, 8])
@pytest.mark.parametrize("page_policy", ["Open", "Closed"])
def test_banks_that_take_longer_than_an_interval_are_refreshed_in_time(page_policy, max_postponed):
    # A refresh is due every 125 cycles, while a bank needs more than that for a write and its
    # precharge.
    system = with_timing("ddr5-4800", REFI1=1000, RFC1=100, RFCsb=40, REFSBRD=40, XS=101)
    names = play(
        system,
        np.full(5000, 2.0),
        1 << 24,
        np.random.default_rng(1),
        PagePolicy=page_policy,
        RefreshPolicy="SameBank",
        RefreshMaxPostponed=max_postponed,
    )
    assert np.count_nonzero(names == "REFSB") > 100
