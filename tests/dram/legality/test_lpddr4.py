"""LPDDR4, rule by rule: the last command stands at its earliest legal cycle.

ACT, reads and writes take four cycles, the others two, power-down none; JEDEC counts from the last.
"""

from types import SimpleNamespace

import pytest

from archgym.dram.device import Device

DEVICE = Device.load("lpddr4-3200")


def lpddr4(t):
    """Eight banks. Bursts take eight cycles."""
    act = [(0, "ACT", 0)]
    two = [*act, (t.RRD, "ACT", 1)]
    read, write, auto = [(200, "RD", 0)], [(200, "WR", 0)], [(200, "WRA", 0)]
    write_end = 203 + t.WL + 1 + 8
    read_done, write_done = 203 + t.RL + t.DQSCK + 8, 203 + t.WL + t.DQSS + t.DQS2DQ + 8
    down, asleep = [(50, "PDEP"), (90, "PDXP")], [(50, "SREFEN"), (99, "SREFEX")]
    refresh = [(0, "REFPB", 0)]
    rtw = t.RL + t.DQSCK + 8 + t.RPST - t.WL + t.WPRE
    return {
        "tRCD": [*act, (t.RCD, "RD", 0)],
        "tRAS": [*act, (2 + t.RAS, "PREPB", 0)],
        "tRAS, PREAB": [*act, (2 + t.RAS, "PREAB")],
        "tRC": [*act, (2 + t.RAS, "PREPB", 0), (t.RCpb, "ACT", 0)],
        "tRPpb": [*act, (200, "PREPB", 0), (200 + t.RPpb - 2, "ACT", 0)],
        "tRPpb, RDA": [*act, (200, "RDA", 0), (200 + t.RTP + t.RPpb, "ACT", 0)],
        "tRPpb, WRA to REFPB": [*act, *auto, (write_end + t.WR + t.RPpb - 1, "REFPB", 0)],
        "tRPpb, REFAB": [*act, (200, "PREPB", 0), (200 + t.RPpb, "REFAB")],
        "tRPab": [*act, (200, "PREAB"), (200 + t.RPab - 2, "ACT", 0)],
        "tRPab, REFPB": [*act, (200, "PREAB"), (200 + t.RPab, "REFPB", 5)],
        "tRPab, SREFEN": [*act, (200, "PREAB"), (200 + t.RPab, "SREFEN")],
        "tRTP": [*act, *read, (202 + t.RTP, "PREPB", 0)],
        "tWR": [*act, *write, (write_end + t.WR - 1, "PREPB", 0)],
        "tPPD": [*two, (200, "PREPB", 0), (200 + t.PPD, "PREPB", 1)],
        "tPPD, PREAB": [*two, (200, "PREPB", 0), (200 + t.PPD, "PREAB")],
        "tRRD": two,
        "tRRD, REFPB": [*act, (2 + t.RRD, "REFPB", 1)],
        "tRRD, ACT after REFPB": [*refresh, (t.RRD - 2, "ACT", 1)],
        "tFAW": [*((t.RRD * i, "ACT", i) for i in range(4)), (t.FAW, "ACT", 4)],
        "tFAW, REFPB": [*((t.RRD * i, "ACT", i) for i in range(4)), (2 + t.FAW, "REFPB", 4)],
        "tCCD": [*two, *read, (200 + t.CCD, "RD", 1)],
        "data bus": [*two, *write, (200 + 8, "WR", 1)],
        "read to write": [*two, *read, (200 + rtw, "WR", 1)],
        "tWTR": [*two, *write, (write_end + t.WTR - 3, "RD", 1)],
        "tRFCab": [(0, "REFAB"), (t.RFCab - 2, "ACT", 0)],
        "tRFCab, REFPB": [(0, "REFAB"), (t.RFCab, "REFPB", 0)],
        "tRFCpb": [*refresh, (t.RFCpb - 2, "ACT", 0)],
        "tRFCpb, PREAB": [*refresh, (t.RFCpb, "PREAB")],
        "tRFCpb, REFPB": [*refresh, (t.RFCpb, "REFPB", 1)],
        "tRFCpb, REFAB": [*refresh, (t.RFCpb, "REFAB")],
        "command bus": [(0, "PREPB", 0), (t.PPD, "ACT", 1), (t.PPD + 4, "PREPB", 2)],
        "tSR": [(50, "SREFEN"), (50 + t.SR, "SREFEX")],
        "tXSR": [*asleep, (99 + t.XSR - 2, "ACT", 0)],
        "tXSR, REFAB": [*asleep, (99 + t.XSR, "REFAB")],
        "tCMDCKE": [*act, (3 + t.CMDCKE, "PDEA")],
        "tCMDCKE, PREPB": [*act, (200, "PREPB", 0), (201 + t.CMDCKE, "PDEP")],
        "tCMDCKE, REFPB": [*refresh, (1 + t.CMDCKE, "PDEP")],
        "tRDPDEN": [*act, *read, (read_done + t.RPST, "PDEA")],
        "tWRPDEN": [*act, *write, (write_done + t.WR, "PDEA")],
        "tWRAPDEN": [*act, *auto, (write_done + t.WR + 2, "PDEP")],
        "tCKE": [(50, "PDEP"), (50 + t.CKE, "PDXP")],
        "tCKE, exit": [*down, (90 + t.CKE, "PDEP")],
        "tXP": [*down, (90 + t.XP, "ACT", 0)],
        "tXP, active": [*act, (50, "PDEA"), (90, "PDXA"), (90 + t.XP, "RD", 0)],
    }


CASES = lpddr4(SimpleNamespace(**DEVICE.timing))


@pytest.mark.parametrize("rule", CASES)
def test_minimum_is_legal_and_a_cycle_less_is_not(assert_earliest, rule):
    assert_earliest(DEVICE, rule.partition(",")[0], CASES[rule])


def test_data_must_be_through_before_self_refresh(assert_earliest, make_device):
    device = make_device("lpddr4-3200", RL=60)  # long enough to outlast the precharge
    read = [(0, "ACT", 0), (200, "RDA", 0)]
    end = 203 + 60 + device.timing["DQSCK"] + 8
    assert_earliest(device, "burst before self-refresh", [*read, (end, "SREFEN")])


def test_banks_that_are_not_refreshed_stay_accessible(rules):
    opened = [(0, "ACT", 1), (100, "REFPB", 0)]
    used = [(102, "RD", 1), (110, "RDA", 1)]
    assert rules(DEVICE, *opened, *used) == set()


def test_ranks_wait_for_each_others_preamble(assert_earliest, make_device):
    device = make_device("lpddr4-3200", ranks=2)
    opened = [(0, "ACT", 0, 0, 0), (4, "ACT", 0, 0, 1)]
    for command in ("RD", "WR"):
        switch = [*opened, (100, command, 0, 0, 0), (100 + 8 + 2, command, 0, 0, 1)]
        assert_earliest(device, "data bus", switch)
