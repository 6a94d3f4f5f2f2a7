"""Plain lines are read many at a time, exactly as one by one."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.testing.trace_files import TEXTS, damage
from archgym.errors import ArchgymError
from archgym.traces.formats import csv, dramsim3, ramulator, stl
from archgym.traces.formats.lines import read_exactly, read_plain
from archgym.traces.formats.source import Block

PATH = Path("x")
CSV_HEADER = ("arrival_ps", "address", "is_write", "size", "initiator")
GRAMMARS = {
    "stl": stl.GRAMMAR,
    "sized": stl.GRAMMAR,
    "loadstore": ramulator.LOAD_STORE_GRAMMAR,
    "dramsim3": dramsim3.GRAMMAR,
    "csv": csv.grammar(CSV_HEADER),
}
LINES = {
    "stl": lambda t, a, w, s, i: f"{t}: {'write' if w else 'read'} {a:#x}",
    "sized": lambda t, a, w, s, i: f"{t}: ({s}) {'write' if w else 'read'} {a:#x}",
    "loadstore": lambda t, a, w, s, i: f"{'ST' if w else 'LD'} {a:#x}",
    "dramsim3": lambda t, a, w, s, i: f"{a:#x} {'WRITE' if w else 'READ'} {t}",
    "csv": lambda t, a, w, s, i: f"{t},{a},{w:d},{s},{i}",
}
REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 2**63 - 1),
        st.integers(0, 2**64 - 1),
        st.booleans(),
        st.integers(1, 2**32 - 1),
        st.integers(0, 2**16 - 1),
    ),
    min_size=1,
)


def assert_equal(plain, exact):
    for name in ("time", "address", "is_write", "size", "initiator", "line"):
        fast, slow = getattr(plain, name), getattr(exact, name)
        if fast is None:
            assert not slow.any()
        else:
            np.testing.assert_array_equal(fast, slow)
            assert fast.dtype == slow.dtype


@pytest.mark.parametrize("name", GRAMMARS)
@given(requests=REQUESTS, newline=st.sampled_from(["\n", "\r\n"]), first=st.integers(1, 10**9))
def test_lines_as_programs_write_them_are_plain(name, requests, newline, first):
    text = "".join(LINES[name](*request) + newline for request in requests).encode()
    block = Block(first, text)
    plain = read_plain(block, GRAMMARS[name])
    assert plain is not None
    assert_equal(plain, read_exactly(PATH, block, GRAMMARS[name]))


@pytest.mark.parametrize("name", GRAMMARS)
@given(requests=REQUESTS, seed=st.integers(0, 2**32))
def test_what_is_read_as_plain_is_read_rightly(name, requests, seed):
    text = "".join(LINES[name](*request) + "\n" for request in requests).encode()
    block = Block(1, damage(text, random.Random(seed)).rstrip(b"\n") + b"\n")
    plain = read_plain(block, GRAMMARS[name])
    if plain is not None:
        assert_equal(plain, read_exactly(PATH, block, GRAMMARS[name]))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("stl", "0x5: read 0x4"),
        ("stl", "5,r,0x4"),
        ("stl", "5: read 4"),
        ("sized", "7) write 0x1: (3"),
        ("sized", "1: (2: (3: (0x4"),
        ("sized", "1: (0) read 0x4"),
        ("dramsim3", "40 READ 0x12"),
        ("dramsim3", "0x40 READ 0x12"),
        ("dramsim3", "40 READ 12"),
        ("loadstore", "r,5"),
        ("csv", "1,2,3,4,5"),
        ("csv", "\ufeff1,2,1,4,5"),
        ("csv", "1,2,1,4,5\r1,2,1,4,5"),
        ("csv", "1,2,1,4,65536"),
    ],
)
def test_traps_of_reading_as_separated_columns(name, line):
    assert read_plain(Block(1, line.encode() + b"\n"), GRAMMARS[name]) is None


@pytest.mark.parametrize("name", TEXTS.keys() - {"csv"})
def test_numbers_of_any_length_are_read_or_refused(name):
    grammar = ramulator.SIMPLE_O3_GRAMMAR if name == "simpleo3" else GRAMMARS.get(name, stl.GRAMMAR)
    line = TEXTS[name].split(b"\n")[0]
    zeros = line.replace(b"40", b"0" * 6000 + b"40")
    read_exactly(PATH, Block(1, zeros + b"\n"), grammar)
    for digits in (b"40", b"0", b"64"):
        if digits in line:
            many = line.replace(digits, b"9" * 6000)
            with pytest.raises(ArchgymError, match=r"x:1: (a number is too large|expected)"):
                read_exactly(PATH, Block(1, many + b"\n"), grammar)
