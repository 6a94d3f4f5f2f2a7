"""Ramulator's traces (Ramulator 2.1, frontends `LoadStoreTrace` and `SimpleO3`).

Load and store: a line is `LD ADDRESS` or `ST ADDRESS`, in decimal or, after `0x`, in hexadecimal.
There are no times: a request is made every cycle, as soon as the memory takes it.

SimpleO3: a line is `BUBBLES LOAD [STORE]`, the number of instructions before one that loads, the
address it loads from, and one that is written back at the same time; Ramulator takes decimal
numbers only. Times count instructions.

Blank lines and lines that start with `#` are skipped, although Ramulator takes none.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from archgym.errors import ArchgymError
from archgym.traces.formats import lines
from archgym.traces.formats.columns import Columns, Ints, add_up
from archgym.traces.formats.format import ARRIVAL, Format, slices
from archgym.traces.formats.lines import Grammar, Request, to_int, to_int_by_prefix
from archgym.traces.formats.source import Block
from archgym.traces.trace import Trace

_ADDRESS = rb"(0[xX][0-9a-fA-F]+|[0-9]+)"
_LOAD_STORE = re.compile(rb"[ \t]*(LD|ST)[ \t]+" + _ADDRESS + rb"[ \t]*\r?")
_SIMPLE_O3 = re.compile(
    rb"[ \t]*([0-9]+)[ \t]+" + _ADDRESS + rb"(?:[ \t]+" + _ADDRESS + rb")?[ \t]*\r?"
)
_MOST_BUBBLES = 2**31 - 1


def _parse_load_store(line: bytes) -> Sequence[Request] | None:
    match = _LOAD_STORE.fullmatch(line)
    if match is None:
        return None
    word, address = match.groups()
    return [Request(time=0, address=to_int_by_prefix(address), is_write=word == b"ST")]


def _plain_load_store(text: bytes) -> tuple[bytes, Sequence[str]] | None:
    if b"," in text:
        return None
    return text.replace(b"LD ", b"r,").replace(b"ST ", b"w,"), ("is_write", "address")


def _decode_load_store(path: Path, blocks: Iterable[Block]) -> Columns:
    return lines.decode(path, blocks, LOAD_STORE_GRAMMAR)


def _encode_load_store(trace: Trace, time: Ints, file: BinaryIO) -> None:
    words = ("LD", "ST")
    for part in slices(len(trace)):
        requests = zip(trace.is_write[part].tolist(), trace.address[part].tolist(), strict=True)
        file.write(
            "".join(f"{words[is_write]} {address:#x}\n" for is_write, address in requests).encode()
        )


def _parse_simple_o3(line: bytes) -> Sequence[Request] | None:
    """Returns the requests of a line, whose time is the number of instructions up to the load."""
    match = _SIMPLE_O3.fullmatch(line)
    if match is None:
        return None
    bubbles, load, store = match.groups()
    requests = [Request(time=to_int(bubbles) + 1, address=to_int_by_prefix(load), is_write=False)]
    if store is not None:
        requests.append(Request(time=0, address=to_int_by_prefix(store), is_write=True))
    return requests


def _decode_simple_o3(path: Path, blocks: Iterable[Block]) -> Columns:
    columns = lines.decode(path, blocks, SIMPLE_O3_GRAMMAR)
    assert columns.time is not None
    columns.time = add_up(columns.time, path) - 1
    return columns


def _schedule_simple_o3(trace: Trace, time: Ints) -> Ints:
    """Gives every load an instruction of its own, and a store that of the load before it."""
    stores = np.flatnonzero(trace.is_write)
    alone = stores[(stores == 0) | trace.is_write[stores - 1]]
    if alone.size:
        raise ArchgymError(
            f"{trace.where(int(alone[0]))}: a write that does not follow a read, which simpleo3 "
            "can't hold"
        )
    loads = np.flatnonzero(~trace.is_write)
    order = np.arange(loads.size)
    instruction = np.maximum.accumulate(time[loads] - order) + order
    return np.repeat(instruction, np.diff(loads, append=len(trace)))


def _encode_simple_o3(trace: Trace, time: Ints, file: BinaryIO) -> None:
    loads = np.flatnonzero(~trace.is_write)
    bubbles = np.diff(time[loads], prepend=-1) - 1
    if int(bubbles.max()) > _MOST_BUBBLES:
        index = int(loads[np.argmax(bubbles)])
        raise ArchgymError(
            f"{trace.where(index)}: {bubbles.max()} instructions after the read before it, more "
            f"than the {_MOST_BUBBLES} that simpleo3 can hold"
        )
    has_store = np.diff(loads, append=len(trace)) == 2
    for part in slices(loads.size):
        stores = trace.address[np.minimum(loads[part] + 1, len(trace) - 1)]
        instructions = zip(
            bubbles[part].tolist(),
            trace.address[loads[part]].tolist(),
            has_store[part].tolist(),
            stores.tolist(),
            strict=True,
        )
        file.write(
            "".join(
                f"{gap} {load} {store}\n" if stores_too else f"{gap} {load}\n"
                for gap, load, stores_too, store in instructions
            ).encode()
        )


LOAD_STORE_GRAMMAR = Grammar(
    "'LD|ST ADDRESS'", _parse_load_store, _plain_load_store, has_times=False
)
SIMPLE_O3_GRAMMAR = Grammar(
    "'BUBBLES LOAD_ADDRESS [STORE_ADDRESS]'", _parse_simple_o3, lambda text: None
)

LOAD_STORE = Format(
    "loadstore",
    frozenset(),
    "cycle",
    lambda line: _parse_load_store(line) is not None,
    _decode_load_store,
    _encode_load_store,
    may_omit_times=True,
)
SIMPLE_O3 = Format(
    "simpleo3",
    frozenset({ARRIVAL}),
    "instruction",
    lambda line: _parse_simple_o3(line) is not None,
    _decode_simple_o3,
    _encode_simple_o3,
    schedule=_schedule_simple_o3,
)
