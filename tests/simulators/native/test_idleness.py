"""Idle time is skipped, and changes no metric by a bit."""

from functools import partial
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.dram.device import Device
from archgym.dram.legality import check
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.dram.testing.strategies import Access, designs, make_workload, one_channel, runs
from archgym.dram.workload import Workload
from archgym.errors import SimulationError
from archgym.simulator import Failure
from archgym.simulators.native import COMMANDS, Native, _core
from archgym.traces.player import Player
from archgym.traces.trace import Trace

DEVICES = tuple(name for name in Device.names() if Device.load(name).standard in STANDARDS)
LONGEST_PS = 10**18
# Of idleness that is skipped, in cycles; see the core's kLongIdleness.
LONG = 1 << 18


def rules_of(device):
    return STANDARDS[device.standard].rules(device.timing, device.organization)


def reads(device_name, arrivals):
    system = System.load(device_name)
    size = system.device.organization.bytes_per_burst
    trace = Trace(
        arrival_ps=np.array(arrivals),
        address=np.zeros(len(arrivals), np.uint64),
        is_write=np.zeros(len(arrivals), bool),
        size=np.full(len(arrivals), size, np.uint32),
        initiator=np.zeros(len(arrivals), np.uint16),
    )
    return Workload(system, trace)


def check_equal_to_stepping(design, workload, dramsys_quirks):
    native = Native(dramsys_quirks=dramsys_quirks)
    (skipped,) = native.evaluate([design], workload)
    with patch.object(_core, "evaluate", partial(_core.evaluate, skips_idleness=False)):
        (stepped,) = native.evaluate([design], workload)
    assert skipped == stepped


def with_gaps(draw, run, longest):
    """Puts idle time before some accesses of a run, the first or not."""
    clock_ps, late, accesses = run.device.clock_ps, 0, []
    gaps = st.one_of(st.just(0), st.just(0), st.integers(LONG, longest))
    for access in run.accesses:
        late += draw(gaps) * clock_ps
        accesses.append(access._replace(arrival_ps=access.arrival_ps + late))
    return make_workload(run.device, accesses)


@settings(max_examples=100, deadline=None)
@given(st.data(), runs(DEVICES, max_size=12), st.booleans())
def test_metrics_are_those_of_every_step(data, run, dramsys_quirks):
    workload = with_gaps(data.draw, run, 8 * LONG)
    check_equal_to_stepping(run.design, workload, dramsys_quirks)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(st.data(), runs(DEVICES, max_size=30), st.booleans())
def test_metrics_are_those_of_every_step_on_many_runs(data, run, dramsys_quirks):
    workload = with_gaps(data.draw, run, 16 * LONG)
    check_equal_to_stepping(run.design, workload, dramsys_quirks)


@st.composite
def shared_workloads(draw, device_name):
    """Initiators that share the channels of a device, ask rarely, and may wait for responses."""
    system = System.load(device_name)
    organization = system.device.organization
    number = draw(st.integers(1, 12))

    def column(values, dtype):
        return np.array(draw(st.lists(values, min_size=number, max_size=number)), dtype)

    gap_ps = st.one_of(st.integers(0, 10**5), st.integers(10**8, 3 * 10**9))
    bursts = system.capacity // organization.bytes_per_burst
    trace = Trace(
        arrival_ps=np.cumsum(column(gap_ps, np.int64)),
        address=column(st.integers(0, bursts - 1), np.uint64)
        * np.uint64(organization.bytes_per_burst),
        is_write=column(st.booleans(), bool),
        size=np.full(number, organization.bytes_per_burst, np.uint32),
        initiator=column(st.integers(0, 2), np.uint16),
    )
    closed = st.builds(
        Player,
        st.just("closed"),
        max_outstanding=st.integers(1, 4),
        think_time_ps=st.integers(10**8, 10**9),
        dependent=st.booleans(),
    )
    return Workload(system, trace, draw(st.one_of(st.just(Player()), closed)))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(["ddr4-2400-2channel", "hbm2", "lpddr4-3200"]), st.booleans())
def test_channels_and_players_do_as_in_every_step(data, device_name, dramsys_quirks):
    workload = data.draw(shared_workloads(device_name))
    design = data.draw(designs(workload.system.device))
    check_equal_to_stepping(design, workload, dramsys_quirks)


@pytest.mark.parametrize("dramsys_quirks", [False, True])
@pytest.mark.parametrize("power_down", ["NoPowerDown", "Staggered"])
@pytest.mark.parametrize("device_name", DEVICES)
def test_the_longest_gap_takes_no_time(device_name, power_down, dramsys_quirks):
    workload = reads(device_name, [0, LONGEST_PS])
    system, device = workload.system, workload.system.device
    native = Native(dramsys_quirks=dramsys_quirks)
    refreshes = native.conduct(device).rules.refreshes
    limits = [(0, 0), (8, 8), (1, 64)]
    policies = [
        {"RefreshPolicy": name, "RefreshMaxPostponed": postponed, "RefreshMaxPulledin": pulled_in}
        for name in ("NoRefresh", *refreshes)
        for postponed, pulled_in in limits
    ]
    outcomes = native.evaluate([{**p, "PowerDownPolicy": power_down} for p in policies], workload)
    for policy, metrics in zip(policies, outcomes, strict=True):
        assert metrics["runtime_ns"] * 1000 == pytest.approx(LONGEST_PS, rel=1e-11)
        assert metrics["latency_max_ns"] < 10_000
        refresh = refreshes.get(policy["RefreshPolicy"])
        issued = metrics[f"commands_{refresh.command.lower()}"] if refresh else 0
        if power_down == "NoPowerDown" and refresh is not None:
            ranks = system.channels * system.ranks
            due = ranks * LONGEST_PS / (refresh.interval * device.clock_ps)
            # Those that were pulled in, and rounding of the due time.
            assert abs(issued - due) <= ranks * (66 * refresh.per_interval) + due * 1e-15
        if refresh is None:
            assert issued == 0


@pytest.mark.parametrize("device_name", ["ddr4-2400", "ddr5-4800", "lpddr4-3200-2rank"])
def test_energy_goes_on_as_in_a_shorter_gap(device_name):
    device = Device.load(device_name)
    for refresh in rules_of(device).refreshes:
        # The shorter one is gone through step by step.
        short, long = (
            Native().evaluate([{"RefreshPolicy": refresh}], reads(device_name, [0, gap]))[0]
            for gap in (LONG * device.clock_ps - 1, LONGEST_PS)
        )
        assert long["power_mw"] == pytest.approx(short["power_mw"], rel=0.05)


def test_idleness_before_the_first_request_is_skipped_too():
    workload = reads("ddr4-2400", [LONGEST_PS])
    (metrics,) = Native().evaluate([{}], workload)
    assert metrics["commands_refab"] == pytest.approx(LONGEST_PS / 7_800_000, rel=0.01)


@pytest.mark.parametrize("power_down", ["NoPowerDown", "Staggered"])
@pytest.mark.parametrize("device_name", DEVICES)
def test_commands_of_long_idleness_are_legal(device_name, power_down):
    device = one_channel(Device.load(device_name))
    rules = rules_of(device)
    gap_ps = 300 * rules.refreshes["AllBank"].interval * device.clock_ps
    for refresh in rules.refreshes:
        times = [0, 10_000, gap_ps, gap_ps + 10_000, 2 * gap_ps + 5_000]
        workload = make_workload(device, [Access(time, i, i) for i, time in enumerate(times)])
        design = {
            "RefreshPolicy": refresh,
            "PowerDownPolicy": power_down,
            "RefreshMaxPostponed": 8,
            "RefreshMaxPulledin": 8,
            "PagePolicy": "Open",
        }
        commands = Native().command_trace(design, workload)
        assert check(commands, device, names=COMMANDS) == []


def test_requests_after_a_long_sleep_are_not_taken_for_stuck():
    # Nothing asks managers while a rank is powered down and no refresh falls due.
    design = {"RefreshPolicy": "NoRefresh", "PowerDownPolicy": "Staggered"}
    (metrics,) = Native().evaluate([design], reads("ddr4-2400", [0, 10**12]))
    assert metrics["commands_pdxa"] + metrics["commands_pdxp"] > 0


def test_a_command_trace_lists_no_end_of_refreshes():
    workload = reads("ddr4-2400", [0, LONGEST_PS])
    with pytest.raises(SimulationError, match=r"lists up to 4,000,000 commands that serve no"):
        Native().command_trace({}, workload)
    asleep = {"PowerDownPolicy": "Staggered"}
    assert len(Native().command_trace(asleep, workload)) < 100


def test_a_run_of_closed_play_may_be_too_long():
    # Two million requests, each of which waits for a second.
    count = 2_000_001
    trace = Trace(
        arrival_ps=np.zeros(count, np.int64),
        address=np.zeros(count, np.uint64),
        is_write=np.zeros(count, bool),
        size=np.full(count, 64, np.uint32),
        initiator=np.zeros(count, np.uint16),
        name="slow",
    )
    player = Player("closed", max_outstanding=1, think_time_ps=10**12)
    workload = Workload(System.load("ddr4-2400"), trace, player)
    design = {"RefreshPolicy": "NoRefresh"}
    (outcome,) = Native().evaluate([design], workload)
    assert isinstance(outcome, Failure)
    assert outcome.reason == "native simulates runs up to 2e+18 ps, and slow takes ddr4-2400 longer"
    with pytest.raises(SimulationError, match="slow takes ddr4-2400 longer"):
        Native().command_trace(design, workload)
