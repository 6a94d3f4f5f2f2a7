"""The commands of a run as a timeline for ui.perfetto.dev.

- One track per bank, grouped by channel, rank and bank group. Each command is a slice that lasts
  until what it addresses can be used again, or for the transfer time of a read or write. Commands
  to all banks of a rank, or to one bank of every group, have tracks of their own, and one to a pair
  of banks is shown at the first; power-down and self-refresh last from entry to exit.
- One track per data bus: when the data of each access are on it.
- Requests, each from its arrival to the end of its last data. Arrows lead from there to the
  commands that were issued for it, and to its data.

Perfetto counts in nanoseconds, to which times are rounded down; a command's `cycle` is exact.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from archgym import atomic
from archgym.dram.organization import Organization
from archgym.dram.perfetto import TraceWriter
from archgym.dram.standards import COMMANDS, STANDARDS, Rules, Standard
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.parameter import Design

_READS, _WRITES = frozenset(("RD", "RDA")), frozenset(("WR", "WRA"))
_ENTRIES = frozenset(("PDEA", "PDEP", "SREFEN"))
_RANK_WIDE = _ENTRIES | {"PREAB", "REFAB", "PDXA", "PDXP", "SREFEX"}
_SAME_BANK = frozenset(("PRESB", "REFSB"))
_USES = _READS | _WRITES | {"ACT"}

Track = tuple[tuple[int, str], ...]
"""A track: its place among its siblings and its name, after those of the tracks it is nested in."""


@runtime_checkable
class ShowsCommands(Protocol):
    """A simulator that can say which commands it issues."""

    def command_trace(self, design: Design, workload: Workload) -> npt.NDArray[Any]:
        """Simulates one design and returns its commands, as `write_timeline` takes them.

        Raises:
            SimulationError: The design can't be run.
        """


class _Command(NamedTuple):
    time_ps: int
    name: str
    channel: int
    rank: int
    bank: int
    row: int
    column: int
    request: int


class _Slice(NamedTuple):
    begin_ps: int
    end_ps: int
    track: Track
    name: str
    request: int
    details: Mapping[str, int]


def write_timeline(
    path: str | Path,
    commands: npt.NDArray[Any],
    workload: Workload,
    *,
    names: Sequence[str] = COMMANDS,
    presented_ps: npt.NDArray[np.int64] | None = None,
) -> None:
    """Writes the commands of a run as a trace that ui.perfetto.dev opens.

    Args:
        path: The file; it appears when it is complete.
        commands: Structured array in order of issue with the fields `time_ps`, `command` (an index
            into `names`), `rank`, `bank` (in the channel), `row`, `column`, `request` (an index
            into the trace, -1 for none), and `channel` if there are several.
        workload: What was played.
        names: What the values of `command` stand for.
        presented_ps: When each request was made; by default its arrival in the trace.

    Raises:
        ArchgymError: The device's standard is not known, or the file can't be written.
    """
    device = workload.system.device
    if device.standard not in STANDARDS:
        raise ArchgymError(f"no timeline of {device.label}: {device.standard} is not known")
    if presented_ps is None:
        presented_ps = workload.trace.arrival_ps
    standard = STANDARDS[device.standard]
    rules = device.rules()
    issued = _commands(commands, names)
    slices = [
        *_requests(issued, workload, rules, presented_ps),
        *_occupied(issued, workload, standard, rules),
        *_transfers(issued, workload, rules),
    ]
    path = Path(path)
    try:
        with atomic.output(path) as temporary, temporary.open("wb") as file:
            _write(slices, TraceWriter(file))
    except OSError as error:
        raise ArchgymError(f"can't write timeline {path}: {error.strerror}") from error


def _commands(commands: npt.NDArray[Any], names: Sequence[str]) -> list[_Command]:
    columns = {field: commands[field].tolist() for field in commands.dtype.names or ()}
    kinds = [names[number] for number in columns["command"]]
    columns |= {"name": kinds, "channel": columns.get("channel", [0] * len(kinds))}
    return list(map(_Command, *(columns[field] for field in _Command._fields)))


def _occupied(
    commands: list[_Command], workload: Workload, standard: Standard, rules: Rules
) -> Iterator[_Slice]:
    """Yields each command on the track of what it addresses, until that can be used again."""
    device = workload.system.device
    cycles = {name: _busy_cycles(name, standard, rules) for name in COMMANDS}
    run_ends_ps = commands[-1].time_ps + device.clock_ps if commands else 0
    latest: dict[Track, _Slice] = {}
    for command in commands:
        begin_ps = command.time_ps
        end_ps = begin_ps + cycles[command.name] * device.clock_ps
        details = {"cycle": begin_ps // device.clock_ps}
        if command.name == "ACT":
            details["row"] = command.row
        elif command.name in _READS | _WRITES:
            details |= {"row": command.row, "column": command.column}
        track = _address(command, device.organization)
        if track in latest:
            # The next command ends entries, and whatever it is allowed to cut short.
            yield latest[track]._replace(end_ps=min(latest[track].end_ps, begin_ps))
        if command.name in _ENTRIES:
            end_ps = run_ends_ps
        latest[track] = _Slice(begin_ps, end_ps, track, command.name, command.request, details)
    yield from latest.values()


def _busy_cycles(name: str, standard: Standard, rules: Rules) -> int:
    """For how many cycles what a command addresses can't be used, or transfers data."""
    if name in _READS | _WRITES and not name.endswith("A"):
        return rules.latencies.burst
    for refresh in rules.refreshes.values():
        if refresh.command == name:
            return refresh.duration
    scopes = ("bank", "rank") if name in _RANK_WIDE | _SAME_BANK else ("bank",)
    until_use = [
        constraint.cycles
        for constraint in rules.constraints
        if constraint.scope in scopes
        and name in constraint.previous
        and not _USES.isdisjoint(constraint.following)
    ]
    return max(min(until_use, default=0), standard.command_cycles.get(name, 1))


def _transfers(commands: list[_Command], workload: Workload, rules: Rules) -> Iterator[_Slice]:
    """Yields the data of each access on the track of the data bus."""
    clock_ps = workload.system.device.clock_ps
    pseudo_channels = workload.system.device.organization.pseudo_channels
    for command in commands:
        if command.name not in _READS | _WRITES:
            continue
        end_ps = _data_end_ps(command, clock_ps, rules)
        track = _rank(command, pseudo_channels)[: 2 if pseudo_channels > 1 else 1]
        yield _Slice(
            end_ps - rules.latencies.burst * clock_ps,
            end_ps,
            (*track, (-1, "data")),
            _direction(command),
            command.request,
            {},
        )


def _requests(
    commands: list[_Command], workload: Workload, rules: Rules, presented_ps: npt.NDArray[np.int64]
) -> Iterator[_Slice]:
    """Yields each request until the end of its last data, on as many lanes as it takes."""
    clock_ps = workload.system.device.clock_ps
    channels = workload.system.channels
    ends_ps: dict[int, int] = {}
    directions: dict[int, str] = {}
    for command in commands:
        if command.name in _READS | _WRITES:
            end_ps = _data_end_ps(command, clock_ps, rules)
            ends_ps[command.request] = max(end_ps, ends_ps.get(command.request, 0))
            directions[command.request] = _direction(command)
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    for begin_ps, request in sorted((int(presented_ps[request]), request) for request in ends_ps):
        while busy and busy[0][0] <= begin_ps:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (ends_ps[request], lane))
        track = ((channels + lane, "requests"),)
        details = {"address": int(workload.trace.address[request])}
        yield _Slice(begin_ps, ends_ps[request], track, directions[request], request, details)


def _data_end_ps(command: _Command, clock_ps: int, rules: Rules) -> int:
    latencies = rules.latencies
    cycles = latencies.read if command.name in _READS else latencies.write
    return command.time_ps + cycles * clock_ps


def _direction(command: _Command) -> str:
    return "read" if command.name in _READS else "write"


def _address(command: _Command, organization: Organization) -> Track:
    """Returns the track of what a command addresses: a bank, one of each group, or a rank."""
    rank = _rank(command, organization.pseudo_channels)
    if command.name in _RANK_WIDE:
        return (*rank, (-2, "all banks"))
    bank = command.bank % organization.banks
    group, within = divmod(bank, organization.banks_per_group)
    if command.name in _SAME_BANK:
        return (*rank, (-1, f"bank {within} of every group"))
    if organization.bank_groups == 1:
        return (*rank, (bank, f"bank {bank}"))
    return (*rank, (group, f"bank group {group}"), (bank, f"bank {bank}"))


def _rank(command: _Command, pseudo_channels: int) -> Track:
    kind = "rank" if pseudo_channels == 1 else "pseudo channel"
    return (command.channel, f"channel {command.channel}"), (command.rank, f"{kind} {command.rank}")


def _write(slices: list[_Slice], writer: TraceWriter) -> None:
    used = {piece.track for piece in slices}
    nested = {track[:depth] for track in used for depth in range(1, len(track) + 1)}
    tracks: dict[Track, int] = {}
    for path in sorted(nested):
        tracks[path] = writer.track(path[-1][1], tracks.get(path[:-1]))
    # What ends at an instant ends before anything else begins.
    events = [(piece.end_ps, False, piece) for piece in slices]
    events += [(piece.begin_ps, True, piece) for piece in slices]
    for time_ps, begins, piece in sorted(events, key=lambda event: event[:2]):
        time_ns, track = time_ps // 1000, tracks[piece.track]
        if not begins:
            writer.end(time_ns, track)
        elif piece.request < 0:
            writer.begin(time_ns, track, piece.name, piece.details)
        else:
            details = {**piece.details, "request": piece.request}
            writer.begin(time_ns, track, piece.name, details, flow=piece.request)
