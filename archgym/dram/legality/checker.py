"""Applies all rules of a standard to a trace of commands."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from archgym.dram.device import Device
from archgym.dram.legality import ddr, ddr5, graphics, lpddr4, lpddr5
from archgym.dram.legality.buses import check_command_buses, check_data_bus
from archgym.dram.legality.datasheet import Standard
from archgym.dram.legality.distances import check_spacing, check_window
from archgym.dram.legality.findings import Findings
from archgym.dram.legality.refresh import check_refresh_rate, check_rounds, find_refreshes
from archgym.dram.legality.states import check_banks, check_power
from archgym.dram.legality.trace import Trace, codes
from archgym.dram.legality.violation import Violation
from archgym.dram.standards import COMMANDS
from archgym.errors import ArchgymError, unknown

_STANDARDS: dict[str, Standard] = {
    "DDR3": ddr.ddr3,
    "DDR4": ddr.ddr4,
    "DDR5": ddr5.ddr5,
    "LPDDR4": lpddr4.lpddr4,
    "LPDDR5": lpddr5.lpddr5,
    "GDDR6": graphics.gddr6,
    "HBM2": graphics.hbm2,
    "HBM3": graphics.hbm3,
}


def check(
    commands: npt.NDArray[np.void],
    device: Device,
    *,
    names: Sequence[str] = COMMANDS,
    refreshes: bool = True,
) -> list[Violation]:
    """Returns every violation in the commands of one channel, in no particular order.

    Args:
        commands: Structured array in order of issue, with the fields `time_ps`, `command` (an
            index into `names`), `rank` (pseudo channels count as ranks), `bank` (of all banks of
            the channel, or of the rank) and `row` (of the ACT and of column commands).
        device: The device that they go to.
        names: What the values of `command` stand for.
        refreshes: Whether the ranks must be refreshed; False for a controller that is told not to.

    Raises:
        ArchgymError: A command or the device's standard is not known here, or a command is issued
            before the one that it follows in the array.
    """
    if device.standard not in _STANDARDS:
        raise unknown("standard", device.standard, _STANDARDS)
    for name in names:
        if name not in COMMANDS:
            raise unknown("command", name, COMMANDS)
    if len(commands) == 0:
        return []
    if (np.diff(commands["time_ps"]) < 0).any():
        raise ArchgymError("commands must be in order of issue")
    datasheet = _STANDARDS[device.standard](device.timing, device.organization)
    trace = Trace(commands, device, names, datasheet)
    findings = Findings(trace)
    known = np.isin(trace.code, codes(datasheet.commands))
    findings.add(f"unknown to {device.standard}", np.flatnonzero(~known))
    ranks = find_refreshes(trace)
    check_command_buses(trace, findings, device.clock_ps)
    check_data_bus(trace, findings)
    check_banks(trace, findings)
    check_power(trace, findings)
    for spacing in datasheet.spacings:
        check_spacing(trace, spacing, findings)
    for window in datasheet.windows:
        check_window(trace, window, findings)
    check_rounds(trace, ranks, findings)
    if refreshes:
        check_refresh_rate(trace, ranks, findings)
    return findings.violations
