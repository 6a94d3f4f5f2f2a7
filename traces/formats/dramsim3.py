"""DRAMsim3's traces: `0xADDRESS READ|WRITE CYCLE`.

The address is hexadecimal with or without its `0x`. DRAMsim3 takes `WRITE`, `write`, `P_MEM_WR` and
`BOFF` for writes, and any other word for a read; here a read is one of `READ`, `read`, `P_MEM_RD`
and `P_FETCH`. Blank lines and lines that start with `#` are skipped.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from archgym.traces.formats import lines
from archgym.traces.formats.columns import Columns, Ints
from archgym.traces.formats.format import ARRIVAL, Format, slices
from archgym.traces.formats.lines import Grammar, Request, to_int
from archgym.traces.formats.source import Block
from archgym.traces.trace import Trace

_LINE = re.compile(
    rb"[ \t]*(?:0[xX])?([0-9a-fA-F]+)[ \t]+(?:(READ|read|P_MEM_RD|P_FETCH)|"
    rb"WRITE|write|P_MEM_WR|BOFF)[ \t]+([0-9]+)[ \t]*\r?"
)


def _parse(line: bytes) -> Sequence[Request] | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    address, read, cycle = match.groups()
    return [Request(time=to_int(cycle), address=to_int(address, 16), is_write=read is None)]


def _plain(text: bytes) -> tuple[bytes, Sequence[str]] | None:
    # Arrow would take a hexadecimal cycle, and an address without its prefix for a decimal one.
    count = text.count(b"\n")
    prefixes = text.count(b"\n0x") + text.startswith(b"0x")
    if b"," in text or b"X" in text or not text.count(b"x") == prefixes == count:
        return None
    text = text.replace(b" READ ", b",r,").replace(b" WRITE ", b",w,")
    return text, ("address", "is_write", "time")


GRAMMAR = Grammar("'0xADDRESS READ|WRITE CYCLE'", _parse, _plain)


def _decode(path: Path, blocks: Iterable[Block]) -> Columns:
    return lines.decode(path, blocks, GRAMMAR)


def _encode(trace: Trace, time: Ints, file: BinaryIO) -> None:
    words = ("READ", "WRITE")
    for part in slices(len(trace)):
        requests = zip(
            time[part].tolist(),
            trace.is_write[part].tolist(),
            trace.address[part].tolist(),
            strict=True,
        )
        file.write(
            "".join(
                f"{address:#x} {words[is_write]} {cycle}\n" for cycle, is_write, address in requests
            ).encode()
        )


DRAMSIM3 = Format(
    "dramsim3",
    frozenset({ARRIVAL}),
    "cycle",
    lambda line: _parse(line) is not None,
    _decode,
    _encode,
)
