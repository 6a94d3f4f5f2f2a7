"""How much else is touched before a line is touched again: exact LRU stack distances.

A fully associative LRU cache of c lines hits exactly on the touches at a distance below c (Mattson,
Gecsei, Slutz and Traiger, "Evaluation Techniques for Storage Hierarchies", IBM Systems Journal
9(2), 1970), so they tell how much of a trace a cache of any size would keep away from memory.
"""

import numpy as np
import numpy.typing as npt

from archgym.traces.trace import Trace

Ints = npt.NDArray[np.int64]

LINE_BYTES = 64
"""Bytes of a line, here and wherever lines of a trace are counted: a cache line of most CPUs."""

FIRST_TOUCH = -1
"""Stands for the distance of a line's first touch, which has none."""


def touched_lines(trace: Trace) -> Ints:
    """Returns the lines that a trace touches, in order; a request touches each of its lines once.

    Args:
        trace: Requests below address 2**64 - 2**32, as all are that fit a device.
    """
    first = (trace.address // np.uint64(LINE_BYTES)).astype(np.int64)
    last = ((trace.address + trace.size - np.uint64(1)) // np.uint64(LINE_BYTES)).astype(np.int64)
    count = last - first + 1
    if count.max() == 1:
        return first
    inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    lines: Ints = np.repeat(first, count) + inside
    return lines


def reuse_distances(lines: Ints) -> Ints:
    """Counts, for each touch, the distinct other lines since the last touch of the same line.

    Between two touches of a line, at p and i, there are i - p - 1 others. Of these, all that are
    touched again before i repeat a line: they are the pairs of successive touches (q, j) of a
    line with p < q and j < i. So what is to be counted for each pair is the pairs nested in it:
    those that end before it does and begin after it. That takes O(n log n) time and O(n) memory.

    Args:
        lines: The line of each touch, in order.

    Returns:
        The distances; `FIRST_TOUCH` where there is no touch before.
    """
    order = np.argsort(lines, kind="stable")
    again = lines[order[1:]] == lines[order[:-1]]
    distances = np.full(lines.size, FIRST_TOUCH)
    distances[order[1:][again]] = order[:-1][again]
    end = np.flatnonzero(distances != FIRST_TOUCH)
    begin = distances[end]

    begins = np.zeros(lines.size, np.bool_)
    begins[begin] = True
    rank = (np.cumsum(begins) - 1)[begin]
    distances[end] = end - begin - 1 - _larger_before(rank)
    return distances


def _larger_before(permutation: Ints) -> Ints:
    """Counts, for each element of a permutation of 0 to n - 1, the larger ones before it.

    Values are sorted by their bits, the most significant first, as a radix sort does. In each round
    the values with equal leading bits stand together, in their first order. Of those, a value whose
    next bit is 0 is overtaken by the ones before it whose next bit is 1: as many as its place among
    all, less its place among those with 0. Any two values part in exactly one round.
    """
    size = 1 << int(permutation.size).bit_length()
    # Filled up to a power of two with larger values at the end, which stand before nothing smaller.
    values = np.arange(size, dtype=np.int32)
    values[: permutation.size] = permutation
    counts = np.zeros(size, np.int32)
    half = size // 2
    place = np.arange(half, dtype=np.int32)
    while half:
        is_high = (values & half) != 0
        low, high = np.flatnonzero(~is_high), np.flatnonzero(is_high)
        overtaken = (low & (2 * half - 1)).astype(np.int32) - (place & (half - 1))
        values = _side_by_side(values[low], values[high], half)
        counts = _side_by_side(counts[low] + overtaken, counts[high], half)
        half //= 2
    return counts[permutation].astype(np.int64)


def _side_by_side(
    low: npt.NDArray[np.int32], high: npt.NDArray[np.int32], length: int
) -> npt.NDArray[np.int32]:
    """Puts runs of two arrays in turn: one of `low`, one of `high`, and so on."""
    return np.stack((low.reshape(-1, length), high.reshape(-1, length)), axis=1).ravel()
