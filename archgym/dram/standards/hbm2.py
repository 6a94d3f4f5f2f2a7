"""HBM2 DRAM (JESD235), in pseudo channel mode.

Each pseudo channel enters power-down and self-refresh by itself, like a rank; in a device, the two
share CKE. The parity latency PL delays power-down only.
"""

from collections.abc import Mapping
from dataclasses import replace

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


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD235 sections on them."""
    burst = organization.burst_length // 2
    write_data_end = t["WL"] + burst
    write_to_precharge = write_data_end + t["WR"]
    read_to_power_down = t["RL"] + t["PL"] + burst + 1
    write_to_power_down = t["WL"] + t["PL"] + burst + 1 + t["WR"]
    refresh_after_round = max(t["RREFD"], t["RFCSB"])
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
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "REFPB", "SREFEN"], t["RFC"]),
        # REFRESH SINGLE BANK: counts as an activate; all banks take their turn before a new round.
        TimingConstraint("bank", ["ACT"], ["REFPB"], t["RC"]),
        TimingConstraint("bank_group", ["ACT"], ["REFPB"], t["RRDL"]),
        TimingConstraint("rank", ["ACT"], ["REFPB"], t["RRDS"]),
        TimingConstraint("bank", ["PREPB"], ["REFPB"], t["RP"]),
        TimingConstraint("bank", ["REFPB"], ["ACT", "REFPB"], t["RFCSB"]),
        TimingConstraint("rank", ["REFPB"], ["ACT"], t["RREFD"]),
        TimingConstraint("rank", ["REFPB"], ["REFPB"], t["RREFD"], when="round_goes_on"),
        TimingConstraint("rank", ["REFPB"], ["REFPB"], refresh_after_round, when="round_ends"),
        TimingConstraint("rank", ["REFPB"], ["REFAB", "PREAB", "SREFEN"], t["RFCSB"]),
        # SELF REFRESH: no data burst may be under way when the clock stops.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down),
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["CKE"] + 1),
        TimingConstraint("rank", ["SREFEX"], ["ACT", "REFAB", "REFPB", "PDEP", "SREFEN"], t["XS"]),
        # POWER-DOWN.
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", WRITES, POWER_DOWN_ENTRY, write_to_power_down),
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["CKE"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["CKE"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["CKE"]),
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
            "AllBank": Refresh("REFAB", "PREAB", t["REFI"], t["RFC"], 1),
            "PerBank": Refresh("REFPB", "PREPB", t["REFI"] // banks, t["RFCSB"], banks),
        },
        latencies=Latencies(
            read=t["RL"] + t["DQSCK"] + burst,
            write=write_data_end,
            read_to_precharge=t["RTP"],
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


def dramsys_rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns them as DRAMSys 5.5 has them.

    It takes tREFISB from the device, whose figure may be for the banks of one stack ID alone, and
    so refresh too rarely.
    """
    jedec = rules(t, organization)
    per_bank = replace(jedec.refreshes["PerBank"], interval=t["REFISB"])
    return replace(jedec, refreshes={**jedec.refreshes, "PerBank": per_bank})


STANDARD = Standard(
    name="HBM2",
    timing="CCDL CCDS CCDR CKE DQSCK FAW PL RAS RC RCDRD RCDWR REFI REFISB RFC RFCSB RL RP "
    "RRDL RRDS RREFD RTP RTW WL WR WTRL WTRS XP XS",
    currents="",
    unread_power=UNREAD_VDD_AND_VPP,
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=2,
    burst_lengths=(4,),
    fastest_mt_per_s=4000,
    levels="nbrOfPseudoChannels nbrOfStacks",
    command_cycles=COMMAND_CYCLES,
    has_column_bus=True,
    dramsys_omits=[("RD", "SREFEN"), ("SREFEN", "SREFEX")],
    dramsys_rules=dramsys_rules,
)
