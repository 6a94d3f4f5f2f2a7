import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.reuse import FIRST_TOUCH, reuse_distances, touched_lines
from archgym.traces.trace import Trace


def stack_distances(lines):
    """Mattson's stack: the most recently touched line first; a line's depth is its distance."""
    stack, distances = [], []
    for line in lines:
        distances.append(stack.index(line) if line in stack else FIRST_TOUCH)
        if line in stack:
            stack.remove(line)
        stack.insert(0, line)
    return distances


# Few lines are touched often, many seldom.
@given(st.integers(1, 300).flatmap(lambda lines: st.lists(st.integers(0, lines), min_size=1)))
def test_distances_are_depths_in_the_lru_stack(lines):
    assert reuse_distances(np.array(lines)).tolist() == stack_distances(lines)


@pytest.mark.parametrize("touches", [1, 2, 3, 255, 256, 257, 2000])
def test_any_number_of_touches(touches):
    lines = np.random.default_rng(touches).integers(40, size=touches)
    assert reuse_distances(lines).tolist() == stack_distances(lines.tolist())


def test_only_which_lines_are_equal_matters():
    rng = np.random.default_rng(0)
    lines = rng.integers(100, size=3000)
    renamed = rng.permutation(np.arange(2**57, 2**57 + 100))[lines]
    assert (reuse_distances(lines) == reuse_distances(renamed)).all()


def test_distances_tell_the_hits_of_an_lru_cache():
    lines = np.random.default_rng(1).zipf(1.3, size=5000)
    for capacity in (1, 16, 200):
        cache, hits = {}, 0
        for line in lines.tolist():
            hits += cache.pop(line, False)
            cache[line] = True
            if len(cache) > capacity:
                del cache[next(iter(cache))]
        distances = reuse_distances(lines)
        assert ((distances != FIRST_TOUCH) & (distances < capacity)).sum() == hits


def test_a_loop_over_n_lines_has_distance_n_minus_1():
    distances = reuse_distances(np.arange(100_000) % 30_000)
    assert (distances[:30_000] == FIRST_TOUCH).all()
    assert (distances[30_000:] == 29_999).all()


@given(st.lists(st.tuples(st.integers(0, 2**63), st.integers(1, 500)), min_size=1, max_size=20))
def test_a_request_touches_each_of_its_lines_once(requests):
    address, size = zip(*requests, strict=True)
    expected = [
        line for a, n in requests for line in sorted({byte // 64 for byte in range(a, a + n)})
    ]
    trace = Trace(np.zeros(len(size), int), np.array(address, np.uint64), np.zeros(len(size)), size)
    assert touched_lines(trace).tolist() == expected


def test_a_million_touches_take_no_more_than_moments():
    lines = np.random.default_rng(2).integers(2**18, size=1_000_000)
    start = time.process_time()
    reuse_distances(lines)
    assert time.process_time() - start < 5  # 0.25 s on an idle machine.
