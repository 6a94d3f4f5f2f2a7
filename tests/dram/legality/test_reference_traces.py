"""The commands of the reference simulator, DRAMSys 5.5, break no rule but one that is known."""

import csv
import gzip
import os
from pathlib import Path

import pytest

from archgym.dram.device import Device
from archgym.dram.standards import COMMANDS

REFERENCE = os.environ.get("ARCHGYM_REFERENCE")
# It records power-down as a phase, which ends with the cycle of the exit.
POWER_DOWN = {"PDNA": ("PDEA", "PDXA"), "PDNP": ("PDEP", "PDXP")}


def read(file, clock_ps):
    commands = []
    with gzip.open(file, "rt") as lines:
        for phase in csv.DictReader(lines):
            name = phase["PhaseName"]
            begin, end = (int(phase[column]) // clock_ps for column in ("PhaseBegin", "PhaseEnd"))
            where = [int(phase[column]) for column in ("Bank", "Row", "Rank")]
            if name in COMMANDS:
                commands.append((begin, name, *where))
            elif name in POWER_DOWN:
                enter, leave = POWER_DOWN[name]
                commands += [(begin, enter, *where), (end - 1, leave, *where)]
    return commands


@pytest.mark.skipif(not REFERENCE, reason="ARCHGYM_REFERENCE does not name a folder")
@pytest.mark.parametrize("name", ["ddr3-1600", "ddr4-2400", "hbm2", "lpddr4-3200"])
def test_dramsys_is_legal_but_for_the_write_recovery_of_ddr3(rules, name):
    folder = Path(str(REFERENCE))
    device = Device.load(folder / "devices" / f"{name}.json")
    files = sorted((folder / "command_traces").glob(f"{name}-*.csv.gz"))
    assert files
    broken = [rules(device, *read(file, device.clock_ps)) for file in files]
    assert set.union(*broken) == ({"tWR"} if name == "ddr3-1600" else set())
