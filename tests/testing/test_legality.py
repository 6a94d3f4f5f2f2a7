"""Each rule of the legality checker passes at the legal minimum and fails one clock earlier."""

import copy

import numpy as np
import pytest

from archgym.dram.device import Device
from archgym.errors import ArchgymError
from archgym.testing.legality import COMMANDS, check

FIELDS = [
    ("time_ps", "i8"),
    ("command", "u1"),
    ("rank", "u1"),
    ("bank", "u2"),
    ("row", "i4"),
]


def rules(device, *commands, refreshes=False):
    """The rules that (cycle, name, bank, row=0, rank=0) break; bank is absent for the rank's."""
    rows = []
    for cycle, name, *where in sorted(commands, key=lambda command: command[0]):
        bank, row, rank = [*where, 0, 0, 0][:3]
        rows.append((cycle * device.clock_ps, COMMANDS.index(name), rank, bank, row))
    violations = check(np.array(rows, dtype=FIELDS), device, refreshes=refreshes)
    return {violation.rule for violation in violations}


# DDR4-2400: RCD 16, RAS 39, RP 16, RC 55, RTP 12, RL 16, WL 16, WR 18, BL/2 4, CCD 4/6, RRD 4/6,
# WTR 3/9, FAW 26, WPRE 1, RFC 312. Banks 0-3 are one group, 4 is in the next. The last command of
# each sequence stands at its earliest legal cycle.
DDR4 = {
    "tRCD": [(0, "ACT", 0), (16, "RD", 0)],
    "tRAS": [(0, "ACT", 0), (39, "PREPB", 0)],
    "tRAS, PREAB": [(0, "ACT", 0), (4, "ACT", 4), (4 + 39, "PREAB")],
    "tRC": [(0, "ACT", 0), (39, "PREPB", 0), (55, "ACT", 0)],
    "tRP": [(0, "ACT", 0), (49, "PREPB", 0), (49 + 16, "ACT", 0)],
    "tRP, PREAB": [(0, "ACT", 0), (49, "PREAB"), (49 + 16, "ACT", 0)],
    "tRP, REFAB": [(0, "ACT", 0), (49, "PREPB", 0), (49 + 16, "REFAB")],
    "tRP, RDA in time": [(0, "ACT", 0), (40, "RDA", 0), (40 + 12 + 16, "ACT", 0)],
    "tRP, RDA early": [(0, "ACT", 0), (16, "RDA", 0), (39 + 16, "ACT", 0)],
    "tRP, WRA": [(0, "ACT", 0), (30, "WRA", 0), (30 + 16 + 4 + 18 + 16, "ACT", 0)],
    "tRP, WRA to REFAB": [(0, "ACT", 0), (30, "WRA", 0), (30 + 16 + 4 + 18 + 16, "REFAB")],
    "tRTP": [(0, "ACT", 0), (30, "RD", 0), (30 + 12, "PREPB", 0)],
    "tRTP, PREAB": [(0, "ACT", 0), (30, "RD", 0), (30 + 12, "PREAB")],
    "tWR": [(0, "ACT", 0), (30, "WR", 0), (30 + 16 + 4 + 18, "PREPB", 0)],
    "tWR, PREAB": [(0, "ACT", 0), (30, "WR", 0), (30 + 16 + 4 + 18, "PREAB")],
    "tRRD_L": [(0, "ACT", 0), (6, "ACT", 1)],
    "tRRD_S": [(0, "ACT", 0), (4, "ACT", 4)],
    "tFAW": [*((4 * i, "ACT", 4 * i) for i in range(4)), (26, "ACT", 1)],
    "tCCD_L": [(0, "ACT", 0), (6, "ACT", 1), (30, "RD", 0), (36, "RD", 1)],
    "tCCD_S": [(0, "ACT", 0), (6, "ACT", 4), (30, "WR", 0), (34, "WRA", 4)],
    "data bus": [(0, "ACT", 0), (6, "ACT", 4), (30, "RD", 0), (34, "RDA", 4)],
    "tWTR_L": [(0, "ACT", 0), (6, "ACT", 1), (30, "WR", 0), (30 + 16 + 4 + 9, "RD", 1)],
    "tWTR_S": [(0, "ACT", 0), (6, "ACT", 4), (30, "WR", 0), (30 + 16 + 4 + 3, "RD", 4)],
    "read to write": [
        *[(0, "ACT", 0), (6, "ACT", 4), (30, "RD", 0)],
        (30 + 16 + 4 + 1 + 1 - 16, "WR", 4),  # burst, turnaround, write preamble
    ],
    "tRFC": [(0, "REFAB"), (312, "ACT", 0)],
    "tRFC, REFAB": [(0, "REFAB"), (312, "REFAB")],
    "command bus": [(100, "PREPB", 0), (101, "PREPB", 1)],
}

# DDR3-1600: RCD 10, RAS 28, RP 10, RC 38, RTP 6, RL 10, WL 8, WR 12, BL/2 4, CCD 4, RRD 5, WTR 6,
# FAW 24, RFC 88; one bank group.
DDR3 = {
    "tRCD": [(0, "ACT", 0), (10, "WR", 0)],
    "tRAS": [(0, "ACT", 0), (28, "PREPB", 0)],
    "tRC": [(0, "ACT", 0), (28, "PREPB", 0), (38, "ACT", 0)],
    "tRP": [(0, "ACT", 0), (30, "PREAB"), (40, "REFAB")],
    "tRTP": [(0, "ACT", 0), (30, "RD", 0), (36, "PREPB", 0)],
    "tWR": [(0, "ACT", 0), (30, "WR", 0), (30 + 8 + 4 + 12, "PREAB")],
    "tWR, RDA": [(0, "ACT", 0), (30, "WR", 0), (30 + 8 + 4 + 12 - 6, "RDA", 0)],
    "tRRD": [(0, "ACT", 0), (5, "ACT", 7)],
    "tFAW": [*((5 * i, "ACT", i) for i in range(4)), (24, "ACT", 4)],
    "tCCD": [(0, "ACT", 0), (5, "ACT", 1), (30, "RD", 0), (34, "RD", 1)],
    "tWTR": [(0, "ACT", 0), (5, "ACT", 1), (30, "WR", 0), (30 + 8 + 4 + 6, "RD", 1)],
    "read to write": [(0, "ACT", 0), (30, "RD", 0), (30 + 10 + 4 + 2 - 8, "WR", 0)],
    "tRFC": [(0, "REFAB"), (88, "ACT", 0)],
}

CASES = [("ddr4-2400", name) for name in DDR4] + [("ddr3-1600", name) for name in DDR3]


@pytest.mark.parametrize(("device_name", "name"), CASES)
def test_minimum_distance_is_legal_and_one_clock_less_is_not(device_name, name):
    device = Device.load(device_name)
    *before, (cycle, *last) = (DDR4 if device_name.startswith("ddr4") else DDR3)[name]
    assert rules(device, *before, (cycle, *last)) == set()
    assert name.split(",")[0] in rules(device, *before, (cycle - 1, *last))


STATES = {
    "ACT to an open bank": [(0, "ACT", 0, 1), (100, "ACT", 0, 1)],
    "REF with an open bank": [(0, "ACT", 3), (100, "REFAB")],
    "column command to a closed bank": [(0, "ACT", 0), (100, "RD", 1)],
    "column command to another row": [(0, "ACT", 0, 7), (100, "WR", 0, 8)],
}


@pytest.mark.parametrize("rule", STATES)
def test_commands_must_fit_the_state_of_the_bank(rule):
    assert rules(Device.load("ddr4-2400"), *STATES[rule]) == {rule}


def test_auto_precharge_closes_the_row():
    device = Device.load("ddr4-2400")
    opened = [(0, "ACT", 0), (20, "RDA", 0)]
    assert rules(device, *opened, (200, "RD", 0)) == {"column command to a closed bank"}
    assert rules(device, *opened, (200, "ACT", 0), (300, "RD", 0)) == set()


def test_ranks_share_the_data_bus_with_a_gap():
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    data["memspec"]["memarchitecturespec"]["nbrOfRanks"] = 2
    device = Device.from_dict(data)
    opened = [(0, "ACT", 0, 0, 0), (1, "ACT", 0, 0, 1), (30, "RD", 0, 0, 0)]
    assert rules(device, *opened, (30 + 4 + 1, "RD", 0, 0, 1)) == set()  # RTRS is 1
    assert rules(device, *opened, (30 + 4, "RD", 0, 0, 1)) == {"data bus"}


def test_commands_lie_on_clock_edges():
    device = Device.load("ddr4-2400")
    commands = np.array([(0, 0, 0, 0, 0), (20_001, 2, 0, 0, 0)], dtype=FIELDS)
    assert [v.rule for v in check(commands, device, refreshes=False)] == ["clock edge"]


def test_a_violation_names_both_commands():
    device = Device.load("ddr4-2400")
    commands = np.array([(0, 0, 0, 0, 0), (833, 1, 0, 9, 0), (833 * 14, 2, 0, 0, 0)], dtype=FIELDS)
    (violation,) = check(commands, device, refreshes=False)
    assert (violation.rule, violation.earlier, violation.index) == ("tRCD", 0, 2)
    assert (violation.missing_cycles, violation.time_ps) == (2, 833 * 14)


def refreshes_at(*slots):
    """REFABs in the given tREFI slots of DDR4-2400 (9360 cycles), several in one if repeated."""
    seen = dict.fromkeys(slots, 0)
    commands = []
    for slot in slots:
        commands.append((slot * 9360 + 312 * seen[slot], "REFAB"))
        seen[slot] += 1
    return commands


def test_refresh_every_interval_is_legal():
    device = Device.load("ddr4-2400")
    assert rules(device, *refreshes_at(*range(1, 40)), refreshes=True) == set()


def test_eight_refreshes_can_be_postponed_and_caught_up():
    device = Device.load("ddr4-2400")
    assert rules(device, *refreshes_at(*[9] * 9, *range(10, 20)), refreshes=True) == set()
    late = rules(device, *refreshes_at(*[10] * 10), refreshes=True)
    assert late == {"postponed REFs", "REF interval"}


def test_owing_more_than_eight_refreshes_is_illegal_however_regular():
    device = Device.load("ddr4-2400")
    # Every other interval: after 2 n of them n are outstanding.
    assert rules(device, *refreshes_at(*range(2, 17, 2)), refreshes=True) == set()
    late = rules(device, *refreshes_at(*range(2, 25, 2)), refreshes=True)
    assert late == {"postponed REFs"}


def test_pulling_in_buys_eight_intervals_at_most():
    device = Device.load("ddr4-2400")
    assert rules(device, *refreshes_at(*[1] * 9, 10), refreshes=True) == set()
    assert rules(device, *refreshes_at(*[1] * 9, 11), refreshes=True) == {"REF interval"}
    many = rules(device, *refreshes_at(*[1] * 9, *[4] * 9, 12), refreshes=True)
    assert many == set()


def test_sixteen_refreshes_fit_into_two_intervals():
    device = Device.load("ddr4-2400")
    assert rules(device, *refreshes_at(*[1] * 16), refreshes=True) == set()
    assert rules(device, *refreshes_at(*[1] * 17), refreshes=True) == {"REFs in 2 tREFI"}


def test_the_end_of_the_trace_counts_too():
    device = Device.load("ddr4-2400")
    assert rules(device, (9360 * 9, "ACT", 0), refreshes=True) == set()
    assert "REF interval" in rules(device, (9360 * 10, "ACT", 0), refreshes=True)
    assert rules(device, (9360 * 10, "ACT", 0), refreshes=False) == set()


def test_unknown_command_is_named():
    with pytest.raises(ArchgymError, match=r"'PRE'.*did you mean"):
        check(np.zeros(1, dtype=FIELDS), Device.load("ddr4-2400"), names=("PRE",))


def test_other_standards_are_refused():
    device = Device.load("ddr4-2400")
    data = copy.deepcopy(device.data)
    data["memspec"]["memoryType"] = "LPDDR4"
    with pytest.raises(ArchgymError, match="LPDDR4"):
        check(np.zeros(1, dtype=FIELDS), Device.from_dict(data))
