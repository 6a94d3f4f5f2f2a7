"""File formats for traces, both ways.

| format      | arrivals     | sizes | initiators | player | a line                                |
|-------------|--------------|-------|------------|--------|---------------------------------------|
| `stl`       | cycles       | yes   | no         | no     | `cycle: (bytes) read 0xADDRESS`       |
| `rstl`      | cycles       | yes   | no         | no     | the same, cycles since the line above |
| `loadstore` | no           | no    | no         | no     | `LD 0xADDRESS`                        |
| `simpleo3`  | instructions | no    | no         | no     | `bubbles load [store]`                |
| `dramsim3`  | cycles       | no    | no         | no     | `0xADDRESS READ cycle`                |
| `csv`       | picoseconds  | yes   | yes        | no     | numbers, below a header               |
| `parquet`   | picoseconds  | yes   | yes        | yes    |                                       |

Text may be compressed by gzip (`.gz`) or Zstandard (`.zst`); Parquet compresses itself. A file is
known by what is in it; only whether the cycles of an `.rstl` file are gaps is told by its ending.
Other packages can add formats, see `catalogue`.

What a file does not say is left open or assumed: a request without a size is one burst of the
device, a trace without arrivals is played closed with 16 outstanding (or open, one request per
cycle), others open; the initiator is 0. Reads and writes are never guessed. Cycles are those of
`clock_mhz`, each of which begins at the picosecond nearest to it; the instructions of `simpleo3`
pass at `clock_mhz` too, which for a core is its clock times its instructions per cycle.
What had to be assumed stands in the trace's `notes`; what a format can't hold of a trace is
returned by `write`.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from archgym import atomic
from archgym.errors import ArchgymError, unknown
from archgym.traces.clock import MHZ, TraceClock, is_clock
from archgym.traces.formats import catalogue
from archgym.traces.formats.catalogue import FORMATS
from archgym.traces.formats.columns import Columns, Ints, check_ascending
from archgym.traces.formats.format import ARRIVAL, INITIATOR, PLAYER, SIZE, Format
from archgym.traces.formats.lines import excerpt, is_blank
from archgym.traces.formats.parquet import MAGIC, PARQUET
from archgym.traces.formats.source import COMPRESSION_SUFFIXES, Block, blocks, magic
from archgym.traces.formats.stl import RSTL
from archgym.traces.player import OPEN, WITHOUT_TIMES
from archgym.traces.trace import Trace

__all__ = ["FORMATS", "MOST_BYTES", "TraceFile", "decode", "format_to_write", "read", "write"]

_PICOSECONDS = TraceClock(Fraction(1))

MOST_BYTES = 2**24
"""The largest size that requests can be given whose file states none."""


@dataclass(frozen=True)
class TraceFile:
    """A file that has been read: its format, and what it says.

    Attributes:
        path: The file.
        format: Its format.
        columns: What it says of its requests.
    """

    path: Path
    format: Format
    columns: Columns

    @property
    def unit(self) -> str:
        """What its times count, a cycle where it has none."""
        return self.format.unit if self.has_times else "cycle"

    @property
    def has_times(self) -> bool:
        """Whether it says when its requests are made."""
        return self.columns.time is not None

    @property
    def needs_clock(self) -> bool:
        """Whether `trace` needs a clock."""
        return self.unit != "picosecond"

    @property
    def clock_is_for(self) -> str:
        """What `trace` needs a clock for, as a sentence."""
        if self.has_times:
            return f"trace {self.path} counts in {self.unit}s"
        return f"trace {self.path} has no times and gets one request per cycle"

    def trace(
        self,
        clock_mhz: float | None = None,
        size: int | None = None,
        *,
        reads_only: bool = False,
        device_clock_mhz: float | None = None,
    ) -> Trace:
        """Makes a trace of what the file says; can be called once.

        Args:
            clock_mhz: Clock in which the file counts.
            size: Bytes of a request that states none; by default it states none in the trace.
            reads_only: Whether a file that does not say which requests write has reads only.
            device_clock_mhz: Clock that is assumed if `clock_mhz` is not given.

        Raises:
            ArchgymError: A clock is needed, an option is not possible, the file does not say which
                requests write or says it in spite of `reads_only`, or requests descend in time or
                are later than picoseconds hold.
        """
        columns, path, unit = self.columns, self.path, self.unit
        _check_options(size, reads_only)
        time = np.arange(len(columns)) if columns.time is None else columns.time
        clock = device_clock_mhz if clock_mhz is None else clock_mhz
        ticks = _clock(clock, self.clock_is_for) if self.needs_clock else _PICOSECONDS
        check_ascending(columns, path, unit)
        if not ticks.fits(int(time[-1])):
            raise ArchgymError(
                f"{path}: ends after {unit} {time[-1]}, beyond what picoseconds hold"
            )
        sizes: Any = size or 0
        if columns.size is not None:
            sizes = columns.size
            sizes[sizes == 0] = size or 0
        return Trace(
            arrival_ps=ticks.arrival_ps(time, out=time),
            address=columns.address,
            is_write=self._directions(reads_only),
            size=sizes,
            initiator=0 if columns.initiator is None else columns.initiator,
            player=columns.player or (OPEN if self.has_times else WITHOUT_TIMES),
            name=path.name.partition(".")[0],
            path=path,
            line=columns.line,
            has_times=self.has_times,
            notes=self._notes(clock if clock_mhz is None else None),
        )

    def _directions(self, reads_only: bool) -> Any:
        is_write = self.columns.is_write
        if is_write is None:
            if not reads_only:
                raise ArchgymError(
                    f"{self.path}: there is no column 'is_write'; if no request writes, say so by "
                    "reads_only (--reads-only)"
                )
            return np.zeros(len(self.columns), np.bool_)
        if reads_only and is_write.any():
            where = self.columns.where(self.path, int(np.argmax(is_write)))
            raise ArchgymError(f"{where}: writes, in spite of reads_only (--reads-only)")
        return is_write

    def _notes(self, assumed_clock_mhz: float | None) -> list[str]:
        """Says as what a file is read, unless its ending says so and nothing is assumed."""
        words = [f"{self.path}: read as {self.format.name}"]
        if self.has_times and self.needs_clock and assumed_clock_mhz is not None:
            words.append(f"in {self.unit}s of the device's clock, {assumed_clock_mhz:g} MHz")
        if self.format is RSTL:
            words.append("cycles after a response taken for cycles after the request before")
        named, _ = _by_ending(self.path)
        if len(words) == 1 and named is self.format and self.has_times:
            return []
        return [", ".join(words)]


def decode(path: str | Path) -> TraceFile:
    """Reads a file of any format.

    Raises:
        ArchgymError: The file can't be read, is empty, of no known format, or a line is not of its
            format; the message names the line.
    """
    path = Path(path)
    if magic(path, len(MAGIC)) == MAGIC:
        return TraceFile(path, PARQUET, PARQUET.decode(path, ()))
    format, text = _detect(path)
    return TraceFile(path, format, format.decode(path, text))


def read(
    path: str | Path,
    clock_mhz: float | None = None,
    size: int | None = None,
    *,
    reads_only: bool = False,
    device_clock_mhz: float | None = None,
) -> Trace:
    """Reads a trace file of any format; see `TraceFile.trace` for what else can be said of it.

    Args:
        path: The file.
        clock_mhz: Clock in which the file counts; for one that states picoseconds, not needed.
        size: Bytes of a request that states none; by default it states none in the trace either.
        reads_only: Whether a file that does not say which requests write has reads only.
        device_clock_mhz: Clock that is assumed if `clock_mhz` is not given.

    Raises:
        ArchgymError: The file is not a trace, or something has to be said of it.
    """
    return decode(path).trace(
        clock_mhz, size, reads_only=reads_only, device_clock_mhz=device_clock_mhz
    )


def write(
    trace: Trace, path: str | Path, format: str | None = None, clock_mhz: float | None = None
) -> list[str]:
    """Writes a trace, compressed if the path ends with `.gz` or `.zst`.

    Args:
        trace: What to write.
        path: The file; it is replaced as a whole or not at all.
        format: Its name; by default the one of the path's ending.
        clock_mhz: Clock of the cycles to count in, for a format that counts in cycles.

    Returns:
        What of the trace `read` does not get back from the file, in a few words each.

    Raises:
        ArchgymError: The format is not known or can't hold the trace, a clock is needed, or the
            file can't be written.
    """
    path = Path(path)
    chosen, compression = format_to_write(path, format)
    clock = _PICOSECONDS
    if chosen.needs_clock and ARRIVAL in chosen.carries:
        clock = _clock(clock_mhz, f"trace {path} counts in {chosen.unit}s")
    time = chosen.schedule(trace, clock.cycles(trace.arrival_ps))
    try:
        with atomic.output(path) as temporary, ExitStack() as stack:
            file: Any = stack.enter_context(temporary.open("wb"))
            if compression is not None:
                sink = pa.PythonFile(file, "w")
                file = stack.enter_context(pa.CompressedOutputStream(sink, compression))
            chosen.encode(trace, time, file)
    except OSError as error:
        raise ArchgymError(f"can't write trace {path}: {error.strerror or error}") from error
    return _losses(trace, chosen, time, clock)


def _detect(path: Path) -> tuple[Format, Iterable[Block]]:
    """Tells a text file's format by its first request or header, and returns its lines too."""
    named, _ = _by_ending(path)
    text = blocks(path)
    for block in text:
        for number, line in enumerate(block.text.split(b"\n")[:-1], start=block.line):
            if is_blank(line):
                continue
            # The ending tells apart what looks the same, and what a malformed line should be.
            if named is not None and (named.recognizes(line) or not catalogue.recognize(line)):
                return named, chain([block], text)
            found = catalogue.recognize(line)
            if found is None:
                raise ArchgymError(
                    f"{path}:{number}: of no known trace format ({', '.join(catalogue.names())}), "
                    f"found {excerpt(line)}"
                )
            return found, chain([block], text)
    raise ArchgymError(f"trace {path} is empty")


def _by_ending(path: Path) -> tuple[Format | None, str | None]:
    """Returns the format and the compression that a path's ending names."""
    compression = COMPRESSION_SUFFIXES.get(path.suffix)
    stem = path if compression is None else path.with_suffix("")
    return catalogue.find(stem.suffix.removeprefix(".")), compression


def format_to_write(path: Path, name: str | None) -> tuple[Format, str | None]:
    """Returns the format and the compression in which `write` writes a file.

    Raises:
        ArchgymError: The path names no format, and `name` is none.
    """
    found, compression = _by_ending(path)
    if name is not None:
        found = catalogue.find(name)
        if found is None:
            raise unknown("trace format", name, catalogue.names())
    if found is None:
        endings = ", ".join(f".{name}" for name in catalogue.names())
        raise ArchgymError(
            f"trace {path} has none of the endings {endings}, and no format is given"
        )
    if found is PARQUET and compression is not None:
        raise ArchgymError(f"trace {path}: Parquet compresses itself and takes no {path.suffix}")
    return found, compression


def _clock(clock_mhz: float | None, reason: str) -> TraceClock:
    if clock_mhz is None:
        raise ArchgymError(f"{reason}: clock_mhz is needed (--clock-mhz)")
    if not is_clock(clock_mhz):
        raise ArchgymError(f"clock_mhz must be {MHZ}, not {clock_mhz!r}")
    return TraceClock.of_mhz(clock_mhz)


def _check_options(size: Any, reads_only: Any) -> None:
    """Checks what a specification may hold anything for."""
    is_whole = isinstance(size, int) and not isinstance(size, bool)
    if size is not None and not (is_whole and 1 <= size <= MOST_BYTES):
        raise ArchgymError(f"size must be a whole number from 1 to {MOST_BYTES:,}, not {size!r}")
    if not isinstance(reads_only, bool):
        raise ArchgymError(f"reads_only must be true or false, not {reads_only!r}")


def _losses(trace: Trace, format: Format, time: Ints, clock: TraceClock) -> list[str]:
    states_times = format.states_times(trace.has_times)
    lost = []
    differs = {
        ARRIVAL: trace.has_times,
        SIZE: bool(trace.size.any()),
        INITIATOR: bool(trace.initiator.any()),
        PLAYER: trace.player != (OPEN if states_times else WITHOUT_TIMES),
    }
    for name, is_there in differs.items():
        if is_there and name not in format.carries:
            lost.append(f"{name} {'is' if name == PLAYER else 'are'} lost")
    if states_times and not trace.has_times:
        lost.append("arrivals are made up, for there are none")
    elif states_times and (clock.arrival_ps(time) != trace.arrival_ps).any():
        lost.append(f"arrivals are moved to {format.unit}s of {float(clock.period_ps):.10g} ps")
    return lost
