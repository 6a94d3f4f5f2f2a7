"""Recordings of what programs do before any cache."""

import shutil

import numpy as np
import pytest

from archgym.errors import ArchgymError
from archgym.traces.recorder import CacheHierarchy, CacheSize, Machine, record, record_accesses
from archgym.traces.recorder._recorder import AccessRecorder

from .feeding import feed, listing

needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_loads_and_stores_are_taken_as_they_are(piece):
    recorder = AccessRecorder(skip=1, limit=3)
    text = [("I", 0, 2), ("L", 8, 1), ("I", 2, 4), ("S", 0xFFFFFFFF0, 16), ("L", 9, 8)]
    assert not feed(recorder, listing([*text, ("I", 6, 1), ("M", 7, 4096), ("L", 0, 1)]), piece)
    assert [column.tolist() for column in recorder.accesses()] == [
        [0, 0, 1],
        [0xFFFFFFFF0, 9, 7],
        [16, 8, 4096],
        [True, False, True],
    ]
    assert recorder.instructions == 3
    assert recorder.emitted == 3
    assert not recorder.fault


def test_a_bad_line_is_shown():
    recorder = AccessRecorder(skip=0, limit=10)
    assert not feed(recorder, b"I  1000,2\nnonsense, this\n")
    assert recorder.fault.startswith("line 2 of lackey's output: expected")


@needs_valgrind
def test_a_program_plays_to_caches_as_it_was_recorded_through_them():
    """Frames in the order of first touch, and no instructions: misses of data are the same."""
    accesses = record_accesses(["/bin/true"], environment={})
    machine = Machine(page_bytes=2**21, allocation="contiguous")
    counts = record(["/bin/true"], machine, environment={}).caches["L1D"]
    (alone,) = CacheHierarchy([CacheSize.parse("32k:8")]).play(
        accesses.address, accesses.size, accesses.is_write
    )
    assert accesses.ended == "finished"
    assert alone == counts
    assert (np.diff(accesses.instruction.astype(np.int64)) >= 0).all()
    assert accesses.instruction[-1] < accesses.instructions


@needs_valgrind
def test_a_region_of_accesses_is_a_stretch_of_the_whole():
    whole = record_accesses(["/bin/true"], environment={})
    part = record_accesses(["/bin/true"], environment={}, skip=20_000, limit=500)
    assert part.ended == "limit"
    start = int(np.searchsorted(whole.instruction, 20_000))
    stretch = slice(start, start + 500)
    assert (part.address == whole.address[stretch]).all()
    assert (part.size == whole.size[stretch]).all()
    assert (part.is_write == whole.is_write[stretch]).all()
    assert (part.instruction == whole.instruction[stretch] - np.uint64(20_000)).all()


@needs_valgrind
def test_a_region_without_accesses_is_refused():
    with pytest.raises(
        ArchgymError, match=r"/bin/true accesses no data after the first 1000000000"
    ):
        record_accesses(["/bin/true"], skip=10**9)
