"""What the checker takes and returns, whatever the standard."""

import pytest

from archgym.dram.device import Device
from archgym.dram.legality import check
from archgym.errors import ArchgymError

DDR4 = Device.load("ddr4-2400")


def test_nothing_is_legal(trace):
    assert check(trace(DDR4), DDR4) == []


def test_commands_lie_on_clock_edges(trace):
    commands = trace(DDR4, (0, "ACT", 0), (24, "RD", 0))
    commands["time_ps"][1] += 1
    assert [v.rule for v in check(commands, DDR4, refreshes=False)] == ["clock edge"]


def test_a_violation_names_both_commands(trace):
    commands = trace(DDR4, (0, "ACT", 0), (1, "PREPB", 9), (14, "RD", 0))
    (violation,) = check(commands, DDR4, refreshes=False)
    assert (violation.rule, violation.earlier, violation.index) == ("tRCD", 0, 2)
    assert (violation.missing_cycles, violation.time_ps) == (2, 833 * 14)


def test_the_command_that_forbids_longest_is_named(trace):
    # The write ends later than the precharge that comes after it.
    opened = [(0, "ACT", 0), (6, "ACT", 1)]
    commands = trace(DDR4, *opened, (60, "WRA", 0), (70, "PREPB", 1), (100, "REFAB"))
    (violation,) = check(commands, DDR4, refreshes=False)
    assert (violation.rule, violation.earlier, violation.index) == ("tRP", 2, 4)


def test_names_number_the_commands(trace):
    commands = trace(DDR4, (0, "ACT", 0), (3, "RD", 0))
    commands["command"] = [1, 0]
    (violation,) = check(commands, DDR4, names=("RD", "ACT"), refreshes=False)
    assert violation.rule == "tRCD"


def test_banks_may_be_numbered_within_their_rank(trace, make_device):
    device = make_device("ddr4-2400", ranks=2)
    commands = trace(device, (0, "ACT", 5, 0, 1), (3, "RD", 5, 0, 1))
    in_rank = check(commands, device, refreshes=False)
    commands["bank"] += 16
    assert check(commands, device, refreshes=False) == in_rank != []


def test_ranks_share_the_data_bus_with_a_gap(assert_earliest, make_device):
    device = make_device("ddr4-2400", ranks=2)
    opened = [(0, "ACT", 0, 0, 0), (1, "ACT", 0, 0, 1), (30, "RD", 0, 0, 0)]
    assert_earliest(device, "data bus", [*opened, (30 + 4 + 1, "RD", 0, 0, 1)])  # RTRS is 1
    wide = make_device("ddr4-2400", ranks=2, RTRS=3)
    assert_earliest(wide, "data bus", [*opened, (30 + 4 + 3, "RD", 0, 0, 1)])
    preamble = make_device("ddr4-2400", ranks=2, WPRE=2)
    turn = 30 + 16 + 4 + 2 - 16
    assert_earliest(preamble, "data bus", [*opened, (turn, "WR", 0, 0, 1)])


def test_unknown_command_is_named(trace):
    with pytest.raises(ArchgymError, match=r"'PRE'.*did you mean"):
        check(trace(DDR4, (0, "ACT", 0)), DDR4, names=("PRE",))


def test_commands_must_be_in_order(trace):
    with pytest.raises(ArchgymError, match="order of issue"):
        check(trace(DDR4, (0, "ACT", 0), (9, "ACT", 4))[::-1], DDR4)


def test_other_standards_are_refused(trace):
    data = {**DDR4.data, "memspec": {**DDR4.data["memspec"], "memoryType": "SRAM"}}
    with pytest.raises(ArchgymError, match="SRAM"):
        check(trace(DDR4, (0, "ACT", 0)), Device.from_dict(data))


def test_a_long_trace_is_checked_throughout(trace):
    period = 2 * DDR4.timing["RC"]
    sequence = [(0, "ACT", 3), (50, "RDA", 3)]
    commands = trace(
        DDR4, *((period * i + cycle, *rest) for i in range(5000) for cycle, *rest in sequence)
    )
    assert check(commands, DDR4, refreshes=False) == []
    broken = commands.copy()
    broken["row"][7001] = 1
    broken["time_ps"][9000] -= 45 * DDR4.clock_ps
    found = check(broken, DDR4, refreshes=False)
    assert {(v.rule, v.index) for v in found} == {
        ("column command to another row", 7001),
        ("tRP", 9000),
    }
