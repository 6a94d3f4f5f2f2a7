"""Timing constraints as a table, and when they allow a command."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .request import ACCESS, NEVER


@dataclass(frozen=True)
class Edge:
    """The least distance between two commands that meet in a scope."""

    scope: str  # bank, bank_group, rank, other_stack or other_rank
    previous: str
    following: str
    cycles: int
    when: str = "always"  # or round_ends, round_goes_on: of REFPB over all banks of a rank


@dataclass(frozen=True)
class Window:
    """At most so many of some commands within so many cycles, in a rank."""

    commands: frozenset[str]
    count: int
    cycles: int


@dataclass(frozen=True)
class RefreshTiming:
    """One granularity of refresh."""

    command: str
    precharge: str
    interval: int
    per_interval: int  # of these make up one REFAB


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
    refreshes: Mapping[str, RefreshTiming]
    refresh_flexibility: int
    """REFAB that may be outstanding, or done in advance, or intervals without one in a row."""
    command_cycles: Mapping[str, int] = field(default_factory=dict)  # where it isn't one
    has_column_bus: bool = False

    def bus(self, command: str) -> str:
        """The command bus that a command takes."""
        return "column" if self.has_column_bus and command in ACCESS else "row"

    def length(self, command: str) -> int:
        """For how many cycles a command occupies its bus."""
        return self.command_cycles.get(command, 1)


def timing_of(standard, t, banks, groups, *, ranks=1, dramsys_quirks=False):
    return None


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
            (window, rank): deque[int](maxlen=window.count)
            for window in timing.windows
            for rank in range(timing.ranks)
        }
        self.refreshed = [0] * timing.ranks  # banks one by one, modulo their number
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
        times = [self.bus_free[self.timing.bus(command)]]
        (rank,) = self._places("rank", banks)
        for edge in self.edges_into.get(command, ()):
            if edge.when != "always" and edge.when != self._progress(rank):
                continue
            for place in self._places(edge.scope.removeprefix("other_"), banks):
                last = self.last.get((edge.scope, edge.previous, place))
                if last is not None:
                    times.append(last + edge.cycles)
        for window in self.timing.windows:
            recent = self.recent[window, rank]
            if command in window.commands and len(recent) == window.count:
                times.append(recent[0] + window.cycles)
        return max(times)

    def _progress(self, rank: int) -> str:
        """Whether the last REFPB of a rank ended a round over all of its banks."""
        return "round_goes_on" if self.refreshed[rank] else "round_ends"

    def issue(self, command: str, banks: Sequence[int], now: int) -> None:
        self.bus_free[self.timing.bus(command)] = now + self.timing.length(command)
        for scope in ("bank", "bank_group", "rank"):
            for place in self._places(scope, banks):
                self.last[scope, command, place] = now
        for scope in ("stack", "rank"):
            for place in self._others(scope, banks):
                self.last[f"other_{scope}", command, place] = now
        (rank,) = self._places("rank", banks)
        if command == "REFPB":
            self.refreshed[rank] = (self.refreshed[rank] + 1) % self.timing.banks
        for window in self.timing.windows:
            if command in window.commands:
                self.recent[window, rank].append(now)
