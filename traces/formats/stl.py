"""The `.stl` text format of DRAMSys: `cycle: [(bytes)] read|write 0xADDRESS [0xDATA]`.

Blank lines and lines that start with `#` are skipped; the data of a write are not kept. A `.rstl`
file's cycles count from the end of the previous transaction, which an open trace can't know: they
are taken as the time between two arrivals.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from archgym.traces.formats import lines
from archgym.traces.formats.columns import Columns, Ints, add_up
from archgym.traces.formats.format import ARRIVAL, SIZE, Format, slices
from archgym.traces.formats.lines import Grammar, Request, to_int
from archgym.traces.formats.source import Block
from archgym.traces.trace import Trace

_LINE = re.compile(
    rb"[ \t]*([0-9]+)[ \t]*:[ \t]*(?:\([ \t]*([0-9]+)[ \t]*\)[ \t]*)?(read|write)[ \t]+"
    rb"(?:0[xX])?([0-9a-fA-F]+)(?:[ \t]+0[xX][0-9a-fA-F]*)?[ \t]*\r?"
)


def _parse(line: bytes) -> Sequence[Request] | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    cycle, size, direction, address = match.groups()
    return [
        Request(
            time=to_int(cycle),
            address=to_int(address, 16),
            is_write=direction == b"write",
            size=None if size is None else to_int(size),
        )
    ]


def _plain(text: bytes) -> tuple[bytes, Sequence[str]] | None:
    # Arrow would take a hexadecimal cycle; one x per line is the address's, which the words bring.
    if b"," in text or b"X" in text or text.count(b"x") != text.count(b"\n"):
        return None
    if b"(" not in text:
        text = text.replace(b": read 0x", b",r,0x").replace(b": write 0x", b",w,0x")
        return text, ("time", "is_write", "address")
    text = text.replace(b": (", b",")
    text = text.replace(b") read 0x", b",r,0x").replace(b") write 0x", b",w,0x")
    return text, ("time", "size", "is_write", "address")


GRAMMAR = Grammar("'cycle: [(bytes)] read|write 0xADDRESS [0xDATA]'", _parse, _plain)


def _decode(path: Path, blocks: Iterable[Block]) -> Columns:
    return lines.decode(path, blocks, GRAMMAR)


def _decode_relative(path: Path, blocks: Iterable[Block]) -> Columns:
    columns = _decode(path, blocks)
    assert columns.time is not None
    columns.time = add_up(columns.time, path)
    return columns


def _encode(trace: Trace, time: Ints, file: BinaryIO) -> None:
    words = ("read", "write")
    for part in slices(len(trace)):
        requests = zip(
            time[part].tolist(),
            trace.size[part].tolist(),
            trace.is_write[part].tolist(),
            trace.address[part].tolist(),
            strict=True,
        )
        file.write(
            "".join(
                f"{cycle}: {f'({size}) ' if size else ''}{words[is_write]} {address:#x}\n"
                for cycle, size, is_write, address in requests
            ).encode()
        )


def _encode_relative(trace: Trace, time: Ints, file: BinaryIO) -> None:
    _encode(trace, np.diff(time, prepend=0), file)


def _recognizes(line: bytes) -> bool:
    return _parse(line) is not None


STL = Format("stl", frozenset({ARRIVAL, SIZE}), "cycle", _recognizes, _decode, _encode)
RSTL = Format(
    "rstl", frozenset({ARRIVAL, SIZE}), "cycle", _recognizes, _decode_relative, _encode_relative
)
