"""Virtual pages to physical frames."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.traces.recorder import Machine
from archgym.traces.recorder.recording import native_recorder

from .feeding import feed, listing

PAGES = 2**36


def frames(machine, pages):
    """Touches pages of a program, each once, and returns the frames that they got."""
    recorder = native_recorder(machine)
    size = machine.page_bytes
    assert feed(recorder, listing([("I", page * size, 1) for page in pages])), recorder.fault
    assert recorder.pages == len(pages)
    return (recorder.requests()[1] // size).tolist()


@settings(deadline=None)
@given(st.lists(st.integers(0, PAGES - 1), min_size=1, max_size=64, unique=True))
def test_contiguous_frames_are_in_order_of_first_touch(pages):
    machine = Machine(allocation="contiguous")
    assert frames(machine, pages) == list(range(len(pages)))


@settings(deadline=None)
@given(
    st.lists(st.integers(0, PAGES - 1), min_size=64, max_size=64, unique=True),
    st.integers(0, 2**64 - 1),
)
def test_random_frames_fill_memory_once(pages, seed):
    machine = Machine(memory_bytes=64 * 4096, seed=seed)
    assert sorted(frames(machine, pages)) == list(range(64))


def test_random_frames_depend_on_the_seed_alone():
    pages = range(1000)
    first, again, other = (frames(Machine(seed=seed), pages) for seed in (1, 1, 2))
    assert first == again
    assert len(set(first) & set(other)) < 50


def test_random_frames_lie_all_over_memory():
    found = np.array(frames(Machine(memory_bytes=2**30), range(4000)))
    counts, _ = np.histogram(found, bins=16, range=(0, 2**30 // 4096))
    # 250 expected; six standard deviations.
    assert np.abs(counts - 250).max() < 6 * 15.3


@pytest.mark.parametrize("page_bytes", [4096, 2**21])
def test_lines_keep_their_place_in_the_page(page_bytes):
    machine = Machine(page_bytes=page_bytes, memory_bytes=2**30)
    recorder = native_recorder(machine)
    offsets = [0, 64, page_bytes - 64]
    feed(recorder, listing([("L", 5 * page_bytes + offset, 8) for offset in offsets]))
    # No instruction came before, so nothing is in the region yet.
    assert recorder.emitted == 0
    feed(recorder, listing([("I", 6 * page_bytes + offset, 1) for offset in offsets]))
    address = recorder.requests()[1].tolist()
    assert [a - address[0] for a in address] == offsets
    assert address[0] % page_bytes == 0


def test_memory_can_be_too_small():
    recorder = native_recorder(Machine(memory_bytes=3 * 4096))
    assert feed(recorder, listing([("I", page * 4096, 1) for page in range(3)]))
    assert not feed(recorder, listing([("I", 3 * 4096, 1)]))
    assert recorder.fault == "the program touches more pages than the 3 that the memory holds"
