"""Timing constraints as a table, and when they allow a command."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

from archgym.dram.organization import Organization
from archgym.dram.standards import STANDARDS
from archgym.dram.standards.constraint import Refresh

from .request import ACCESS, NEVER


@dataclass(frozen=True)
class Edge:
    """The least distance between two commands that meet in a scope."""

    scope: str  # bank, bank_group, rank, other_stack or other_rank
    previous: str
    following: str
    cycles: int
    when: str = "always"  # or round_ends, round_goes_on: if `previous` refreshes the last banks


@dataclass(frozen=True)
class Window:
    """At most so many of some commands within so many cycles, in a rank; from end to end."""

    commands: frozenset[str]
    count: int
    cycles: int


@dataclass(frozen=True)
class Timing:
    """What the model needs to know of a device: cycles, and the shape of a channel."""

    ranks: int
    stacks: int  # of a rank
    groups: int  # of a rank, over all stacks
    banks: int  # of a rank, over all groups
    read_data: int  # from the command to the end of its data
    write_data: int
    edges: tuple[Edge, ...]
    windows: tuple[Window, ...]
    refreshes: Mapping[str, Refresh]
    refresh_flexibility: int
    """REFAB that may be outstanding, or done in advance, or intervals without one in a row."""
    command_cycles: Mapping[str, int] = field(default_factory=dict)  # where it isn't one
    has_column_bus: bool = False
    dramsys_quirks: bool = False

    def bus(self, command: str) -> str:
        """The command bus that a command takes."""
        return "column" if self.has_column_bus and command in ACCESS else "row"

    def length(self, command: str) -> int:
        """For how many cycles a command occupies its bus."""
        return self.command_cycles.get(command, 1)

    def turn(self, refresh: Refresh) -> int:
        """From the activate of a bank, by a write and a precharge, to the end of its refresh."""
        path = ["ACT", "WR", refresh.precharge, refresh.command]
        within = [
            edge
            for edge in self.edges
            if edge.scope in ("bank", "bank_group", "rank") and edge.when != "round_ends"
        ]
        return refresh.duration + sum(
            max((e.cycles for e in within if (e.previous, e.following) == step), default=0)
            for step in pairwise(path)
        )


def timing_of(
    standard: str,
    t: Mapping[str, int],
    banks: int,
    groups: int,
    *,
    ranks: int = 1,
    stacks: int = 1,
    burst_length: int = 8,
    dramsys_quirks: bool = False,
) -> Timing:
    """Applies a standard's table to a device.

    Args:
        standard: Its name in `STANDARDS`.
        t: The device's timing parameters in cycles, named as JEDEC does.
        banks: Banks of a rank, all groups together.
        groups: Bank groups of a rank, all stacks together (1 where the standard knows none).
        ranks: Ranks of the channel; pseudo channels count as ranks.
        stacks: Stacks of a rank.
        burst_length: Beats of a burst.
        dramsys_quirks: As DRAMSys 5.5 has it, which also ignores JEDEC's bounds on refreshes that
            are postponed or done in advance.
    """
    named = STANDARDS[standard]
    organization = Organization(
        channels=1,
        ranks=ranks,
        pseudo_channels=1,
        stacks=stacks,
        bank_groups=groups,
        banks=banks,
        rows=1,
        columns=1,
        width=1,
        devices=1,
        burst_length=burst_length,
    )
    rules_of = (dramsys_quirks and named.dramsys_rules) or named.rules
    omitted = named.dramsys_omits if dramsys_quirks else ()
    rules = rules_of(t, organization)
    return Timing(
        ranks=ranks,
        stacks=stacks,
        groups=groups,
        banks=banks,
        read_data=rules.latencies.read,
        write_data=rules.latencies.write,
        edges=tuple(
            Edge(c.scope, previous, following, c.cycles, c.when)
            for c in rules.constraints
            for previous, following in product(c.previous, c.following)
            if (previous, following) not in omitted
        ),
        windows=tuple(
            Window(frozenset(w.commands), w.count, w.cycles) for w in rules.activate_windows
        ),
        refreshes=rules.refreshes,
        refresh_flexibility=NEVER if dramsys_quirks else named.refresh_flexibility,
        command_cycles=named.command_cycles,
        has_column_bus=named.has_column_bus,
        dramsys_quirks=dramsys_quirks,
    )


class Constraints:
    """Says from when on a command may be issued, from the last time of each earlier one.

    A command is told by its name and the banks that it addresses.
    """

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.edges_into: dict[str, list[Edge]] = {}
        for edge in timing.edges:
            self.edges_into.setdefault(edge.following, []).append(edge)
        self.last: dict[tuple[str, str, int], int] = {}  # (scope, command, where) -> when
        self.recent = {
            (window, rank): deque[tuple[str, int]](maxlen=window.count)
            for window in timing.windows
            for rank in range(timing.ranks)
        }
        self.refreshed = [0] * timing.ranks  # banks in this round
        self.progress = ["round_goes_on"] * timing.ranks  # what the last refresh did
        self.bus_free = {"row": 0, "column": 0}

    def _places(self, scope: str, banks: Sequence[int]) -> set[int]:
        """The banks, bank groups, stacks or ranks in which banks lie."""
        timing = self.timing
        parts = {"bank": timing.banks, "bank_group": timing.groups, "stack": timing.stacks}
        return {bank * parts.get(scope, 1) // timing.banks for bank in banks}

    def _others(self, scope: str, banks: Sequence[int]) -> set[int]:
        """The ranks, or the stacks of the rank, in which banks do not lie."""
        (rank,) = self._places("rank", banks)
        if scope == "rank":
            return set(range(self.timing.ranks)) - {rank}
        stacks = range(rank * self.timing.stacks, (rank + 1) * self.timing.stacks)
        return set(stacks) - self._places("stack", banks)

    def earliest(self, command: str, banks: Sequence[int]) -> int:
        """From when on banks can take a command."""
        timing = self.timing
        (rank,) = self._places("rank", banks)
        times = [self.bus_free[timing.bus(command)]]
        for edge in self.edges_into.get(command, ()):
            if edge.when in ("always", self.progress[rank]):
                for place in self._places(edge.scope.removeprefix("other_"), banks):
                    last = self.last.get((edge.scope, edge.previous, place))
                    if last is not None:
                        times.append(last + edge.cycles)
        for window in timing.windows:
            recent = self.recent[window, rank]
            if command in window.commands and len(recent) == window.count:
                # DRAMSys takes the length of the last command for that of the next.
                ending = recent[-1][0] if timing.dramsys_quirks else command
                first, began = recent[0]
                end = began + timing.length(first) + window.cycles
                times.append(end - timing.length(ending))
        return max(times)

    def issue(self, command: str, banks: Sequence[int], now: int) -> None:
        timing = self.timing
        (rank,) = self._places("rank", banks)
        self.bus_free[timing.bus(command)] = now + timing.length(command)
        for scope in ("bank", "bank_group", "rank"):
            for place in self._places(scope, banks):
                self.last[scope, command, place] = now
        for scope in ("stack", "rank"):
            for place in self._others(scope, banks):
                self.last[f"other_{scope}", command, place] = now
        if command.startswith("REF"):
            self.refreshed[rank] = (self.refreshed[rank] + len(banks)) % timing.banks
            if command == "REFAB":
                self.refreshed[rank] = 0
            self.progress[rank] = "round_goes_on" if self.refreshed[rank] else "round_ends"
        for window in timing.windows:
            if command in window.commands:
                self.recent[window, rank].append((command, now))
