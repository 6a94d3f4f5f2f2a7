"""Distances between commands, and how many of them fit into a window."""

import numpy as np

from archgym.dram.legality.datasheet import Spacing, Window
from archgym.dram.legality.findings import Findings
from archgym.dram.legality.trace import Trace


def check_spacing(trace: Trace, spacing: Spacing, findings: Findings) -> None:
    """Finds commands that come too early after any earlier one of their component."""
    if not (trace.has(spacing.previous) and trace.has(spacing.following)):
        return
    lane = trace.lane(spacing.scope)
    previous, following = lane.of(spacing.previous), lane.of(spacing.following)
    due = lane.instants(spacing.since, spacing.previous) + spacing.cycles
    latest_due = np.append(np.maximum.accumulate(due), 0)
    # How many stand before; if none does, the last of the two is -1, which finds the 0.
    last = lane.before(spacing.previous)[following] - 1
    missing = latest_due[last] - lane.instants(spacing.at, spacing.following)
    bad = np.flatnonzero(missing > 0)
    if len(bad) == 0:
        return
    cause = np.maximum.accumulate(np.where(due == latest_due[:-1], np.arange(len(due)), 0))
    earlier = previous[cause[last[bad]]]
    findings.add(spacing.rule, lane.index[following[bad]], lane.index[earlier], missing[bad])


def check_window(trace: Trace, window: Window, findings: Findings) -> None:
    """Finds commands of which there are too many in a window."""
    lane = trace.ranks
    at = lane.instants("command", window.commands)
    missing = window.cycles - (at[window.count :] - at[: -window.count])
    bad = np.flatnonzero(missing > 0)
    index = lane.index[lane.of(window.commands)]
    findings.add(window.rule, index[bad + window.count], index[bad], missing[bad])
