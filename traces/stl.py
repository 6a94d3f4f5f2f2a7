"""The `.stl` text format of DRAMSys: `cycle: [(bytes)] read|write 0xADDRESS [0xDATA]`.

Blank lines and lines that start with `#` are skipped; the data of a write are not kept. A `.rstl`
file's cycles count from the end of the previous transaction, which an open trace can't know: they
are taken as the time between two arrivals.
"""

import gzip
import os
import re
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from archgym.dram.trace import Trace
from archgym.errors import ArchgymError

SUFFIXES = (".stl", ".stl.gz", ".rstl", ".rstl.gz")

_EXPECTED = "'cycle: [(bytes)] read|write 0xADDRESS [0xDATA]'"
_LINE = re.compile(
    rb"[ \t]*([0-9]+)[ \t]*:[ \t]*(?:\([ \t]*([0-9]+)[ \t]*\)[ \t]*)?(read|write)[ \t]+"
    rb"(?:0[xX])?([0-9a-fA-F]+)(?:[ \t]+0[xX][0-9a-fA-F]*)?[ \t]*\r?"
)

Ints = npt.NDArray[np.int64]


class _Columns(NamedTuple):
    """What a file says; `size` is 0 where it states none."""

    cycle: Ints
    size: Ints
    is_write: npt.NDArray[np.bool_]
    address: npt.NDArray[np.uint64]
    line: Ints


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
    content = _content(path)
    columns = _parse_plain(content) or _parse_any(content, path)
    cycle = columns.cycle
    if ".rstl" in path.suffixes:
        cycle = np.cumsum(cycle)
    else:
        _check_ascending(path, columns)
    if int(cycle[-1]) * period >= 2**63:
        raise ArchgymError(f"{path}: ends after cycle {cycle[-1]}, beyond what picoseconds hold")
    return Trace(
        arrival_ps=cycle * period,
        address=columns.address,
        is_write=columns.is_write,
        size=np.where(columns.size == 0, size, columns.size),
        name=path.name.partition(".")[0],
        path=path,
        line=columns.line,
    )


def write(trace: Trace, path: str | Path, clock_mhz: float) -> None:
    """Writes a trace as `.stl`, gzipped if the path ends with `.gz`.

    Arrivals are rounded down to cycles; initiators are left out.

    Args:
        trace: What to write.
        path: The file; it is replaced as a whole or not at all.
        clock_mhz: Clock of the cycles to count in.

    Raises:
        ArchgymError: The file can't be written.
    """
    path = Path(path)
    cycles = trace.arrival_ps // round(1e6 / clock_mhz)
    requests = zip(cycles, trace.size, trace.is_write, trace.address, strict=True)
    text = "".join(
        f"{cycle}: ({size}) {'write' if is_write else 'read'} {address:#x}\n"
        for cycle, size, is_write, address in requests
    ).encode()
    if path.suffix == ".gz":
        # No time stamp, so that equal traces make equal files.
        text = gzip.compress(text, mtime=0)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(text)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ArchgymError(f"can't write trace {path}: {error.strerror}") from error


def _content(path: Path) -> bytes:
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                return file.read()
        return path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ArchgymError(f"trace {path} is not a whole gzip file: {error}") from error
    except OSError as error:
        raise ArchgymError(f"can't read trace {path}: {error.strerror}") from error


def _parse_any(content: bytes, path: Path) -> _Columns:
    """Parses line by line: everything that the format allows, with exact errors."""
    requests = []
    for number, text in enumerate(content.split(b"\n"), start=1):
        match = _LINE.fullmatch(text)
        if match is None:
            if not text.strip() or text.startswith(b"#"):
                continue
            found = repr(text[:40].decode("utf-8", errors="replace"))
            raise ArchgymError(f"{path}:{number}: expected {_EXPECTED}, found {found}")
        cycle, size, direction, address = match.groups()
        request = (int(cycle), int(size or 0), direction == b"write", int(address, 16), number)
        if request[0] >= 2**63 or request[1] >= 2**32 or request[3] >= 2**64:
            raise ArchgymError(f"{path}:{number}: a number is too large for its field")
        if size is not None and request[1] == 0:
            raise ArchgymError(f"{path}:{number}: a request of 0 bytes")
        requests.append(request)
    if not requests:
        raise ArchgymError(f"trace {path} is empty")
    cycles, sizes, is_write, addresses, numbers = zip(*requests, strict=True)
    return _Columns(
        np.array(cycles, dtype=np.int64),
        np.array(sizes, dtype=np.int64),
        np.array(is_write, dtype=np.bool_),
        np.array(addresses, dtype=np.uint64),
        np.array(numbers, dtype=np.int64),
    )


def _parse_plain(content: bytes) -> _Columns | None:
    """Parses a file of nothing but lines `cycle: read|write 0xADDRESS`, all of them at once.

    Returns:
        The columns, or `None` if there is any other line: then `_parse_any` has to look at it.
    """
    text = np.frombuffer(content + b"\n" + bytes(16), dtype=np.uint8)
    end = np.flatnonzero(text == ord("\n"))
    if content.endswith(b"\n"):
        end = end[:-1]
    colon = np.flatnonzero(text == ord(":"))
    if end.size == 0 or colon.size != end.size:
        return None
    start = np.concatenate([[0], end[:-1] + 1])
    end = end - (text[end - 1] == ord("\r"))
    is_write = text[colon + 2] == ord("w")
    address = np.where(is_write, colon + len(": write 0x"), colon + len(": read 0x"))
    if (start >= colon).any() or (address >= end).any():
        return None
    for pattern, where in ((b": read 0x", colon[~is_write]), (b": write 0x", colon[is_write])):
        for offset, character in enumerate(pattern):
            if (text[where + offset] != character).any():
                return None
    cycles, addresses = _numbers(text, start, colon, 10), _numbers(text, address, end, 16)
    if cycles is None or addresses is None:
        return None
    count = end.size
    return _Columns(
        cycles.astype(np.int64),
        np.zeros(count, dtype=np.int64),
        is_write,
        addresses,
        np.arange(1, count + 1),
    )


# Value of each character as a digit; 255 where it is none.
_DIGITS = np.full(256, 255, dtype=np.uint8)
_DIGITS[list(b"0123456789abcdef")] = range(16)
_DIGITS[list(b"ABCDEF")] = range(10, 16)


def _numbers(
    text: npt.NDArray[np.uint8], start: Ints, end: Ints, base: int
) -> npt.NDArray[np.uint64] | None:
    """Reads the number in each `text[start:end]`; `None` if one is not a number below 2**63."""
    length = end - start
    longest = int(length.max())
    if longest > (18 if base == 10 else 15):
        return None
    values = np.zeros(start.size, dtype=np.uint64)
    for place in range(longest):
        digit = _DIGITS[text[np.maximum(end - 1 - place, start)]]
        present = length > place
        if (digit[present] >= base).any():
            return None
        values += np.where(present, digit, 0).astype(np.uint64) * np.uint64(base**place)
    return values


def _check_ascending(path: Path, columns: _Columns) -> None:
    cycle = columns.cycle
    earlier = cycle[1:] < cycle[:-1]
    if earlier.any():
        index = int(np.argmax(earlier)) + 1
        raise ArchgymError(
            f"{path}:{columns.line[index]}: cycle {cycle[index]} comes before cycle "
            f"{cycle[index - 1]} of the request before it"
        )
