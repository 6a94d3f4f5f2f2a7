"""What a format can carry comes back; what it can't is said; nothing else changes."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archgym import traces
from archgym.errors import ArchgymError
from archgym.traces.formats import FORMATS
from archgym.traces.player import OPEN, WITHOUT_TIMES, Player
from archgym.traces.trace import Trace

CLOCKS = {1000.0: 1000, 1200.0: Fraction(2500, 3), 700_000.0: Fraction(10, 7)}
PLAYERS = st.one_of(
    st.just(OPEN),
    st.builds(
        Player,
        mode=st.just("closed"),
        max_outstanding=st.integers(1, 65536),
        think_time_ps=st.integers(0, 10**12),
        dependent=st.booleans(),
    ),
)


GAPS, DIRECTIONS, READS = st.integers(0, 10**9), st.booleans(), st.just(False)


@st.composite
def a_trace(draw, gap=GAPS, write=DIRECTIONS):
    size = draw(st.sampled_from([st.just(0), st.just(64), st.integers(0, 2**32 - 1)]))
    requests = draw(
        st.lists(
            st.tuples(
                gap,
                st.integers(0, 2**64 - 1),
                write,
                size,
                st.one_of(st.just(0), st.integers(0, 2**16 - 1)),
            ),
            min_size=1,
            max_size=20,
        )
    )
    gaps, address, is_write, size, initiator = (
        list(column) for column in zip(*requests, strict=True)
    )
    return Trace(
        np.cumsum(gaps),
        np.array(address, dtype=np.uint64),
        is_write,
        size,
        initiator,
        player=draw(PLAYERS),
        has_times=draw(st.booleans()),
    )


def parts(trace):
    """What a trace says, by the names that formats use for what they carry."""
    return {
        "arrivals": trace.arrival_ps.tolist() if trace.has_times else None,
        "sizes": trace.size.tolist(),
        "initiators": trace.initiator.tolist(),
        "the player": trace.player,
        "addresses": trace.address.tolist(),
        "directions": trace.is_write.tolist(),
    }


def sent_through(trace, folder, *names, clock_mhz=1000.0):
    """A trace after it was written in one format after the other, and what was said to be lost."""
    lost = []
    for number, name in enumerate(names):
        path = folder / f"{number}.{name}"
        lost += traces.write(trace, path, clock_mhz=clock_mhz)
        trace = traces.read(path, clock_mhz)
    return trace, lost


def kept(before, after, lost):
    """Whether everything came back but that which was said to be lost."""
    mine, back = parts(before), parts(after)
    named = {name for name in mine if any(loss.startswith(name) for loss in lost)}
    return all(mine[name] == back[name] for name in mine.keys() - named)


PAIRS = list(itertools.product(FORMATS, repeat=2))


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=map("-".join, PAIRS))
@settings(max_examples=10)
@given(
    trace=st.one_of(a_trace(), a_trace(write=READS)),
    clock_mhz=st.sampled_from(sorted(CLOCKS)),
)
def test_only_what_is_said_is_lost(folder, first, second, trace, clock_mhz):
    if "simpleo3" in (first, second) and trace.is_write.any():
        # The first write has no read to go with.
        alone = Trace(trace.arrival_ps, trace.address, np.ones(len(trace), bool), trace.size)
        with pytest.raises(ArchgymError, match="a write that does not follow a read"):
            sent_through(alone, folder, first, second, clock_mhz=clock_mhz)
        return
    after, lost = sent_through(trace, folder, first, second, clock_mhz=clock_mhz)
    assert kept(trace, after, lost)


CARRYING = [name for name, format in FORMATS.items() if "arrivals" in format.carries]


@pytest.mark.parametrize("name", CARRYING)
@given(data=st.data())
def test_all_that_a_format_can_carry_comes_back(folder, name, data):
    clock_mhz, unit_ps = data.draw(st.sampled_from(sorted(CLOCKS.items())))
    reads_only = name == "simpleo3"
    write = READS if reads_only else DIRECTIONS
    trace = data.draw(a_trace(gap=st.integers(1 if reads_only else 0, 10**6), write=write))
    carries = FORMATS[name].carries
    has_times = trace.has_times or not FORMATS[name].may_omit_times
    trace = Trace(
        [round(cycle * unit_ps) for cycle in trace.arrival_ps.tolist()],
        trace.address,
        trace.is_write,
        trace.size if "sizes" in carries else 0,
        trace.initiator if "initiators" in carries else 0,
        player=trace.player if "the player" in carries else (OPEN if has_times else WITHOUT_TIMES),
        has_times=has_times,
    )
    after, lost = sent_through(trace, folder, name, clock_mhz=clock_mhz)
    assert lost == []
    assert parts(after) == parts(trace)


@given(trace=a_trace())
def test_losses_are_real(folder, trace):
    for name in FORMATS.keys() - {"simpleo3"}:
        after, lost = sent_through(trace, folder, name)
        before, back = parts(trace), parts(after)
        for part in before:
            said = any(loss.startswith(part) for loss in lost)
            assert said == (before[part] != back[part])


@given(
    pairs=st.lists(st.tuples(st.integers(1, 99), st.booleans()), min_size=1, max_size=20),
    clock_mhz=st.sampled_from(sorted(CLOCKS)),
)
def test_simpleo3_holds_reads_and_the_writes_that_come_with_them(folder, pairs, clock_mhz):
    arrival, is_write = [], []
    for instruction, (_, has_write) in zip(
        np.cumsum([gap for gap, _ in pairs]), pairs, strict=True
    ):
        arrival += [round(int(instruction) * CLOCKS[clock_mhz])] * (1 + has_write)
        is_write += [False, True][: 1 + has_write]
    trace = Trace(arrival, np.arange(len(arrival)), is_write, size=0)
    after, lost = sent_through(trace, folder, "simpleo3", clock_mhz=clock_mhz)
    assert lost == []
    assert parts(after) == parts(trace)


@pytest.mark.parametrize("is_write", [[True], [False, True, True]])
def test_simpleo3_refuses_other_writes(tmp_path, is_write):
    trace = Trace(np.arange(len(is_write)), np.zeros(len(is_write), int), is_write)
    with pytest.raises(ArchgymError, match=f"request {len(is_write) - 1}: a write that does not"):
        traces.write(trace, tmp_path / "t.simpleo3", clock_mhz=1000)
    assert list(tmp_path.iterdir()) == []


def test_simpleo3_refuses_gaps_that_ramulator_can_not_count(tmp_path):
    trace = Trace([0, (2**31 + 1) * 1000], [0, 0], [False, False])
    with pytest.raises(ArchgymError, match="request 1: 2147483648 instructions after"):
        traces.write(trace, tmp_path / "t.simpleo3", clock_mhz=1000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
@settings(max_examples=5)
@given(trace=a_trace(write=READS))
def test_compression_changes_nothing_and_equal_traces_make_equal_files(folder, name, suffix, trace):
    assume(name != "simpleo3" or np.diff(trace.arrival_ps).max(initial=0) < 10**9)
    paths = [folder / f"{stem}.{name}{suffix}" for stem in ("a", "b")]
    for path in paths:
        if name == "parquet" and suffix:
            with pytest.raises(ArchgymError, match="Parquet compresses itself"):
                traces.write(trace, path)
            return
        traces.write(trace, path, clock_mhz=1200)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    traces.write(trace, folder / f"plain.{name}", clock_mhz=1200)
    plain, compressed = (traces.read(path, 1200) for path in (folder / f"plain.{name}", paths[0]))
    assert parts(compressed) == parts(plain)
    assert compressed.name == "a"
