"""The vocabulary in which a standard's rules are written down: JEDEC's parameters and instants.

A rule of a data sheet runs between two *instants* that a command brings about, for instance from
the end of write data to the start of a precharge. The simulators' tables, which this package must
not depend on, hold distances between commands instead.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from archgym.dram.organization import Organization

READS, WRITES = "RD RDA", "WR WRA"
COLUMN = f"{READS} {WRITES}"
PRECHARGES = "PREPB PRESB PREAB"
CLOSING = f"RDA WRA {PRECHARGES}"
PARTIAL_REFRESHES = "REFPB REFP2B REFSB"
REFRESHES = f"REFAB {PARTIAL_REFRESHES}"
POWER_DOWN_ENTRY, POWER_DOWN_EXIT = "PDEA PDEP", "PDXA PDXP"
BANK_COMMANDS = f"ACT {COLUMN} {PRECHARGES} {PARTIAL_REFRESHES}"
COMMANDED = f"{BANK_COMMANDS} REFAB SREFEN"
"""What a rank decodes that is awake, power-down apart."""
AWAKE = f"{COMMANDED} {POWER_DOWN_ENTRY}"

LAST_OF_ROUND = "the last refresh of a round"
"""Stands for the partial refreshes with which every bank of the rank has had its turn."""

Scope = Literal["bank", "bank_group", "rank"]
LONG_AND_SHORT: tuple[tuple[Scope, str], ...] = (("bank_group", "L"), ("rank", "S"))
"""Where the long and the short form of a parameter hold, and how their names end."""

Instant = Literal["issue", "command", "column", "burst", "burst_end", "write_end", "precharge"]
"""`issue`: the first cycle on the command bus. `command`: the cycle from which JEDEC counts, the
last one on the bus. `column`: when the array is accessed, after the additive latency. `burst`,
`burst_end`: the start and end of the data on the bus. `write_end`: from where write recovery
counts. `precharge`: the start of a precharge, for RDA and WRA of the one that they contain."""


@dataclass(frozen=True)
class Spacing:
    """How far `following` commands stay away from all `previous` ones of their component.

    Attributes:
        rule: Its name, JEDEC's parameter where there is one.
        scope: The component in which the two meet.
        previous: Names of the commands that it starts from, separated by spaces.
        following: Names of the commands that it delays.
        cycles: The distance, in clock cycles.
        since: The instant of the previous command from which it counts.
        at: The instant of the following command up to which it counts.
    """

    rule: str
    scope: Scope
    previous: str
    following: str
    cycles: int
    since: Instant = "command"
    at: Instant = "command"


@dataclass(frozen=True)
class Window:
    """In a rank, at most `count` of `commands` in any `cycles`."""

    rule: str
    commands: str
    count: int
    cycles: int


@dataclass(frozen=True)
class Access:
    """What follows a column command, in cycles from the one from which JEDEC counts.

    Attributes:
        read_burst: To the first read data on the bus.
        write_burst: To the first write data on the bus.
        burst: For how long the data occupy the bus.
        write_end: To the instant from which tWR and tWTR count.
        read_to_precharge: From RDA to the start of its precharge, tRAS permitting.
        write_recovery: tWR.
        row_active: tRAS, which a precharge inside RDA or WRA awaits.
        column: Additive latency, after which the array is accessed.
    """

    read_burst: int
    write_burst: int
    burst: int
    write_end: int
    read_to_precharge: int
    write_recovery: int
    row_active: int
    column: int = 0


@dataclass(frozen=True)
class DataBus:
    """The least gaps between bursts, in cycles.

    Attributes:
        rank_switch: Between bursts of different ranks.
        read_preamble: Before a read's data, which another rank's data must not overlap.
        write_preamble: Before a write's data.
        stack_switch: Between reads of different stacks.
    """

    rank_switch: int = 0
    read_preamble: int = 0
    write_preamble: int = 0
    stack_switch: int = 0


@dataclass(frozen=True)
class RefreshDuty:
    """How often a rank must be refreshed.

    Attributes:
        interval: tREFI: cycles between two refreshes of all its banks, on average.
        flexibility: How many of them may be outstanding, or issued in advance.
        round_size: How many commands refresh all its banks once.
        most: How many refreshes of all its banks may begin within `most_in`; `None` for any number.
        most_in: Cycles.
        group: How many refreshes of all banks must come together before self-refresh.
    """

    interval: int
    flexibility: int
    round_size: int = 1
    most: int | None = None
    most_in: int = 0
    group: int = 1


@dataclass(frozen=True)
class Datasheet:
    """A standard's rules for one device.

    Attributes:
        commands: Names of the commands that the standard knows, separated by spaces.
        access: What follows a column command.
        data_bus: Gaps between bursts.
        spacings: Distances between commands.
        windows: Limits on activates.
        refresh: For each command that refreshes, what is due where it is used; REFAB can stand in
            for a round of any other.
        command_cycles: How long commands occupy the command bus, where that is not one cycle.
        off_bus: Names of the commands that are given without the command bus, by the CKE pin.
        has_column_bus: Whether column commands have a bus of their own.
    """

    commands: str
    access: Access
    data_bus: DataBus
    spacings: Sequence[Spacing]
    windows: Sequence[Window]
    refresh: Mapping[str, RefreshDuty]
    command_cycles: Mapping[str, int] = field(default_factory=dict)
    off_bus: str = f"{POWER_DOWN_ENTRY} {POWER_DOWN_EXIT} SREFEX"
    has_column_bus: bool = False


Standard = Callable[[Mapping[str, int], Organization], Datasheet]
"""Applies a standard to a device's timing parameters, in clock cycles, and its organization."""
