"""How a trace is played: open, at the times it states, or closed, as fast as responses allow.

A trace states when its requests were made on the system that it was recorded on. On a slower one
the program would have stalled and made them later: a closed player takes no more from the trace
than each initiator's order. How much the answer can depend on it: Schroeder, Wierman and
Harchol-Balter, "Open Versus Closed: A Cautionary Tale", NSDI 2006.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from archgym.errors import ArchgymError, unknown

MODES = ("open", "closed")

_MAX_OUTSTANDING = 65536
_MAX_THINK_TIME_PS = 10**12


@dataclass(frozen=True)
class Player:
    """Decides when an initiator makes the requests of its part of the trace, in order.

    An open player makes each when it arrives in the trace. A closed one ignores arrivals. It has
    `max_outstanding` slots: a request takes the one that was free first, at time 0 or
    `think_time_ps` after the response to the request that had it before. So the `max_outstanding`
    first requests are made at time 0, and from then on every response frees one request. If the
    player is `dependent`, a request is also not made before `think_time_ps` after the response to
    the last read before it: its address or data are computed from what was read, whereas writes
    hold up nobody as long as there are slots.

    The latency of a request is the time from when it is made, whichever way that is decided, to the
    end of its response.

    Attributes:
        mode: `open` or `closed`.
        max_outstanding: Requests that an initiator may have under way; 1 to 65536, `None` if open.
        think_time_ps: What passes between a response and a request that waited for it; up to 1 s.
        dependent: Whether each request waits for the last read before it.

    Raises:
        ArchgymError: An attribute has an impossible value, or a closed player's is given to an
            open one.
    """

    mode: str = "open"
    max_outstanding: int | None = None
    think_time_ps: int = 0
    dependent: bool = False

    def __post_init__(self) -> None:
        """Checks the attributes."""
        if self.mode not in MODES:
            raise unknown("player", self.mode, MODES)
        if self.mode == "open":
            for field in fields(self)[1:]:
                if getattr(self, field.name) != field.default:
                    raise ArchgymError(
                        f"{field.name} is a closed player's, and an open one takes the trace's "
                        "arrivals as they are"
                    )
            return
        if self.max_outstanding is None:
            raise ArchgymError(
                "a closed player needs max_outstanding, the requests that an initiator may have "
                "under way"
            )
        _check_whole("max_outstanding", self.max_outstanding, 1, _MAX_OUTSTANDING)
        _check_whole("think_time_ps", self.think_time_ps, 0, _MAX_THINK_TIME_PS)
        if not isinstance(self.dependent, bool):
            raise ArchgymError(f"dependent must be true or false, not {self.dependent!r}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Player":
        """Makes a player of its attributes, as a file has them.

        Raises:
            ArchgymError: A name is not known, or a value is not possible.
        """
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise unknown("setting of a player", name, names)
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """Returns what `from_mapping` takes: the mode, and what else is not at its default."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value
            for name, value in given.items()
            if name == "mode" or value != getattr(OPEN, name)
        }

    def __str__(self) -> str:
        """Says it in a few words, e.g. `closed, 8 outstanding`."""
        words = [self.mode]
        if self.max_outstanding is not None:
            words.append(f"{self.max_outstanding} outstanding")
        if self.think_time_ps:
            words.append(f"think time {self.think_time_ps} ps")
        if self.dependent:
            words.append("dependent")
        return ", ".join(words)


def _check_whole(name: str, value: Any, least: int, most: int) -> None:
    # Python holds True for 1; a switch given for a number is a mistake.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ArchgymError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


OPEN = Player()
"""Plays a trace at its own times."""

WITHOUT_TIMES = Player("closed", max_outstanding=16)
"""Plays a trace that has no times, unless something else is asked for."""
