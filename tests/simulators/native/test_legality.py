"""Every command that the native simulator issues is legal by JEDEC."""

import numpy as np
import pytest
from hypothesis import given, settings

from archgym.dram.device import Device
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.simulators.native import COMMANDS, Native
from archgym.testing.legality import check
from archgym.testing.strategies import (
    ONE_RANK,
    TWO_RANKS,
    Access,
    accesses,
    designs,
    devices,
    make_workload,
)

DEVICES = ("ddr3-1600", "ddr4-2400", "ddr4-2400-mt40a1g8")
TRACES = ("stream", "random", "mixed", "bursty", "zipf", "cloud-1", "cloud-2")


def violations(design, workload, native):
    """Number of commands, and what is wrong with them."""
    commands = native.command_trace(design, workload)
    refreshes = design["RefreshPolicy"] != "NoRefresh"
    found = check(commands, workload.system.device, names=COMMANDS, refreshes=refreshes)
    return len(commands), found


@settings(max_examples=60, deadline=None)
@given(devices(ONE_RANK + TWO_RANKS), accesses(), designs())
def test_small_crowded_runs_are_legal(device, requests, design):
    _, found = violations(design, make_workload(device, requests), Native())
    assert found == []


@pytest.mark.parametrize("device_name", DEVICES)
@pytest.mark.parametrize("trace", TRACES)
def test_random_designs_are_legal(device_name, trace):
    workload = Workload.load(trace, device_name, requests=2000, seed=1)
    rng = np.random.default_rng([DEVICES.index(device_name), TRACES.index(trace)])
    for design in make_space("archgym", allow_data_loss=True).sample(rng, 2):
        assert violations(design, workload, Native())[1] == []


@pytest.mark.slow
def test_a_million_commands_are_legal():
    space = make_space("archgym", allow_data_loss=True)
    rng = np.random.default_rng(2024)
    total = 0
    while total < 1_000_000:
        device_name, trace = rng.choice(DEVICES), rng.choice(TRACES)
        workload = Workload.load(trace, device_name, requests=20_000, seed=int(rng.integers(1000)))
        (design,) = space.sample(rng, 1)
        count, found = violations(design, workload, Native())
        assert found == [], (design, workload.id)
        total += count


def test_load_then_idleness_keeps_within_the_refresh_limits():
    # Postpones all it may under load, pulls in all it may when idle, and again.
    device = Device.load("ddr4-2400")
    interval_ps = device.timing["REFI"] * device.clock_ps
    rng = np.random.default_rng(0)
    burst_ps = np.arange(0, 12 * interval_ps, 20_000)
    times = np.concatenate([32 * interval_ps * i + burst_ps for i in range(6)]).tolist()
    rows = rng.integers(0, 1000, len(times)).tolist()
    requests = [
        Access(time, row % 16, row, is_write=row % 2 == 0)
        for time, row in zip(times, rows, strict=True)
    ]
    workload = make_workload(device, requests)
    design = {
        "RefreshPolicy": "AllBank",
        "RefreshMaxPostponed": 8,
        "RefreshMaxPulledin": 8,
    }
    count, found = violations(design, workload, Native())
    assert found == []
    assert count > len(times)


def test_dramsys_cuts_short_the_write_recovery_of_ddr3():
    # DRAMSys 5.5 leaves it out; reproduced on request, and then the checker objects.
    design = {"RefreshPolicy": "AllBank", "PagePolicy": "Open"}
    workload = Workload.load("stream", "ddr3-1600", requests=5000, read_share=0.0)
    assert violations(design, workload, Native())[1] == []
    _, found = violations(design, workload, Native(dramsys_quirks=True))
    assert {violation.rule for violation in found} == {"tWR"}


@pytest.mark.parametrize("device_name", DEVICES)
def test_commands_come_as_early_as_is_legal(device_name):
    # A dense trace: nearly every command, moved one clock earlier, breaks a rule.
    workload = Workload.load("random", device_name, requests=500, seed=5)
    design = {"RefreshPolicy": "AllBank"}
    commands = Native().command_trace(design, workload)
    clock_ps = workload.system.device.clock_ps
    caught = 0
    moved = range(200, 300)
    for i in moved:
        earlier = commands.copy()
        earlier["time_ps"][i] -= clock_ps
        earlier = earlier[np.argsort(earlier["time_ps"], kind="stable")]
        caught += bool(check(earlier, workload.system.device, names=COMMANDS))
    assert caught >= 0.9 * len(moved)
