"""The command buses and the data bus carry one thing at a time."""

import numpy as np

from archgym.dram.legality.datasheet import COLUMN, READS
from archgym.dram.legality.findings import Findings
from archgym.dram.legality.trace import Ints, Trace, codes
from archgym.dram.standards import COMMANDS


def check_command_buses(trace: Trace, findings: Findings, clock_ps: int) -> None:
    """Commands start on a clock edge and don't overlap."""
    findings.add("clock edge", np.flatnonzero(trace.time_ps % clock_ps))
    off_bus = trace.datasheet.off_bus
    columns = COLUMN if trace.datasheet.has_column_bus else ""
    rows = " ".join(name for name in COMMANDS if name not in f"{off_bus} {columns}".split())
    for bus in (rows, columns):
        on_bus = np.flatnonzero(np.isin(trace.code, codes(bus)))
        length = 1 + trace.offsets["command"][trace.code[on_bus]]
        missing = length[:-1] - np.diff(trace.time[on_bus])
        bad = np.flatnonzero(missing > 0)
        findings.add("command bus", on_bus[bad + 1], on_bus[bad], missing[bad])


def check_data_bus(trace: Trace, findings: Findings) -> None:
    """Bursts don't overlap, with a gap where the bus changes hands.

    Pseudo channels have a data bus each.
    """
    column = np.flatnonzero(np.isin(trace.code, codes(COLUMN)))
    shared_by = trace.organization.pseudo_channels
    for bus in range(shared_by):
        on_bus = column if shared_by == 1 else column[trace.rank[column] % shared_by == bus]
        _check_bursts(trace, on_bus, findings)


def _check_bursts(trace: Trace, column: Ints, findings: Findings) -> None:
    gaps = trace.datasheet.data_bus
    start = (trace.time + trace.offsets["burst"][trace.code])[column]
    order = np.argsort(start, kind="stable")
    column, start = column[order], start[order]
    banks_a_stack = trace.organization.banks // trace.organization.stacks
    is_read = np.isin(trace.code[column], codes(READS))
    other_rank = np.diff(trace.rank[column]) != 0
    other_stack = (np.diff(trace.bank[column] // banks_a_stack) != 0) & ~other_rank
    preamble = np.where(is_read, gaps.read_preamble, gaps.write_preamble)[1:]
    gap = np.where(other_rank, np.maximum(gaps.rank_switch, preamble), 0)
    missing = trace.datasheet.access.burst + gap - np.diff(start)
    _report("data bus", column, missing, findings)
    if gaps.stack_switch:
        reads = is_read[:-1] & is_read[1:] & other_stack & (missing <= 0)
        _report("tCCDR", column, np.where(reads, missing + gaps.stack_switch, 0), findings)


def _report(rule: str, column: Ints, missing: Ints, findings: Findings) -> None:
    bad = np.flatnonzero(missing > 0)
    findings.add(rule, column[bad + 1], column[bad], missing[bad])
