"""The vocabulary in which a standard's timing constraints are written down."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

from archgym.dram.organization import Organization

COMMANDS: tuple[str, ...] = (
    "ACT", "PREPB", "RD", "RDA", "WR", "WRA",
    "REFPB", "REFP2B", "REFSB", "PRESB", "PREAB", "REFAB",
    "PDEA", "PDXA", "PDEP", "PDXP", "SREFEN", "SREFEX",
)  # fmt: skip
"""Every command of any standard, named as by DRAMSys.

PREPB, REFPB: of one bank. REFP2B: of a bank and its partner. PRESB, REFSB: of the same bank in
every bank group. PREAB, REFAB: of all banks. PDEA, PDXA: entry to and exit from power-down with a
row open. PDEP, PDXP: the same with none open. SREFEN, SREFEX: self-refresh.
"""

READS, WRITES = ["RD", "RDA"], ["WR", "WRA"]
COLUMN = [*READS, *WRITES]
POWER_DOWN_ENTRY, POWER_DOWN_EXIT = ["PDEA", "PDEP"], ["PDXA", "PDXP"]

UNREAD_VDD_AND_VPP = (
    "vdd idd0 idd2n idd2p idd3n idd3p idd4r idd4w idd5b idd5bpb idd6n iBeta_vdd "
    "vpp ipp0 ipp2n ipp2p ipp3n ipp3p ipp4r ipp4w ipp5b ipp5bpb ipp6n iBeta_vpp vddq"
)
"""`Standard.unread_power` of memories with a core supply and a pump supply."""


@dataclass(frozen=True)
class TimingConstraint:
    """A `following` command must come at least `cycles` after a `previous` one.

    Attributes:
        scope: Where the two commands must meet for the constraint to hold: in the same bank, the
            same bank group, the same rank, in different stacks of a rank, or in different ranks. A
            command that addresses several banks meets another in each of them.
        previous: Names of the commands that it starts from.
        following: Names of the commands that it delays.
        cycles: The distance between the two on the command bus, in clock cycles.
        when: `round_ends` restricts it to the REFPB that is the last of a round over all banks of
            the rank, `round_goes_on` to every other REFPB.
    """

    scope: Literal["bank", "bank_group", "rank", "other_stack", "other_rank"]
    previous: Sequence[str]
    following: Sequence[str]
    cycles: int
    when: Literal["always", "round_ends", "round_goes_on"] = "always"


@dataclass(frozen=True)
class ActivateWindow:
    """In a rank, at most `count` of `commands` may issue within `cycles`.

    A command counts from its last cycle on the command bus, as in JEDEC's tables: the one that
    comes `count` later may end `cycles` after it ends.
    """

    commands: Sequence[str]
    count: int
    cycles: int


@dataclass(frozen=True)
class Refresh:
    """One granularity of refresh.

    Attributes:
        command: What refreshes: REFAB, REFPB, REFP2B or REFSB.
        precharge: What closes the banks before it: PREAB, PREPB or PRESB.
        interval: Cycles between two of `command` in a rank, on average.
        duration: Cycles for which the banks that it addresses are busy.
        per_interval: How many of `command` are due in a tREFI: 1 for all banks, the banks of a rank
            for per-bank refresh, the banks of a group for same-bank refresh; 2 or 4 for all banks
            where each refreshes as many times fewer rows (fine granularity).
    """

    command: str
    precharge: str
    interval: int
    duration: int
    per_interval: int

    @property
    def round_size(self) -> int:
        """How many of `command` address every bank of a rank once."""
        return 1 if self.command == "REFAB" else self.per_interval


@dataclass(frozen=True)
class Latencies:
    """What follows an access, in cycles from the command.

    Attributes:
        read: To the end of a read's data.
        write: To the end of a write's data.
        read_to_precharge: From RDA to the start of the precharge that it contains.
        write_to_precharge: The same for WRA.
        burst: For how long the data of one access occupy the bus.
    """

    read: int
    write: int
    read_to_precharge: int
    write_to_precharge: int
    burst: int


@dataclass(frozen=True)
class Rules:
    """A standard applied to one device: everything in clock cycles.

    Attributes:
        constraints: The table of timing constraints.
        activate_windows: Limits on activates, such as tFAW.
        refreshes: By value of `RefreshPolicy`, the granularities that the device offers.
        latencies: What follows an access.
        row_active_min: tRAS.
    """

    constraints: Sequence[TimingConstraint]
    activate_windows: Sequence[ActivateWindow]
    refreshes: Mapping[str, Refresh]
    latencies: Latencies
    row_active_min: int


@dataclass(frozen=True)
class Standard:
    """What a simulator needs to know of a DRAM standard, besides a device's numbers.

    Attributes:
        name: As in a device's `memoryType`.
        timing: Names of the timing parameters that a device must give, separated by spaces.
        currents: Likewise of the currents and voltages that it must give if it gives any.
        refresh_modes: Values of a device's `RefMode`, which are among the timing parameters as
            `REFM`; empty where the standard has none.
        rules: Applies the standard to a device's timing parameters, which are in clock cycles and
            named as in its data, and its organization.
        refresh_flexibility: The most refreshes of all banks that may be postponed, or pulled in, or
            refresh intervals that may pass in a row without one.
        beats_per_cycle: Beats of data a clock cycle: a device's `dataRate`.
        burst_lengths: Beats of the bursts that `rules` has been written for.
        fastest_mt_per_s: Million beats of data per second that no device exceeds, those sold as
            overclocked included.
        levels: Those of a device's keys `nbrOfRanks`, `nbrOfPseudoChannels` and `nbrOfStacks` that
            may be above 1, separated by spaces: `rules` has constraints for them.
        optional: Names of what a device may give beside `timing` and `currents`.
        ignores: Names of timing parameters, currents and voltages of DRAMSys's files that are not
            read, separated by spaces -> why they don't matter.
        unread_power: Names of the currents and voltages that a device may give although there is no
            power model that reads them, separated by spaces.
        command_cycles: How long commands occupy the command bus, where that is not one cycle.
        has_column_bus: Whether accesses have a command bus of their own, apart from the rest.
        power_domains: One mapping a supply, from the symbols of the power model (`V`, `I0`, ...)
            to names among the device's voltages and currents.
        dramsys_omits: (previous, following) pairs of the table that DRAMSys 5.5 does not enforce.
        dramsys_rules: What DRAMSys 5.5 enforces in place of `rules`, where omissions are not
            enough to describe it.
    """

    name: str
    timing: str
    currents: str
    rules: Callable[[Mapping[str, int], Organization], Rules]
    refresh_flexibility: int
    beats_per_cycle: int
    burst_lengths: Sequence[int]
    fastest_mt_per_s: int
    levels: str = "nbrOfRanks"
    optional: str = ""
    ignores: Mapping[str, str] = field(default_factory=dict)
    refresh_modes: Sequence[int] = ()
    power_domains: Sequence[Mapping[str, str]] = ()
    unread_power: str = ""
    command_cycles: Mapping[str, int] = field(default_factory=dict)
    has_column_bus: bool = False
    dramsys_omits: Sequence[tuple[str, str]] = ()
    dramsys_rules: Callable[[Mapping[str, int], Organization], Rules] | None = None


def from_last_cycles(
    constraints: Iterable[TimingConstraint], command_cycles: Mapping[str, int]
) -> list[TimingConstraint]:
    """Converts distances between the last cycles of commands into ones between their starts.

    Where commands take several cycles, JEDEC counts from the last one of either.

    Args:
        constraints: Their `cycles` as in JEDEC's tables.
        command_cycles: How long commands occupy the command bus, where that is not one cycle.
    """

    def length(command: str) -> int:
        return command_cycles.get(command, 1)

    return [
        replace(pair, cycles=pair.cycles + length(pair.previous[0]) - length(pair.following[0]))
        for pair in pairs(constraints)
    ]


def override(
    constraints: Iterable[TimingConstraint], others: Sequence[TimingConstraint]
) -> list[TimingConstraint]:
    """Returns `constraints`, with `others` instead where both concern the same scope and pair."""

    def key(pair: TimingConstraint) -> tuple[str, str, str]:
        return pair.scope, pair.previous[0], pair.following[0]

    replaced = {key(pair) for pair in pairs(others)}
    return [*(pair for pair in pairs(constraints) if key(pair) not in replaced), *others]


def pairs(constraints: Iterable[TimingConstraint]) -> Iterator[TimingConstraint]:
    """Yields the same constraints, each between one previous and one following command."""
    for constraint in constraints:
        for previous, following in product(constraint.previous, constraint.following):
            yield replace(constraint, previous=[previous], following=[following])
