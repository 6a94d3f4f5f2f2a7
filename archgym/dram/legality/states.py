"""The states of banks and ranks, and the commands that are legal in each."""

import numpy as np

from archgym.dram.legality.datasheet import (
    CLOSING,
    COLUMN,
    PARTIAL_REFRESHES,
    POWER_DOWN_ENTRY,
    POWER_DOWN_EXIT,
)
from archgym.dram.legality.findings import Findings
from archgym.dram.legality.trace import Ints, Trace, codes

_ENTRY, _EXIT = f"{POWER_DOWN_ENTRY} SREFEN", f"{POWER_DOWN_EXIT} SREFEX"


def check_banks(trace: Trace, findings: Findings) -> None:
    """Commands fit the state of the banks that they address."""
    lane = trace.banks
    opened = lane.latest("ACT")
    is_open = opened > lane.latest(CLOSING)

    act = lane.of("ACT")
    findings.add("ACT to an open bank", lane.index[act[is_open[act]]])
    refresh = lane.of(PARTIAL_REFRESHES)
    findings.add("REF to an open bank", np.unique(lane.index[refresh[is_open[refresh]]]))
    column = lane.of(COLUMN)
    closed = ~is_open[column]
    findings.add("column command to a closed bank", lane.index[column[closed]])
    row = trace.row[lane.index]
    other_row = ~closed & (row[column] != row[opened[column]])
    findings.add("column command to another row", lane.index[column[other_row]])

    closing = lane.of(CLOSING)
    opens, closes = act[~is_open[act]], closing[is_open[closing]]
    change = np.bincount(lane.index[opens], minlength=trace.size)
    change -= np.bincount(lane.index[closes], minlength=trace.size)
    _check_ranks_banks(trace, change, findings)


def _check_ranks_banks(trace: Trace, change: Ints, findings: Findings) -> None:
    """Commands to a whole rank fit the state of its banks.

    Args:
        trace: The commands.
        change: By how many the open banks increase with each command.
        findings: Where violations go.
    """
    lane = trace.ranks
    change = change[lane.index]
    # Where every rank starts from none.
    count = np.cumsum(change) - change
    count -= count[lane.start]
    for rule, commands, legal in (
        ("REF with an open bank", "REFAB", count == 0),
        ("SREFEN with an open bank", "SREFEN", count == 0),
        ("PDEP with an open bank", "PDEP", count == 0),
        ("PDEA without an open bank", "PDEA", count > 0),
    ):
        position = lane.of(commands)
        findings.add(rule, lane.index[position[~legal[position]]])


def check_power(trace: Trace, findings: Findings) -> None:
    """A rank in power-down or self-refresh is sent nothing but the exit from it."""
    if not trace.has(f"{_ENTRY} {_EXIT}"):
        return
    lane = trace.ranks
    code = trace.code[lane.index]
    entered = lane.latest(_ENTRY)
    is_down = entered > lane.latest(_EXIT)
    for entry, exit_, name in (
        ("PDEA", "PDXA", "power-down"),
        ("PDEP", "PDXP", "power-down"),
        ("SREFEN", "SREFEX", "self-refresh"),
    ):
        inside = is_down & (code[entered] == codes(entry)[0])
        leaves = code == codes(exit_)[0]
        findings.add(f"command in {name}", lane.index[inside & ~leaves])
        findings.add(f"{exit_} without {entry}", lane.index[leaves & ~is_down])
