"""The graphics memories GDDR6 (JESD250), HBM2 (JESD235) and HBM3 (JESD238).

In HBM, a pseudo channel is a rank with a data bus of its own; the two of a channel share its row
and column command buses. Each is let into power-down and self-refresh by itself, although a device
does so with both at once. HBM2 calls REFPB REFSB, the single-bank refresh.
"""

from collections.abc import Mapping

from archgym.dram.legality.datasheet import (
    AWAKE,
    BANK_COMMANDS,
    CLOSING,
    COLUMN,
    COMMANDED,
    LAST_OF_ROUND,
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
    f"ACT {COLUMN} PREPB PREAB REFAB REFPB {POWER_DOWN_ENTRY} {POWER_DOWN_EXIT} SREFEN SREFEX"
)
_BANK_REFRESHES = "REFPB REFP2B"


def gddr6(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD250: WCK at four times CK, the PLL off."""
    access = _access(t, organization.burst_length // 8)
    return Datasheet(
        commands=f"{_COMMANDS} REFP2B",
        access=access,
        data_bus=DataBus(),
        spacings=[
            *_rows_and_columns(t),
            *_refresh(t, "tRFCab", t["RFCab"], "tRFCpb", t["RFCpb"]),
            *_power(t, access, self_refresh=t["CKESR"], power_down=t["PD"], up=t["XP"]),
            Spacing("tPPD", "rank", PRECHARGES, PRECHARGES, t["PPD"]),
            Spacing("tRTW", "rank", READS, WRITES, 2, since="burst_end", at="burst"),
            Spacing("tACTPDE", "rank", "ACT", POWER_DOWN_ENTRY, t["ACTPDE"]),
            Spacing("tPREPDE", "rank", PRECHARGES, POWER_DOWN_ENTRY, t["PREPDE"]),
            Spacing("tREFPDE", "rank", f"REFAB {_BANK_REFRESHES}", POWER_DOWN_ENTRY, t["REFPDE"]),
        ],
        windows=[_four_activates(t)],
        refresh={
            **_duties(t, organization),
            "REFP2B": RefreshDuty(t["REFI"], 8, organization.banks // 2),
        },
    )


def hbm2(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD235. PL is the parity latency."""
    access = _access(t, organization.burst_length // 2)
    cke = t["CKE"]
    return Datasheet(
        commands=_COMMANDS,
        access=access,
        data_bus=DataBus(stack_switch=t["CCDR"] - access.burst),
        spacings=[
            *_rows_and_columns(t),
            *_refresh(t, "tRFC", t["RFC"], "tRFCSB", t["RFCSB"]),
            *_power(t, access, self_refresh=cke + 1, power_down=cke, up=cke, parity=t["PL"]),
            Spacing("tRTW", "rank", READS, WRITES, t["RTW"]),
        ],
        windows=[_four_activates(t)],
        refresh=_duties(t, organization),
        command_cycles={"ACT": 2},
        has_column_bus=True,
    )


def hbm3(t: Mapping[str, int], organization: Organization) -> Datasheet:
    """Returns the rules of JESD238, row commands rounded up to whole cycles: an activate to two."""
    access = _access(t, organization.burst_length // 4)
    return Datasheet(
        commands=_COMMANDS,
        access=access,
        data_bus=DataBus(stack_switch=t["CCDR"] - access.burst),
        spacings=[
            *_rows_and_columns(t),
            *_refresh(t, "tRFCab", t["RFCab"], "tRFCpb", t["RFCpb"]),
            *_power(t, access, self_refresh=t["SR"], power_down=t["PD"], up=t["XP"]),
            Spacing("tPPD", "rank", PRECHARGES, PRECHARGES, t["PPD"]),
            Spacing("tRTW", "rank", READS, WRITES, t["RTW"]),
        ],
        windows=[_four_activates(t)],
        refresh=_duties(t, organization),
        command_cycles={"ACT": 2},
        has_column_bus=True,
        off_bus="",
    )


def _access(t: Mapping[str, int], burst: int) -> Access:
    return Access(
        read_burst=t["RL"],
        write_burst=t["WL"],
        burst=burst,
        write_end=t["WL"] + burst,
        read_to_precharge=t["RTP"],
        write_recovery=t["WR"],
        row_active=t["RAS"],
    )


def _rows_and_columns(t: Mapping[str, int]) -> list[Spacing]:
    """ACTIVATE, PRECHARGE, READ and WRITE, with or without auto precharge."""
    spacings = [
        Spacing("tRCDRD", "bank", "ACT", READS, t["RCDRD"]),
        Spacing("tRCDWR", "bank", "ACT", WRITES, t["RCDWR"]),
        Spacing("tRAS", "bank", "ACT", PRECHARGES, t["RAS"]),
        Spacing("tRC", "bank", "ACT", "ACT", t["RC"]),
        Spacing("tRTP", "bank", READS, PRECHARGES, t["RTP"]),
        Spacing("tWR", "bank", WRITES, CLOSING, t["WR"], since="write_end", at="precharge"),
        Spacing("tRP", "bank", CLOSING, f"ACT {_BANK_REFRESHES}", t["RP"], since="precharge"),
        Spacing("tRP", "rank", CLOSING, "REFAB SREFEN", t["RP"], since="precharge"),
    ]
    for scope, form in LONG_AND_SHORT:
        rrd, ccd, wtr = f"RRD{form}", f"CCD{form}", f"WTR{form}"
        spacings += [
            Spacing(f"t{rrd}", scope, "ACT", f"ACT {_BANK_REFRESHES}", t[rrd]),
            Spacing(f"t{ccd}", scope, READS, READS, t[ccd]),
            Spacing(f"t{ccd}", scope, WRITES, WRITES, t[ccd]),
            Spacing(f"t{wtr}", scope, WRITES, READS, t[wtr], since="write_end"),
        ]
    return spacings


def _refresh(
    t: Mapping[str, int], all_banks: str, all_banks_cycles: int, bank: str, bank_cycles: int
) -> list[Spacing]:
    """REFRESH and its variant for one bank, by the names and values of their durations."""
    return [
        Spacing(all_banks, "rank", "REFAB", COMMANDED, all_banks_cycles),
        Spacing(bank, "bank", _BANK_REFRESHES, BANK_COMMANDS, bank_cycles),
        Spacing(bank, "rank", _BANK_REFRESHES, "REFAB SREFEN", bank_cycles),
        Spacing(bank, "rank", LAST_OF_ROUND, _BANK_REFRESHES, bank_cycles),
        Spacing("tRREFD", "rank", _BANK_REFRESHES, f"ACT {_BANK_REFRESHES}", t["RREFD"]),
    ]


def _power(
    t: Mapping[str, int],
    access: Access,
    *,
    self_refresh: int,
    power_down: int,
    up: int,
    parity: int = 0,
) -> list[Spacing]:
    """SELF REFRESH and POWER-DOWN, by how long the rank stays in them and then up at least."""
    done, recovered = parity + 1, parity + 1 + access.write_recovery
    return [
        Spacing("tRDSRE", "rank", READS, "SREFEN", done, since="burst_end"),
        Spacing("tCKESR", "rank", "SREFEN", "SREFEX", self_refresh),
        Spacing("tXS", "rank", "SREFEX", AWAKE, t["XS"]),
        Spacing("tRDPDE", "rank", READS, POWER_DOWN_ENTRY, done, since="burst_end"),
        Spacing("tWRPDE", "rank", WRITES, POWER_DOWN_ENTRY, recovered, since="burst_end"),
        Spacing("tPD", "rank", POWER_DOWN_ENTRY, POWER_DOWN_EXIT, power_down),
        Spacing("tCKE", "rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, up),
        Spacing("tXP", "rank", POWER_DOWN_EXIT, COMMANDED, t["XP"]),
    ]


def _four_activates(t: Mapping[str, int]) -> Window:
    """A refresh of one bank counts as an activate."""
    return Window("tFAW", f"ACT {_BANK_REFRESHES}", 4, t["FAW"])


def _duties(t: Mapping[str, int], organization: Organization) -> dict[str, RefreshDuty]:
    return {
        "REFAB": RefreshDuty(t["REFI"], 8),
        "REFPB": RefreshDuty(t["REFI"], 8, organization.banks),
    }
