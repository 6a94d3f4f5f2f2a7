"""The native caches against plain ones."""

from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.traces.recorder import CacheSize, Machine
from archgym.traces.recorder.recording import native_recorder

from .feeding import LINE, feed, listing, requests
from .plain_caches import Cache, Hierarchy, Prefetcher

PAGE = 4096


def sizes():
    """Small caches, so that a few dozen lines fill them."""
    return st.builds(
        lambda sets, ways: CacheSize(2**sets * ways * LINE, ways),
        st.integers(0, 3),
        st.integers(1, 5),
    )


machines = st.builds(
    Machine,
    l1=sizes(),
    l2=st.none() | sizes(),
    llc=sizes(),
    inclusive=st.booleans(),
    prefetch=st.booleans(),
    allocation=st.just("contiguous"),
)
# Two pages, whose lines compete for the same sets; some accesses lie on several lines.
accesses = st.lists(
    st.tuples(
        st.sampled_from("ILSM"),
        st.integers(0, 2 * PAGE - 1) | st.integers(0, 40).map(lambda line: line * LINE),
        st.sampled_from([1, 4, 8, 32, 200]),
    ),
    min_size=1,
    max_size=120,
)


def plain(machine, accesses):
    """Returns the requests of plain caches with their instructions; and the counts of each cache.

    An access that lies on several lines counts as one, and as a miss if one of them is not there.
    """

    def cache(size):
        return Cache(size.sets(machine.line_bytes), size.ways)

    shared = [cache(size) for size in (machine.l2, machine.llc) if size]
    first = [cache(machine.l1), cache(machine.l1)]
    inclusion = "inclusive" if machine.inclusive else "non-inclusive"
    prefetcher = Prefetcher("next-line" if machine.prefetch else "none", 1, PAGE // LINE)
    hierarchy = Hierarchy(first, shared, inclusion, prefetcher)
    caches = hierarchy.caches
    counts = [[0, 0] for _ in caches]
    frames, timed, instructions = {}, [], 0
    for kind, address, size in accesses:
        instructions += kind == "I"
        before = [(cache.asked, cache.fills) for cache in caches]
        done = len(hierarchy.requests)
        for line in range(address // LINE, (address + size - 1) // LINE + 1):
            page, offset = divmod(line, PAGE // LINE)
            frame = frames.setdefault(page, len(frames))
            hierarchy.access(int(kind != "I"), frame * (PAGE // LINE) + offset, kind in "SM")
        timed += [(instructions, *request) for request in hierarchy.requests[done:]]
        for count, cache, (asked, fills) in zip(counts, caches, before, strict=True):
            count[0] += cache.asked > asked
            count[1] += cache.fills > fills
    return timed, [(*count, *rest(cache)) for count, cache in zip(counts, caches, strict=True)]


def rest(cache):
    """Returns what is counted of a cache by lines."""
    return cache.fills, cache.write_backs, cache.prefetches, cache.useful_prefetches


@settings(max_examples=200, deadline=None)
@given(machines, accesses, st.integers(1, 100))
def test_caches_are_those_of_the_plain_model(machine, accesses, piece):
    accesses = [("I", 0, 1), *accesses]
    recorder = native_recorder(machine)
    assert feed(recorder, listing(accesses), piece)
    expected, counts = plain(machine, accesses)
    assert requests(recorder) == [
        (instruction - 1, line, is_write) for instruction, line, is_write in expected
    ]
    assert recorder.counts == counts


@settings(max_examples=100, deadline=None)
@given(machines, accesses, st.integers(0, 60), st.integers(1, 200))
def test_a_region_is_what_the_whole_has_there(machine, accesses, skip, limit):
    """Skipped instructions fill the caches; what they ask for is left out, and so is the rest."""
    accesses = [("I", 0, 1), *accesses]
    recorder = native_recorder(machine, skip, limit)
    feed(recorder, listing(accesses))
    expected, _ = plain(machine, accesses)
    assert (
        requests(recorder)
        == [
            (instruction - 1 - skip, line, is_write)
            for instruction, line, is_write in expected
            if instruction > skip
        ][:limit]
    )


@settings(max_examples=100, deadline=None)
@given(machines, accesses)
def test_lines_are_read_before_they_are_written_back(machine, accesses):
    recorder = native_recorder(machine)
    feed(recorder, listing([("I", 0, 1), *accesses]))
    known = set()
    for _, line, is_write in requests(recorder):
        assert not is_write or line in known
        known.add(line)
    assert len(known) <= 2 * PAGE // LINE + 4
