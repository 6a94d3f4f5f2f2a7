"""What describes a file format: how it looks, what it can carry, and how it is read and written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archgym.traces.formats.columns import Columns, Ints
from archgym.traces.formats.source import Block
from archgym.traces.trace import Trace

ARRIVAL, SIZE, INITIATOR, PLAYER = "arrivals", "sizes", "initiators", "the player"


@dataclass(frozen=True)
class Format:
    """A file format for traces.

    Attributes:
        name: What it is called; also the ending of its files.
        carries: What it can say of a trace beside addresses and directions: some of `ARRIVAL`,
            `SIZE`, `INITIATOR` and `PLAYER`.
        unit: What its times count: `cycle`, `instruction` or `picosecond`.
        recognizes: Whether the first line that is neither blank nor a comment is one of its own.
        decode: Makes columns of a file, given as its path and its blocks.
        encode: Writes a trace whose requests are made at given times, in the format's unit.
        may_omit_times: Whether a file may say nothing of arrivals.
        schedule: Moves a trace's arrivals, which are given in the format's unit, to times that the
            format can state.
    """

    name: str
    carries: frozenset[str]
    unit: str
    recognizes: Callable[[bytes], bool]
    decode: Callable[[Path, Iterable[Block]], Columns]
    encode: Callable[[Trace, Ints, BinaryIO], None]
    may_omit_times: bool = False
    schedule: Callable[[Trace, Ints], Ints] = lambda trace, time: time

    @property
    def needs_clock(self) -> bool:
        """Whether its times are in another unit than picoseconds."""
        return self.unit != "picosecond"

    def states_times(self, has_times: bool) -> bool:
        """Whether a file of a trace that has times or not says something of arrivals."""
        return ARRIVAL in self.carries and (has_times or not self.may_omit_times)


def slices(count: int, length: int = 2**16) -> Iterator[slice]:
    """Yields the parts in which text is written, so that it is never in memory as a whole."""
    for start in range(0, count, length):
        yield slice(start, start + length)
