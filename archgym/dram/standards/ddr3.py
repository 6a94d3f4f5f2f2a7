"""DDR3 SDRAM (JESD79-3F). The DLL stays on in precharge power-down (fast exit)."""

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
)


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD79-3F sections on them."""
    burst = organization.burst_length // 2
    read_to_precharge = t["AL"] + t["RTP"]
    write_to_precharge = t["WL"] + burst + t["WR"]
    read_to_write = t["RL"] + burst + 2 - t["WL"]
    write_to_read = t["WL"] + burst + t["WTR"] - t["AL"]
    read_to_power_down = t["RL"] + burst + 1
    switch = burst + max(t["RTRS"], 1)  # the preamble takes a cycle
    constraints = [
        # ACTIVE Command, PRECHARGE Command.
        TimingConstraint("bank", ["ACT"], COLUMN, t["RCD"] - t["AL"]),
        TimingConstraint("bank", ["ACT"], ["PREPB"], t["RAS"]),
        TimingConstraint("bank", ["ACT"], ["ACT"], t["RC"]),
        TimingConstraint("rank", ["ACT"], ["ACT"], t["RRD"]),
        TimingConstraint("bank", ["PREPB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["ACT"], ["PREAB"], t["RAS"]),
        # READ Operation, WRITE Operation.
        TimingConstraint("rank", COLUMN, COLUMN, t["CCD"]),
        TimingConstraint("rank", READS, WRITES, read_to_write),
        TimingConstraint("rank", WRITES, READS, write_to_read),
        TimingConstraint("bank", ["RD"], ["PREPB"], read_to_precharge),
        TimingConstraint("bank", ["WR"], ["PREPB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], read_to_precharge),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - t["RTP"] - t["AL"]),
        TimingConstraint("bank", ["RDA"], ["ACT"], read_to_precharge + t["RP"]),
        TimingConstraint("bank", ["WRA"], ["ACT"], write_to_precharge + t["RP"]),
        # Between ranks: the data bus changes hands.
        TimingConstraint("other_rank", READS, READS, switch),
        TimingConstraint("other_rank", WRITES, WRITES, switch),
        TimingConstraint("other_rank", READS, WRITES, t["RL"] + switch - t["WL"]),
        TimingConstraint("other_rank", WRITES, READS, max(1, t["WL"] + switch - t["RL"])),
        # Refresh Command, Self-Refresh Operation: both begin with all banks precharged.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RC"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], read_to_precharge + t["RP"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RP"]),
        TimingConstraint("rank", ["PREPB", "PREAB"], ["REFAB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "SREFEN"], t["RFC"]),
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
        refreshes={"AllBank": Refresh("REFAB", "PREAB", t["REFI"], t["RFC"], 1)},
        latencies=Latencies(
            read=t["RL"] + burst,
            write=t["WL"] + burst,
            read_to_precharge=read_to_precharge,
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


STANDARD = Standard(
    name="DDR3",
    timing="AL CCD CKE CKESR CL FAW RAS RC RCD REFI RFC RL RP RRD RTP WL WR WTR XP XS XSDLL "
    "ACTPDEN PRPDEN REFPDEN RTRS",
    currents="vdd idd0 idd2n idd2p0 idd2p1 idd3n idd3p0 idd3p1 idd4r idd4w idd5 idd6",
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=2,
    burst_lengths=(4, 8),
    fastest_mt_per_s=3200,
    ignores={
        "DQSCK": "the DLL aligns data to the clock",
        "XPDLL": "the DLL stays on in power-down",
        "CWL": "WL has it, and is checked against it",
    },
    power_domains=[
        {"V": "vdd", "I0": "idd0", "I2N": "idd2n", "I3N": "idd3n", "I4R": "idd4r",
         "I4W": "idd4w", "I5": "idd5", "I2P": "idd2p1", "I3P": "idd3p1", "I6": "idd6",
         "Ibeta": "iBeta_vdd"},
    ],
    dramsys_omits=[
        ("WR", "PREAB"), ("RD", "SREFEN"), ("SREFEN", "SREFEX"), ("PDXP", "PDEP"),
    ],
)  # fmt: skip
