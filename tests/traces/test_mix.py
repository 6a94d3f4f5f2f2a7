"""A mix holds every request of its traces, in order, and keeps the programs apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import traces
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces.mix import REGION, mix
from archgym.traces.player import Player
from archgym.traces.trace import Trace


@st.composite
def some_traces(draw):
    found = []
    for index in range(draw(st.integers(2, 4))):
        count = draw(st.integers(1, 20))
        column = lambda values: draw(st.lists(values, min_size=count, max_size=count))  # noqa: B023, E731
        found.append(
            Trace(
                np.sort(np.array(column(st.integers(0, 50)), dtype=np.int64)),
                np.array(column(st.integers(0, 3 * REGION)), dtype=np.uint64),
                column(st.booleans()),
                column(st.integers(0, 256)),
                column(st.integers(0, 3)),
                name=f"t{index}",
            )
        )
    return found


@given(some_traces(), st.integers(0, 30), st.booleans())
def test_each_trace_can_be_taken_out_again(found, offset_ps, separate):
    mixed = mix(found, offset_ps, separate)
    assert mixed.name == "+".join(trace.name for trace in found)
    assert len(mixed) == sum(map(len, found))
    number = base = 0
    for index, trace in enumerate(found):
        initiators = int(trace.initiator.max()) + 1
        own = (mixed.initiator >= number) & (mixed.initiator < number + initiators)
        assert (mixed.arrival_ps[own] - offset_ps * index).tolist() == trace.arrival_ps.tolist()
        assert (mixed.initiator[own] - number).tolist() == trace.initiator.tolist()
        assert (mixed.address[own] - np.uint64(base)).tolist() == trace.address.tolist()
        assert mixed.is_write[own].tolist() == trace.is_write.tolist()
        assert mixed.size[own].tolist() == trace.size.tolist()
        number += initiators
        if separate:
            # All of this trace lies before all of the next one, at a region's border.
            # A request that states no size has a byte at least.
            end = mixed.address[own] + np.maximum(mixed.size[own], 1)
            base = -(-int(end.max()) // REGION) * REGION
            later = mixed.initiator >= number
            assert (mixed.address[later] >= base).all()


@given(some_traces())
def test_of_simultaneous_requests_the_earlier_traces_come_first(found):
    mixed = mix(found)
    program = np.searchsorted(
        np.cumsum([int(trace.initiator.max()) + 1 for trace in found]),
        mixed.initiator,
        side="right",
    )
    assert (np.diff(mixed.arrival_ps) >= 0).all()
    together = np.diff(mixed.arrival_ps) == 0
    assert (np.diff(program)[together] >= 0).all()


def test_regions_follow_the_alignment():
    low = Trace([0], [0], [False])
    high = Trace([0], [REGION - 64], [False])
    beyond = Trace([0], [REGION - 63], [False])
    assert mix([high, low]).address.tolist() == [REGION - 64, REGION]
    assert mix([beyond, low]).address.tolist() == [REGION - 63, 2 * REGION]


def test_how_a_mix_is_played_can_be_said():
    first, second = (
        Trace(
            *([0], [0], [False]),
            player=Player("closed", number),
            name=name,
            has_times=number > 1,
            notes=(note,),
        )
        for number, name, note in ((1, "a", "one"), (2, "b", "two"))
    )
    mixed = mix([first, second], player=Player())
    assert mixed.player == Player()
    assert mixed.has_times
    assert mixed.notes == ("one", "trace a: has no times, a request arrives every 0 ps", "two")
    assert not mix([first, first]).has_times
    assert mix([first, first]).notes == ("one", "one")


def test_players_must_agree_and_are_kept():
    closed = Player("closed", 4)
    first, second = (Trace([0], [0], [False], player=closed, name=name) for name in "ab")
    assert mix([first, second]).player == closed
    with pytest.raises(
        ArchgymError,
        match="trace a is meant to be played closed, 4 outstanding and trace stream open, but a",
    ):
        mix([first, traces.load("stream")])


@pytest.mark.parametrize(
    ("found", "offset_ps", "message"),
    [
        ([], 0, "a mix needs two traces or more, has 0"),
        ([Trace([0], [0], [False])], 0, "a mix needs two traces or more, has 1"),
        ([Trace([0], [0], [False])] * 2, -1, "offset of 0 or more, has -1 ps"),
        ([Trace([5], [0], [False])] * 2, 2**63 - 5, r"arrivals go beyond 2\^63 ps"),
        ([Trace([0], [2**63], [False])] * 2, 0, r"addresses go beyond 2\^64"),
        ([Trace([0], [0], [False], 64, 2**15)] * 2, 0, "initiators are over 65536"),
    ],
)
def test_impossible_mixes_are_refused(found, offset_ps, message):
    with pytest.raises(ArchgymError, match=message):
        mix(found, offset_ps)


def test_the_largest_mixes_are_not():
    least, most = Trace([0], [0], [False]), Trace([2**63 - 1], [2**64 - 2 * REGION], [True])
    assert mix([least, most]).address[1] == 2**64 - REGION
    assert mix([least, least], 2**63 - 1).duration_ps == 2**63 - 1
    many = Trace([0], [0], [False], 64, 2**15 - 1)
    assert mix([many, many]).initiator.tolist() == [2**15 - 1, 2**16 - 1]


def test_mixes_have_names():
    mixed = traces.load("zipf+random+zipf")
    expected = mix([traces.load(name) for name in ("zipf", "random", "zipf")])
    assert mixed.sha256 == expected.sha256
    assert mixed.name == "zipf+random+zipf"
    assert not traces.is_path("zipf+random")
    workload = Workload.load("stream+gups")
    assert set(workload.bursts().initiator.tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("zipf+randm", {}, "unknown trace 'randm'; did you mean 'random'"),
        ("zipf+", {}, "unknown trace ''"),
        ("zipf+random", {"seed": 3}, r"trace zipf\+random is a mix and has no option 'seed'"),
        ("zipf+pointer-chase", {}, "a mix is played in one way"),
    ],
)
def test_wrong_names_of_mixes_are_refused(name, options, message):
    with pytest.raises(ArchgymError, match=message):
        traces.load(name, **options)
