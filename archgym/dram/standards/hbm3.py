"""HBM3 DRAM (JESD238), a burst of eight in two cycles of CK.

Row commands come in whole cycles: an activate takes two instead of one and a half, the others one
instead of half. All banks of a pseudo channel, over all stack IDs, make one round of REFpb. Each
pseudo channel enters power-down and self-refresh by itself, like a rank.
"""

from collections.abc import Mapping

from archgym.dram.organization import Organization
from archgym.dram.standards.constraint import (
    COLUMN,
    POWER_DOWN_ENTRY,
    POWER_DOWN_EXIT,
    READS,
    UNREAD_VDD_AND_VPP,
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
BEATS_PER_CYCLE = 4


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD238 sections on them."""
    burst = organization.burst_length // BEATS_PER_CYCLE
    write_data_end = t["WL"] + burst
    write_to_precharge = write_data_end + t["WR"]
    read_to_power_down = t["RL"] + burst + 1
    refresh_after_round = max(t["RREFD"], t["RFCpb"])
    constraints = [
        # ACTIVATE, PRECHARGE.
        TimingConstraint("bank", ["ACT"], READS, t["RCDRD"]),
        TimingConstraint("bank", ["ACT"], WRITES, t["RCDWR"]),
        TimingConstraint("bank", ["ACT"], ["PREPB"], t["RAS"]),
        TimingConstraint("bank", ["ACT"], ["ACT"], t["RC"]),
        TimingConstraint("bank_group", ["ACT"], ["ACT"], t["RRDL"]),
        TimingConstraint("rank", ["ACT"], ["ACT"], t["RRDS"]),
        TimingConstraint("bank", ["PREPB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["ACT"], ["PREAB"], t["RAS"]),
        TimingConstraint("rank", ["PREPB", "PREAB"], ["PREPB", "PREAB"], t["PPD"]),
        # READ, WRITE.
        TimingConstraint("bank_group", COLUMN, COLUMN, t["CCDL"]),
        TimingConstraint("rank", COLUMN, COLUMN, t["CCDS"]),
        TimingConstraint("other_stack", READS, READS, t["CCDR"]),
        TimingConstraint("rank", READS, WRITES, t["RTW"]),
        TimingConstraint("bank_group", WRITES, READS, write_data_end + t["WTRL"]),
        TimingConstraint("rank", WRITES, READS, write_data_end + t["WTRS"]),
        TimingConstraint("bank", ["RD"], ["PREPB"], t["RTP"]),
        TimingConstraint("bank", ["WR"], ["PREPB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], t["RTP"]),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - t["RTP"]),
        TimingConstraint("bank", ["RDA"], ["ACT", "REFPB"], t["RTP"] + t["RP"]),
        TimingConstraint("bank", ["WRA"], ["ACT", "REFPB"], write_to_precharge + t["RP"]),
        # REFRESH.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RC"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], t["RTP"] + t["RP"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RP"]),
        TimingConstraint("rank", ["PREPB"], ["REFAB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["REFAB", "REFPB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "REFPB", "SREFEN"], t["RFCab"]),
        # PER-BANK REFRESH: counts as an activate; all banks take their turn before a new round.
        TimingConstraint("bank", ["ACT"], ["REFPB"], t["RC"]),
        TimingConstraint("bank_group", ["ACT"], ["REFPB"], t["RRDL"]),
        TimingConstraint("rank", ["ACT"], ["REFPB"], t["RRDS"]),
        TimingConstraint("bank", ["PREPB"], ["REFPB"], t["RP"]),
        TimingConstraint("bank", ["REFPB"], ["ACT", "REFPB"], t["RFCpb"]),
        TimingConstraint("rank", ["REFPB"], ["ACT"], t["RREFD"]),
        TimingConstraint("rank", ["REFPB"], ["REFPB"], t["RREFD"], when="round_goes_on"),
        TimingConstraint("rank", ["REFPB"], ["REFPB"], refresh_after_round, when="round_ends"),
        TimingConstraint("rank", ["REFPB"], ["REFAB", "PREAB", "SREFEN"], t["RFCpb"]),
        # SELF REFRESH: no data burst may be under way when it begins.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down),
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["SR"]),
        TimingConstraint("rank", ["SREFEX"], ["ACT", "REFAB", "REFPB", "PDEP", "SREFEN"], t["XS"]),
        # POWER-DOWN.
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", WRITES, POWER_DOWN_ENTRY, write_to_precharge + 1),
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["PD"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["PD"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["XP"]),
        TimingConstraint("rank", ["PDXA"], [*COLUMN, "PREPB"], t["XP"]),
        TimingConstraint(
            "rank", POWER_DOWN_EXIT, ["ACT", "PREAB", "REFAB", "REFPB", "SREFEN"], t["XP"]
        ),
    ]
    banks = organization.banks
    return Rules(
        constraints=from_last_cycles(constraints, COMMAND_CYCLES),
        activate_windows=[ActivateWindow(["ACT", "REFPB"], 4, t["FAW"])],
        refreshes={
            "AllBank": Refresh("REFAB", "PREAB", t["REFI"], t["RFCab"], 1),
            "PerBank": Refresh("REFPB", "PREPB", t["REFI"] // banks, t["RFCpb"], banks),
        },
        latencies=Latencies(
            read=t["RL"] + burst,
            write=write_data_end,
            read_to_precharge=t["RTP"],
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


STANDARD = Standard(
    name="HBM3",
    timing="CCDL CCDR CCDS FAW PD PPD RAS RC RCDRD RCDWR REFI RFCab RFCpb RL RP RRDL RRDS RREFD "
    "RTP RTW SR WL WR WTRL WTRS XP XS",
    currents="",
    unread_power=UNREAD_VDD_AND_VPP,
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=BEATS_PER_CYCLE,
    burst_lengths=(8,),
    fastest_mt_per_s=10000,
    levels="nbrOfPseudoChannels nbrOfStacks",
    command_cycles=COMMAND_CYCLES,
    has_column_bus=True,
)
