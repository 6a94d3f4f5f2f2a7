"""LPDDR5, rule by rule: the last command stands at its earliest legal cycle.

An ACT takes two cycles, and JEDEC counts from the second.
"""

from types import SimpleNamespace

import pytest

from archgym.dram.device import Device

DEVICE = Device.load("lpddr5-6400")


def lpddr5(t):
    """Banks 0 to 3 are one group, 4 to 7 the next. Bursts take two cycles, four in their group."""
    act = [(0, "ACT", 0)]
    group, other = [*act, (t.RRD, "ACT", 1)], [*act, (t.RRD, "ACT", 4)]
    read, write, auto = [(200, "RD", 0)], [(200, "WR", 0)], [(200, "WRA", 0)]
    write_end = 200 + t.WL + 2 + 1
    rtw = t.RL + t.WCK2DQO - t.WL
    down, asleep = [(50, "PDEP"), (90, "PDXP")], [(50, "SREFEN"), (99, "SREFEX")]
    refresh = [(0, "REFP2B", 1)]
    return {
        "tRCD": [*act, (1 + t.RCD, "RD", 0)],
        "tRAS": [*act, (1 + t.RAS, "PREPB", 0)],
        "tRC": [*act, (1 + t.RAS, "PREPB", 0), (t.RCpb, "ACT", 0)],
        "tRPpb": [*act, (200, "PREPB", 0), (200 + t.RPpb - 1, "ACT", 0)],
        "tRPpb, RDA": [*act, (200, "RDA", 0), (200 + 2 + t.RBTP + t.RPpb - 1, "ACT", 0)],
        "tRPpb, WRA to REFP2B": [*act, *auto, (write_end + t.WR + t.RPpb, "REFP2B", 8)],
        "tRPpb, REFAB": [*act, (200, "PREPB", 0), (200 + t.RPpb, "REFAB")],
        "tRPab": [*act, (200, "PREAB"), (200 + t.RPab - 1, "ACT", 0)],
        "tRPab, REFP2B": [*act, (200, "PREAB"), (200 + t.RPab, "REFP2B", 5)],
        "tRBTP": [*act, *read, (200 + 2 + t.RBTP, "PREPB", 0)],
        "tWR": [*act, *write, (write_end + t.WR, "PREAB")],
        "tPPD": [*group, (200, "PREPB", 0), (200 + t.PPD, "PREPB", 1)],
        "tRRD": group,
        "tRRD, REFP2B": [*act, (1 + t.RRD, "REFP2B", 1)],
        "BL/n": [*group, *read, (200 + 4, "RD", 1)],
        "BL/n, other group": [*other, *read, (200 + 2, "RD", 4)],
        "data bus": [*other, *write, (200 + 2, "WR", 4)],
        "read to write": [*group, *read, (200 + rtw + 4, "WR", 1)],
        "read to write, other group": [*other, *read, (200 + rtw + 2, "WR", 4)],
        "tWTR_L": [*group, *write, (200 + t.WL + 4 + t.WTR_L, "RD", 1)],
        "tWTR_S": [*other, *write, (200 + t.WL + 2 + t.WTR_S, "RD", 4)],
        "tRFCab": [(0, "REFAB"), (t.RFCab - 1, "ACT", 0)],
        "tRFCpb": [*refresh, (t.RFCpb - 1, "ACT", 1)],
        "tRFCpb, partner": [*refresh, (t.RFCpb - 1, "ACT", 9)],
        "tRFCpb, REFAB": [*refresh, (t.RFCpb, "REFAB")],
        "tpbR2act": [*refresh, (t.pbR2act - 1, "ACT", 5)],
        "tpbR2pbR": [*refresh, (t.pbR2pbR, "REFP2B", 2)],
        "command bus": [*act, (2, "PREPB", 1)],
        "tSR": [(50, "SREFEN"), (50 + t.SR, "SREFEX")],
        "tXSR": [*asleep, (99 + t.XSR, "ACT", 0)],
        "tCMDPD": [*act, (1 + t.CMDPD, "PDEA")],
        "tRDPDEN": [*act, *read, (200 + t.RL + t.WCK2DQO + 2 + 1, "PDEA")],
        "tWRPDEN": [*act, *write, (write_end + t.WR + 1, "PDEA")],
        "tCSPD": [(50, "PDEP"), (50 + t.CSPD, "PDXP")],
        "tXP": [*down, (90 + t.XP, "ACT", 0)],
    }


CASES = lpddr5(SimpleNamespace(**DEVICE.timing))


@pytest.mark.parametrize("rule", CASES)
def test_minimum_is_legal_and_a_cycle_less_is_not(assert_earliest, rule):
    assert_earliest(DEVICE, rule.partition(",")[0], CASES[rule])


def test_four_activates(assert_earliest, make_device):
    device = make_device("lpddr5-6400", FAW=20)
    four = [(4 * i, "ACT", 4 * i) for i in range(4)]
    assert_earliest(device, "tFAW", [*four, (20, "ACT", 1)])
    assert_earliest(device, "tFAW", [*four, (21, "REFP2B", 1)])


def test_data_must_be_through_before_self_refresh(assert_earliest, make_device):
    device = make_device("lpddr5-6400", RL=40)  # long enough to outlast the precharge
    read = [(0, "ACT", 0), (200, "RDA", 0)]
    end = 200 + 40 + device.timing["WCK2DQO"] + 2
    assert_earliest(device, "burst before self-refresh", [*read, (end, "SREFEN")])
