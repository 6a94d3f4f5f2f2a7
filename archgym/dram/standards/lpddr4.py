"""LPDDR4 SDRAM (JESD209-4), bursts of 16.

Writes are never masked, and termination on the DRAM costs no extra cycles. REFpb follow each other
at tRFCpb, as in the standard's first edition; a later one allows tpbR2pbR, which is shorter.
"""

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
    from_last_cycles,
    override,
)

READ_PREAMBLE = 2  # tRPRE, cycles

COMMAND_CYCLES = {
    "ACT": 4, "RD": 4, "RDA": 4, "WR": 4, "WRA": 4, "PREPB": 2, "PREAB": 2, "REFPB": 2, "REFAB": 2,
    "SREFEN": 2, "SREFEX": 2,
}  # fmt: skip
"""ACT, reads and writes are two commands of two cycles each. CKE alone makes power-down."""


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel, by the JESD209-4 sections on them."""
    burst = organization.burst_length // 2
    read_to_precharge = burst + t["RTP"] - 8
    write_to_precharge = t["WL"] + 1 + burst + t["WR"]
    read_to_write = t["RL"] + t["DQSCK"] + burst + t["RPST"] - t["WL"] + t["WPRE"]
    write_to_read = t["WL"] + 1 + burst + t["WTR"]
    read_data = t["RL"] + t["DQSCK"]
    write_data = t["WL"] + t["DQSS"] + t["DQS2DQ"]
    read_to_power_down = read_data + burst + t["RPST"]
    write_to_power_down = write_data + burst + t["WR"]
    constraints = [
        # Activate Command, Precharge operation.
        TimingConstraint("bank", ["ACT"], COLUMN, t["RCD"]),
        TimingConstraint("bank", ["ACT"], ["PREPB"], t["RAS"]),
        TimingConstraint("bank", ["ACT"], ["ACT"], t["RCpb"]),
        TimingConstraint("rank", ["ACT"], ["ACT"], t["RRD"]),
        TimingConstraint("bank", ["PREPB"], ["ACT"], t["RPpb"]),
        TimingConstraint("rank", ["PREAB"], ["ACT"], t["RPab"]),
        TimingConstraint("rank", ["ACT"], ["PREAB"], t["RAS"]),
        TimingConstraint("rank", ["PREPB"], ["PREPB", "PREAB"], t["PPD"]),
        # Read and Write access operations.
        TimingConstraint("rank", COLUMN, COLUMN, t["CCD"]),
        TimingConstraint("rank", READS, WRITES, read_to_write),
        TimingConstraint("rank", WRITES, READS, write_to_read),
        TimingConstraint("bank", ["RD"], ["PREPB"], read_to_precharge),
        TimingConstraint("bank", ["WR"], ["PREPB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], read_to_precharge),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - read_to_precharge),
        TimingConstraint("bank", ["RDA"], ["ACT", "REFPB"], read_to_precharge + t["RPpb"]),
        TimingConstraint("bank", ["WRA"], ["ACT", "REFPB"], write_to_precharge + t["RPpb"]),
        # Between ranks: the data strobe changes hands, preambles and postambles included.
        TimingConstraint("other_rank", READS, READS, burst + max(t["RTRS"], READ_PREAMBLE)),
        TimingConstraint("other_rank", WRITES, WRITES, burst + max(t["RTRS"], t["WPRE"])),
        TimingConstraint("other_rank", READS, WRITES, read_to_write + t["RTRS"]),
        TimingConstraint(
            "other_rank", WRITES, READS, max(1, write_data + burst + t["RTRS"] - t["RL"])
        ),
        # Refresh command: a refreshed bank counts as an activated one.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RCpb"]),
        TimingConstraint("bank", ["ACT"], ["REFPB"], t["RCpb"]),
        TimingConstraint("rank", ["ACT"], ["REFPB"], t["RRD"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], read_to_precharge + t["RPpb"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RPpb"]),
        TimingConstraint("rank", ["PREPB"], ["REFAB", "SREFEN"], t["RPpb"]),
        TimingConstraint("bank", ["PREPB"], ["REFPB"], t["RPpb"]),
        TimingConstraint("rank", ["PREAB"], ["REFAB", "REFPB", "SREFEN"], t["RPab"]),
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "REFPB", "SREFEN"], t["RFCab"]),
        TimingConstraint("bank", ["REFPB"], ["ACT"], t["RFCpb"]),
        TimingConstraint("rank", ["REFPB"], ["ACT"], t["RRD"]),
        TimingConstraint("rank", ["REFPB"], ["REFPB", "REFAB", "PREAB", "SREFEN"], t["RFCpb"]),
        # Self Refresh Operation. No data burst may be under way when it begins.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down + 1),
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["SR"]),
        TimingConstraint("rank", ["SREFEX"], ["ACT", "REFAB", "REFPB", "PDEP", "SREFEN"], t["XSR"]),
        # Power-Down Mode, entry.
        TimingConstraint("rank", ["ACT"], POWER_DOWN_ENTRY, t["CMDCKE"]),
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", ["WR"], POWER_DOWN_ENTRY, write_to_power_down),
        TimingConstraint("rank", ["WRA"], POWER_DOWN_ENTRY, write_to_power_down + 2),
        TimingConstraint("rank", ["PREPB", "PREAB"], POWER_DOWN_ENTRY, t["CMDCKE"]),
        TimingConstraint("rank", ["REFPB"], POWER_DOWN_ENTRY, t["CMDCKE"]),
        TimingConstraint("rank", ["REFAB"], POWER_DOWN_ENTRY, t["CMDCKE"]),
    ]
    # Power-Down Mode, exit: tXP ends at the *first* cycle of a command.
    exits = [
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["CKE"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["CKE"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, POWER_DOWN_ENTRY, t["CKE"]),
        TimingConstraint("rank", ["PDXA"], [*COLUMN, "PREPB"], t["XP"]),
        TimingConstraint(
            "rank", POWER_DOWN_EXIT, ["ACT", "PREAB", "REFAB", "REFPB", "SREFEN"], t["XP"]
        ),
    ]
    last_cycle = COMMAND_CYCLES["RD"] - 1
    return Rules(
        constraints=[*from_last_cycles(constraints, COMMAND_CYCLES), *exits],
        activate_windows=[ActivateWindow(["ACT", "REFPB"], 4, t["FAW"])],
        refreshes={
            "AllBank": Refresh("REFAB", "PREAB", t["REFI"], t["RFCab"], 1),
            "PerBank": Refresh("REFPB", "PREPB", t["REFIpb"], t["RFCpb"], organization.banks),
        },
        latencies=Latencies(
            read=last_cycle + read_data + burst,
            write=last_cycle + write_data + burst,
            read_to_precharge=read_to_precharge,
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


def dramsys_rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns them as DRAMSys 5.5 has them.

    It takes tRRD for the read to precharge delay of one bank, and leaves the time from WL and RL
    to the data (tDQSS, tDQS2DQ, tDQSCK, preambles) out of the delays between ranks.
    """
    burst = organization.burst_length // 2
    switch = burst + t["RTRS"]
    jedec = rules(t, organization)
    differing = [
        TimingConstraint("bank", ["RD"], ["PREPB"], t["RRD"] + 2),
        TimingConstraint("other_rank", READS, READS, switch),
        TimingConstraint("other_rank", WRITES, WRITES, switch),
        TimingConstraint("other_rank", READS, WRITES, max(1, t["RL"] + switch - t["WL"])),
        TimingConstraint("other_rank", WRITES, READS, max(1, t["WL"] + switch - t["RL"])),
    ]
    return replace(jedec, constraints=override(jedec.constraints, differing))


STANDARD = Standard(
    name="LPDDR4",
    timing="CCD CKE CMDCKE DQSCK DQSS DQS2DQ FAW PPD RAS RCD RCpb REFI REFIpb RFCab RFCpb RL "
    "RPab RPpb RPST RRD RTP SR WL WPRE WR WTR XP XSR RTRS",
    currents="vdd1 idd01 idd2n1 idd2p1 idd3n1 idd3p1 idd4r1 idd4w1 idd51 idd5pb1 idd61 "
    "vdd2 idd02 idd2n2 idd2p2 idd3n2 idd3p2 idd4r2 idd4w2 idd52 idd5pb2 idd62",
    rules=rules,
    refresh_flexibility=8,
    beats_per_cycle=2,
    burst_lengths=(16,),
    fastest_mt_per_s=4800,
    ignores={
        "AL": "LPDDR4 has none: it is to be 0",
        "CL": "RL alone counts",
        "CKESR": "SR is the same",
        "ESCKE": "SR outlasts it",
        "RC": "RCpb counts where one bank is precharged, RPab where all are",
        "RCab": "it is the sum of RAS and RPab",
        "CCDMW": "writes are never masked",
        "XS": "XSR is the same",
        "vddq idd0ql idd2nQ idd2nsq idd2pQ idd2psq idd3nQ idd3nsq idd3pQ idd3psq idd4rq idd4wq "
        "idd5abq idd5pbq idd5q idd6q": "VDDQ supplies the interface",
        "idd2ns1 idd2ns2 idd2ps1 idd2ps2 idd3ns1 idd3ns2 idd3ps1 idd3ps2": "the clock never stops",
        "idd5ab1 idd5ab2": "idd51 and idd52 are those of a refresh, not an average",
    },
    power_domains=[
        {"V": "vdd1", "I0": "idd01", "I2N": "idd2n1", "I3N1": "idd3n1", "I4R": "idd4r1",
         "I4W": "idd4w1", "I5": "idd51", "I5PB": "idd5pb1", "I2P": "idd2p1", "I3P": "idd3p1",
         "I6": "idd61", "Ibeta": "iBeta_vdd1"},
        {"V": "vdd2", "I0": "idd02", "I2N": "idd2n2", "I3N1": "idd3n2", "I4R": "idd4r2",
         "I4W": "idd4w2", "I5": "idd52", "I5PB": "idd5pb2", "I2P": "idd2p2", "I3P": "idd3p2",
         "I6": "idd62", "Ibeta": "iBeta_vdd2"},
    ],
    command_cycles=COMMAND_CYCLES,
    dramsys_omits=[("RD", "SREFEN")],
    dramsys_rules=dramsys_rules,
)  # fmt: skip
