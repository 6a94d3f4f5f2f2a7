"""DDR4 SDRAM (JESD79-4)."""

from collections.abc import Mapping
from dataclasses import replace

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
)


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD79-4 sections on them."""
    # Fine Granularity Refresh: mode 1, 2 or 4, with as many REF a tREFI.
    mode = t.get("REFM", 1)
    refresh_time = t[f"RFC{mode}"]
    burst = organization.burst_length // 2
    read_to_precharge = t["AL"] + t["RTP"]
    write_to_precharge = t["WL"] + burst + t["WR"]
    read_to_write = t["RL"] + burst + 1 - t["WL"] + t["WPRE"]
    write_to_read = t["WL"] + burst - t["AL"]
    read_to_power_down = t["RL"] + burst + 1
    constraints = [
        # ACTIVATE Command, Precharge Command.
        TimingConstraint("bank", ["ACT"], COLUMN, t["RCD"] - t["AL"]),
        TimingConstraint("bank", ["ACT"], ["PREPB"], t["RAS"]),
        TimingConstraint("bank", ["ACT"], ["ACT"], t["RC"]),
        TimingConstraint("bank_group", ["ACT"], ["ACT"], t["RRD_L"]),
        TimingConstraint("rank", ["ACT"], ["ACT"], t["RRD_S"]),
        TimingConstraint("bank", ["PREPB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["ACT"], ["PREAB"], t["RAS"]),
        # READ Operation, WRITE Operation.
        TimingConstraint("bank_group", COLUMN, COLUMN, t["CCD_L"]),
        TimingConstraint("rank", COLUMN, COLUMN, t["CCD_S"]),
        TimingConstraint("rank", READS, WRITES, read_to_write),
        TimingConstraint("bank_group", WRITES, READS, write_to_read + t["WTR_L"]),
        TimingConstraint("rank", WRITES, READS, write_to_read + t["WTR_S"]),
        TimingConstraint("bank", ["RD"], ["PREPB"], read_to_precharge),
        TimingConstraint("bank", ["WR"], ["PREPB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], read_to_precharge),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - t["RTP"] - t["AL"]),
        TimingConstraint("bank", ["RDA"], ["ACT"], read_to_precharge + t["RP"]),
        TimingConstraint("bank", ["WRA"], ["ACT"], write_to_precharge + t["RP"]),
        # Between ranks: the data bus changes hands, preambles included.
        TimingConstraint("other_rank", READS, READS, burst + max(t["RTRS"], t["RPRE"])),
        TimingConstraint("other_rank", WRITES, WRITES, burst + max(t["RTRS"], t["WPRE"])),
        TimingConstraint(
            "other_rank", READS, WRITES, t["RL"] + burst + t["RTRS"] - t["WL"] + t["WPRE"]
        ),
        TimingConstraint(
            "other_rank", WRITES, READS, max(1, t["WL"] + burst + t["RTRS"] - t["RL"] + t["RPRE"])
        ),
        # Refresh Command, Self-Refresh Operation: both begin with all banks precharged.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RC"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], read_to_precharge + t["RP"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RP"]),
        TimingConstraint("rank", ["PREPB", "PREAB"], ["REFAB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "SREFEN"], refresh_time),
        # No data burst may be under way when the clock stops.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down),
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["CKESR"]),
        TimingConstraint("rank", ["SREFEX"], ["ACT", "REFAB", "PDEP", "SREFEN"], t["XS"]),
        TimingConstraint("rank", ["SREFEX"], COLUMN, t["XSDLL"]),
        # Power-Down Modes: each level of CKE lasts for tCKE.
        TimingConstraint("rank", ["ACT"], POWER_DOWN_ENTRY, t["ACTPDEN"]),
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", ["WR"], POWER_DOWN_ENTRY, write_to_precharge),
        TimingConstraint("rank", ["WRA"], POWER_DOWN_ENTRY, write_to_precharge + 1),
        TimingConstraint("rank", ["PREPB", "PREAB"], POWER_DOWN_ENTRY, t["PRPDEN"]),
        TimingConstraint("rank", ["REFAB"], POWER_DOWN_ENTRY, t["REFPDEN"]),
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["CKE"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["CKE"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["CKE"]),
        TimingConstraint("rank", ["PDXA"], [*COLUMN, "PREPB"], t["XP"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, ["ACT", "PREAB", "REFAB", "SREFEN"], t["XP"]),
    ]
    return Rules(
        constraints=constraints,
        activate_windows=[ActivateWindow(["ACT"], 4, t["FAW"])],
        refreshes={"AllBank": Refresh("REFAB", "PREAB", t["REFI"] // mode, refresh_time, mode)},
        latencies=Latencies(
            read=t["RL"] + burst,
            write=t["WL"] + burst,
            read_to_precharge=read_to_precharge,
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


def dramsys_rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns what DRAMSys 5.5 enforces: limits count REF, whatever each refreshes."""
    jedec = rules(t, organization)
    refreshes = {
        policy: replace(refresh, per_interval=1) for policy, refresh in jedec.refreshes.items()
    }
    return replace(jedec, refreshes=refreshes)


STANDARD = Standard(
    name="DDR4",
    timing="AL CCD_L CCD_S CKE CKESR CL FAW RAS RC RCD REFI RFC1 RL RP "
    "RRD_L RRD_S RTP WL WPRE RPRE WR WTR_L WTR_S XP XS XSDLL "
    "ACTPDEN PRPDEN REFPDEN RTRS",
    currents="vdd idd0 idd2n idd2p idd3n idd3p idd4r idd4w idd5B idd6n "
    "vpp ipp0 ipp2n ipp2p ipp3n ipp3p ipp4r ipp4w ipp5B ipp6n",
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=2,
    burst_lengths=(4, 8),
    fastest_mt_per_s=6000,
    optional="RefMode REFM RFC2 RFC4 idd5F2 idd5F4 ipp5F2 ipp5F4",
    ignores={
        "DQSCK": "the DLL aligns data to the clock",
        "XPDLL": "the DLL stays on in power-down",
        "CWL": "WL has it, and is checked against it",
        "vddq": "supplies the interface",
    },
    refresh_modes=(1, 2, 4),
    power_domains=[
        {"V": "vdd", "I0": "idd0", "I2N": "idd2n", "I3N": "idd3n", "I4R": "idd4r",
         "I4W": "idd4w", "I5": "idd5B", "I5F2": "idd5F2", "I5F4": "idd5F4",
         "I2P": "idd2p", "I3P": "idd3p", "I6": "idd6n", "Ibeta": "iBeta_vdd"},
        {"V": "vpp", "I0": "ipp0", "I2N": "ipp2n", "I3N": "ipp3n", "I4R": "ipp4r",
         "I4W": "ipp4w", "I5": "ipp5B", "I5F2": "ipp5F2", "I5F4": "ipp5F4",
         "I2P": "ipp2p", "I3P": "ipp3p", "I6": "ipp6n", "Ibeta": "iBeta_vpp"},
    ],
    dramsys_rules=dramsys_rules,
    dramsys_omits=[("RD", "SREFEN"), ("SREFEN", "SREFEX")],
)  # fmt: skip
