"""DDR4's Fine Granularity Refresh: twice or four times as many refreshes, each shorter."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archgym
from archgym.dram.device import Device
from archgym.dram.legality import check
from archgym.dram.system import System
from archgym.dram.testing.strategies import accesses, designs, make_workload
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.simulators.native import COMMANDS, Native
from archgym.traces.trace import Trace

MODES = (1, 2, 4)


def in_mode(mode, currents=(), **timing):
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    memspec = data["memspec"]
    memspec["memarchitecturespec"]["RefMode"] = memspec["memtimingspec"]["REFM"] = mode
    memspec["memtimingspec"] |= {"RFC2": 192, "RFC4": 132} | timing
    memspec["mempowerspec"] |= dict(currents)
    return Device.from_dict(data)


def sparse_reads(device, count, gap_ps):
    return Trace(
        arrival_ps=np.arange(count) * gap_ps,
        address=np.arange(count, dtype=np.uint64) * np.uint64(1 << 20),
        is_write=np.zeros(count, bool),
        size=np.full(count, device.organization.bytes_per_burst, np.uint32),
        initiator=np.zeros(count, np.uint16),
    )


@pytest.mark.parametrize("mode", MODES)
def test_refreshes_come_as_much_more_often(mode):
    device = in_mode(mode)
    workload = Workload(System(device), sparse_reads(device, 100, 7_800_000))
    metrics = archgym.simulate({}, workload)
    cycles = metrics["runtime_ns"] * 1000 / device.clock_ps
    assert metrics["commands_refab"] == cycles // (9360 // mode)
    assert metrics["refreshes_owed"] == 0


@pytest.mark.parametrize("mode", MODES)
def test_each_takes_its_own_time(mode):
    device = in_mode(mode)
    interval_ps = 9360 // mode * device.clock_ps
    requests = sparse_reads(device, 2, interval_ps)
    commands = Native().command_trace({}, Workload(System(device), requests))
    names = np.array(COMMANDS)[commands["command"]]
    refresh, act = (commands["time_ps"][names == name][-1] for name in ("REFAB", "ACT"))
    assert (act - refresh) // device.clock_ps == {1: 312, 2: 192, 4: 132}[mode]


@pytest.mark.parametrize("mode", MODES)
def test_as_many_more_can_be_postponed(mode):
    device = in_mode(mode)
    workload = Workload.load("random", "ddr4-2400", requests=60_000, intensity=0.9)
    workload = Workload(System(device), workload.trace, workload.player)
    metrics = archgym.simulate({"RefreshMaxPostponed": 8, "RequestBufferSize": 16}, workload)
    assert 7 * mode <= metrics["refreshes_owed"] <= 8 * mode


def test_energy_needs_the_currents_of_the_mode():
    requests = sparse_reads(in_mode(1), 50, 7_800_000)

    def simulate(device):
        return archgym.simulate({}, Workload(System(device), requests))

    for mode in (2, 4):
        assert "energy_nj" not in simulate(in_mode(mode))
        currents = {f"idd5F{mode}": 0.09, f"ipp5F{mode}": 0.002}
        metrics = simulate(in_mode(mode, currents))
        less = simulate(in_mode(mode, currents | {f"idd5F{mode}": 0.08}))
        assert metrics["energy_refresh_nj"] > less["energy_refresh_nj"] > 0
        # As many ampere-cycles for each REFAB as the difference of currents lasts.
        duration_ns = {2: 192, 4: 132}[mode] * 0.833
        devices = in_mode(mode).organization.devices
        saved = 0.01 * 1.2 * duration_ns * devices * metrics["commands_refab"]
        difference = metrics["energy_refresh_nj"] - less["energy_refresh_nj"]
        assert difference == pytest.approx(saved)
        for missing in currents:  # of one of the two supplies
            data = copy.deepcopy(in_mode(mode, currents).data)
            del data["memspec"]["mempowerspec"][missing]
            assert "energy_nj" not in simulate(Device.from_dict(data))


@pytest.mark.parametrize("mode", [0, 3, 8])
def test_no_other_modes(mode):
    with pytest.raises(ArchgymError, match=r"memarchitecturespec\.RefMode must be"):
        in_mode(mode)


def test_both_keys_must_agree_and_the_time_be_given():
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    data["memspec"]["memarchitecturespec"]["RefMode"] = 2
    with pytest.raises(ArchgymError, match=r"REFM must be as memarchitecturespec\.RefMode, 2"):
        Device.from_dict(data)
    del data["memspec"]["memtimingspec"]["REFM"]
    assert Device.from_dict(data).timing["REFM"] == 2
    data["memspec"]["memtimingspec"].pop("RFC2", None)
    with pytest.raises(ArchgymError, match=r"memtimingspec\.RFC2 is missing"):
        Device.from_dict(data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from((2, 4)), st.integers(1200, 6000), st.data())
def test_commands_are_legal(mode, interval, data):
    device = in_mode(mode, REFI=interval, RFC2=90, RFC4=60)
    design = data.draw(designs(device))
    workload = make_workload(device, data.draw(accesses(80)))
    commands = Native().command_trace(design, workload)
    refreshes = design["RefreshPolicy"] != "NoRefresh"
    assert check(commands, device, names=COMMANDS, refreshes=refreshes) == []


@pytest.mark.parametrize("mode", [2, 4])
def test_whole_refreshes_come_before_self_refresh(mode):
    device = in_mode(mode)
    workload = Workload(System(device), sparse_reads(device, 40, 130_000_000))
    commands = Native().command_trace({"PowerDownPolicy": "Staggered"}, workload)
    names = np.array(COMMANDS)[commands["command"]]
    refreshes = 0
    entries = names.tolist().count("SREFEN")
    for name in names:
        refreshes += name == "REFAB"
        if name == "SREFEN":
            assert refreshes % mode == 0
        elif name == "SREFEX":
            refreshes = 0
    assert entries > 20
    assert check(commands, device, names=COMMANDS) == []
