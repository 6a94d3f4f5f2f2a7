"""GDDR6, HBM2 and HBM3, rule by rule: the last command stands at its earliest legal cycle.

In HBM an ACT takes two cycles, and JEDEC counts from the second.
"""

from types import SimpleNamespace

import pytest

from archgym.dram.device import Device

HBM2 = Device.load("hbm2")


def common(t, *, act_cycles, burst, all_banks, bank):
    """Banks 0 to 3 are one group, 4 to 7 the next.

    Args:
        t: Timing parameters.
        act_cycles: How long an ACT is.
        burst: Cycles a burst.
        all_banks: The parameter of how long REFAB takes.
        bank: Likewise REFPB.
    """
    more = act_cycles - 1
    act = [(0, "ACT", 0)]
    group, other = [*act, (t.RRDL, "ACT", 1)], [*act, (t.RRDS, "ACT", 4)]
    read, write = [(100, "RD", 0)], [(100, "WR", 0)]
    write_end = 100 + t.WL + burst
    down, asleep = [(50, "PDEP"), (90, "PDXP")], [(50, "SREFEN"), (99, "SREFEX")]
    refresh = [(0, "REFPB", 0)]
    busy = {"REFAB": vars(t)[all_banks], "REFPB": vars(t)[bank]}
    return {
        "tRCDRD": [*act, (more + t.RCDRD, "RD", 0)],
        "tRCDWR": [*act, (more + t.RCDWR, "WR", 0)],
        "tRAS": [*act, (more + t.RAS, "PREPB", 0)],
        "tRC": [*act, (more + t.RAS, "PREPB", 0), (t.RC, "ACT", 0)],
        "tRP": [*act, (100, "PREPB", 0), (100 + t.RP - more, "ACT", 0)],
        "tRP, REFPB": [*act, (100, "PREPB", 0), (100 + t.RP, "REFPB", 0)],
        "tRP, RDA to REFAB": [*act, (100, "RDA", 0), (100 + t.RTP + t.RP, "REFAB")],
        "tRP, WRA": [*act, (100, "WRA", 0), (write_end + t.WR + t.RP - more, "ACT", 0)],
        "tRTP": [*act, *read, (100 + t.RTP, "PREAB")],
        "tWR": [*act, *write, (write_end + t.WR, "PREPB", 0)],
        "tRRDL": group,
        "tRRDL, REFPB": [*act, (more + t.RRDL, "REFPB", 1)],
        "tRRDS": other,
        "tRRDS, REFPB": [*act, (more + t.RRDS, "REFPB", 4)],
        "tCCDL": [*group, *read, (100 + t.CCDL, "RD", 1)],
        "tCCDS": [*other, *write, (100 + t.CCDS, "WR", 4)],
        "data bus": [*other, *write, (100 + burst, "WR", 4)],
        "tWTRL": [*group, *write, (write_end + t.WTRL, "RD", 1)],
        "tWTRS": [*other, *write, (write_end + t.WTRS, "RD", 4)],
        f"t{all_banks}": [(0, "REFAB"), (busy["REFAB"] - more, "ACT", 0)],
        f"t{all_banks}, REFPB": [(0, "REFAB"), (busy["REFAB"], "REFPB", 0)],
        f"t{bank}": [*refresh, (busy["REFPB"] - more, "ACT", 0)],
        f"t{bank}, PREAB": [*refresh, (busy["REFPB"], "PREAB")],
        f"t{bank}, REFAB": [*refresh, (busy["REFPB"], "REFAB")],
        "tRREFD": [*refresh, (t.RREFD - more, "ACT", 1)],
        "tRREFD, REFPB": [*refresh, (t.RREFD, "REFPB", 1)],
        "tXS": [*asleep, (99 + t.XS - more, "ACT", 0)],
        "tXP": [*down, (90 + t.XP - more, "ACT", 0)],
    }


def power_down(t, *, burst, stay, sleep, up):
    """By the parameters of how long power-down and self-refresh last, and what comes between."""
    act = [(0, "ACT", 0)]
    read_done, write_done = 100 + t.RL + burst + 1, 100 + t.WL + burst + t.WR + 1
    return {
        "tCKESR": [(50, "SREFEN"), (50 + sleep, "SREFEX")],
        "tRDPDE": [*act, (100, "RD", 0), (read_done, "PDEA")],
        "tWRPDE": [*act, (100, "WRA", 0), (write_done, "PDEP")],
        "tPD": [(50, "PDEP"), (50 + stay, "PDXP")],
        "tCKE": [(50, "PDEP"), (90, "PDXP"), (90 + up, "PDEP")],
    }


def gddr6(t):
    act, group = [(0, "ACT", 0)], [(0, "ACT", 0), (t.RRDS, "ACT", 4)]
    pair = [(0, "REFP2B", 1)]
    return {
        **common(t, act_cycles=1, burst=2, all_banks="RFCab", bank="RFCpb"),
        **power_down(t, burst=2, stay=t.PD, sleep=t.CKESR, up=t.XP),
        "tRFCpb, partner": [*pair, (t.RFCpb, "ACT", 9)],
        "tRREFD, REFP2B": [*pair, (t.RREFD, "REFP2B", 2)],
        "tPPD": [*group, (100, "PREPB", 0), (100 + t.PPD, "PREPB", 4)],
        "tRTW": [*group, (100, "RD", 0), (100 + t.RL + 2 + 2 - t.WL, "WR", 4)],
        "tACTPDE": [*act, (t.ACTPDE, "PDEA")],
        "tPREPDE": [*act, (100, "PREPB", 0), (100 + t.PREPDE, "PDEP")],
        "tREFPDE": [*pair, (t.REFPDE, "PDEP")],
    }


def hbm2(t):
    group = [(0, "ACT", 0), (t.RRDS, "ACT", 4)]
    four = [(t.RRDS * i, "ACT", 4 * i) for i in range(4)]
    return {
        **common(t, act_cycles=2, burst=2, all_banks="RFC", bank="RFCSB"),
        **power_down(t, burst=2, stay=t.CKE, sleep=t.CKE + 1, up=t.CKE),
        "tRTW": [*group, (100, "RD", 0), (100 + t.RTW, "WR", 4)],
        "tFAW": [*four, (t.FAW, "ACT", 16)],
        "tFAW, REFPB": [*four, (1 + t.FAW, "REFPB", 16)],
        "command bus": [(0, "ACT", 0), (2, "PREPB", 1)],
    }


def hbm3(t):
    group = [(0, "ACT", 0), (t.RRDS, "ACT", 4)]
    stacks = [(0, "ACT", 0), (t.RRDS, "ACT", 16)]
    four = [(t.RRDS * i, "ACT", 4 * i) for i in range(4)]
    return {
        **common(t, act_cycles=2, burst=2, all_banks="RFCab", bank="RFCpb"),
        **power_down(t, burst=2, stay=t.PD, sleep=t.SR, up=t.XP),
        "tRTW": [*group, (100, "RD", 0), (100 + t.RTW, "WR", 4)],
        "tPPD": [*group, (100, "PREPB", 0), (100 + t.PPD, "PREPB", 4)],
        "tFAW": [*four, (t.FAW, "ACT", 16)],
        "tCCDR": [*stacks, (100, "RD", 0), (100 + t.CCDR, "RD", 16)],
        "command bus": [(0, "ACT", 0), (2, "PREPB", 1)],
    }


TABLES = {"gddr6-14000": gddr6, "hbm2": hbm2, "hbm3-6400": hbm3}
CASES = {
    (name, rule): commands
    for name, table in TABLES.items()
    for rule, commands in table(SimpleNamespace(**Device.load(name).timing)).items()
}


@pytest.mark.parametrize(("name", "rule"), CASES)
def test_minimum_is_legal_and_a_cycle_less_is_not(assert_earliest, name, rule):
    assert_earliest(Device.load(name), rule.partition(",")[0], CASES[name, rule])


@pytest.mark.parametrize("name", ["gddr6-14000", "hbm3-6400"])
def test_four_activates_or_refreshes(assert_earliest, make_device, name):
    device = make_device(name, FAW=80)
    four = [(20 * i, "ACT", 4 * i) for i in range(3)] + [(60, "REFPB", 12)]
    last = device.timing["FAW"]
    assert_earliest(device, "tFAW", [*four, (last, "ACT", 1)])


def test_a_pair_meets_activates_in_the_groups_of_both_its_banks(assert_earliest, make_device):
    device = make_device("gddr6-14000", RRDL=12)
    assert_earliest(device, "tRRDL", [(0, "ACT", 9), (12, "REFP2B", 0)])


def test_a_new_round_awaits_the_last_refresh_of_the_one_before(assert_earliest):
    t = SimpleNamespace(**HBM2.timing)
    round_ = [(t.RREFD * i, "REFPB", i) for i in range(32)]
    last = 31 * t.RREFD
    assert_earliest(HBM2, "tRFCSB", [*round_, (last + t.RFCSB, "REFPB", 5)])


def test_commands_on_either_bus_go_out_together(rules):
    opened = [(0, "ACT", 0), (100, "RD", 0), (100, "ACT", 4)]
    assert rules(HBM2, *opened) == set()
    one_bus = [(0, "ACT", 0), (100, "RD", 0), (100, "ACT", 4)]
    assert rules(Device.load("gddr6-14000"), *one_bus) == {"command bus"}


def test_pseudo_channels_share_command_buses_but_not_the_data_bus(rules):
    opened = [(0, "ACT", 0, 0, 0), (2, "ACT", 0, 0, 1)]
    assert rules(HBM2, *opened, (100, "RD", 0, 0, 0), (101, "RD", 0, 0, 1)) == set()
    assert rules(HBM2, *opened, (100, "RD", 0, 0, 0), (100, "RD", 0, 0, 1)) == {"command bus"}
    too_early = [(0, "ACT", 0, 0, 0), (1, "ACT", 0, 0, 1)]
    assert rules(HBM2, *too_early) == {"command bus"}


def test_parity_delays_power_down(assert_earliest, make_device):
    device = make_device("hbm2", PL=3)
    end = 100 + device.timing["RL"] + 2 + 3 + 1
    assert_earliest(device, "tRDPDE", [(0, "ACT", 0), (100, "RD", 0), (end, "PDEA")])


def test_data_must_be_through_before_self_refresh(assert_earliest, make_device):
    device = make_device("hbm2", RL=60, RTW=61)  # long enough to outlast the precharge
    read = [(0, "ACT", 0), (100, "RDA", 0)]
    assert_earliest(device, "tRDSRE", [*read, (100 + 60 + 2 + 1, "SREFEN")])
