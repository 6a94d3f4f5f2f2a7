"""Comma-separated values: a header that names some of the columns, then one request per line.

Columns, in any order, all but `address` and `is_write` optional:

| column       | meaning                                                                  |
|--------------|--------------------------------------------------------------------------|
| `arrival_ps` | when the request arrives, in picoseconds; ascending                      |
| `address`    | its first byte                                                           |
| `is_write`   | 1 if it writes, 0 if it reads; may be left out of a trace of reads only  |
| `size`       | its bytes, 1 or more; empty where it states none                         |
| `initiator`  | who asks, from 0 to 65535; without the column, 0                         |

Numbers are whole, in decimal or, after `0x`, in hexadecimal. Blank lines and lines that start with
`#` are skipped.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from archgym.errors import ArchgymError, unknown
from archgym.traces.formats import lines
from archgym.traces.formats.columns import Columns, Ints
from archgym.traces.formats.format import ARRIVAL, INITIATOR, SIZE, Format, slices
from archgym.traces.formats.lines import Grammar, Request, to_int_by_prefix
from archgym.traces.formats.source import Block
from archgym.traces.trace import Trace

COLUMNS = {
    "arrival_ps": "time",
    "address": "address",
    "is_write": "is_write",
    "size": "size",
    "initiator": "initiator",
}
"""Names of the columns in a file, and in `Columns`."""

_NUMBER = re.compile(rb"[ \t]*(0[xX][0-9a-fA-F]+|[0-9]+)[ \t]*")


def check_header(header: Sequence[str], where: str) -> None:
    """Checks which columns there are.

    Raises:
        ArchgymError: One is unknown or twice there, or the address is missing.
    """
    for name in header:
        if name not in COLUMNS:
            raise ArchgymError(f"{where}: {unknown('column', name, COLUMNS)}")
        if header.count(name) > 1:
            raise ArchgymError(f"{where}: column {name!r} is there twice")
    if "address" not in header:
        raise ArchgymError(f"{where}: there is no column 'address'")


def _names(line: bytes) -> list[str]:
    return [name.strip().strip('"') for name in line.decode("utf-8", errors="replace").split(",")]


def _recognizes(line: bytes) -> bool:
    return not COLUMNS.keys().isdisjoint(_names(line))


def _decode(path: Path, blocks: Iterable[Block]) -> Columns:
    blocks = iter(blocks)
    number, header, rest = _split(next(blocks))
    names = _names(header)
    check_header(names, f"{path}:{number}")
    return lines.decode(path, chain([rest], blocks), grammar(names))


def _split(block: Block) -> tuple[int, bytes, Block]:
    """Returns the header's number, the header, and the lines below it; blank ones may be above."""
    number, rest = block
    while True:
        header, _, rest = rest.partition(b"\n")
        if not lines.is_blank(header):
            return number, header, Block(number + 1, rest)
        number += 1


def grammar(header: Sequence[str]) -> Grammar:
    """Returns how the lines below a header are read."""
    names = [COLUMNS[name] for name in header]

    def parse(line: bytes) -> Sequence[Request] | None:
        cells = line.removesuffix(b"\r").split(b",")
        if len(cells) != len(names):
            return None
        values = {}
        for name, cell in zip(names, cells, strict=True):
            match = _NUMBER.fullmatch(cell)
            if match is not None:
                values[name] = to_int_by_prefix(match[1])
            elif name != "size" or cell.strip():
                return None
        if values.get("is_write", 0) > 1:
            return None
        return [
            Request(
                time=values.get("time", 0),
                address=values["address"],
                is_write=values.get("is_write", 0) == 1,
                size=values.get("size"),
                initiator=values.get("initiator", 0),
            )
        ]

    def plain(text: bytes) -> tuple[bytes, Sequence[str]] | None:
        return text, names

    expected = f"'{','.join(header)}' in whole numbers, is_write 0 or 1"
    return Grammar(
        expected,
        parse,
        plain,
        ("0", "1"),
        has_times="time" in names,
        has_directions="is_write" in names,
    )


def stated_columns(trace: Trace, time: Ints) -> dict[str, npt.NDArray[Any]]:
    """Returns the columns of what a trace states, by their names in a file.

    Args:
        trace: What is to be written.
        time: When its requests are made.
    """
    columns: dict[str, npt.NDArray[Any]] = {
        "arrival_ps": time,
        "address": trace.address,
        "is_write": trace.is_write,
        "size": trace.size,
        "initiator": trace.initiator,
    }
    if not trace.has_times:
        del columns["arrival_ps"]
    if not trace.size.any():
        del columns["size"]
    return columns


def sizes(values: npt.NDArray[np.uint32]) -> Any:
    """Returns sizes as an Arrow array, null where none is stated."""
    return pa.array(values, mask=values == 0)


def _encode(trace: Trace, time: Ints, file: BinaryIO) -> None:
    columns = stated_columns(trace, time)
    columns["is_write"] = trace.is_write.astype(np.uint8)
    file.write(f"{','.join(columns)}\n".encode())
    for part in slices(len(trace)):
        table = pa.table(
            {
                name: sizes(values[part]) if name == "size" else values[part]
                for name, values in columns.items()
            }
        )
        pa.csv.write_csv(table, file, pa.csv.WriteOptions(include_header=False))


CSV = Format(
    "csv",
    frozenset({ARRIVAL, SIZE, INITIATOR}),
    "picosecond",
    _recognizes,
    _decode,
    _encode,
    may_omit_times=True,
)
