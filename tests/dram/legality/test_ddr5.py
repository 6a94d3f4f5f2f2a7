"""DDR5, rule by rule: the last command stands at its earliest legal cycle.

ACT, reads and writes take two cycles, and JEDEC counts from the second.
"""

from types import SimpleNamespace

import pytest

from archgym.dram.device import Device

DEVICE = Device.load("ddr5-4800")


def ddr5(t):
    """Banks 0 to 3 are one group, 4 to 7 the next. Bursts take eight cycles."""
    act = [(0, "ACT", 0)]
    group, other = [*act, (t.RRD_L, "ACT", 1)], [*act, (t.RRD_S, "ACT", 4)]
    read, write, auto = [(200, "RD", 0)], [(200, "WR", 0)], [(200, "WRA", 0)]
    write_end = 201 + t.WL + 8
    down, asleep = [(50, "PDEP"), (90, "PDXP")], [(50, "SREFEN"), (99, "SREFEX")]
    # Bank 0 of every group, 0, 4, 8, ..., is refreshed.
    refresh = [(0, "REFSB", 0)]
    return {
        "tRCD": [*act, (t.RCD, "RD", 0)],
        "tRAS": [*act, (1 + t.RAS, "PREPB", 0)],
        "tRAS, PRESB": [*act, (1 + t.RAS, "PRESB", 0)],
        "tRAS, PREAB": [*act, (1 + t.RAS, "PREAB")],
        "tRC": [*act, (1 + t.RAS, "PREPB", 0), (t.RC, "ACT", 0)],
        "tRP": [*act, (200, "PREPB", 0), (200 + t.RP - 1, "ACT", 0)],
        "tRP, PRESB": [*other, (200, "PRESB", 0), (200 + t.RP - 1, "ACT", 4)],
        "tRP, RDA": [*act, (200, "RDA", 0), (200 + t.RTP + t.RP, "ACT", 0)],
        "tRP, WRA to REFSB": [*act, *auto, (write_end + t.WR + t.RP, "REFSB", 0)],
        "tRP, REFAB": [*act, (200, "PREAB"), (200 + t.RP, "REFAB")],
        "tRP, SREFEN": [*act, (200, "PREAB"), (200 + t.RP, "SREFEN")],
        "tRTP": [*act, *read, (201 + t.RTP, "PREPB", 0)],
        "tWR": [*act, *write, (write_end + t.WR, "PREAB")],
        "tPPD": [*group, (200, "PREPB", 0), (200 + t.PPD, "PREPB", 1)],
        "tRRD_L": group,
        "tRRD_S": other,
        "tFAW": [*((t.RRD_S * i, "ACT", 4 * i) for i in range(4)), (t.FAW, "ACT", 16)],
        "tCCD_L": [*group, *read, (200 + t.CCD_L, "RD", 1)],
        "tCCD_L_WR2": [*group, *write, (200 + t.CCD_L_WR2, "WR", 1)],
        "tCCD_S": [*other, *write, (200 + t.CCD_S, "WR", 4)],
        "data bus": [*other, *read, (200 + 8, "RD", 4)],
        "read to write": [*other, *read, (200 + t.RL + 8 + 2 + t.WPRE - t.WL, "WR", 4)],
        "tWTR_L": [*group, *write, (write_end + t.WTR_L - 1, "RD", 1)],
        "tWTR_S": [*other, *write, (write_end + t.WTR_S - 1, "RD", 4)],
        "tRFC1": [(0, "REFAB"), (t.RFC1 - 1, "ACT", 0)],
        "tRFC1, REFAB": [(0, "REFAB"), (t.RFC1, "REFAB")],
        "tRFCsb": [*refresh, (t.RFCsb - 1, "ACT", 28)],
        "tRFCsb, REFSB": [*refresh, (t.RFCsb, "REFSB", 1)],
        "tRFCsb, REFAB": [*refresh, (t.RFCsb, "REFAB")],
        "tRFCsb, PREAB": [*refresh, (t.RFCsb, "PREAB")],
        "tREFSBRD": [*refresh, (t.REFSBRD - 1, "ACT", 1)],
        "tRRD_L, REFSB": [*act, (1 + t.RRD_L, "REFSB", 1)],
        "command bus": [*act, (2, "PREPB", 1)],
        "tCSL": [(50, "SREFEN"), (50 + t.CPDED + t.CSL, "SREFEX")],
        "tXS": [*asleep, (99 + t.XS, "ACT", 0)],
        "tXS_DLL": [*asleep, (99 + t.XS, "ACT", 0), (99 + t.XS_DLL, "RD", 0)],
        "tACTPDEN": [*act, (1 + t.ACTPDEN, "PDEA")],
        "tPRPDEN": [*act, (200, "PREPB", 0), (200 + t.PRPDEN, "PDEP")],
        "tREFPDEN": [(0, "REFAB"), (t.REFPDEN, "PDEP")],
        "tREFPDEN, REFSB": [*refresh, (t.REFPDEN, "PDEP")],
        "tRDPDEN": [*act, *read, (201 + t.RL + 8 + 1, "PDEA")],
        "tWRPDEN": [*act, *write, (write_end + t.WR + 1, "PDEA")],
        "tWRPDEN, WRA": [*act, *auto, (write_end + t.WR + 1, "PDEP")],
        "tPD": [(50, "PDEP"), (50 + t.PD, "PDXP")],
        "tXP": [*down, (90 + t.XP, "ACT", 0)],
        "tXP, PDEP": [*down, (90 + t.XP, "PDEP")],
    }


CASES = ddr5(SimpleNamespace(**DEVICE.timing))


@pytest.mark.parametrize("rule", CASES)
def test_minimum_is_legal_and_a_cycle_less_is_not(assert_earliest, rule):
    assert_earliest(DEVICE, rule.partition(",")[0], CASES[rule])


def test_data_must_be_through_before_self_refresh(assert_earliest, make_device):
    device = make_device("ddr5-4800", RL=80)  # long enough to outlast the precharge
    read = [(0, "ACT", 0), (200, "RDA", 0)]
    assert_earliest(device, "burst before self-refresh", [*read, (201 + 80 + 8, "SREFEN")])


def test_refresh_is_due_twice_as_often_in_same_bank_mode(rules):
    interval = DEVICE.timing["REFI1"]
    normal = [(interval * i, "REFAB") for i in range(1, 40)]
    assert rules(DEVICE, *normal, refreshes=True) == set()
    assert "postponed REFs" in rules(DEVICE, *normal[::2], refreshes=True)
    rounds = [(interval // 8 * i, "REFSB", i % 4) for i in range(1, 400)]
    assert rules(DEVICE, *rounds, refreshes=True) == set()
    halved = [(interval // 4 * i, "REFSB", i % 4) for i in range(1, 400)]
    assert rules(DEVICE, *halved, refreshes=True) == {"postponed REFs"}


def test_four_refreshes_can_be_postponed(rules):
    interval = DEVICE.timing["REFI1"]
    assert rules(DEVICE, *_burst(5 * interval, 5), refreshes=True) == set()
    assert rules(DEVICE, *_burst(6 * interval, 6), refreshes=True) == {
        "postponed REFs",
        "REF interval",
    }


def _burst(cycle, count):
    return [(cycle + i * DEVICE.timing["RFC1"], "REFAB") for i in range(count)]
