"""A channel's commands as arrays, and grouped by the component in which rules hold."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from archgym.dram.device import Device
from archgym.dram.legality.datasheet import (
    COLUMN,
    LAST_OF_ROUND,
    READS,
    WRITES,
    Datasheet,
    Instant,
    Scope,
)
from archgym.dram.standards import COMMANDS

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_CODES = {name: code for code, name in enumerate(COMMANDS)}

_APART = 1 << 44
"""Cycles between the clocks of a lane's components: more than any trace is long."""


def codes(commands: str) -> list[int]:
    """Returns the numbers of the named commands, which are separated by spaces."""
    return [_CODES[name] for name in commands.split()]


def _table(values: dict[str, int]) -> Ints:
    """One entry per command; 0 for those not named."""
    table = np.zeros(len(_CODES), np.int64)
    for commands, value in values.items():
        table[codes(commands)] = value
    return table


class Trace:
    """The commands of a channel, in order of issue.

    Attributes:
        size: How many there are.
        time_ps: When each is issued.
        time: The same in clock cycles.
        code: Its number, as `codes` gives it.
        rank, bank, row: What it addresses; banks are counted over the channel.
        round: Which round over all banks of its rank it belongs to, if it is a partial refresh.
        ends_round: Whether it is the last of that round.
    """

    def __init__(
        self,
        commands: npt.NDArray[np.void],
        device: Device,
        names: Sequence[str],
        datasheet: Datasheet,
    ) -> None:
        organization = device.organization
        self.organization = organization
        self.datasheet = datasheet
        self.size = len(commands)
        self.time_ps = commands["time_ps"].astype(np.int64)
        self.time = self.time_ps // device.clock_ps
        self.code = np.array([_CODES[name] for name in names], np.uint8)[commands["command"]]
        self.rank = commands["rank"].astype(np.int64)
        self.bank = self.rank * organization.banks + commands["bank"] % organization.banks
        self.row = commands["row"].astype(np.int64)
        self.round = np.zeros(len(commands), np.int64)
        self.ends_round = np.zeros(len(commands), np.bool_)
        self.offsets = _offsets(datasheet)

    def has(self, commands: str) -> bool:
        """Whether any of the named commands occurs."""
        if commands == LAST_OF_ROUND:
            return bool(self.ends_round.any())
        return bool(self._occurrences[codes(commands)].any())

    @cached_property
    def _occurrences(self) -> Ints:
        return np.bincount(self.code, minlength=len(_CODES))

    @cached_property
    def _addressed(self) -> tuple[Ints, Ints]:
        """Every command that addresses certain banks, once for each: its position, and the bank."""
        banks, in_group = self.organization.banks, self.organization.banks_per_group
        # How far apart the banks are that a command addresses, from the first to the last.
        stride = _table(
            {
                f"ACT {COLUMN} PREPB REFPB": banks,
                "REFP2B": banks // 2,
                "PRESB REFSB": in_group,
                "PREAB": 1,
            }
        )
        count = np.where(stride > 0, banks // np.maximum(stride, 1), 0)[self.code]
        index = np.repeat(np.arange(self.size), count)
        bank = self.bank[index]
        several = np.flatnonzero(count[index] > 1)
        command = index[several]
        member = several - (np.cumsum(count) - count)[command]
        apart = stride[self.code[command]]
        first = self.rank[command] * banks + bank[several] % banks % apart
        bank[several] = first + member * apart
        return index, bank

    @cached_property
    def banks(self) -> "Lane":
        """Every command that addresses certain banks, in each of them, grouped by bank."""
        index, bank = self._addressed
        return Lane(self, index, bank)

    @cached_property
    def bank_groups(self) -> "Lane":
        """The same, grouped by bank group."""
        index, bank = self._addressed
        return Lane(self, index, bank // self.organization.banks_per_group)

    @cached_property
    def ranks(self) -> "Lane":
        """Every command, grouped by rank."""
        return Lane(self, np.arange(self.size), self.rank)

    @cached_property
    def precharge(self) -> Ints:
        """When the precharge that each command is or contains starts, in clock cycles.

        An auto-precharge starts by itself once its read or write and tRAS allow.
        """
        access, lane = self.datasheet.access, self.banks
        start: Ints = self.time + self.offsets["command"][self.code]
        opened = lane.latest("ACT")
        for name, delay in (
            ("RDA", access.read_to_precharge),
            ("WRA", access.write_end + access.write_recovery),
        ):
            command = lane.index[lane.of(name)]
            act = opened[lane.of(name)]
            restored = np.where(act >= 0, start[lane.index[act]] + access.row_active, 0)
            start[command] = np.maximum(start[command] + delay, restored)
        return start

    def lane(self, scope: Scope) -> "Lane":
        """Returns the commands grouped by the components of a scope."""
        return {"bank": self.banks, "bank_group": self.bank_groups, "rank": self.ranks}[scope]


class Lane:
    """Commands grouped by component; in order of issue within each.

    Attributes:
        index: Position of each in the trace.
        component: What it is grouped by.
    """

    def __init__(self, trace: Trace, index: Ints, component: Ints) -> None:
        order = np.argsort(component.astype(np.uint16), kind="stable")
        self.index = index[order]
        self.component = component[order]
        self._trace = trace
        self._code = trace.code[self.index]
        self._time = trace.time[self.index] + self.component * _APART
        self._positions: dict[str, Ints] = {}
        self._counts: dict[str, npt.NDArray[np.int32]] = {}
        self._instants: dict[tuple[str, str], Ints] = {}
        self._latest: dict[str, Ints] = {}

    @cached_property
    def start(self) -> Ints:
        """For each position the first one of its component."""
        first = np.flatnonzero(np.diff(self.component, prepend=-1))
        return np.repeat(first, np.diff(first, append=len(self.index)))

    def of(self, commands: str) -> Ints:
        """Returns the positions of the named commands."""
        if commands not in self._positions:
            self._positions[commands] = np.flatnonzero(self._are(commands))
        return self._positions[commands]

    def before(self, commands: str) -> npt.NDArray[np.int32]:
        """Returns for each position how many of the named commands stand before it in the lane."""
        if commands not in self._counts:
            is_one = self._are(commands)
            self._counts[commands] = np.cumsum(is_one, dtype=np.int32) - is_one
        return self._counts[commands]

    def latest(self, commands: str) -> Ints:
        """Returns for each position that of the latest named command before it, or -1.

        Commands of other components don't count.
        """
        if commands not in self._latest:
            found = np.append(self.of(commands), -1)[self.before(commands) - 1]
            self._latest[commands] = np.where(found >= self.start, found, -1)
        return self._latest[commands]

    def instants(self, name: Instant, commands: str) -> Ints:
        """Returns when the named commands bring about an instant.

        In cycles of the component's clock: those of different components lie so far apart that
        nothing in one of them can be soon after anything in another.
        """
        if (name, commands) not in self._instants:
            positions = self.of(commands)
            if name == "precharge":
                index = self.index[positions]
                after = self._trace.precharge[index] - self._trace.time[index]
            else:
                after = self._trace.offsets[name][self._code[positions]]
            self._instants[name, commands] = self._time[positions] + after
        return self._instants[name, commands]

    def _are(self, commands: str) -> Mask:
        if commands == LAST_OF_ROUND:
            return self._trace.ends_round[self.index]
        is_one = np.zeros(len(_CODES), np.bool_)
        is_one[codes(commands)] = True
        marked: Mask = is_one[self._code]
        return marked


def _offsets(datasheet: Datasheet) -> dict[str, Ints]:
    """For each instant but `precharge`, how long after its issue each command brings it about."""
    access = datasheet.access
    command = _table({name: cycles - 1 for name, cycles in datasheet.command_cycles.items()})
    burst = command + _table({READS: access.read_burst, WRITES: access.write_burst})
    return {
        "issue": np.zeros_like(command),
        "command": command,
        "column": command + _table({COLUMN: access.column}),
        "burst": burst,
        "burst_end": burst + _table({COLUMN: access.burst}),
        "write_end": command + _table({WRITES: access.write_end}),
    }
