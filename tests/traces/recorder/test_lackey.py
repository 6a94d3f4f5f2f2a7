"""What lackey writes, and what is none of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.traces.recorder import Machine
from archgym.traces.recorder.recording import native_recorder

from .feeding import feed

GOOD = b"""\
==1== Lackey, an example Valgrind tool
==1==
I  04001100,3
 S 1ffefffd58,8

--1-- a warning
**1** printed by the program
 L 1FFEFFFD58,8
 M 04222e00,512
==1== Exit code:       0
"""


@pytest.mark.parametrize("piece", [1, 2, 7, 10**6])
def test_accesses_are_told_from_messages(piece):
    recorder = native_recorder(Machine())
    assert feed(recorder, GOOD, piece)
    assert recorder.fault == ""
    assert recorder.ended
    assert not recorder.in_line
    assert recorder.instructions == 1
    assert [accesses for accesses, *_ in recorder.counts] == [1, 3, 3]
    assert [fills for _, _, fills, *_ in recorder.counts] == [1, 1 + 8, 1 + 1 + 8]


def test_a_program_has_not_ended_before_lackey_says_so():
    recorder = native_recorder(Machine())
    assert feed(recorder, GOOD[: GOOD.index(b"==1== Exit")] + b"I  0400")
    assert not recorder.ended
    assert recorder.in_line


@pytest.mark.parametrize(
    "line",
    [
        b"I  0400110g,3",
        b"I  ,3",
        b"I  04001100",
        b"I  04001100,",
        b"I  04001100,0",
        b"I  04001100,4097",
        b"I  04001100,99999999999999999999",
        b"I  04001100,-1",
        b"I  04001100,3\r",
        b"I  04001100,3 ",
        b"I  10000000000000000,1",
        b"I  ffffffffffffffff,2",
        b" X 04001100,3",
        b"II 04001100,3",
        b"hello",
        b"\x00\xff\xfe",
        b"x" * 10**6,
    ],
)
def test_bad_lines_are_named(line):
    recorder = native_recorder(Machine())
    assert not feed(recorder, b"I  04001100,3\n" + line + b"\n", 1000)
    assert recorder.fault.startswith("line 2 of lackey's output: expected 'I|L|S|M address,bytes'")
    assert recorder.fault.isprintable()
    assert len(recorder.fault) < 200
    # And nothing is taken from then on.
    assert not feed(recorder, b"I  04001100,3\n")
    assert recorder.instructions == 1


def test_addresses_go_up_to_the_last_byte():
    recorder = native_recorder(Machine())
    assert feed(recorder, b"I  0,1\nI  ffffffffffffffff,1\nI  fffffffffffff000,4096\n")
    assert recorder.pages == 2


@settings(deadline=None)
@given(
    st.lists(
        st.binary(max_size=30) | st.text("ILSM0f, \n=x19", max_size=30).map(str.encode), max_size=30
    )
)
def test_any_bytes_are_taken_or_refused(pieces):
    recorder = native_recorder(Machine())
    for piece in pieces:
        if not recorder.feed(np.frombuffer(piece, dtype=np.uint8)):
            break
    assert bool(recorder.fault) == (not recorder.feed(np.frombuffer(b"", dtype=np.uint8)))
