"""GDDR6 SGRAM (JESD250), one rank, bursts of 16 in two cycles of CK.

A vendor chooses most figures. WCK keeps running, the PLL stays off, writes are not masked. REFpb
refreshes one bank, REFp2b a bank and the one half the banks away.
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
)

BEATS_PER_CYCLE = 8
BANK_REFRESHES = ["REFPB", "REFP2B"]


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD250 sections on them."""
    burst = organization.burst_length // BEATS_PER_CYCLE
    write_data_end = t["WL"] + burst
    write_to_precharge = write_data_end + t["WR"]
    read_to_write = t["RL"] + burst + 2 - t["WL"]
    read_to_power_down = t["RL"] + burst + 1
    refresh_after_round = max(t["RREFD"], t["RFCpb"])
    constraints = [
        # ACTIVE, PRECHARGE.
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
        TimingConstraint("rank", READS, WRITES, read_to_write),
        TimingConstraint("bank_group", WRITES, READS, write_data_end + t["WTRL"]),
        TimingConstraint("rank", WRITES, READS, write_data_end + t["WTRS"]),
        TimingConstraint("bank", ["RD"], ["PREPB"], t["RTP"]),
        TimingConstraint("bank", ["WR"], ["PREPB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], t["RTP"]),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - t["RTP"]),
        TimingConstraint("bank", ["RDA"], ["ACT", *BANK_REFRESHES], t["RTP"] + t["RP"]),
        TimingConstraint("bank", ["WRA"], ["ACT", *BANK_REFRESHES], write_to_precharge + t["RP"]),
        # REFRESH.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RC"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], t["RTP"] + t["RP"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RP"]),
        TimingConstraint("rank", ["PREPB"], ["REFAB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["REFAB", *BANK_REFRESHES, "SREFEN"], t["RP"]),
        TimingConstraint(
            "rank", ["REFAB"], ["ACT", "REFAB", *BANK_REFRESHES, "SREFEN"], t["RFCab"]
        ),
        # PER-BANK REFRESH: counts as an activate; all banks take their turn before a new round.
        TimingConstraint("bank", ["ACT"], BANK_REFRESHES, t["RC"]),
        TimingConstraint("bank_group", ["ACT"], BANK_REFRESHES, t["RRDL"]),
        TimingConstraint("rank", ["ACT"], BANK_REFRESHES, t["RRDS"]),
        TimingConstraint("bank", ["PREPB"], BANK_REFRESHES, t["RP"]),
        TimingConstraint("bank", BANK_REFRESHES, ["ACT", *BANK_REFRESHES], t["RFCpb"]),
        TimingConstraint("rank", BANK_REFRESHES, ["ACT"], t["RREFD"]),
        TimingConstraint("rank", BANK_REFRESHES, BANK_REFRESHES, t["RREFD"], when="round_goes_on"),
        TimingConstraint(
            "rank", BANK_REFRESHES, BANK_REFRESHES, refresh_after_round, when="round_ends"
        ),
        TimingConstraint("rank", BANK_REFRESHES, ["REFAB", "PREAB", "SREFEN"], t["RFCpb"]),
        # SELF REFRESH: no data burst may be under way when it begins.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down),
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["CKESR"]),
        TimingConstraint(
            "rank", ["SREFEX"], ["ACT", "REFAB", *BANK_REFRESHES, "PDEP", "SREFEN"], t["XS"]
        ),
        # POWER-DOWN.
        TimingConstraint("rank", ["ACT"], POWER_DOWN_ENTRY, t["ACTPDE"]),
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", WRITES, POWER_DOWN_ENTRY, write_to_precharge + 1),
        TimingConstraint("rank", ["PREPB", "PREAB"], POWER_DOWN_ENTRY, t["PREPDE"]),
        TimingConstraint("rank", ["REFAB", *BANK_REFRESHES], POWER_DOWN_ENTRY, t["REFPDE"]),
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["PD"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["PD"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["XP"]),
        TimingConstraint("rank", ["PDXA"], [*COLUMN, "PREPB"], t["XP"]),
        TimingConstraint(
            "rank", POWER_DOWN_EXIT, ["ACT", "PREAB", "REFAB", *BANK_REFRESHES, "SREFEN"], t["XP"]
        ),
    ]
    banks = organization.banks
    return Rules(
        constraints=constraints,
        activate_windows=[ActivateWindow(["ACT", *BANK_REFRESHES], 4, t["FAW"])],
        refreshes={
            "AllBank": Refresh("REFAB", "PREAB", t["REFI"], t["RFCab"], 1),
            "PerBank": Refresh("REFPB", "PREPB", t["REFI"] // banks, t["RFCpb"], banks),
            "Per2Bank": Refresh("REFP2B", "PREPB", 2 * t["REFI"] // banks, t["RFCpb"], banks // 2),
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
    name="GDDR6",
    timing="ACTPDE CCDL CCDS CKESR FAW PD PPD PREPDE RAS RC RCDRD RCDWR REFI REFPDE RFCab RFCpb "
    "RL RP RRDL RRDS RREFD RTP WL WR WTRL WTRS XP XS",
    currents="",
    unread_power=UNREAD_VDD_AND_VPP,
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=BEATS_PER_CYCLE,
    burst_lengths=(16,),
    fastest_mt_per_s=24000,
    levels="",
)
