"""DDR5 SDRAM (JESD79-5), x8 or x16 devices, bursts of 16, commands in 1N mode.

Refresh of all banks is in normal mode (tRFC1 every tREFI1), that of the same bank of every group in
fine granularity mode, the only one that has it (tRFCsb every tREFI1 / 2 / banks of a group). A
burst fills whole words of the on-die ECC, so that no write reads first: tCCD_L_WR2 holds. The
read data strobe comes without offset and with the short postamble. Normal mode lets four refreshes
be postponed.
"""

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
    from_last_cycles,
)

COMMAND_CYCLES = {"ACT": 2, "RD": 2, "RDA": 2, "WR": 2, "WRA": 2}
PRECHARGES = ["PREPB", "PRESB", "PREAB"]


def rules(t: Mapping[str, int], organization: Organization) -> Rules:
    """Returns the rules of a channel (of a module: a sub-channel), by the JESD79-5 sections."""
    burst = organization.burst_length // 2
    write_to_precharge = t["WL"] + burst + t["WR"]
    read_to_write = t["RL"] + burst + 2 - t["WL"] + t["WPRE"]
    write_to_read = t["WL"] + burst
    read_to_power_down = t["RL"] + burst + 1
    constraints = [
        # Activate Command, Precharge Command.
        TimingConstraint("bank", ["ACT"], COLUMN, t["RCD"]),
        TimingConstraint("bank", ["ACT"], ["PREPB", "PRESB"], t["RAS"]),
        TimingConstraint("bank", ["ACT"], ["ACT"], t["RC"]),
        TimingConstraint("bank_group", ["ACT"], ["ACT"], t["RRD_L"]),
        TimingConstraint("rank", ["ACT"], ["ACT"], t["RRD_S"]),
        TimingConstraint("bank", ["PREPB", "PRESB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["ACT"], t["RP"]),
        TimingConstraint("rank", ["ACT"], ["PREAB"], t["RAS"]),
        TimingConstraint("rank", PRECHARGES, PRECHARGES, t["PPD"]),
        # Read Operation, Write Operation.
        TimingConstraint("bank_group", COLUMN, COLUMN, t["CCD_L"]),
        TimingConstraint("rank", COLUMN, COLUMN, t["CCD_S"]),
        TimingConstraint("bank_group", WRITES, WRITES, t["CCD_L_WR2"]),
        TimingConstraint("rank", READS, WRITES, read_to_write),
        TimingConstraint("bank_group", WRITES, READS, write_to_read + t["WTR_L"]),
        TimingConstraint("rank", WRITES, READS, write_to_read + t["WTR_S"]),
        TimingConstraint("bank", READS, ["PREPB", "PRESB"], t["RTP"]),
        TimingConstraint("bank", WRITES, ["PREPB", "PRESB"], write_to_precharge),
        TimingConstraint("rank", READS, ["PREAB"], t["RTP"]),
        TimingConstraint("rank", WRITES, ["PREAB"], write_to_precharge),
        # The precharge inside RDA must not cut short the recovery of an earlier write.
        TimingConstraint("bank", ["WR"], ["RDA"], write_to_precharge - t["RTP"]),
        TimingConstraint("bank", ["RDA"], ["ACT", "REFSB"], t["RTP"] + t["RP"]),
        TimingConstraint("bank", ["WRA"], ["ACT", "REFSB"], write_to_precharge + t["RP"]),
        # Between ranks: the data bus changes hands, preambles included.
        TimingConstraint("other_rank", READS, READS, burst + max(t["RTRS"], t["RPRE"])),
        TimingConstraint("other_rank", WRITES, WRITES, burst + max(t["RTRS"], t["WPRE"])),
        TimingConstraint(
            "other_rank", READS, WRITES, t["RL"] + burst + t["RTRS"] - t["WL"] + t["WPRE"]
        ),
        TimingConstraint(
            "other_rank", WRITES, READS, max(1, t["WL"] + burst + t["RTRS"] - t["RL"] + t["RPRE"])
        ),
        # Refresh Operation.
        TimingConstraint("rank", ["ACT"], ["REFAB", "SREFEN"], t["RC"]),
        TimingConstraint("rank", ["RDA"], ["REFAB", "SREFEN"], t["RTP"] + t["RP"]),
        TimingConstraint("rank", ["WRA"], ["REFAB", "SREFEN"], write_to_precharge + t["RP"]),
        TimingConstraint("rank", ["PREPB", "PRESB"], ["REFAB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["PREAB"], ["REFAB", "REFSB", "SREFEN"], t["RP"]),
        TimingConstraint("rank", ["REFAB"], ["ACT", "REFAB", "REFSB", "SREFEN"], t["RFC1"]),
        # Same Bank Refresh: it meets every activate in the latter's group.
        TimingConstraint("bank", ["ACT"], ["REFSB"], t["RC"]),
        TimingConstraint("rank", ["ACT"], ["REFSB"], t["RRD_L"]),
        TimingConstraint("bank", ["PREPB", "PRESB"], ["REFSB"], t["RP"]),
        TimingConstraint("bank", ["REFSB"], ["ACT"], t["RFCsb"]),
        TimingConstraint("rank", ["REFSB"], ["ACT"], t["REFSBRD"]),
        TimingConstraint("rank", ["REFSB"], ["REFSB", "REFAB", "PREAB", "SREFEN"], t["RFCsb"]),
        # Self Refresh Operation. No data burst may be under way when it begins.
        TimingConstraint("rank", READS, ["SREFEN"], read_to_power_down),
        # Power-Down Mode, entry.
        TimingConstraint("rank", ["ACT"], POWER_DOWN_ENTRY, t["ACTPDEN"]),
        TimingConstraint("rank", READS, POWER_DOWN_ENTRY, read_to_power_down),
        TimingConstraint("rank", WRITES, POWER_DOWN_ENTRY, write_to_precharge + 1),
        TimingConstraint("rank", PRECHARGES, POWER_DOWN_ENTRY, t["PRPDEN"]),
        TimingConstraint("rank", ["REFAB", "REFSB"], POWER_DOWN_ENTRY, t["REFPDEN"]),
    ]
    # Exits: tXP and tXS end at the *first* cycle of a command.
    idle = ["ACT", "PREAB", "REFAB", "REFSB", "SREFEN"]
    exits = [
        TimingConstraint("rank", ["SREFEN"], ["SREFEX"], t["CPDED"] + t["CSL"]),
        TimingConstraint("rank", ["SREFEX"], [*idle, "PDEP"], t["XS"]),
        TimingConstraint("rank", ["SREFEX"], COLUMN, t["XS_DLL"]),
        TimingConstraint("rank", ["PDEA"], ["PDXA"], t["PD"]),
        TimingConstraint("rank", ["PDEP"], ["PDXP"], t["PD"]),
        TimingConstraint("rank", POWER_DOWN_EXIT, [*idle, *POWER_DOWN_ENTRY], t["XP"]),
        TimingConstraint("rank", ["PDXA"], [*COLUMN, "PREPB", "PRESB"], t["XP"]),
    ]
    last_cycle = COMMAND_CYCLES["RD"] - 1
    rounds = organization.banks_per_group
    return Rules(
        constraints=[*from_last_cycles(constraints, COMMAND_CYCLES), *exits],
        activate_windows=[ActivateWindow(["ACT"], 4, t["FAW"])],
        refreshes={
            "AllBank": Refresh("REFAB", "PREAB", t["REFI1"], t["RFC1"], 1),
            "SameBank": Refresh("REFSB", "PRESB", t["REFI1"] // 2 // rounds, t["RFCsb"], rounds),
        },
        latencies=Latencies(
            read=last_cycle + t["RL"] + burst,
            write=last_cycle + t["WL"] + burst,
            read_to_precharge=t["RTP"],
            write_to_precharge=write_to_precharge,
            burst=burst,
        ),
        row_active_min=t["RAS"],
    )


STANDARD = Standard(
    name="DDR5",
    timing="CCD_L CCD_L_WR2 CCD_S CPDED CSL FAW PD PPD RAS RC RCD REFI1 REFSBRD RFC1 RFCsb RL RP "
    "RPRE RRD_L RRD_S RTP WL WPRE WR WTR_L WTR_S XP XS XS_DLL ACTPDEN PRPDEN REFPDEN RTRS",
    currents="vdd idd0 idd2n idd2p idd3n idd3p idd4r idd4w idd5b idd5c idd6n",
    rules=rules,
    refresh_flexibility=4,
    beats_per_cycle=2,
    burst_lengths=(16,),
    fastest_mt_per_s=12800,
    power_domains=[
        {"V": "vdd", "I0": "idd0", "I2N": "idd2n", "I3N": "idd3n", "I4R": "idd4r", "I4W": "idd4w",
         "I5": "idd5b", "I5SB": "idd5c", "I2P": "idd2p", "I3P": "idd3p", "I6": "idd6n",
         "Ibeta": "iBeta_vdd"},
    ],
    command_cycles=COMMAND_CYCLES,
)  # fmt: skip
