"""LPDDR4 SDRAM (JESD209-4), bursts of 16."""

from collections.abc import Mapping

from archgym.dram.legality.datasheet import (
    AWAKE,
    BANK_COMMANDS,
    CLOSING,
    COLUMN,
    COMMANDED,
    POWER_DOWN_ENTRY,
    POWER_DOWN_EXIT,
    PRECHARGES,
    READS,
    WRITES,
    Access,
    DataBus,
    Datasheet,
    RefreshDuty,
    Spacing,
    Window,
)
from archgym.dram.organization import Organization

_COMMANDS = (
    f"ACT {COLUMN} PREPB PREAB REFAB REFPB {POWER_DOWN_ENTRY} {POWER_DOWN_EXIT} SREFEN SREFEX"
)


def lpddr4(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD209-4.

    ACT, reads and writes are two commands of two cycles each. Writes are never masked.
    """
    burst = organization.burst_length // 2
    any_refresh = "REFAB REFPB"
    read_to_write = t["RL"] + t["DQSCK"] + burst + t["RPST"] - t["WL"] + t["WPRE"]
    most_in = max(2 * t["REFI"], 16 * t["RFCab"])
    spacings = [
        # Activate command, Precharge operation, Auto-precharge operation.
        Spacing("tRCD", "bank", "ACT", COLUMN, t["RCD"]),
        Spacing("tRAS", "bank", "ACT", PRECHARGES, t["RAS"]),
        Spacing("tRC", "bank", "ACT", "ACT", t["RCpb"]),
        Spacing("tRRD", "rank", "ACT", "ACT REFPB", t["RRD"]),
        Spacing("tRTP", "bank", READS, PRECHARGES, burst - 8 + t["RTP"]),
        Spacing("tWR", "bank", WRITES, CLOSING, t["WR"], since="write_end", at="precharge"),
        Spacing("tRPpb", "bank", "PREPB RDA WRA", "ACT REFPB", t["RPpb"], since="precharge"),
        Spacing("tRPpb", "rank", "PREPB RDA WRA", "REFAB SREFEN", t["RPpb"], since="precharge"),
        Spacing("tRPab", "rank", "PREAB", f"ACT {any_refresh} SREFEN", t["RPab"]),
        Spacing("tPPD", "rank", PRECHARGES, PRECHARGES, t["PPD"]),
        # Read and Write access operations.
        Spacing("tCCD", "rank", COLUMN, COLUMN, t["CCD"]),
        Spacing("read to write", "rank", READS, WRITES, read_to_write),
        Spacing("tWTR", "rank", WRITES, READS, t["WTR"], since="write_end"),
        # Refresh command: the banks that are not refreshed stay accessible.
        Spacing("tRFCab", "rank", "REFAB", COMMANDED, t["RFCab"]),
        Spacing("tRFCpb", "bank", "REFPB", BANK_COMMANDS, t["RFCpb"]),
        Spacing("tRFCpb", "rank", "REFPB", f"{any_refresh} SREFEN", t["RFCpb"]),
        Spacing("tRRD", "rank", "REFPB", "ACT", t["RRD"]),
        # Self-Refresh Operation.
        Spacing("burst before self-refresh", "rank", COLUMN, "SREFEN", 0, "burst_end", "issue"),
        Spacing("tSR", "rank", "SREFEN", "SREFEX", t["SR"]),
        Spacing("tXSR", "rank", "SREFEX", AWAKE, t["XSR"]),
        # Power-down mode.
        Spacing("tCMDCKE", "rank", COMMANDED, POWER_DOWN_ENTRY, t["CMDCKE"]),
        Spacing("tRDPDEN", "rank", READS, POWER_DOWN_ENTRY, t["RPST"], since="burst_end"),
        Spacing("tWRPDEN", "rank", "WR", POWER_DOWN_ENTRY, t["WR"], since="burst_end"),
        Spacing("tWRAPDEN", "rank", "WRA", POWER_DOWN_ENTRY, t["WR"] + 2, since="burst_end"),
        Spacing("tCKE", "rank", POWER_DOWN_ENTRY, POWER_DOWN_EXIT, t["CKE"]),
        Spacing("tCKE", "rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["CKE"]),
        Spacing("tXP", "rank", POWER_DOWN_EXIT, COMMANDED, t["XP"], at="issue"),
    ]
    return Datasheet(
        commands=_COMMANDS,
        access=Access(
            read_burst=t["RL"] + t["DQSCK"],
            write_burst=t["WL"] + t["DQSS"] + t["DQS2DQ"],
            burst=burst,
            write_end=t["WL"] + 1 + burst,
            read_to_precharge=burst - 8 + t["RTP"],
            write_recovery=t["WR"],
            row_active=t["RAS"],
        ),
        data_bus=DataBus(t["RTRS"], read_preamble=2, write_preamble=t["WPRE"]),
        spacings=spacings,
        windows=[Window("tFAW", "ACT REFPB", 4, t["FAW"])],
        refresh={
            "REFAB": RefreshDuty(t["REFI"], 8, 1, 16, most_in),
            "REFPB": RefreshDuty(t["REFI"], 8, organization.banks, 16, most_in),
        },
        command_cycles={
            COLUMN: 4, "ACT": 4, "PREPB PREAB": 2, any_refresh: 2, "SREFEN SREFEX": 2,
        },
        off_bus=f"{POWER_DOWN_ENTRY} {POWER_DOWN_EXIT}",
    )  # fmt: skip
