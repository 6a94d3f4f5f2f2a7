"""LPDDR5 SDRAM (JESD209-5B), 16 banks in four groups, bursts of 16, WCK at four times CK.

WCK is always on, so that no CAS command has to start it before a read or write. The two commands
of an activate follow each other. A REFpb of this bank organisation refreshes a bank and the one
half the banks away: `Per2Bank`. No DVFS, link ECC or masked writes.
"""

from collections.abc import Mapping

from archgym.dram.organization import Organization
from archgym.dram.standards.constraint import (
    COLUMN,
    POWER_DOWN_ENTRY,
    POWER_DOWN_EXIT,
    READS,
    WRITES,
    ActivateWindow,
    Latencies,
    Refresh,
    Rules,
    Standard,
    TimingConstraint,
    from_last_cycles,
)

COMMAND_CYCLES = {"ACT": 2}
BEATS_PER_CYCLE = 8


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD209-5B sections on them."""
    burst = organization.burst_length // BEATS_PER_CYCLE  # BL/n_min
    group_burst = 2 * burst  # BL/n_max: a bank group delivers at half the rate
    read_to_precharge = burst + t["RBTP"]
    write_to_precharge = t["WL"] + burst + 1 + t["WR"]
    read_to_write = t["RL"] + t["WCK2DQO"] - t["WL"]
    read_to_power_down = t["RL"] + t["WCK2DQO"] + burst + 1
    constraints = [
        # Activate command, Precharge operation.
        TimingConstraint("bank", ["ACT"], COLUMN, t["RCD"]),
        TimingConstraint("bank", ["ACT"], ["PREPB"], t["RAS"]),
        TimingConstraint("bank", ["ACT"], ["ACT"], t["RCpb"]),
        TimingConstraint("rank", ["ACT"], ["ACT"], t["RRD"]),
        TimingConstraint("bank", ["PREPB"], ["ACT"], t["RPpb"]),
        TimingConstraint("rank", ["PREAB"], ["ACT"], t["RPab"]),
        TimingConstraint("rank", ["ACT"], ["PREAB"], t["RAS"]),
        TimingConstraint("rank", ["PREPB", "PREAB"], ["PREPB", "PREAB"], t["PPD"]),
        # Read and Write operation.
        TimingConstraint("bank_group", COLUMN, COLUMN, group_burst),
        TimingConstraint("rank", COLUMN, COLUMN, burst),
        TimingConstraint("bank_group", READS, WRITES, read_to_write + group_burst),
        TimingConstraint("rank", READS, WRITES, read_to_write + burst),
        TimingConstraint("bank_group", WRITES, READS, t["WL"] + group_burst + t["WTR_L"]),
        TimingConstraint("rank", WRITES, READS, t["WL"] + burst + t["WTR_S"]),
        TimingConstraint("bank", ["RD"], ["PREPB"], read_to_precharge),
        TimingConstraint("bank", ["WR"], ["PREPB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], read_to_precharge),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - read_to_precharge),
        TimingConstraint("bank", ["RDA"], ["ACT", "REFP2B"], read_to_precharge + t["RPpb"]),
        TimingConstraint("bank", ["WRA"], ["ACT", "REFP2B"], write_to_precharge + t["RPpb"]),
        # Between ranks: the data bus changes hands.
        TimingConstraint("other_rank", READS, READS, burst + t["RTRS"]),
        TimingConstraint("other_rank", WRITES, WRITES, burst + t["RTRS"]),
        TimingConstraint("other_rank", READS, WRITES, read_to_write + burst + t["RTRS"]),
        TimingConstraint(
            "other_rank", WRITES, READS, max(1, t["WL"] + burst + t["RTRS"] - t["RL"])
        ),
        # Refresh command: a refreshed bank counts as an activated one.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RCpb"]),
        TimingConstraint("bank", ["ACT"], ["REFP2B"], t["RCpb"]),
        TimingConstraint("rank", ["ACT"], ["REFP2B"], t["RRD"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], read_to_precharge + t["RPpb"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RPpb"]),
        TimingConstraint("rank", ["PREPB"], ["REFAB", "SREFEN"], t["RPpb"]),
        TimingConstraint("bank", ["PREPB"], ["REFP2B"], t["RPpb"]),
        TimingConstraint("rank", ["PREAB"], ["REFAB", "REFP2B", "SREFEN"], t["RPab"]),
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "REFP2B", "SREFEN"], t["RFCab"]),
        TimingConstraint("bank", ["REFP2B"], ["ACT", "REFP2B"], t["RFCpb"]),
        TimingConstraint("rank", ["REFP2B"], ["ACT"], t["pbR2act"]),
        TimingConstraint("rank", ["REFP2B"], ["REFP2B"], t["pbR2pbR"]),
        TimingConstraint("rank", ["REFP2B"], ["REFAB", "PREAB", "SREFEN"], t["RFCpb"]),
        # Self Refresh. No data burst may be under way when it begins.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down),
        # Power-Down, entry.
        TimingConstraint("rank", ["ACT"], POWER_DOWN_ENTRY, t["CMDPD"]),
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", WRITES, POWER_DOWN_ENTRY, write_to_precharge + 1),
        TimingConstraint("rank", ["PREPB", "PREAB"], POWER_DOWN_ENTRY, t["CMDPD"]),
        TimingConstraint("rank", ["REFAB", "REFP2B"], POWER_DOWN_ENTRY, t["CMDPD"]),
    ]
    # Exits: tXP and tXSR end at the *first* cycle of a command.
    idle = ["ACT", "PREAB", "REFAB", "REFP2B", "SREFEN"]
    exits = [
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["SR"]),
        TimingConstraint("rank", ["SREFEX"], [*idle, "PDEP"], t["XSR"]),
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["CSPD"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["CSPD"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, [*idle, *POWER_DOWN_ENTRY], t["XP"]),
        TimingConstraint("rank", ["PDXA"], [*COLUMN, "PREPB"], t["XP"]),
    ]
    pairs = organization.banks // 2
    return Rules(
        constraints=[*from_last_cycles(constraints, COMMAND_CYCLES), *exits],
        activate_windows=[ActivateWindow(["ACT", "REFP2B"], 4, t["FAW"])],
        refreshes={
            "AllBank": Refresh("REFAB", "PREAB", t["REFI"], t["RFCab"], 1),
            "Per2Bank": Refresh("REFP2B", "PREPB", t["REFIpb"], t["RFCpb"], pairs),
        },
        latencies=Latencies(
            read=t["RL"] + t["WCK2DQO"] + burst,
            write=t["WL"] + burst,
            read_to_precharge=read_to_precharge,
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


STANDARD = Standard(
    name="LPDDR5",
    timing="CMDPD CSPD FAW PPD RAS RBTP RCD RCpb REFI REFIpb RFCab RFCpb RL RPab RPpb RRD SR "
    "WCK2DQO WL WR WTR_L WTR_S XP XSR pbR2act pbR2pbR RTRS",
    currents="",
    unread_power="vdd1 idd01 idd2n1 idd2p1 idd3n1 idd3p1 idd4r1 idd4w1 idd51 idd5pb1 idd61 idd6ds1 "
    "vdd2h idd02h idd2n2h idd2p2h idd3n2h idd3p2h idd4r2h idd4w2h idd52h idd5pb2h idd62h idd6ds2h "
    "vdd2l idd02l idd2n2l idd2p2l idd3n2l idd3p2l idd4r2l idd4w2l idd52l idd5pb2l idd62l idd6ds2l "
    "vddq iBeta_vdd1 iBeta_vdd2h iBeta_vdd2l",
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=BEATS_PER_CYCLE,
    burst_lengths=(16,),
    fastest_mt_per_s=10700,
    command_cycles=COMMAND_CYCLES,
)
