"""Reading formats of one request per line: blocks of plain lines all at once, others one by one.

A `Grammar` has two readers. `parse` knows all that the format allows, one line at a time. `plain`
rewrites a block of the usual lines as comma-separated columns by replacing the words between the
numbers, and leaves the numbers to Arrow's CSV reader; it gives up on a block with anything else in
it. It must never take what `parse` refuses, or read it otherwise.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from archgym.errors import ArchgymError
from archgym.traces.formats.columns import NOTHING, Columns, concatenate, to_numpy
from archgym.traces.formats.source import LONGEST_LINE, Block, too_long


class Request(NamedTuple):
    """What a line says; `size` is `None` where it states none."""

    time: int
    address: int
    is_write: bool
    size: int | None = None
    initiator: int = 0


_TYPES: dict[str, Any] = {
    "time": np.int64,
    "address": np.uint64,
    "is_write": np.bool_,
    "size": np.uint32,
    "initiator": np.uint16,
}
# Numbers below these fit.
_LIMITS = {"time": 2**63, "address": 2**64, "is_write": 2, "size": 2**32, "initiator": 2**16}


@dataclass(frozen=True)
class Grammar:
    """How the lines of a format are read.

    Attributes:
        expected: What a line should be, for error messages.
        parse: Returns the requests of a line, or `None` if it is not of the format.
        plain: Returns a block's lines as comma-separated columns, and which attribute of a
            `Request` each is, or `None` if it can't.
        directions: What stands for a read and a write in those columns.
        has_times: Whether `time` means something.
        has_directions: Whether `is_write` does.
    """

    expected: str
    parse: Callable[[bytes], Sequence[Request] | None]
    plain: Callable[[bytes], tuple[bytes, Sequence[str]] | None]
    directions: tuple[str, str] = ("r", "w")
    has_times: bool = True
    has_directions: bool = True


def decode(path: Path, blocks: Iterable[Block], grammar: Grammar) -> Columns:
    """Reads a text file.

    Raises:
        ArchgymError: There is no request, or a line is not of the format; the message names it.
    """
    columns = concatenate(_parts(path, blocks, grammar), path)
    if not grammar.has_times:
        columns.time = None
    if not grammar.has_directions:
        columns.is_write = None
    return columns


def is_blank(line: bytes) -> bool:
    """Whether a line says nothing: blanks, or a comment that starts with `#`."""
    return line.startswith(b"#") or not line.strip()


def to_int(digits: bytes, base: int = 10) -> int:
    """Reads a number; of one that no field holds, only that it is too large."""
    return int(digits.lstrip(b"0")[:40] or b"0", base)


def to_int_by_prefix(text: bytes) -> int:
    """Reads a number, hexadecimal if it starts with `0x`."""
    return to_int(text[2:], 16) if text[:2] in (b"0x", b"0X") else to_int(text)


def _parts(path: Path, blocks: Iterable[Block], grammar: Grammar) -> Iterator[Columns]:
    for block in blocks:
        columns = read_plain(block, grammar)
        yield read_exactly(path, block, grammar) if columns is None else columns


def read_exactly(path: Path, block: Block, grammar: Grammar) -> Columns:
    """Reads a block line by line.

    Raises:
        ArchgymError: A line is not of the format, or a number does not fit its field.
    """
    requests: list[Request] = []
    lines: list[int] = []
    for number, text in enumerate(block.text.split(b"\n")[:-1], start=block.line):
        if len(text) > LONGEST_LINE:
            raise too_long(path, number)
        found = grammar.parse(text)
        if found is not None:
            requests += found
            lines += [number] * len(found)
        elif not is_blank(text):
            raise ArchgymError(
                f"{path}:{number}: expected {grammar.expected}, found {excerpt(text)}"
            )
    columns: dict[str, Any] = {"line": np.array(lines, dtype=np.int64)}
    for name, values in zip(Request._fields, zip(*requests, strict=True), strict=False):
        if name == "size" and 0 in values:
            raise ArchgymError(f"{path}:{lines[values.index(0)]}: a request of 0 bytes")
        numbers = [value or 0 for value in values]
        if max(numbers) >= _LIMITS[name]:
            number = lines[numbers.index(max(numbers))]
            raise ArchgymError(f"{path}:{number}: a number is too large for its field")
        columns[name] = np.array(numbers, dtype=_TYPES[name])
    return Columns(**columns) if requests else NOTHING


def read_plain(block: Block, grammar: Grammar) -> Columns | None:
    """Reads a block at once, or returns `None` if `read_exactly` has to look at it."""
    text = block.text
    # Arrow would end a line at a lone return, and skip a byte-order mark.
    if not text.isascii() or text.count(b"\r") != text.count(b"\r\n"):
        return None
    found = grammar.plain(text)
    if found is None:
        return None
    separated, names = found
    count = text.count(b"\n")
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(separated),
            pa.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=len(separated) + 1
            ),
            pa.csv.ParseOptions(quote_char=False),
            pa.csv.ConvertOptions(
                column_types={
                    name: pa.bool_() if name == "is_write" else pa.uint64() for name in names
                },
                null_values=[],
                false_values=grammar.directions[:1],
                true_values=grammar.directions[1:],
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != count or table.column(0).num_chunks != 1:
        return None
    columns = {name: to_numpy(table.column(name).chunk(0)) for name in names}
    if any(int(column.max()) >= _LIMITS[name] for name, column in columns.items()):
        return None
    if "size" in columns and not columns["size"].all():
        return None
    typed: dict[str, Any] = {name: column.astype(_TYPES[name]) for name, column in columns.items()}
    typed.setdefault("time", np.zeros(count, np.int64))
    typed.setdefault("is_write", np.zeros(count, np.bool_))
    return Columns(**typed, line=np.arange(block.line, block.line + count))


def excerpt(line: bytes) -> str:
    """Shows the start of a line, for error messages."""
    return repr(line[:40].decode("utf-8", errors="replace"))
