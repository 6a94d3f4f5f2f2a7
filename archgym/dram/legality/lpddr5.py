"""LPDDR5 SDRAM (JESD209-5), bursts of 16, banks in groups, WCK always on at four times CK."""

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
    f"ACT {COLUMN} PREPB PREAB REFAB REFP2B {POWER_DOWN_ENTRY} {POWER_DOWN_EXIT} SREFEN SREFEX"
)
_BEATS_PER_CYCLE = 8


def lpddr5(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD209-5.

    An activate's two commands follow each other. The REFpb of banks in groups, here REFP2B,
    refreshes the bank in the other half of the groups too. BL/n_min is how long a burst takes, and
    BL/n_max, twice as long, how long its bank group does.
    """
    burst = organization.burst_length // _BEATS_PER_CYCLE
    any_refresh = "REFAB REFP2B"
    groups: list[Spacing] = []
    for scope, form in LONG_AND_SHORT:
        length = 2 * burst if form == "L" else burst
        rtw = t["RL"] + t["WCK2DQO"] + length - t["WL"]
        wtr = t["WL"] + length + t[f"WTR_{form}"]
        groups += [
            Spacing("BL/n", scope, COLUMN, COLUMN, length),
            Spacing("read to write", scope, READS, WRITES, rtw),
            Spacing(f"tWTR_{form}", scope, WRITES, READS, wtr),
        ]
    spacings = [
        # Activate command, Precharge operation.
        Spacing("tRCD", "bank", "ACT", COLUMN, t["RCD"]),
        Spacing("tRAS", "bank", "ACT", PRECHARGES, t["RAS"]),
        Spacing("tRC", "bank", "ACT", "ACT", t["RCpb"]),
        Spacing("tRRD", "rank", "ACT", "ACT REFP2B", t["RRD"]),
        Spacing("tRBTP", "bank", READS, PRECHARGES, burst + t["RBTP"]),
        Spacing("tWR", "bank", WRITES, CLOSING, t["WR"], since="write_end", at="precharge"),
        Spacing("tRPpb", "bank", "PREPB RDA WRA", "ACT REFP2B", t["RPpb"], since="precharge"),
        Spacing("tRPpb", "rank", "PREPB RDA WRA", "REFAB SREFEN", t["RPpb"], since="precharge"),
        Spacing("tRPab", "rank", "PREAB", f"ACT {any_refresh} SREFEN", t["RPab"]),
        Spacing("tPPD", "rank", PRECHARGES, PRECHARGES, t["PPD"]),
        *groups,
        # Refresh command.
        Spacing("tRFCab", "rank", "REFAB", COMMANDED, t["RFCab"]),
        Spacing("tRFCpb", "bank", "REFP2B", BANK_COMMANDS, t["RFCpb"]),
        Spacing("tRFCpb", "rank", "REFP2B", "REFAB SREFEN", t["RFCpb"]),
        Spacing("tpbR2pbR", "rank", "REFP2B", "REFP2B", t["pbR2pbR"]),
        Spacing("tpbR2act", "rank", "REFP2B", "ACT", t["pbR2act"]),
        # Self Refresh operation.
        Spacing("burst before self-refresh", "rank", COLUMN, "SREFEN", 0, "burst_end", "issue"),
        Spacing("tSR", "rank", "SREFEN", "SREFEX", t["SR"]),
        Spacing("tXSR", "rank", "SREFEX", AWAKE, t["XSR"], at="issue"),
        # Power-Down.
        Spacing("tCMDPD", "rank", COMMANDED, POWER_DOWN_ENTRY, t["CMDPD"]),
        Spacing("tRDPDEN", "rank", READS, POWER_DOWN_ENTRY, 1, since="burst_end"),
        Spacing("tWRPDEN", "rank", WRITES, POWER_DOWN_ENTRY, t["WR"] + 1, since="write_end"),
        Spacing("tCSPD", "rank", POWER_DOWN_ENTRY, POWER_DOWN_EXIT, t["CSPD"]),
        Spacing("tXP", "rank", POWER_DOWN_EXIT, AWAKE, t["XP"], at="issue"),
    ]
    return Datasheet(
        commands=_COMMANDS,
        access=Access(
            read_burst=t["RL"] + t["WCK2DQO"],
            write_burst=t["WL"],
            burst=burst,
            write_end=t["WL"] + burst + 1,
            read_to_precharge=burst + t["RBTP"],
            write_recovery=t["WR"],
            row_active=t["RAS"],
        ),
        data_bus=DataBus(t["RTRS"]),
        spacings=spacings,
        windows=[Window("tFAW", "ACT REFP2B", 4, t["FAW"])],
        refresh={
            "REFAB": RefreshDuty(t["REFI"], 8),
            "REFP2B": RefreshDuty(t["REFI"], 8, organization.banks // 2),
        },
        command_cycles={"ACT": 2},
        off_bus=POWER_DOWN_EXIT,
    )
