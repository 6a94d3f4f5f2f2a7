"""Checks DRAM commands against the standards, independently of the simulator that issued them.

The rules are written as JESD79-3F (DDR3) and JESD79-4 (DDR4) state them: from the end of write
data, from the start of an internal precharge, by occupancy of the data bus. A simulator derives
command-to-command distances from the same device data; that both agree is the point of this
module, so it takes nothing but the data from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from archgym.dram.device import Device
from archgym.errors import ArchgymError, unknown

COMMANDS = ("ACT", "PREPB", "RD", "RDA", "WR", "WRA", "PREAB", "REFAB")
"""The commands known here; PREPB precharges one bank, PREAB and REFAB concern the whole rank."""

POSTPONABLE = 8
"""REFs that may be outstanding or issued in advance, by the section "Refresh Command" of both."""

_Ints = npt.NDArray[np.int64]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Violation:
    """A command that breaks a rule.

    Attributes:
        rule: The rule, named after JEDEC's parameter where it has one, e.g. `tRCD`.
        index: Position of the offending command in the trace.
        earlier: Position of the command it is too close to, or -1.
        time_ps: When the offending command is issued.
        missing_cycles: How many clock cycles too early; 0 for rules that are not about distance.
    """

    rule: str
    index: int
    earlier: int
    time_ps: int
    missing_cycles: int = 0


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
            index into `names`), `rank`, `bank` (of all banks of the channel, or of the rank) and
            `row` (of the ACT and of column commands).
        device: A DDR3 or DDR4 device.
        names: What the values of `command` stand for.
        refreshes: Whether the rank must be refreshed; False for a controller that is told not to.

    Raises:
        ArchgymError: A command or the device's standard is not known here.
    """
    if device.standard not in ("DDR3", "DDR4"):
        raise ArchgymError(f"legality of {device.standard} commands can't be checked yet")
    for name in names:
        if name not in COMMANDS:
            raise unknown("command", name, COMMANDS)
    if len(commands) == 0:
        return []
    checker = _Checker(commands, device, names)
    checker.command_bus()
    checker.activates()
    checker.column_commands()
    checker.data_bus()
    checker.bank_states()
    checker.refresh_recovery()
    if refreshes:
        checker.refresh_rate()
    return checker.violations


class _Events:
    """Commands with the banks they concern, and what each is preceded by.

    `time` is in clock cycles, `index` the position in the trace, `bank`, `group` and `rank`
    number the channel's components.
    """

    def __init__(
        self,
        time: _Ints,
        kind: npt.NDArray[np.str_],
        bank: _Ints,
        row: _Ints,
        index: _Ints,
        device: Device,
    ) -> None:
        self.time, self.bank, self.row, self.index = time, bank, row, index
        self.group = bank // device.organization.banks_per_group
        self.rank = bank // device.organization.banks
        self._kind = kind
        self._orders: dict[int, _Ints] = {}

    def of(self, *names: str) -> _Mask:
        """Marks the events of the named commands."""
        return np.isin(self._kind, names)

    def last(self, preceding: _Mask, component: _Ints) -> _Ints:
        """Returns for each event the latest marked one before it in its component, or -1."""
        order = self._orders.get(id(component))
        if order is None:
            order = self._orders[id(component)] = np.argsort(component, kind="stable")
        position = np.arange(len(order))
        latest = np.maximum.accumulate(np.where(preceding[order], position, -1))
        before = np.concatenate([[-1], latest[:-1]])
        sorted_component = component[order]
        first = np.searchsorted(sorted_component, sorted_component)
        found = np.full(len(order), -1)
        found[order] = np.where(before >= first, order[before], -1)
        return found


class _Checker:
    """Collects violations, one rule or family of rules a method."""

    def __init__(
        self, commands: npt.NDArray[np.void], device: Device, names: Sequence[str]
    ) -> None:
        self.device = device
        self.t = device.timing
        self.ddr4 = device.standard == "DDR4"
        self.burst = device.organization.burst_length // 2
        self.violations: list[Violation] = []
        self.time_ps = commands["time_ps"].astype(np.int64)
        self.row = commands["row"].astype(np.int64)
        banks = device.organization.banks
        rank = commands["rank"].astype(np.int64)
        bank = rank * banks + commands["bank"].astype(np.int64) % banks
        kind = np.asarray(names)[commands["command"]]
        index = np.arange(len(commands))
        time = self.time_ps // device.clock_ps
        self.issued = _Events(time, kind, bank, self.row, index, device)
        # The same, with commands to the whole rank repeated for each of its banks.
        wide = np.isin(kind, ("PREAB", "REFAB"))
        index = np.repeat(index, np.where(wide, banks, 1))
        within = np.arange(len(index)) - np.searchsorted(index, index)
        bank = np.where(wide[index], rank[index] * banks + within, bank[index])
        self.banks = _Events(time[index], kind[index], bank, self.row[index], index, device)

    def _report(
        self, rule: str, bad: _Ints, earlier: _Ints | None = None, missing: _Ints | None = None
    ) -> None:
        for i, index in enumerate(bad.tolist()):
            self.violations.append(
                Violation(
                    rule,
                    index,
                    -1 if earlier is None else int(earlier[i]),
                    int(self.time_ps[index]),
                    0 if missing is None else int(missing[i]),
                )
            )

    def _apart(
        self,
        rule: str,
        events: _Events,
        component: _Ints,
        preceding: _Mask,
        since: _Ints,
        following: _Mask,
        at: _Ints,
        least: int,
    ) -> None:
        """Demands `at` of each following event >= `since` of the last preceding one + `least`."""
        last = events.last(preceding, component)
        missing = np.where(following & (last >= 0), since[last] + least - at, 0)
        bad = np.flatnonzero(missing > 0)
        self._report(rule, events.index[bad], events.index[last[bad]], missing[bad])

    def command_bus(self) -> None:
        """One command a clock cycle, on the clock's edge."""
        self._report("clock edge", np.flatnonzero(self.time_ps % self.device.clock_ps))
        busy = np.flatnonzero(np.diff(self.issued.time) < 1) + 1
        self._report("command bus", busy, busy - 1, 1 - np.diff(self.issued.time)[busy - 1])

    def activates(self) -> None:
        """tRRD between ACTs to different banks, at most four ACTs in tFAW."""
        e, act = self.issued, self.issued.of("ACT")
        long, short = ("RRD_L", "RRD_S") if self.ddr4 else ("RRD", "RRD")
        self._apart(f"t{long}", e, e.group, act, e.time, act, e.time, self.t[long])
        self._apart(f"t{short}", e, e.rank, act, e.time, act, e.time, self.t[short])
        for rank in np.unique(e.rank):
            index = np.flatnonzero(act & (e.rank == rank))
            missing = self.t["FAW"] - (e.time[index[4:]] - e.time[index[:-4]])
            bad = np.flatnonzero(missing > 0)
            self._report("tFAW", index[bad + 4], index[bad], missing[bad])

    def column_commands(self) -> None:
        """tCCD between column commands, tWTR from the end of write data to a read."""
        e = self.issued
        read, write = e.of("RD", "RDA"), e.of("WR", "WRA")
        long, short = ("_L", "_S") if self.ddr4 else ("", "")
        write_end, internal_read = e.time + self.t["WL"] + self.burst, e.time + self.t["AL"]
        for component, suffix in ((e.group, long), (e.rank, short)):
            ccd, wtr = f"CCD{suffix}", f"WTR{suffix}"
            column = read | write
            self._apart(f"t{ccd}", e, component, column, e.time, column, e.time, self.t[ccd])
            self._apart(f"t{wtr}", e, component, write, write_end, read, internal_read, self.t[wtr])

    def data_bus(self) -> None:
        """One burst at a time; a write's preamble one cycle after a read's data, tRTRS by rank."""
        e = self.issued
        read, write = e.of("RD", "RDA"), e.of("WR", "WRA")
        start = e.time + np.where(write, self.t["WL"], self.t["RL"])
        preamble = self.t["WPRE"] if self.ddr4 else 1
        self._apart(
            "read to write", e, e.rank, read, start + self.burst, write, start, 1 + preamble
        )
        order = np.flatnonzero(read | write)
        order = order[np.argsort(start[order], kind="stable")]
        switch = np.where(np.diff(e.rank[order]) != 0, self.t["RTRS"], 0)
        missing = self.burst + switch - np.diff(start[order])
        bad = np.flatnonzero(missing > 0)
        self._report("data bus", order[bad + 1], order[bad], missing[bad])

    def bank_states(self) -> None:
        """Commands fit the state of their bank, and tRCD, tRAS, tRC, tRTP, tWR, tRP are kept."""
        e, t = self.banks, self.t
        act, ref, pre = e.of("ACT"), e.of("REFAB"), e.of("PREPB", "PREAB")
        read, write = e.of("RD", "RDA"), e.of("WR", "WRA")
        auto, column = e.of("RDA", "WRA"), read | write
        opened, closed = e.last(act, e.bank), e.last(pre | auto, e.bank)
        is_open = opened > closed
        self._report("ACT to an open bank", e.index[act & is_open])
        self._report("REF with an open bank", np.unique(e.index[ref & is_open]))
        self._report("column command to a closed bank", e.index[column & ~is_open])
        wrong_row = column & is_open & (e.row != e.row[opened])
        self._report("column command to another row", e.index[wrong_row])

        # An auto-precharge starts by itself once its read or write and tRAS allow.
        earliest = np.where(opened >= 0, e.time[opened] + t["RAS"], 0)
        read_done = e.time + t["AL"] + t["RTP"]
        write_end = e.time + t["WL"] + self.burst
        start = np.where(e.of("RDA"), np.maximum(read_done, earliest), e.time)
        start = np.where(e.of("WRA"), np.maximum(write_end + t["WR"], earliest), start)
        precharge, after = pre | auto, e.time + t["AL"]
        self._apart("tRCD", e, e.bank, act, e.time, column, after, t["RCD"])
        self._apart("tRAS", e, e.bank, act, e.time, pre, e.time, t["RAS"])
        self._apart("tRC", e, e.bank, act, e.time, act, e.time, t["RC"])
        self._apart("tRTP", e, e.bank, read, after, pre, e.time, t["RTP"])
        self._apart("tWR", e, e.bank, write, write_end, precharge, start, t["WR"])
        self._apart("tRP", e, e.bank, precharge, start, act | ref, e.time, t["RP"])

    def refresh_recovery(self) -> None:
        """Nothing is sent to a rank for tRFC after its REF."""
        e, ref = self.issued, self.issued.of("REFAB")
        recovery = self.t["RFC1" if self.ddr4 else "RFC"]
        anything = np.ones_like(ref)
        self._apart("tRFC", e, e.rank, ref, e.time, anything, e.time, recovery)

    def refresh_rate(self) -> None:
        """A REF each tREFI on average, of which eight may be outstanding or in advance.

        Also at most eight intervals in a row without one, and sixteen REFs in two intervals.
        """
        e, ref, interval = self.issued, self.issued.of("REFAB"), self.t["REFI"]
        for rank in np.unique(e.rank):
            index = np.flatnonzero(ref & (e.rank == rank))
            window = e.time[index[16:]] - e.time[index[:-16]]
            crowded = np.flatnonzero(window < 2 * interval)
            self._report("REFs in 2 tREFI", index[crowded + 16], index[crowded])
            balance = slot = 0
            for i in [*index.tolist(), len(e.time) - 1]:
                due = int(e.time[i]) // interval
                # When the last of the new ones fell due, the others were outstanding already.
                if due > slot and balance - (due - slot - 1) < -POSTPONABLE:
                    self._report("postponed REFs", np.array([i]))
                if due - slot > POSTPONABLE + 1:
                    self._report("REF interval", np.array([i]))
                balance -= due - slot
                slot = due
                if ref[i]:
                    balance = min(balance + 1, POSTPONABLE)
