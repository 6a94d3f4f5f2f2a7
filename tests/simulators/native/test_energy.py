"""The energy split, worked out again from the commands alone.

The formulas are DRAMPower's (Chandrasekar et al., 2012; bank-wise background by Mathew et al.,
RAPIDO 2017). They are applied cycle by cycle to which banks are open and which mode each rank is
in, instead of to the core's running sums.
"""

import copy
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

from archgym.dram.device import Device
from archgym.dram.testing.strategies import Access, make_workload, one_channel, runs
from archgym.dram.workload import Workload
from archgym.simulator import Failure
from archgym.simulators.native import COMMANDS, Native

WITH_CURRENTS = (
    "ddr3-1600", "ddr3-1600-2rank", "ddr4-2400", "ddr4-2400-2rank-xor", "ddr5-4800",
    "lpddr4-3200", "lpddr4-3200-2rank",
)  # fmt: skip
PARTS = (
    "activate", "precharge", "read", "write", "refresh", "background", "power_down", "self_refresh",
)  # fmt: skip

# A supply's voltage, and a format for the names of its currents.
SUPPLIES = {
    "DDR3": [("vdd", "idd{}")],
    "DDR4": [("vdd", "idd{}"), ("vpp", "ipp{}")],
    "DDR5": [("vdd", "idd{}")],
    "LPDDR4": [("vdd1", "idd{}1"), ("vdd2", "idd{}2")],
}
# States as the names of currents have them, where it isn't the usual way.
STATES = {
    "DDR3": {"2p": "2p1", "3p": "3p1"},  # left fast, with the delay-locked loop on
    "DDR4": {"5": "5B", "6": "6n"},
    "DDR5": {"5": "5b", "5sb": "5c", "6": "6n"},
    "LPDDR4": {},
}
REFRESH_CYCLES = {
    "DDR3": {"REFAB": "RFC"},
    "DDR4": {"REFAB": "RFC1"},
    "DDR5": {"REFAB": "RFC1", "REFSB": "RFCsb"},
    "LPDDR4": {"REFAB": "RFCab", "REFPB": "RFCpb"},
}
AWAKE, ACTIVE_POWER_DOWN, PRECHARGED_POWER_DOWN, SELF_REFRESH = range(4)


class Rank:
    """What a rank does in each cycle of a run.

    Attributes:
        open: For each bank and cycle, whether the bank is open or being refreshed.
        mode: For each cycle, awake or in which kind of power-down.
        issued: How often each command was issued.
        precharges: When banks were closed.
    """

    def __init__(self, device, end):
        self.device, self.t, self.end = device, device.timing, end
        self.open = np.zeros((device.organization.banks, end), np.int8)
        self.mode = np.full(end, AWAKE, np.int8)
        self.issued = Counter()
        self.precharges = []
        self.opened = {}  # bank -> since when
        self.refresh_ends = []
        self.asleep = None  # (mode, since when)

    def play(self, command, cycle, bank):
        self.issued[command] += 1
        t, burst = self.t, self.device.organization.burst_length // 2
        banks_per_group = self.device.organization.banks_per_group
        everywhere = range(len(self.open))
        match command:
            case "ACT":
                self.opened[bank] = cycle
            case "PREPB":
                self.close(bank, cycle)
            case "PREAB" | "PRESB":
                for other in everywhere:
                    same = command == "PREAB" or (other - bank) % banks_per_group == 0
                    if other in self.opened and same:
                        self.close(other, cycle)
            case "RDA":
                due = cycle + t.get("AL", 0) + t["RTP"]
                self.close(bank, max(self.opened[bank] + t["RAS"], due))
            case "WRA":
                due = cycle + t["WL"] + burst + t["WR"] + (self.device.standard == "LPDDR4")
                self.close(bank, max(self.opened[bank] + t["RAS"], due))
            case "REFPB":
                self.refresh(command, [bank], cycle)
            case "REFSB":
                self.refresh(command, everywhere[bank % banks_per_group :: banks_per_group], cycle)
            case "REFAB":
                self.refresh(command, everywhere, cycle)
            case "PDEA":
                self.asleep = ACTIVE_POWER_DOWN, self.settled(cycle)
            case "PDEP":
                self.asleep = PRECHARGED_POWER_DOWN, self.settled(cycle)
            case "SREFEN":
                self.refresh("REFAB", everywhere, cycle)
                self.asleep = SELF_REFRESH, self.settled(cycle)
            case "PDXA" | "PDXP" | "SREFEX":
                self.wake(cycle)

    def finish(self):
        for bank in self.opened:
            self.open[bank, self.opened[bank] :] += 1
        if self.asleep is not None:
            self.wake(self.end)

    def close(self, bank, cycle):
        self.open[bank, self.opened.pop(bank) : cycle] += 1
        self.precharges.append(cycle)

    def refresh(self, command, banks, cycle):
        until = cycle + self.t[REFRESH_CYCLES[self.device.standard][command]]
        self.open[banks, cycle:until] += 1
        self.refresh_ends.append(until)

    def settled(self, cycle):
        """When all that has begun by a cycle is over."""
        begun = [close + self.row_precharge for close in self.precharges if close <= cycle]
        activated = [since + self.t["RCD"] for since in self.opened.values()]
        return max([cycle, *begun, *activated, *self.refresh_ends])

    @property
    def row_precharge(self):
        return self.t["RPpb" if self.device.standard == "LPDDR4" else "RP"]

    def wake(self, cycle):
        mode, since = self.asleep
        self.mode[since:cycle] = mode
        self.asleep = None

    def ampere_cycles(self, current, i_beta):
        """The charge of each part; `current` by the state in which it flows."""
        t, banks = self.t, self.device.organization.banks
        issued, burst = self.issued, self.device.organization.burst_length // 2
        i0, i2n, i3n = current["0"], current["2n"], current["3n"]
        i_rho = self.device.power_factors.get("factRho", 1.0) * (i3n - i2n) + i2n
        measured_open = 1 if self.device.standard == "LPDDR4" else banks  # for i3n

        def standby(open_banks):
            return i_rho + open_banks * (i3n - i_rho) / measured_open

        i_theta = (i0 * (self.row_precharge + t["RAS"]) - i_beta * self.row_precharge) / t["RAS"]
        refresh = 0
        for command, name in REFRESH_CYCLES[self.device.standard].items():
            cycles = t[name]
            if command == "REFAB":
                above = current["5"] - standby(banks)
                refresh += above * cycles * (issued["REFAB"] + issued["SREFEN"])
            elif command == "REFSB":
                above = current["5sb"] - standby(self.device.organization.bank_groups)
                refresh += above * cycles * issued["REFSB"]
            else:  # the current is an average over the time from one to the next
                interval = t["REFI"] / banks
                charge = current["5pb"] * interval - i2n * (interval - cycles)
                refresh += (charge - standby(1) * cycles) * issued["REFPB"]

        awake = self.mode == AWAKE
        any_open = self.open.any(axis=0)
        return {
            "activate": (i_theta - standby(1)) * t["RAS"] * issued["ACT"],
            "precharge": (i_beta - i2n)
            * self.row_precharge
            * sum(cycle <= self.end for cycle in self.precharges),
            "read": (current["4r"] - i3n) * burst * (issued["RD"] + issued["RDA"]),
            "write": (current["4w"] - i3n) * burst * (issued["WR"] + issued["WRA"]),
            "refresh": refresh,
            "background": i_rho * np.sum(awake & any_open)
            + (standby(1) - i_rho) * np.sum(self.open[:, awake], dtype=np.int64)
            + i2n * np.sum(awake & ~any_open),
            "power_down": current["3p"] * np.sum(self.mode == ACTIVE_POWER_DOWN)
            + current["2p"] * np.sum(self.mode == PRECHARGED_POWER_DOWN),
            "self_refresh": current["6"] * np.sum(self.mode == SELF_REFRESH),
        }


def play(commands, device, delay=0):
    """Plays a trace of commands, which reach the DRAM `delay` cycles after their issue."""
    cycles = commands["time_ps"] // device.clock_ps + delay
    ranks = [Rank(device, int(cycles[-1])) for _ in range(device.organization.ranks)]
    for cycle, command, bank in zip(
        cycles.tolist(), commands["command"].tolist(), commands["bank"].tolist(), strict=True
    ):
        rank, within = divmod(bank, device.organization.banks)
        ranks[rank].play(COMMANDS[command], cycle, within)
    for rank in ranks:
        rank.finish()
    return ranks


def energy_split_nj(ranks, device):
    split = dict.fromkeys(PARTS, 0.0)
    states = ["0", "2n", "2p", "3n", "3p", "4r", "4w", "5", "5pb", "5sb", "6"]
    for supply, names in SUPPLIES[device.standard]:
        current = {
            state: device.currents.get(names.format(STATES[device.standard].get(state, state)))
            for state in states
        }
        i_beta = device.currents.get(f"iBeta_{supply}", current["0"])
        scale = device.currents[supply] * device.organization.devices * device.clock_ps / 1000
        for rank in ranks:
            for part, amount in rank.ampere_cycles(current, i_beta).items():
                split[part] += amount * scale
    return split


def check_energy(device, workload, design):
    commands = Native().command_trace(design, workload)
    ranks = play(commands, device, design.get("PhyDelayFw", 0))
    expected = energy_split_nj(ranks, device)
    (metrics,) = Native().evaluate([design], workload)
    for part, energy in expected.items():
        assert metrics[f"energy_{part}_nj"] == pytest.approx(energy, rel=1e-9, abs=1e-9), part
    total = sum(expected.values())
    assert metrics["energy_nj"] == pytest.approx(total)
    assert metrics["power_mw"] == pytest.approx(total / metrics["runtime_ns"] * 1000)
    return ranks


@settings(max_examples=100, deadline=None)
@given(runs(WITH_CURRENTS))
def test_energy_follows_from_the_commands(run):
    check_energy(run.device, make_workload(run.device, run.accesses), run.design)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(runs(WITH_CURRENTS, max_size=150))
def test_energy_follows_from_the_commands_of_many_runs(run):
    check_energy(run.device, make_workload(run.device, run.accesses), run.design)


@pytest.mark.parametrize("device_name", ["ddr3-1600", "ddr4-2400-mt40a1g8", "lpddr4-3200"])
@pytest.mark.parametrize("policy", ["Open", "Closed", "OpenAdaptive", "ClosedAdaptive"])
def test_energy_of_a_longer_trace(device_name, policy):
    workload = Workload.load("mixed", device_name, requests=3000, seed=2)
    check_energy(workload.system.device, workload, {"PagePolicy": policy})


@pytest.mark.parametrize(
    ("device_name", "refresh_policy", "precharge", "refresh"),
    [
        ("ddr3-1600-2rank", "AllBank", "PREAB", "REFAB"),
        ("ddr4-2400", "AllBank", "PREAB", "REFAB"),
        ("ddr5-4800", "AllBank", "PREAB", "REFAB"),
        ("ddr5-4800", "SameBank", "PRESB", "REFSB"),
        ("lpddr4-3200", "AllBank", "PREAB", "REFAB"),
        ("lpddr4-3200-2rank", "PerBank", "PREPB", "REFPB"),
    ],
)
@pytest.mark.parametrize("page_policy", ["Open", "Closed"])
def test_energy_of_ranks_that_sleep_and_are_refreshed(
    device_name, refresh_policy, precharge, refresh, page_policy
):
    device = one_channel(Device.load(device_name))
    rng = np.random.default_rng(7)
    interval_ps = device.timing["REFI1" if device.standard == "DDR5" else "REFI"] * device.clock_ps
    requests = 300
    idle = np.where(rng.random(requests) < 0.1, rng.integers(0, 3 * interval_ps, requests), 0)
    accesses = [
        Access(int(arrival), int(rng.integers(64)), int(rng.integers(3)), is_write=bool(i % 3 == 0))
        for i, arrival in enumerate(np.cumsum(idle))
    ]
    design = {
        "PagePolicy": page_policy,
        "RefreshPolicy": refresh_policy,
        "PowerDownPolicy": "Staggered",
    }
    ranks = check_energy(device, make_workload(device, accesses), design)
    issued = sum((rank.issued for rank in ranks), Counter())
    assert issued[refresh] > 5
    assert issued["SREFEN"] > 5
    if page_policy == "Open":
        assert issued[precharge] > 5
        assert issued["PDEA"] > 20
    else:
        assert issued["PDEP"] > 20


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
    for part in ("precharge", "write", "refresh", "power_down", "self_refresh"):
        assert metrics[f"energy_{part}_nj"] == 0


POWER_DOWN = {
    "PagePolicy": "Closed", "PowerDownPolicy": "Staggered", "RefreshPolicy": "NoRefresh"
}  # fmt: skip


def read_power_down_read(gap_ps):
    """Two reads from DDR4-2400, and when its commands are issued.

    The rank sleeps until the first read comes and between the two.
    """
    device = Device.load("ddr4-2400")
    workload = make_workload(device, [Access(0, 0, 0), Access(gap_ps, 5, 1)])
    commands = Native().command_trace(POWER_DOWN, workload)
    names = [COMMANDS[command] for command in commands["command"]]
    assert names == ["PDEP", "PDXP", "ACT", "RDA", "PDEP", "PDXP", "ACT", "RDA", "PDEP"]
    return workload, (commands["time_ps"] // device.clock_ps).tolist()


def power_down_cycles(workload, dramsys_quirks):
    """Cycles of precharged power-down, from its energy: 17 mA of both supplies."""
    (metrics,) = Native(dramsys_quirks=dramsys_quirks).evaluate([POWER_DOWN], workload)
    return metrics["energy_power_down_nj"] / (0.017 * (1.2 + 2.5) * 0.833 * 8)


@pytest.mark.parametrize("dramsys_quirks", [False, True])
def test_power_down_lasts_from_entry_to_exit(dramsys_quirks):
    workload, (down, up, _, _, down_again, up_again, *_) = read_power_down_read(500_000)
    slept = up - down + up_again - down_again
    assert power_down_cycles(workload, dramsys_quirks) == pytest.approx(slept)


def test_drampower_prolongs_power_down_until_the_precharge_within_is_over():
    workload, (down, up, activate, _, down_again, up_again, *_) = read_power_down_read(43_000)
    precharge = activate + 39  # tRAS
    assert down_again < precharge < up_again < precharge + 16  # tRP
    slept = up - down + up_again - down_again
    assert power_down_cycles(workload, dramsys_quirks=False) == pytest.approx(slept)
    slept = up - down + precharge + 16 - down_again
    assert power_down_cycles(workload, dramsys_quirks=True) == pytest.approx(slept)


@settings(max_examples=50, deadline=None)
@given(runs(("ddr3-1600", "ddr4-2400", "ddr4-2400-2rank-xor")))
def test_drampower_agrees_when_no_rank_sleeps(run):
    workload = make_workload(run.device, run.accesses)
    design = run.design | {"PowerDownPolicy": "NoPowerDown"}
    native = Native(dramsys_quirks=True)
    ranks = play(native.command_trace(design, workload), run.device, design.get("PhyDelayFw", 0))
    expected = energy_split_nj(ranks, run.device)
    (metrics,) = native.evaluate([design], workload)
    for part, energy in expected.items():
        assert metrics[f"energy_{part}_nj"] == pytest.approx(energy, rel=1e-9, abs=1e-9), part


@pytest.mark.parametrize("policy", ["AllBank", "PerBank"])
def test_drampower_loses_rows_that_lpddr4_opens_at_the_end_of_a_refresh(policy):
    workload = Workload.load("mixed", "lpddr4-3200", requests=3000, seed=2)
    device = workload.system.device
    t, banks = device.timing, device.organization.banks
    design = {"PagePolicy": "Closed", "RefreshPolicy": policy}
    native = Native(dramsys_quirks=True)
    commands = native.command_trace(design, workload)
    lost, refreshed = 0, np.zeros(banks, np.int64)
    for issued in commands:
        cycle = issued["time_ps"] // device.clock_ps
        match COMMANDS[issued["command"]]:
            case "REFAB":
                refreshed[:] = cycle + t["RFCab"]
            case "REFPB":
                refreshed[issued["bank"]] = cycle + t["RFCpb"]
            case "ACT":
                lost += cycle < refreshed[issued["bank"]]
    assert lost > 5
    (metrics,) = native.evaluate([design], workload)
    (rank,) = play(commands, device)
    a_precharge = energy_split_nj([rank], device)["precharge"] / sum(
        cycle <= rank.end for cycle in rank.precharges
    )
    closed = sum(cycle <= rank.end for cycle in rank.precharges)
    assert metrics["energy_precharge_nj"] / a_precharge == pytest.approx(closed - lost)


def without_currents():
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    power = data["memspec"]["mempowerspec"]
    data["memspec"]["mempowerspec"] = dict.fromkeys(power, 0.0) | {"vdd": 1.2}
    return Device.from_dict(data)


@pytest.mark.parametrize("device", [one_channel(Device.load("hbm2")), without_currents()])
def test_there_is_no_energy_without_currents(device):
    (metrics,) = Native().evaluate([{}], make_workload(device, [Access(0, 0, 0)]))
    assert not [name for name in metrics if "energy" in name or "power" in name]


@pytest.mark.parametrize(
    ("device_name", "values", "message"),
    [
        ("ddr3-1600", {"idd0": 0.02}, r"ACT would be negative .*: idd0 0\.02, idd2n 0\.045, idd3n"),
        ("ddr3-1600", {"idd4r": 0.04}, r"RD would be negative .*: idd4r 0\.04, idd3n 0\.045$"),
        ("ddr4-2400", {"idd4w": 0.04}, r"WR would be negative"),
        ("ddr4-2400", {"idd5B": 0.04}, r"REFAB would be negative"),
        ("ddr4-2400", {"iBeta_vdd": 0.0, "iBeta_vpp": 0.0}, r"precharge would be negative"),
        ("lpddr4-3200", {"idd5pb2": 0.026}, r"REFPB would be negative"),
        ("ddr5-4800", {"idd5c": 0.01}, r"REFSB would be negative"),
    ],
)
def test_currents_that_make_an_energy_negative_are_refused(device_name, values, message):
    data = copy.deepcopy(Device.load(device_name).data)
    data["memspec"]["mempowerspec"] |= values
    workload = make_workload(Device.from_dict(data), [Access(0, 0, 0)])
    (outcome,) = Native().evaluate([{}], workload)
    assert isinstance(outcome, Failure)
    assert re.search(message, outcome.reason)


@pytest.mark.parametrize("device_name", Device.names())
def test_no_energy_of_a_bundled_device_is_negative(device_name):
    workload = make_workload(Device.load(device_name), [Access(0, 0, 0)])
    assert not isinstance(Native().evaluate([{}], workload)[0], Failure)
