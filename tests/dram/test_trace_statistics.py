"""The figures of a trace, against plain counting."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.features import FEATURE_NAMES
from archgym.dram.reuse import reuse_distances, touched_lines
from archgym.dram.system import System
from archgym.dram.trace_statistics import STATISTICS, describe
from archgym.dram.workload import Workload
from archgym.traces import generators
from archgym.traces.player import Player
from archgym.traces.trace import Trace

DDR4 = System.load("ddr4-2400")

REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 10**6),
        st.integers(0, 2**20),
        st.booleans(),
        st.integers(1, 300),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=50,
)


@given(REQUESTS)
def test_values_by_plain_counting(requests):
    gap, address, is_write, size, initiator = (list(each) for each in zip(*requests, strict=True))
    arrival = np.cumsum(gap)
    trace = Trace(arrival, address, is_write, size, initiator)
    values = describe(Workload(DDR4, trace)).values
    touched = [range(a, a + n) for a, n in zip(address, size, strict=True)]
    lines = {byte // 64 for each in touched for byte in each}
    touches = sum(len({byte // 64 for byte in each}) for each in touched)
    assert values["requests"] == len(requests)
    assert values["read_share"] == pytest.approx(is_write.count(False) / len(requests))
    assert values["initiators"] == len(set(initiator))
    assert values["bytes"] == sum(size)
    assert values["footprint_lines"] == len(lines)
    assert values["footprint_pages"] == len({line // 64 for line in lines})
    assert values["footprint_bytes"] == 64 * len(lines)
    assert values["reuse_share"] == pytest.approx(1 - len(lines) / touches)
    shares = [values[f"row_{outcome}_share"] for outcome in ("hit", "miss", "conflict")]
    assert sum(shares) == pytest.approx(1)
    assert values["row_miss_share"] == pytest.approx(values["banks"] / values["bursts"])
    assert values["rows"] >= values["banks"]
    assert 0 < values["bank_balance"] <= 1
    if arrival[-1]:
        windows = np.bincount(arrival // 10**6, size)
        assert values["bandwidth_gb_per_s"] == pytest.approx(1000 * sum(size) / arrival[-1])
        assert values["bandwidth_peak_gb_per_s"] == pytest.approx(windows.max() / 1000)


@given(REQUESTS)
def test_reuse_and_features_agree_with_the_library(requests):
    gap, address, is_write, size, initiator = (list(each) for each in zip(*requests, strict=True))
    workload = Workload(DDR4, Trace(np.cumsum(gap), address, is_write, size, initiator))
    found = describe(workload)
    distances = reuse_distances(touched_lines(workload.trace))
    for bound, share in found.reuse.items():
        within = (distances >= bound // 2) & (distances < bound)
        assert share == pytest.approx(within.mean())
    assert sum(found.reuse.values()) == pytest.approx(found.values["reuse_share"])
    assert list(found.features) == list(FEATURE_NAMES)
    assert list(found.features.values()) == workload.features.tolist()


@pytest.mark.parametrize("name", ["stream", "zipf", "sqlite"])
def test_every_value_is_described_and_fits_in_json(name):
    found = describe(Workload.load(name))
    assert found.values.keys() <= STATISTICS.keys()
    # Written strictly, JSON knows no infinity and no NumPy.
    json.dumps(asdict(found), allow_nan=False)


def test_every_statistic_can_be_measured():
    assert describe(Workload.load("zipf")).values.keys() == STATISTICS.keys()


def test_what_cannot_be_measured_is_left_out():
    once = describe(Workload(DDR4, Trace([0], [0], [0])))
    assert not {"bandwidth_gb_per_s", "gap_ns", "reuse_median_lines"} & once.values.keys()
    assert (once.reuse, once.strides) == ({}, {})
    late = describe(Workload(DDR4, Trace([5000], [0], [0]))).values
    assert "gap_ns" not in late
    assert late["bandwidth_gb_per_s"] == pytest.approx(64 / 5)


def test_arrivals_are_the_traces_in_closed_play_too():
    trace = generators.generate("random", requests=500)
    open_, closed = (
        describe(Workload(DDR4, trace, player)).values for player in (None, Player("closed", 4))
    )
    assert open_ == closed


def test_bandwidth_is_what_the_generator_was_asked_for():
    values = describe(Workload.load("random", requests=20_000, intensity=0.1)).values
    assert values["bandwidth_gb_per_s"] == pytest.approx(6.4, rel=0.02)
    assert values["bandwidth_share"] == pytest.approx(6.4 / 19.2, rel=0.02)
    assert values["gap_ns"] == pytest.approx(10, rel=0.02)
    assert values["gap_variation"] == pytest.approx(1, abs=0.05)


def test_strides():
    line = np.cumsum([1, 1, 7] * 100)
    strides = describe(Workload(DDR4, Trace(line * 0, line * 64, line * 0))).strides
    assert list(strides) == [1, 7]
    assert strides[7] == pytest.approx(1 / 3, abs=0.01)
    assert describe(Workload.load("random")).strides == {}
