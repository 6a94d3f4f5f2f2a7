"""Caches by themselves: the native ones against plain ones, and what users may rely on."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.errors import ArchgymError
from archgym.traces.recorder import INCLUSIONS, PREFETCHERS, CacheHierarchy, CacheSize

from .plain_caches import Cache, Hierarchy, Prefetcher

PAGE = 4096

inclusions = st.sampled_from(sorted(INCLUSIONS))
prefetchers = st.sampled_from(sorted(PREFETCHERS))


@st.composite
def hierarchies(draw):
    """Small caches, so that a few dozen lines fill them: the options of a hierarchy."""
    line = draw(st.sampled_from([16, 64, 256]))
    shapes = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), min_size=1, max_size=3))
    return {
        "levels": [CacheSize(2**sets * ways * line, ways) for sets, ways in shapes],
        "line_bytes": line,
        "inclusion": draw(inclusions),
        "prefetcher": draw(prefetchers),
        "degree": draw(st.integers(1, 4)),
    }


# Strides and repeats, in pages that share an entry of the prefetcher's, and at random.
addresses = st.builds(
    lambda start, stride, count: [abs(start + stride * i) for i in range(count)],
    st.integers(0, 2 * PAGE) | st.just(64 * PAGE),
    st.integers(-300, 300),
    st.integers(1, 12),
) | st.lists(st.integers(0, 2 * PAGE), max_size=12)
accesses = st.lists(
    st.tuples(addresses, st.sampled_from([1, 8, 64, 600]), st.booleans()), max_size=12
).map(lambda runs: [(address, size, write) for run, size, write in runs for address in run])


def columns(accesses):
    address, size, is_write = zip(*accesses, strict=True) if accesses else ((), (), ())
    return np.array(address, np.uint64), np.array(size, np.uint64), np.array(is_write, np.bool_)


def plain(options, accesses):
    """Returns the counts of plain caches, and the caches."""
    line = options["line_bytes"]
    first, *shared = [Cache(size.sets(line), size.ways) for size in options["levels"]]
    prefetcher = Prefetcher(options["prefetcher"], options["degree"], PAGE // line)
    hierarchy = Hierarchy([first], shared, options["inclusion"], prefetcher)
    counts = [[0, 0] for _ in hierarchy.caches]
    for address, size, is_write in accesses:
        before = [(cache.asked, cache.fills) for cache in hierarchy.caches]
        for number in range(address // line, (address + size - 1) // line + 1):
            hierarchy.access(0, number, is_write)
        for count, cache, (asked, fills) in zip(counts, hierarchy.caches, before, strict=True):
            count[0] += cache.asked > asked
            count[1] += cache.fills > fills
    rows = [
        (*count, cache.fills, cache.write_backs, cache.prefetches, cache.useful_prefetches)
        for count, cache in zip(counts, hierarchy.caches, strict=True)
    ]
    return rows, hierarchy


@settings(max_examples=400, deadline=None)
@given(hierarchies(), accesses)
def test_counts_are_those_of_the_plain_model(options, accesses):
    expected, _ = plain(options, accesses)
    assert CacheHierarchy(**options).play(*columns(accesses)) == expected


@settings(max_examples=100, deadline=None)
@given(hierarchies(), accesses)
def test_the_plain_model_keeps_what_its_inclusion_promises(options, accesses):
    _, hierarchy = plain(options, accesses)
    held = [
        {line for lines in cache.content.values() for line in lines} for cache in hierarchy.caches
    ]
    for before, after in pairwise(held):
        if options["inclusion"] == "exclusive":
            assert not before & after
        if options["inclusion"] == "inclusive":
            assert before <= after


@settings(max_examples=100, deadline=None)
@given(hierarchies(), accesses, st.integers(0, 100))
def test_caches_keep_their_lines_from_one_call_to_the_next(options, accesses, cut):
    whole, parts = CacheHierarchy(**options), CacheHierarchy(**options)
    counts = whole.play(*columns(accesses))
    halves = [parts.play(*columns(part)) for part in (accesses[:cut], accesses[cut:])]
    assert counts == [tuple(np.add(*pair)) for pair in zip(*halves, strict=True)]


@settings(max_examples=100, deadline=None)
@given(hierarchies(), accesses)
def test_counts_fit_together(options, accesses):
    first, *others = CacheHierarchy(**options).play(*columns(accesses))
    assert first.accesses == len(accesses)
    for before, after in pairwise([first, *others]):
        assert after.accesses == before.misses
    for level in (first, *others):
        assert level.hits + level.misses == level.accesses
        assert level.misses <= level.fills
        assert level.useful_prefetches <= level.prefetches
        assert options["prefetcher"] != "none" or level.prefetches == 0


def test_a_walk_is_prefetched():
    walk = np.arange(0, 64 * PAGE, 8)
    levels = [CacheSize.parse("4k:4"), CacheSize.parse("64k:8")]
    misses = {}
    for prefetcher in PREFETCHERS:
        _, last = CacheHierarchy(levels, prefetcher=prefetcher).play(walk, 8, False)
        misses[prefetcher] = last.misses
        assert last.useful_prefetches == last.prefetches == 64 * 64 - last.misses
    # One line of each page is not foreseen by its predecessor; a stride shows with the third.
    assert misses == {"none": 64 * 64, "next-line": 64, "stride": 64 * 3}


@pytest.mark.parametrize("stride", [2, -3])
def test_strides_are_followed_both_ways(stride):
    lines = 1000 * 64 + 40 + stride * np.arange(10)
    levels = [CacheSize.parse("4k:4"), CacheSize.parse("64k:8")]
    caches = CacheHierarchy(levels, prefetcher="stride", degree=2)
    _, last = caches.play(lines * 64, 8, False)
    assert (last.misses, last.prefetches, last.useful_prefetches) == (3, 9, 7)


def test_an_exclusive_hierarchy_holds_more():
    """Two levels of equal size hold twice as much if neither holds what the other does."""
    lines = np.tile(np.arange(0, 2 * PAGE, 64), 3)
    misses = {}
    for inclusion in INCLUSIONS:
        caches = CacheHierarchy([CacheSize(PAGE, 64)] * 2, inclusion=inclusion)
        _, last = caches.play(lines, 1, False)
        misses[inclusion] = last.misses
    assert misses == {"non-inclusive": 384, "inclusive": 384, "exclusive": 128}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": []}, "1 to 8 levels of caches, not 0"),
        ({"levels": [CacheSize(1000, 2)]}, "level 1 1000:2: expected a power of two of sets"),
        ({"levels": [CacheSize(1024, 0)]}, "level 1 1k:0: expected 1 to 1024 ways"),
        ({"line_bytes": 48}, "a cache line has a power of two of bytes"),
        ({"inclusion": "inclusiv"}, "unknown inclusion 'inclusiv'; did you mean 'inclusive'"),
        ({"prefetcher": "nextline"}, "unknown prefetcher 'nextline'; did you mean 'next-line'"),
        ({"degree": 0}, "degree must be a whole number from 1 to 64, not 0"),
    ],
)
def test_impossible_hierarchies_are_refused(options, message):
    with pytest.raises(ArchgymError, match=message):
        CacheHierarchy(**({"levels": [CacheSize(4096, 4)]} | options))


@pytest.mark.parametrize(
    ("accesses", "message"),
    [
        (([[0]], 1, False), "address must have one dimension, not 2"),
        (([0.5], 1, False), "address must be whole numbers"),
        (([-1], 1, False), "address must be whole numbers"),
        (([2**64 - 4], 8, False), "beyond the last address"),
        (([0, 1], [1], False), "size has 1 elements, and address 2"),
        (([0], 0, False), "size must lie in 1 to 4096"),
        (([0], 5000, False), "size must lie in 1 to 4096"),
        (([0], 1, [0]), "is_write must be bool"),
        (([0, 1], 1, [True, False, True]), "is_write has 3 elements, and address 2"),
    ],
)
def test_impossible_accesses_are_refused(accesses, message):
    with pytest.raises(ArchgymError, match=message):
        CacheHierarchy([CacheSize(4096, 4)]).play(*accesses)


def test_the_rules_have_a_version():
    assert re.fullmatch("[0-9a-f]{12}", CacheHierarchy.version)
