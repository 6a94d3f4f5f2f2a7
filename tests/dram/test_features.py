import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.features import FEATURE_NAMES, FEATURES, features
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.traces.player import OPEN, Player
from archgym.traces.trace import Trace

SYSTEMS = [System.load(name) for name in ("ddr4-2400", "ddr4-2400-2channel", "hbm2", "gddr6-14000")]
CAPACITY = min(system.capacity for system in SYSTEMS)

PLAYERS = st.just(OPEN) | st.builds(
    Player, st.just("closed"), st.integers(1, 65536), st.integers(0, 10**12), st.booleans()
)


@st.composite
def traces(draw):
    requests = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2**50),
                st.integers(0, CAPACITY - 5000),
                st.booleans(),
                st.integers(1, 5000),
                st.integers(0, 2**16 - 1),
            ),
            min_size=1,
            max_size=100,
        )
    )
    gap, address, is_write, size, initiator = (
        list(column) for column in zip(*requests, strict=True)
    )
    return Trace(np.cumsum(gap), address, is_write, size, initiator, player=draw(PLAYERS))


def named(workload):
    return dict(zip(FEATURE_NAMES, workload.features.tolist(), strict=True))


def load(name, **options):
    return named(Workload.load(name, **{"requests": 4000} | options))


@given(st.sampled_from(SYSTEMS), traces())
def test_every_trace_has_finite_features_from_0_to_1(system, trace):
    values = features(Workload(system, trace))
    assert values.shape == (len(FEATURES),)
    assert values.dtype == np.float64
    assert ((values >= 0) & (values <= 1)).all(), dict(zip(FEATURE_NAMES, values, strict=True))


@given(traces())
def test_the_name_does_not_matter(trace):
    other = Trace(
        trace.arrival_ps, trace.address, trace.is_write, trace.size, trace.initiator,
        player=trace.player, name="another",
    )  # fmt: skip
    first, second = (Workload(SYSTEMS[0], each).features for each in (trace, other))
    assert (first == second).all()


@given(traces(), st.integers(1, 63))
def test_which_initiator_has_which_number_does_not_matter(trace, key):
    other = Trace(
        trace.arrival_ps, trace.address, trace.is_write, trace.size, trace.initiator ^ key,
        player=trace.player,
    )  # fmt: skip
    first, second = (Workload(SYSTEMS[0], each).features for each in (trace, other))
    assert first == pytest.approx(second)


def test_length_and_footprint():
    values = load("stream", requests=10**4)
    assert values["length"] == pytest.approx(0.5)
    assert values["footprint"] == pytest.approx(np.log2(10**4 * 64) / 40)
    assert load("stream", footprint=2**16)["footprint"] == pytest.approx(16 / 40)


@pytest.mark.parametrize(("size", "expected"), [(64, 0), (128, 1 / 2), (256, 3 / 4)])
def test_size(size, expected):
    trace = Trace([0, 1, 2], [0, 4096, 8192], [0, 1, 0], size)
    assert named(Workload(SYSTEMS[0], trace))["size"] == expected


def test_windows_see_what_neighbours_do_not():
    """Two rows of one bank in turn: no burst finds its row open, yet all could but two a window."""
    pairs = np.arange(64 * 10) % 2
    step = _row_step(SYSTEMS[0])
    values = named(Workload(SYSTEMS[0], Trace(pairs * 0, pairs * step, pairs * 0)))
    assert values["row_locality"] == 0
    assert values["row_locality_64"] == pytest.approx(62 / 64)


def _row_step(system):
    """Returns the distance of two addresses that differ in nothing but their row."""
    zero = system.locate(np.array([0], np.uint64))
    for bit in range(13, 32):
        other = system.locate(np.array([1 << bit], np.uint64))
        same = [(a == b).all() for a, b in zip(zero, other, strict=True)]
        if same == [True, True, True, True, False, True]:
            return 1 << bit
    raise AssertionError


def test_interleaved_streams_are_sequential_and_random_lines_are_not():
    streams = (np.arange(6400) // 4 + np.arange(6400) % 4 * 10**6) * 64
    interleaved = named(Workload(SYSTEMS[0], Trace(streams * 0, streams, streams * 0)))
    assert interleaved["sequential"] == pytest.approx(60 / 64)
    assert load("random")["sequential"] < 0.01


def test_reuse_by_distance():
    for lines, near, middle in ((512, 1, 1), (1024, 1, 1), (1025, 0, 1), (2**14 + 1, 0, 0)):
        values = load("stream", requests=10 * lines, footprint=64 * lines)
        assert values["reuse"] == pytest.approx(0.9)
        assert values["reuse_1k"] == pytest.approx(0.9 * near)
        assert values["reuse_16k"] == pytest.approx(0.9 * middle)
    assert load("stream")["reuse"] == 0


@pytest.mark.parametrize("count", [1, 2, 4])
def test_initiators(count):
    numbers = np.arange(400)
    trace = Trace(numbers, numbers * 64, numbers * 0, initiator=numbers % count)
    assert named(Workload(SYSTEMS[0], trace))["initiators"] == pytest.approx(1 - 1 / count)


def test_players():
    def played(player):
        return named(Workload.load("random", player=player, requests=100))

    open_, closed = played(OPEN), played(Player("closed", 16, 100_000, dependent=True))
    assert (open_["outstanding"], open_["dependent"], open_["think_time"]) == (1, 0, 0)
    assert (closed["outstanding"], closed["dependent"], closed["think_time"]) == (0.25, 1, 0.5)
    # What the trace's arrivals say does not matter in closed play.
    assert closed["burstiness"] == closed["dispersion"] == 0
    assert closed["load"] == pytest.approx(1, abs=1e-3)


def test_a_million_requests_take_no_more_than_moments():
    workload = Workload.load("zipf", requests=1_000_000)
    workload.locations()
    start = time.process_time()
    features(workload)
    assert time.process_time() - start < 5  # 0.3 s on an idle machine.
