"""The `.stl` text format of DRAMSys: `cycle: [(bytes)] read|write 0xADDRESS [0xDATA]`.

Blank lines and lines that start with `#` are skipped; the data of a write are not kept. A `.rstl`
file's cycles count from the end of the previous transaction, which an open trace can't know: they
are taken as the time between two arrivals.
"""

import gzip
import re
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from archgym.dram.trace import Trace
from archgym.errors import ArchgymError

SUFFIXES = (".stl", ".stl.gz", ".rstl", ".rstl.gz")

_EXPECTED = "'cycle: [(bytes)] read|write 0xADDRESS [0xDATA]'"
_LINE = re.compile(
    rb"\s*(\d+)\s*:\s*(?:\(\s*(\d+)\s*\)\s*)?(read|write)\s+(?:0[xX])?([0-9a-fA-F]+)"
    rb"(?:\s+0[xX][0-9a-fA-F]*)?\s*"
)


def read(path: str | Path, clock_mhz: float, size: int = 64) -> Trace:
    """Reads an `.stl` or `.rstl` file, gzipped or not.

    Args:
        path: The file.
        clock_mhz: Clock of the trace's cycles. Its period is rounded to whole picoseconds, as
            DRAMSys does.
        size: Bytes of a request that states none.

    Raises:
        ArchgymError: The file can't be read, is empty, or a line is not of the format; the
            message names the line.
    """
    path = Path(path)
    period = round(1e6 / clock_mhz) if clock_mhz > 0 else 0
    if period < 1:
        raise ArchgymError(f"clock_mhz must be above 0 and at most 1e6, is {clock_mhz}")
    cycle, length, is_write, address, line = _parse(path, _content(path))
    size_of = np.where(length == 0, size, length)
    if ".rstl" in path.suffixes:
        cycle = np.cumsum(cycle)
    else:
        _check_ascending(path, cycle, line)
    if int(cycle[-1]) * period >= 2**63:
        raise ArchgymError(f"{path}: ends after cycle {cycle[-1]}, beyond what picoseconds hold")
    return Trace(
        arrival_ps=cycle * period,
        address=address,
        is_write=is_write,
        size=size_of,
        name=path.name.partition(".")[0],
        path=str(path),
        line=line,
    )


Columns = tuple[
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.bool_],
    npt.NDArray[np.uint64],
    npt.NDArray[np.int64],
]
"""Cycle, length in bytes (0: none stated), whether a write, address, line number."""


def _content(path: Path) -> bytes:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                return file.read()
        return path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArchgymError(f"{path} is not a whole gzip file: {error}") from error
    except OSError as error:
        raise ArchgymError(f"can't read trace {path}: {error.strerror}") from error


def _parse(path: Path, content: bytes) -> Columns:
    cycles, lengths, writes, addresses, numbers = [], [], [], [], []
    for number, text in enumerate(content.split(b"\n"), start=1):
        match = _LINE.fullmatch(text)
        if match is None:
            if not text.strip() or text.startswith(b"#"):
                continue
            raise ArchgymError(f"{path}:{number}: expected {_EXPECTED}, found {_excerpt(text)}")
        cycle, length, direction, address = match.groups()
        cycles.append(int(cycle))
        lengths.append(int(length or 0))
        writes.append(direction == b"write")
        addresses.append(int(address, 16))
        numbers.append(number)
        if cycles[-1] >= 2**63 or addresses[-1] >= 2**64 or lengths[-1] >= 2**32:
            raise ArchgymError(f"{path}:{number}: a number does not fit 64 bits (length: 32)")
    if not cycles:
        raise ArchgymError(f"trace {path} is empty")
    return (
        np.array(cycles, dtype=np.int64),
        np.array(lengths, dtype=np.int64),
        np.array(writes, dtype=np.bool_),
        np.array(addresses, dtype=np.uint64),
        np.array(numbers, dtype=np.int64),
    )


def _excerpt(text: bytes) -> str:
    return repr(text[:40].decode("utf-8", errors="replace"))


def _check_ascending(path: Path, cycle: npt.NDArray[np.int64], line: npt.NDArray[np.int64]) -> None:
    earlier = cycle[1:] < cycle[:-1]
    if earlier.any():
        index = int(np.argmax(earlier)) + 1
        raise ArchgymError(
            f"{path}:{line[index]}: cycle {cycle[index]} comes before cycle {cycle[index - 1]} "
            "of the request before it"
        )
