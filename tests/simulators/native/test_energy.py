"""The energy split, worked out again from the commands alone.

The formulas are DRAMPower's (Chandrasekar et al., 2012; bank-wise background by Mathew et al.,
RAPIDO 2017), written over intervals in which banks are open instead of the core's running counters.
"""

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings

from archgym.dram.device import Device
from archgym.dram.workload import Workload
from archgym.simulators.native import COMMANDS, Native
from archgym.testing.strategies import Access, accesses, designs, devices, make_workload

# The names of each supply's currents, without the prefix that names the supply.
REFRESH_CURRENT = {"DDR3": "5", "DDR4": "5B"}
SUPPLIES = {"DDR3": [("vdd", "idd")], "DDR4": [("vdd", "idd"), ("vpp", "ipp")]}


def open_intervals(commands, device):
    """For each bank the [open, close) intervals in cycles, and when banks were precharged."""
    t, banks = device.timing, device.organization.banks
    burst = device.organization.burst_length // 2
    refresh_cycle = t["RFC1" if device.standard == "DDR4" else "RFC"]
    since, intervals, precharges = {}, defaultdict(list), []

    def close(bank, cycle):
        intervals[bank].append((since.pop(bank), cycle))
        precharges.append(cycle)

    for command in commands:
        cycle, bank = int(command["time_ps"]) // device.clock_ps, int(command["bank"])
        match COMMANDS[command["command"]]:
            case "ACT":
                since[bank] = cycle
            case "PREPB":
                close(bank, cycle)
            case "PREAB":
                for open_bank in list(since):
                    close(open_bank, cycle)
            case "RDA":
                close(bank, max(since[bank] + t["RAS"], cycle + t["AL"] + t["RTP"]))
            case "WRA":
                close(bank, max(since[bank] + t["RAS"], cycle + t["WL"] + burst + t["WR"]))
            case "REFAB":
                for every_bank in range(banks):
                    intervals[every_bank].append((cycle, cycle + refresh_cycle))
    end = int(commands["time_ps"][-1]) // device.clock_ps
    for bank, start in since.items():
        intervals[bank].append((start, end))
    clipped = [[(a, min(b, end)) for a, b in intervals[bank]] for bank in range(banks)]
    return clipped, [cycle for cycle in precharges if cycle <= end], end


def length_of_union(intervals):
    total = reach = 0
    for start, stop in sorted(intervals):
        total += max(0, stop - max(start, reach))
        reach = max(reach, stop)
    return total


def energy_split_nj(commands, device):
    t, banks = device.timing, device.organization.banks
    burst = device.organization.burst_length // 2
    issued = Counter(COMMANDS[command] for command in commands["command"])
    by_bank, precharges, end = open_intervals(commands, device)
    bank_open = sum(stop - start for intervals in by_bank for start, stop in intervals)
    rank_open = length_of_union([i for intervals in by_bank for i in intervals])
    split = Counter()
    for supply, prefix in SUPPLIES[device.standard]:
        i0, i2n, i3n, i4r, i4w, i5 = (
            device.currents[prefix + state]
            for state in ("0", "2n", "3n", "4r", "4w", REFRESH_CURRENT[device.standard])
        )
        i_beta = device.currents.get(f"iBeta_{supply}", i0)
        i_rho = device.power_factors.get("factRho", 1.0) * (i3n - i2n) + i2n
        i_theta = (i0 * (t["RP"] + t["RAS"]) - i_beta * t["RP"]) / t["RAS"]
        i_1 = (i3n + (banks - 1) * i_rho) / banks
        refresh_cycle = t["RFC1" if device.standard == "DDR4" else "RFC"]
        ampere_cycles = {
            "activate": (i_theta - i_1) * t["RAS"] * issued["ACT"],
            "precharge": (i_beta - i2n) * t["RP"] * len(precharges),
            "read": (i4r - i3n) * burst * (issued["RD"] + issued["RDA"]),
            "write": (i4w - i3n) * burst * (issued["WR"] + issued["WRA"]),
            "refresh": (i5 - i3n) * refresh_cycle * issued["REFAB"],
            "background": i_rho * rank_open
            + (i3n - i_rho) / banks * bank_open
            + i2n * (end - rank_open),
        }
        cycle_ns = device.clock_ps / 1000
        for part, amount in ampere_cycles.items():
            watt = device.currents[supply] * amount * device.organization.devices
            split[part] += watt * cycle_ns
    return split


def check_energy(device, workload, design):
    commands = Native().command_trace(design, workload)
    # When they reach the DRAM.
    commands["time_ps"] += design.get("PhyDelayFw", 0) * device.clock_ps
    expected = energy_split_nj(commands, device)
    (metrics,) = Native().evaluate([design], workload)
    for part, energy in expected.items():
        assert metrics[f"energy_{part}_nj"] == pytest.approx(energy, rel=1e-9, abs=1e-9), part
    total = sum(expected.values())
    assert metrics["energy_nj"] == pytest.approx(total)
    assert metrics["power_mw"] == pytest.approx(total / metrics["runtime_ns"] * 1000)


@settings(max_examples=80, deadline=None)
@given(device=devices(), requests=accesses(), design=designs())
def test_energy_follows_from_the_commands(device, requests, design):
    check_energy(device, make_workload(device, requests), design)


@pytest.mark.parametrize("device_name", ["ddr3-1600", "ddr4-2400", "ddr4-2400-mt40a1g8"])
@pytest.mark.parametrize("policy", ["Open", "Closed", "OpenAdaptive", "ClosedAdaptive"])
def test_energy_of_a_longer_trace(device_name, policy):
    workload = Workload.load("mixed", device_name, requests=3000, seed=2)
    check_energy(workload.system.device, workload, {"PagePolicy": policy})


def test_energy_of_one_read_by_hand():
    # DDR4-2400: ACT in cycle 1, RD in 17; rank precharged for 1 cycle, then open for 16.
    device = Device.load("ddr4-2400")
    (metrics,) = Native().evaluate(
        [{"PagePolicy": "Open"}], make_workload(device, [Access(0, 0, 0)])
    )
    ns, devices_a_rank = 0.833, 8
    # idd0 60.75 mA, idd3n 44 mA, idd2n 38.25 mA, idd4r 184.5 mA at 1.2 V; ipp0 4.05 mA at 2.5 V.
    vdd, vpp = 1.2 * ns * devices_a_rank, 2.5 * ns * devices_a_rank
    activate = vdd * (0.06075 - 0.044) * 39 + vpp * 0.00405 * 39
    assert metrics["energy_activate_nj"] == pytest.approx(activate)
    assert metrics["energy_read_nj"] == pytest.approx(vdd * (0.1845 - 0.044) * 4)
    assert metrics["energy_background_nj"] == pytest.approx(vdd * (0.03825 * 1 + 0.044 * 16))
    assert metrics["energy_precharge_nj"] == metrics["energy_write_nj"] == 0
    assert metrics["energy_refresh_nj"] == 0
