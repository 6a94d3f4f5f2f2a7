"""Command sequences worked out by hand, cycle by cycle, from the devices' datasheet values.

A request is presented to the controller when it arrives and enters its bank's queue one cycle
later. A read's data are complete RL + BL/2 after RD (a write's WL + BL/2 after WR); the response
then takes one more cycle.

DDR4-2400 (833 ps): RCD 16, RP 16, RAS 39, RC 55, RL 16, WL 16, BL/2 4, RTP 12, WR 18, CCD 4/6,
RRD 4/6, FAW 26, WTR 3/9, WPRE 1, RFC 312, REFI 9360; 4 bank groups of 4 banks.
DDR3-1600 (1250 ps): RCD 10, RP 10, RAS 28, RC 38, RL 10, WL 8, BL/2 4, RTP 6, WR 12, CCD 4, RRD 5,
FAW 24, WTR 6, RFC 88, REFI 6240; 8 banks.
"""

import copy

import pytest

from archgym.dram.device import Device
from archgym.dram.testing.strategies import Access, make_workload
from archgym.simulators.native import COMMANDS, Native

READ, WRITE = False, True


class Bench:
    """Plays requests on a device and shows what the controller issued, in cycles."""

    def __init__(self, device_name, **timing):
        data = copy.deepcopy(Device.load(device_name).data)
        data["memspec"]["memtimingspec"] |= timing
        self.device = Device.from_dict(data)

    def play(self, *requests, dramsys_quirks=False, **design):
        """Plays (cycle, bank, row, is_write) and returns (cycle, command, bank) tuples."""
        clock_ps = self.device.clock_ps
        accesses = [
            Access(cycle * clock_ps, bank, row, is_write=is_write)
            for cycle, bank, row, is_write in requests
        ]
        workload = make_workload(self.device, accesses)
        design = {"PagePolicy": "Open", **design}
        native = Native(dramsys_quirks=dramsys_quirks)
        (metrics,) = native.evaluate([design], workload)
        self.runtime_ps = round(metrics["runtime_ns"] * 1000)
        self.latency_max_ps = round(metrics["latency_max_ns"] * 1000)
        self.metrics = metrics
        return [
            (int(command["time_ps"]) // clock_ps, COMMANDS[command["command"]], command["bank"])
            for command in native.command_trace(design, workload)
        ]


@pytest.fixture
def ddr4():
    return Bench("ddr4-2400")


@pytest.fixture
def ddr3():
    return Bench("ddr3-1600")


# One request to a closed bank.


def test_first_read_ddr4(ddr4):
    assert ddr4.play((0, 0, 0, READ)) == [(1, "ACT", 0), (1 + 16, "RD", 0)]
    assert ddr4.runtime_ps == (17 + 16 + 4 + 1) * 833 == 31_654


def test_first_read_ddr3(ddr3):
    assert ddr3.play((0, 5, 0, READ)) == [(1, "ACT", 5), (1 + 10, "RD", 5)]
    assert ddr3.runtime_ps == (11 + 10 + 4 + 1) * 1250 == 32_500


def test_first_write_ddr4(ddr4):
    assert ddr4.play((0, 0, 0, WRITE)) == [(1, "ACT", 0), (1 + 16, "WR", 0)]
    assert ddr4.runtime_ps == (17 + 16 + 4 + 1) * 833


def test_first_write_ddr3(ddr3):
    assert ddr3.play((0, 0, 0, WRITE)) == [(1, "ACT", 0), (1 + 10, "WR", 0)]
    assert ddr3.runtime_ps == (11 + 8 + 4 + 1) * 1250


def test_a_later_request_waits_for_nothing(ddr4):
    assert ddr4.play((0, 0, 0, READ), (1000, 4, 0, READ))[2:] == [(1001, "ACT", 4), (1017, "RD", 4)]
    assert ddr4.latency_max_ps == (1 + 16 + 16 + 4 + 1) * 833


def test_the_first_request_too_waits_for_its_arrival(ddr4):
    assert ddr4.play((500, 0, 0, READ)) == [(501, "ACT", 0), (517, "RD", 0)]


# Row hits.


def test_row_hit_ddr4(ddr4):
    assert ddr4.play((0, 0, 7, READ), (100, 0, 7, READ))[2:] == [(101, "RD", 0)]
    assert ddr4.runtime_ps == (101 + 16 + 4 + 1) * 833
    assert (ddr4.metrics["row_misses"], ddr4.metrics["row_hits"]) == (1, 1)


def test_row_hits_in_a_row_are_ccd_apart(ddr4, ddr3):
    three = [(0, 0, 7, READ)] * 3
    assert ddr4.play(*three)[1:] == [(17, "RD", 0), (17 + 6, "RD", 0), (17 + 12, "RD", 0)]
    assert ddr3.play(*three)[1:] == [(11, "RD", 0), (11 + 4, "RD", 0), (11 + 8, "RD", 0)]


def test_bank_groups_take_turns_faster(ddr4):
    assert ddr4.play((0, 0, 0, READ), (0, 4, 0, READ)) == [
        (1, "ACT", 0),
        (1 + 4, "ACT", 4),  # RRD_S
        (17, "RD", 0),
        (17 + 4, "RD", 4),  # CCD_S, and RCD after 5
    ]


def test_same_bank_group_is_slower(ddr4):
    assert ddr4.play((0, 0, 0, READ), (0, 1, 0, READ)) == [
        (1, "ACT", 0),
        (1 + 6, "ACT", 1),  # RRD_L
        (17, "RD", 0),
        (17 + 6, "RD", 1),  # CCD_L, and RCD after 7
    ]


# Row conflicts.


def test_row_conflict_long_after(ddr4):
    assert ddr4.play((0, 0, 0, READ), (100, 0, 1, READ))[2:] == [
        (101, "PREPB", 0),
        (101 + 16, "ACT", 0),
        (117 + 16, "RD", 0),
    ]
    assert ddr4.runtime_ps == (133 + 16 + 4 + 1) * 833
    assert (ddr4.metrics["row_misses"], ddr4.metrics["row_conflicts"]) == (1, 1)


def test_row_conflict_at_once_waits_for_ras_ddr4(ddr4):
    assert ddr4.play((0, 0, 0, READ), (0, 0, 1, READ)) == [
        (1, "ACT", 0),
        (17, "RD", 0),
        (1 + 39, "PREPB", 0),  # RAS; RTP would allow 17 + 12
        (40 + 16, "ACT", 0),  # RP, and RC after 1
        (56 + 16, "RD", 0),
    ]


def test_row_conflict_at_once_waits_for_ras_ddr3(ddr3):
    assert ddr3.play((0, 0, 0, READ), (0, 0, 1, READ)) == [
        (1, "ACT", 0),
        (11, "RD", 0),
        (1 + 28, "PREPB", 0),  # RAS; RTP would allow 11 + 6
        (29 + 10, "ACT", 0),
        (39 + 10, "RD", 0),
    ]


def test_row_conflict_after_a_write_waits_for_its_recovery(ddr4, ddr3):
    two = [(0, 0, 0, WRITE), (0, 0, 1, READ)]
    assert ddr4.play(*two)[2:] == [
        (17 + 16 + 4 + 18, "PREPB", 0),  # WL + BL/2 + WR
        (55 + 16, "ACT", 0),
        (71 + 16, "RD", 0),
    ]
    assert ddr3.play(*two)[2:] == [
        (11 + 8 + 4 + 12, "PREPB", 0),
        (35 + 10, "ACT", 0),
        (45 + 10, "RD", 0),
    ]


def test_row_hits_overtake_a_conflict(ddr4):
    conflict_first = [(0, 0, 0, READ), (0, 0, 1, READ), (0, 0, 0, READ)]
    overtaking = ddr4.play(*conflict_first, Scheduler="FrFcfs")
    assert overtaking[1:4] == [(17, "RD", 0), (17 + 6, "RD", 0), (1 + 39, "PREPB", 0)]
    in_order = ddr4.play(*conflict_first, Scheduler="Fifo")
    assert [name for _, name, _ in in_order] == [
        *("ACT", "RD", "PREPB"),
        *("ACT", "RD", "PREPB"),
        *("ACT", "RD"),
    ]


# Turnarounds of the data bus.


def test_write_to_read_in_another_bank_group(ddr4):
    assert ddr4.play((0, 0, 0, WRITE), (0, 4, 0, READ))[2:] == [
        (17, "WR", 0),
        (17 + 16 + 4 + 3, "RD", 4),  # WL + BL/2 + WTR_S
    ]


@pytest.mark.parametrize("bank", [0, 1])
def test_write_to_read_in_the_same_bank_group(ddr4, bank):
    assert ddr4.play((0, 0, 0, WRITE), (0, bank, 0, READ))[-2:] == [
        (17, "WR", 0),
        (17 + 16 + 4 + 9, "RD", bank),  # WL + BL/2 + WTR_L
    ]


def test_write_to_read_ddr3(ddr3):
    assert ddr3.play((0, 0, 0, WRITE), (0, 1, 0, READ)) == [
        (1, "ACT", 0),
        (1 + 5, "ACT", 1),  # RRD
        (11, "WR", 0),
        (11 + 8 + 4 + 6, "RD", 1),  # WL + BL/2 + WTR
    ]


def test_read_to_write(ddr4, ddr3):
    # The write's data follow the read's after a gap (and the preamble, on DDR4).
    assert ddr4.play((0, 0, 0, READ), (0, 4, 0, WRITE))[2:] == [
        (17, "RD", 0),
        (17 + 16 + 4 + 1 - 16 + 1, "WR", 4),
    ]
    assert ddr3.play((0, 0, 0, READ), (0, 0, 0, WRITE))[1:] == [
        (11, "RD", 0),
        (11 + 10 + 4 + 2 - 8, "WR", 0),
    ]


# Four activates in a window.


def test_fifth_activate_waits_for_faw_ddr4(ddr4):
    assert ddr4.play(*((0, bank, 0, READ) for bank in (0, 4, 8, 12, 1))) == [
        *[(1, "ACT", 0), (5, "ACT", 4), (9, "ACT", 8), (13, "ACT", 12)],
        *[(17, "RD", 0), (21, "RD", 4), (25, "RD", 8)],
        (1 + 26, "ACT", 1),
        (29, "RD", 12),
        (27 + 16, "RD", 1),
    ]


def test_fifth_activate_waits_for_faw_ddr3(ddr3):
    assert ddr3.play(*((0, bank, 0, READ) for bank in range(5))) == [
        *[(1, "ACT", 0), (6, "ACT", 1)],
        (11, "RD", 0),  # older than the ACT that is ready in the same cycle
        (12, "ACT", 2),
        (6 + 10, "RD", 1),
        (12 + 5, "ACT", 3),
        (12 + 10, "RD", 2),
        (1 + 24, "ACT", 4),
        (17 + 10, "RD", 3),
        (25 + 10, "RD", 4),
    ]


# Auto-precharge.


def test_closed_page_precharges_with_the_read(ddr4, ddr3):
    two = [(0, 0, 0, READ), (0, 0, 1, READ)]
    assert ddr4.play(*two, PagePolicy="Closed") == [
        (1, "ACT", 0),
        (17, "RDA", 0),
        (1 + 39 + 16, "ACT", 0),  # RAS + RP = RC; from the read it would be 17 + 12 + 16
        (56 + 16, "RDA", 0),
    ]
    assert ddr3.play(*two, PagePolicy="Closed")[2:] == [(1 + 38, "ACT", 0), (39 + 10, "RDA", 0)]


def test_closed_page_precharges_with_the_write(ddr4, ddr3):
    two = [(0, 0, 0, WRITE), (0, 0, 1, READ)]
    assert ddr4.play(*two, PagePolicy="Closed")[1:3] == [
        (17, "WRA", 0),
        (17 + 16 + 4 + 18 + 16, "ACT", 0),  # WL + BL/2 + WR + RP
    ]
    assert ddr3.play(*two, PagePolicy="Closed")[1:3] == [
        (11, "WRA", 0),
        (11 + 8 + 4 + 12 + 10, "ACT", 0),
    ]


def names(commands):
    return [name for _, name, _ in commands]


def test_adaptive_policies_look_at_what_waits(ddr4):
    alone, hit = [(0, 0, 0, READ)], [(0, 0, 0, READ), (0, 0, 0, READ)]
    conflict = [(0, 0, 0, READ), (0, 0, 1, READ)]
    assert names(ddr4.play(*alone, PagePolicy="OpenAdaptive")) == ["ACT", "RD"]
    assert names(ddr4.play(*alone, PagePolicy="ClosedAdaptive")) == ["ACT", "RDA"]
    assert names(ddr4.play(*hit, PagePolicy="OpenAdaptive")) == ["ACT", "RD", "RD"]
    assert names(ddr4.play(*hit, PagePolicy="ClosedAdaptive")) == ["ACT", "RD", "RDA"]
    assert names(ddr4.play(*conflict, PagePolicy="OpenAdaptive")) == ["ACT", "RDA", "ACT", "RD"]
    assert names(ddr4.play(*conflict, PagePolicy="ClosedAdaptive")) == ["ACT", "RDA", "ACT", "RDA"]


# Refresh. A read long after the others keeps the run going.


def test_idle_rank_is_refreshed_on_time(ddr4):
    assert ddr4.play((0, 0, 0, READ), (30_000, 0, 0, READ))[2:] == [
        (9360, "PREAB", 0),  # a row is still open
        (9360 + 16, "REFAB", 0),
        (2 * 9360, "REFAB", 0),
        (3 * 9360, "REFAB", 0),
        (30_001, "ACT", 0),
        (30_017, "RD", 0),
    ]


def test_idle_rank_is_refreshed_on_time_ddr3(ddr3):
    assert ddr3.play((0, 0, 0, READ), (13_000, 0, 0, READ))[2:4] == [
        (6240, "PREAB", 0),
        (6240 + 10, "REFAB", 0),
    ]


def test_requests_wait_for_a_forced_refresh(ddr4):
    assert ddr4.play((0, 0, 0, READ), (9360, 0, 0, READ))[2:] == [
        (9360, "PREAB", 0),
        (9376, "REFAB", 0),
        (9376 + 312, "ACT", 0),  # RFC
        (9688 + 16, "RD", 0),
    ]
    assert ddr4.latency_max_ps == (9704 + 16 + 4 + 1 - 9360) * 833


def test_forced_refresh_closes_even_a_row_that_was_opened_for_a_request(ddr4):
    assert ddr4.play((9350, 0, 0, READ)) == [
        (9351, "ACT", 0),  # RD would follow in 9367
        (9351 + 39, "PREAB", 0),  # RAS
        (9390 + 16, "REFAB", 0),
        (9406 + 312, "ACT", 0),
        (9718 + 16, "RD", 0),
    ]


def test_a_busy_rank_postpones_its_refresh(ddr4):
    # A request stored in the very cycle of the trigger makes the rank busy.
    requests = [(9359, 0, 0, READ), (20_000, 0, 0, READ)]
    assert ddr4.play(*requests, PagePolicy="Closed", RefreshMaxPostponed=1) == [
        (9360, "ACT", 0),
        (9376, "RDA", 0),
        (2 * 9360, "REFAB", 0),  # as many as may be are postponed: forced
        # The rank is idle, so the postponed one follows.
        (2 * 9360 + 312, "REFAB", 0),
        (20_001, "ACT", 0),
        (20_017, "RDA", 0),
    ]


def test_a_request_that_comes_later_does_not_postpone(ddr4):
    design = {"PagePolicy": "Closed", "RefreshMaxPostponed": 1}
    assert ddr4.play((9360, 0, 0, READ), **design) == [
        (9360, "REFAB", 0),
        (9360 + 312, "ACT", 0),
        (9672 + 16, "RDA", 0),
    ]


def test_a_request_cancels_a_refresh_that_has_only_precharged(ddr4):
    assert ddr4.play((0, 0, 0, READ), (9365, 0, 0, READ), RefreshMaxPostponed=1)[2:] == [
        (9360, "PREAB", 0),
        (9360 + 16, "ACT", 0),  # instead of REFAB
        (9376 + 16, "RD", 0),
    ]


def busy_at(*triggers):
    """A read for each of the numbered refresh triggers, stored in its very cycle."""
    return [(9360 * trigger - 1, 0, 0, READ) for trigger in triggers]


def refreshes(commands):
    return [cycle for cycle, name, _ in commands if name == "REFAB"]


def test_refreshes_stay_postponed_under_load(ddr4):
    # 1 and 2 are postponed; from 3 on every trigger forces one, and two remain owed.
    design = {"PagePolicy": "Closed", "RefreshMaxPostponed": 2}
    commands = ddr4.play(*busy_at(1, 2, 3, 4, 5), **design)
    assert refreshes(commands) == [3 * 9360, 4 * 9360, 5 * 9360]
    assert ddr4.metrics["refreshes_owed"] == 2
    assert ddr4.metrics["refresh_debt_ns"] == pytest.approx(2 * 312 * 0.833)


def test_postponed_refreshes_are_made_up_for_when_idle(ddr4):
    design = {"PagePolicy": "Closed", "RefreshMaxPostponed": 2}
    commands = ddr4.play(*busy_at(1, 2), (40_000, 0, 0, READ), **design)
    assert refreshes(commands) == [
        *(3 * 9360 + 312 * i for i in range(3)),  # the third, and the two that were postponed
        4 * 9360,
    ]
    assert ddr4.metrics["refreshes_owed"] == 0


def test_refreshes_are_pulled_in_when_idle(ddr4):
    design = {"PagePolicy": "Closed", "RefreshMaxPulledin": 2}
    commands = ddr4.play((30_000, 0, 0, READ), **design)
    assert refreshes(commands) == [
        *(9360 + 312 * i for i in range(3)),  # the first, and two in advance
        2 * 9360,
        3 * 9360,
    ]


def test_pulled_in_refreshes_are_left_out_under_load(ddr4):
    design = {"PagePolicy": "Closed", "RefreshMaxPulledin": 2}
    commands = ddr4.play(*busy_at(2, 3, 4), (50_000, 0, 0, READ), **design)
    assert refreshes(commands) == [
        *(9360 + 312 * i for i in range(3)),
        # None at 2 and 3: those were done in advance. At 4 and 5 one each is due.
        4 * 9360,
        *(5 * 9360 + 312 * i for i in range(3)),
    ]


def test_no_refresh_never_refreshes(ddr4):
    assert refreshes(ddr4.play((50_000, 0, 0, READ), RefreshPolicy="NoRefresh")) == []


# Admission and arbitration.


def test_a_full_buffer_takes_a_request_when_an_access_frees_its_entry(ddr4):
    design = {"SchedulerBuffer": "Shared", "RequestBufferSize": 1}
    assert ddr4.play((0, 0, 0, READ), (0, 4, 0, READ), **design) == [
        (1, "ACT", 0),
        (17, "RD", 0),
        (18, "ACT", 4),  # stored in 17, and the command bus is free a cycle later
        (34, "RD", 4),
    ]


@pytest.mark.parametrize("arbiter", ["Simple", "Fifo", "Reorder"])
@pytest.mark.parametrize("delays", [{}, {"ThinkDelayFw": 6, "ArbitrationDelayFw": 3}])
def test_one_request_a_cycle_enters(ddr4, arbiter, delays):
    # The third request conflicts with nothing; it enters in cycle 1003, or as much later as it is
    # under way.
    opened = [(0, 0, 0, READ), (0, 4, 0, READ), (0, 8, 0, READ)]
    hits = [(1000, 12, 0, READ), (1000, 12, 0, READ), (1000, 8, 1, READ)]
    commands = ddr4.play(*opened, *hits, Arbiter=arbiter, **delays)
    assert (1003 + (8 if delays else 0), "PREPB", 8) in commands


def test_in_dramsys_one_request_in_two_cycles_enters_by_arbiters_that_queue(ddr4):
    opened = [(0, 0, 0, READ), (0, 4, 0, READ), (0, 8, 0, READ)]
    hits = [(1000, 12, 0, READ), (1000, 12, 0, READ), (1000, 8, 1, READ)]
    for arbiter, cycle in (("Simple", 1003), ("Fifo", 1005), ("Reorder", 1005)):
        commands = ddr4.play(*opened, *hits, Arbiter=arbiter, dramsys_quirks=True)
        assert (cycle, "PREPB", 8) in commands


@pytest.mark.parametrize("arbiter", ["Fifo", "Reorder"])
def test_one_active_transaction_waits_for_the_response(ddr4, arbiter):
    two = [(0, 0, 0, READ), (0, 0, 0, READ)]
    # Data complete in 17 + 16 + 4 = 37, end of response at the initiator in 38, stored in 39.
    assert ddr4.play(*two, Arbiter=arbiter, MaxActiveTransactions=1)[1:] == [
        (17, "RD", 0),
        (39, "RD", 0),
    ]
    assert ddr4.runtime_ps == (39 + 16 + 4 + 1) * 833
    # In DRAMSys as the last response begins at the initiator.
    ddr4.play(*two, Arbiter=arbiter, MaxActiveTransactions=1, dramsys_quirks=True)
    assert ddr4.runtime_ps == (39 + 16 + 4) * 833


# Timing that devices may have, but the bundled ones don't.


def test_additive_latency_holds_the_read_back_in_the_device():
    posted = Bench("ddr4-2400", AL=10, RL=26, WL=26)
    assert posted.play((0, 0, 0, READ), (0, 0, 1, READ)) == [
        (1, "ACT", 0),
        (1 + 16 - 10, "RD", 0),
        (1 + 39, "PREPB", 0),  # tRAS; tRTP alone would be over at 7 + AL + 12
        (40 + 16, "ACT", 0),
        (56 + 16 - 10, "RD", 0),
    ]
    late = posted.play((0, 0, 0, READ), (40, 0, 0, READ), (40, 0, 1, READ))
    reads = [cycle for cycle, command, _ in late if command == "RD"]
    assert (reads[1] + 10 + 12, "PREPB", 0) in late


def test_row_cycle_that_rounding_made_too_short_lasts_as_long_as_its_parts():
    rounded = Bench("ddr3-1600", RC=37)
    commands = rounded.play((0, 0, 0, READ), (0, 0, 1, READ), PagePolicy="Closed")
    assert commands == [
        (1, "ACT", 0), (1 + 10, "RDA", 0),
        (1 + 28 + 10, "ACT", 0), (39 + 10, "RDA", 0),
    ]  # fmt: skip
