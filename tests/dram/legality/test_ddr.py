"""DDR3 and DDR4, rule by rule: the last command stands at its earliest legal cycle."""

from types import SimpleNamespace

import pytest

from archgym.dram.device import Device


def ddr4(t):
    """Banks 0 to 3 are one group, 4 to 7 the next. Bursts take four cycles."""
    act = [(0, "ACT", 0)]
    group, other = [*act, (t.RRD_L, "ACT", 1)], [*act, (t.RRD_S, "ACT", 4)]
    write_end = 60 + t.WL + 4
    return {
        "tRCD": [*act, (t.RCD, "RD", 0)],
        "tRAS": [*act, (t.RAS, "PREPB", 0)],
        "tRAS, PREAB": [*other, (t.RRD_S + t.RAS, "PREAB")],
        "tRC": [*act, (t.RAS, "PREPB", 0), (t.RC, "ACT", 0)],
        "tRP": [*act, (60, "PREPB", 0), (60 + t.RP, "ACT", 0)],
        "tRP, PREAB": [*act, (60, "PREAB"), (60 + t.RP, "ACT", 0)],
        "tRP, REFAB": [*act, (60, "PREPB", 0), (60 + t.RP, "REFAB")],
        "tRP, RDA in time": [*act, (60, "RDA", 0), (60 + t.RTP + t.RP, "ACT", 0)],
        "tRP, RDA early": [*act, (t.RCD, "RDA", 0), (t.RAS + t.RP, "ACT", 0)],
        "tRP, WRA": [*act, (60, "WRA", 0), (write_end + t.WR + t.RP, "ACT", 0)],
        "tRP, WRA to REFAB": [*act, (60, "WRA", 0), (write_end + t.WR + t.RP, "REFAB")],
        "tRP, SREFEN": [*act, (60, "PREAB"), (60 + t.RP, "SREFEN")],
        "tRTP": [*act, (60, "RD", 0), (60 + t.RTP, "PREPB", 0)],
        "tRTP, PREAB": [*act, (60, "RD", 0), (60 + t.RTP, "PREAB")],
        "tWR": [*act, (60, "WR", 0), (write_end + t.WR, "PREPB", 0)],
        "tWR, PREAB": [*act, (60, "WR", 0), (write_end + t.WR, "PREAB")],
        "tRRD_L": group,
        "tRRD_S": other,
        "tFAW": [*((t.RRD_S * i, "ACT", 4 * i) for i in range(4)), (t.FAW, "ACT", 1)],
        "tCCD_L": [*group, (60, "RD", 0), (60 + t.CCD_L, "RD", 1)],
        "tCCD_S": [*other, (60, "WR", 0), (60 + t.CCD_S, "WRA", 4)],
        "data bus": [*other, (60, "RD", 0), (60 + 4, "RDA", 4)],
        "tWTR_L": [*group, (60, "WR", 0), (write_end + t.WTR_L, "RD", 1)],
        "tWTR_S": [*other, (60, "WR", 0), (write_end + t.WTR_S, "RD", 4)],
        "read to write": [*other, (60, "RD", 0), (60 + t.RL + 4 + 1 + t.WPRE - t.WL, "WR", 4)],
        "tRFC": [(0, "REFAB"), (t.RFC1, "ACT", 0)],
        "tRFC, REFAB": [(0, "REFAB"), (t.RFC1, "REFAB")],
        "tRFC, SREFEN": [(0, "REFAB"), (t.RFC1, "SREFEN")],
        "command bus": [(100, "PREPB", 0), (101, "PREPB", 1)],
    }


def ddr3(t):
    """One bank group. Bursts take four cycles."""
    act = [(0, "ACT", 0)]
    two = [*act, (t.RRD, "ACT", 7)]
    write_end = 60 + t.WL + 4
    return {
        "tRCD": [*act, (t.RCD, "WR", 0)],
        "tRAS": [*act, (t.RAS, "PREPB", 0)],
        "tRC": [*act, (t.RAS, "PREPB", 0), (t.RC, "ACT", 0)],
        "tRP": [*act, (60, "PREAB"), (60 + t.RP, "REFAB")],
        "tRTP": [*act, (60, "RD", 0), (60 + t.RTP, "PREPB", 0)],
        "tWR": [*act, (60, "WR", 0), (write_end + t.WR, "PREAB")],
        "tWR, RDA": [*act, (60, "WR", 0), (write_end + t.WR - t.RTP, "RDA", 0)],
        "tRRD": two,
        "tFAW": [*((t.RRD * i, "ACT", i) for i in range(4)), (t.FAW, "ACT", 4)],
        "tCCD": [*two, (60, "RD", 0), (60 + t.CCD, "RD", 7)],
        "tWTR": [*two, (60, "WR", 0), (write_end + t.WTR, "RD", 7)],
        "read to write": [*two, (60, "RD", 0), (60 + t.RL + 4 + 2 - t.WL, "WR", 7)],
        "tRFC": [(0, "REFAB"), (t.RFC, "ACT", 0)],
    }


def power(t, refresh_cycles):
    """Of either."""
    act = [(0, "ACT", 0)]
    down, asleep = [(50, "PDEP"), (90, "PDXP")], [(50, "SREFEN"), (99, "SREFEX")]
    return {
        "tACTPDEN": [*act, (t.ACTPDEN, "PDEA")],
        "tPRPDEN": [*act, (60, "PREPB", 0), (60 + t.PRPDEN, "PDEP")],
        "tREFPDEN": [(0, "REFAB"), (t.REFPDEN, "PDEP")],
        "tRDPDEN": [*act, (60, "RD", 0), (60 + t.RL + 4 + 1, "PDEA")],
        "tRDPDEN, RDA": [*act, (60, "RDA", 0), (60 + t.RL + 4 + 1, "PDEP")],
        "tWRPDEN": [*act, (60, "WR", 0), (60 + t.WL + 4 + t.WR, "PDEA")],
        "tWRAPDEN": [*act, (60, "WRA", 0), (60 + t.WL + 4 + t.WR + 1, "PDEP")],
        "tPD": [(50, "PDEP"), (50 + t.CKE, "PDXP")],
        "tPD, active": [*act, (50, "PDEA"), (50 + t.CKE, "PDXA")],
        "tCKE": [*down, (90 + t.CKE, "PDEP")],
        "tXP": [*down, (90 + t.XP, "ACT", 0)],
        "tXP, active": [*act, (50, "PDEA"), (90, "PDXA"), (90 + t.XP, "RD", 0)],
        "tXP, SREFEN": [*down, (90 + t.XP, "SREFEN")],
        "tRFC, PDEP": [(0, "REFAB"), (9, "PDEP"), (40, "PDXP"), (refresh_cycles, "ACT", 0)],
        "tCKESR": [(50, "SREFEN"), (50 + t.CKESR, "SREFEX")],
        "tXS": [*asleep, (99 + t.XS, "ACT", 0)],
        "tXS, REFAB": [*asleep, (99 + t.XS, "REFAB")],
        "tXS, PDEP": [*asleep, (99 + t.XS, "PDEP")],
        "tXSDLL": [*asleep, (99 + t.XS, "ACT", 0), (99 + t.XSDLL, "RD", 0)],
    }


TABLES = {
    "ddr3-1600": lambda t: ddr3(t) | power(t, t.RFC),
    "ddr4-2400": lambda t: ddr4(t) | power(t, t.RFC1),
}
CASES = {
    (name, rule): commands
    for name, table in TABLES.items()
    for rule, commands in table(SimpleNamespace(**Device.load(name).timing)).items()
}


@pytest.mark.parametrize(("name", "rule"), CASES)
def test_minimum_is_legal_and_a_cycle_less_is_not(assert_earliest, name, rule):
    assert_earliest(Device.load(name), rule.partition(",")[0], CASES[name, rule])


def test_data_must_be_through_before_self_refresh(assert_earliest, make_device):
    device = make_device("ddr4-2400", CL=40, RL=40)  # long enough to outlast the precharge
    read = [(0, "ACT", 0), (60, "RDA", 0)]
    assert_earliest(device, "burst before self-refresh", [*read, (60 + 40 + 4, "SREFEN")])


def test_additive_latency_delays_the_array(assert_earliest, make_device):
    device = make_device("ddr4-2400", AL=3, RL=19, WL=19)
    t = SimpleNamespace(**device.timing)
    act = [(0, "ACT", 0)]
    assert_earliest(device, "tRCD", [*act, (t.RCD - 3, "RD", 0)])
    assert_earliest(device, "tRTP", [*act, (60, "RD", 0), (60 + 3 + t.RTP, "PREPB", 0)])
    write = [*act, (t.RRD_S, "ACT", 4), (60, "WR", 0)]
    assert_earliest(device, "tWTR_S", [*write, (60 + t.WL + 4 + t.WTR_S - 3, "RD", 4)])
