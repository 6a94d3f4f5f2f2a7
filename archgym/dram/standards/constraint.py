"""The vocabulary in which a standard's timing constraints are written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TimingConstraint:
    """A `following` command must come at least `cycles` after a `previous` one.

    Attributes:
        scope: Where the two commands must meet for the constraint to hold: in the same bank, the
            same bank group, the same rank, or in different ranks.
        previous: Names of the commands that it starts from.
        following: Names of the commands that it delays.
        cycles: The distance between the two on the command bus, in clock cycles.
    """

    scope: Literal["bank", "bank_group", "rank", "other_rank"]
    previous: Sequence[str]
    following: Sequence[str]
    cycles: int


@dataclass(frozen=True)
class Standard:
    """What a simulator needs to know of a DRAM standard, besides a device's numbers.

    Attributes:
        constraints: Gives the table of constraints for a device's timing parameters, which are in
            clock cycles and named as in its data; `BL` is the burst length in beats.
        refresh_cycle: Name of the parameter that is the duration of an all-bank refresh.
        refresh_flexibility: The most refreshes that may be postponed, or pulled in, or refresh
            intervals that may pass in a row without one.
        power_domains: One mapping a supply, from the symbols of the power model (`V`, `I0`, ...)
            to names among the device's voltages and currents.
        dramsys_omits: (previous, following) pairs of the table that DRAMSys 5.5 does not enforce.
    """

    constraints: Callable[[Mapping[str, int]], list[TimingConstraint]]
    refresh_cycle: str
    refresh_flexibility: int
    power_domains: Sequence[Mapping[str, str]]
    dramsys_omits: Sequence[tuple[str, str]] = ()
