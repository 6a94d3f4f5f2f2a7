"""DDR3 (JESD79-3F) and DDR4 (JESD79-4) SDRAM."""

from collections.abc import Mapping

from archgym.dram.legality.datasheet import (
    AWAKE,
    CLOSING,
    COLUMN,
    COMMANDED,
    LONG_AND_SHORT,
    POWER_DOWN_ENTRY,
    POWER_DOWN_EXIT,
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

_COMMANDS = f"ACT {COLUMN} PREPB PREAB REFAB {POWER_DOWN_ENTRY} {POWER_DOWN_EXIT} SREFEN SREFEX"


def ddr3(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD79-3F."""
    return Datasheet(
        commands=_COMMANDS,
        access=_access(t, organization),
        data_bus=DataBus(t["RTRS"], read_preamble=1, write_preamble=1),
        spacings=[
            *_bank(t),
            _read_to_write(write_preamble=1),
            Spacing("tRRD", "rank", "ACT", "ACT", t["RRD"]),
            Spacing("tCCD", "rank", COLUMN, COLUMN, t["CCD"]),
            Spacing("tWTR", "rank", WRITES, READS, t["WTR"], since="write_end", at="column"),
            *_refresh_and_power(t, t["RFC"]),
        ],
        windows=[Window("tFAW", "ACT", 4, t["FAW"])],
        refresh={"REFAB": RefreshDuty(t["REFI"], 8, most=16, most_in=2 * t["REFI"])},
    )


def ddr4(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD79-4."""
    # Fine Granularity Refresh: two or four for each of normal size.
    mode = t.get("REFM", 1)
    refresh = RefreshDuty(
        t["REFI"] // mode, 8 * mode, most=16 * mode, most_in=2 * t["REFI"], group=mode
    )
    groups: list[Spacing] = []
    for scope, form in LONG_AND_SHORT:
        rrd, ccd, wtr = f"RRD_{form}", f"CCD_{form}", f"WTR_{form}"
        groups += [
            Spacing(f"t{rrd}", scope, "ACT", "ACT", t[rrd]),
            Spacing(f"t{ccd}", scope, COLUMN, COLUMN, t[ccd]),
            Spacing(f"t{wtr}", scope, WRITES, READS, t[wtr], since="write_end", at="column"),
        ]
    return Datasheet(
        commands=_COMMANDS,
        access=_access(t, organization),
        data_bus=DataBus(t["RTRS"], t["RPRE"], t["WPRE"]),
        spacings=[
            *_bank(t),
            _read_to_write(t["WPRE"]),
            *groups,
            *_refresh_and_power(t, t[f"RFC{mode}"]),
        ],
        windows=[Window("tFAW", "ACT", 4, t["FAW"])],
        refresh={"REFAB": refresh},
    )


def _access(t: Mapping[str, int], organization: Organization) -> Access:
    burst = organization.burst_length // 2
    return Access(
        read_burst=t["RL"],
        write_burst=t["WL"],
        burst=burst,
        write_end=t["WL"] + burst,
        read_to_precharge=t["AL"] + t["RTP"],
        write_recovery=t["WR"],
        row_active=t["RAS"],
        column=t["AL"],
    )


def _bank(t: Mapping[str, int]) -> list[Spacing]:
    """Sections ACTIVE Command, PRECHARGE Command, READ and WRITE Operation, of one bank."""
    return [
        Spacing("tRCD", "bank", "ACT", COLUMN, t["RCD"], at="column"),
        Spacing("tRAS", "bank", "ACT", "PREPB PREAB", t["RAS"]),
        Spacing("tRC", "bank", "ACT", "ACT", t["RC"]),
        Spacing("tRTP", "bank", READS, "PREPB PREAB", t["RTP"], since="column"),
        Spacing("tWR", "bank", WRITES, CLOSING, t["WR"], since="write_end", at="precharge"),
        Spacing("tRP", "bank", CLOSING, "ACT", t["RP"], since="precharge"),
    ]


def _read_to_write(write_preamble: int) -> Spacing:
    """A write's preamble comes one cycle after a read's data."""
    gap = 1 + write_preamble
    return Spacing("read to write", "rank", READS, WRITES, gap, since="burst_end", at="burst")


def _refresh_and_power(t: Mapping[str, int], recovery: int) -> list[Spacing]:
    """Sections REFRESH Command, Self-Refresh Operation and Power-Down Modes.

    Only reads are sure to need the DLL that tXSDLL waits for.
    """
    return [
        Spacing("tRP", "rank", CLOSING, "REFAB SREFEN", t["RP"], since="precharge"),
        Spacing("tRFC", "rank", "REFAB", COMMANDED, recovery),
        Spacing("burst before self-refresh", "rank", COLUMN, "SREFEN", 0, "burst_end", "issue"),
        Spacing("tCKESR", "rank", "SREFEN", "SREFEX", t["CKESR"]),
        Spacing("tXS", "rank", "SREFEX", AWAKE, t["XS"]),
        Spacing("tXSDLL", "rank", "SREFEX", READS, t["XSDLL"]),
        Spacing("tACTPDEN", "rank", "ACT", POWER_DOWN_ENTRY, t["ACTPDEN"]),
        Spacing("tPRPDEN", "rank", "PREPB PREAB", POWER_DOWN_ENTRY, t["PRPDEN"]),
        Spacing("tREFPDEN", "rank", "REFAB", POWER_DOWN_ENTRY, t["REFPDEN"]),
        Spacing("tRDPDEN", "rank", READS, POWER_DOWN_ENTRY, 1, since="burst_end"),
        Spacing("tWRPDEN", "rank", "WR", POWER_DOWN_ENTRY, t["WR"], since="write_end"),
        Spacing("tWRAPDEN", "rank", "WRA", POWER_DOWN_ENTRY, t["WR"] + 1, since="write_end"),
        Spacing("tPD", "rank", POWER_DOWN_ENTRY, POWER_DOWN_EXIT, t["CKE"]),
        Spacing("tCKE", "rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["CKE"]),
        Spacing("tXP", "rank", POWER_DOWN_EXIT, COMMANDED, t["XP"]),
    ]
