"""DDR5 SDRAM (JESD79-5), bursts of 16, commands in 1N mode."""

from collections.abc import Mapping

from archgym.dram.legality.datasheet import (
    AWAKE,
    BANK_COMMANDS,
    CLOSING,
    COLUMN,
    COMMANDED,
    LONG_AND_SHORT,
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
    f"ACT {COLUMN} {PRECHARGES} REFAB REFSB {POWER_DOWN_ENTRY} {POWER_DOWN_EXIT} SREFEN SREFEX"
)


def ddr5(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD79-5.

    Writes fill whole words of the on-die ECC (tCCD_L_WR2); the postamble is half a cycle long.
    REFSB belongs to the fine granularity mode, in which twice as many refreshes are due, REFAB to
    the normal one; in either, tRFC1 is what a REFAB takes.
    """
    burst = organization.burst_length // 2
    turnaround = 2 + t["WPRE"]
    groups: list[Spacing] = []
    for scope, form in LONG_AND_SHORT:
        rrd, ccd, wtr = f"RRD_{form}", f"CCD_{form}", f"WTR_{form}"
        writes = "CCD_L_WR2" if form == "L" else ccd
        groups += [
            Spacing(f"t{rrd}", scope, "ACT", "ACT", t[rrd]),
            Spacing(f"t{ccd}", scope, READS, READS, t[ccd]),
            Spacing(f"t{writes}", scope, WRITES, WRITES, t[writes]),
            Spacing(f"t{wtr}", scope, WRITES, READS, t[wtr], since="write_end"),
        ]
    spacings = [
        # Activate, Precharge, Read and Write Command.
        Spacing("tRCD", "bank", "ACT", COLUMN, t["RCD"]),
        Spacing("tRAS", "bank", "ACT", PRECHARGES, t["RAS"]),
        Spacing("tRC", "bank", "ACT", "ACT", t["RC"]),
        Spacing("tRTP", "bank", READS, PRECHARGES, t["RTP"]),
        Spacing("tWR", "bank", WRITES, CLOSING, t["WR"], since="write_end", at="precharge"),
        Spacing("tRP", "bank", CLOSING, "ACT REFSB", t["RP"], since="precharge"),
        Spacing("tRP", "rank", CLOSING, "REFAB SREFEN", t["RP"], since="precharge"),
        Spacing("tPPD", "rank", PRECHARGES, PRECHARGES, t["PPD"]),
        *groups,
        Spacing("read to write", "rank", READS, WRITES, turnaround, since="burst_end", at="burst"),
        # Refresh Operation, Same Bank Refresh.
        Spacing("tRFC1", "rank", "REFAB", COMMANDED, t["RFC1"]),
        Spacing("tRFCsb", "bank", "REFSB", BANK_COMMANDS, t["RFCsb"]),
        Spacing("tRFCsb", "rank", "REFSB", "REFAB REFSB SREFEN", t["RFCsb"]),
        Spacing("tREFSBRD", "rank", "REFSB", "ACT", t["REFSBRD"]),
        Spacing("tRRD_L", "rank", "ACT", "REFSB", t["RRD_L"]),
        # Self Refresh Operation. Only reads are sure to need the DLL that tXS_DLL waits for.
        Spacing("burst before self-refresh", "rank", COLUMN, "SREFEN", 0, "burst_end", "issue"),
        Spacing("tCSL", "rank", "SREFEN", "SREFEX", t["CPDED"] + t["CSL"]),
        Spacing("tXS", "rank", "SREFEX", AWAKE, t["XS"], at="issue"),
        Spacing("tXS_DLL", "rank", "SREFEX", READS, t["XS_DLL"], at="issue"),
        # Power-Down Mode.
        Spacing("tACTPDEN", "rank", "ACT", POWER_DOWN_ENTRY, t["ACTPDEN"]),
        Spacing("tPRPDEN", "rank", PRECHARGES, POWER_DOWN_ENTRY, t["PRPDEN"]),
        Spacing("tREFPDEN", "rank", "REFAB REFSB", POWER_DOWN_ENTRY, t["REFPDEN"]),
        Spacing("tRDPDEN", "rank", READS, POWER_DOWN_ENTRY, 1, since="burst_end"),
        Spacing("tWRPDEN", "rank", WRITES, POWER_DOWN_ENTRY, t["WR"] + 1, since="write_end"),
        Spacing("tPD", "rank", POWER_DOWN_ENTRY, POWER_DOWN_EXIT, t["PD"]),
        Spacing("tXP", "rank", POWER_DOWN_EXIT, AWAKE, t["XP"], at="issue"),
    ]
    return Datasheet(
        commands=_COMMANDS,
        access=Access(
            read_burst=t["RL"],
            write_burst=t["WL"],
            burst=burst,
            write_end=t["WL"] + burst,
            read_to_precharge=t["RTP"],
            write_recovery=t["WR"],
            row_active=t["RAS"],
        ),
        data_bus=DataBus(t["RTRS"], t["RPRE"], t["WPRE"]),
        spacings=spacings,
        windows=[Window("tFAW", "ACT", 4, t["FAW"])],
        refresh={
            "REFAB": RefreshDuty(t["REFI1"], 4),
            "REFSB": RefreshDuty(t["REFI1"] // 2, 8, organization.banks_per_group),
        },
        command_cycles={f"ACT {COLUMN}": 2},
        off_bus="SREFEX",
    )
