"""A closed player asks as fast as it is answered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archgym
from archgym.dram.system import System
from archgym.dram.testing.strategies import accesses, designs, devices, make_workload
from archgym.dram.workload import Workload
from archgym.traces.player import Player
from archgym.traces.trace import Trace

REQUESTS = 200


def random_reads(player, initiators=1, write_share=0.0):
    rng = np.random.default_rng(0)
    system = System.load("ddr4-2400")
    trace = Trace(
        arrival_ps=np.arange(REQUESTS) * 10**6,
        address=rng.integers(2**24, size=REQUESTS, dtype=np.uint64) * np.uint64(64),
        is_write=rng.random(REQUESTS) < write_share,
        size=np.full(REQUESTS, 64, np.uint32),
        initiator=(np.arange(REQUESTS) % initiators).astype(np.uint16),
    )
    return Workload(system, trace, player)


def simulate(workload, **design):
    return archgym.simulate({"RefreshPolicy": "NoRefresh", **design}, workload)


@settings(max_examples=40, deadline=None)
@given(devices(), accesses(), st.data())
def test_without_a_limit_all_requests_are_there_at_once(device, requests, data):
    closed = make_workload(device, requests)
    at_once = make_workload(device, [access._replace(arrival_ps=0) for access in requests])
    player = Player("closed", max_outstanding=len(requests))
    closed = Workload(closed.system, closed.trace, player)
    design = data.draw(designs(device))
    assert archgym.simulate(design, closed) == pytest.approx(archgym.simulate(design, at_once))


@settings(max_examples=40, deadline=None)
@given(devices(), accesses(), st.data())
def test_one_at_a_time_each_waits_for_the_one_before(device, requests, data):
    workload = make_workload(device, requests)
    design = data.draw(designs(device))
    metrics = archgym.simulate(
        design, Workload(workload.system, workload.trace, Player("closed", max_outstanding=1))
    )
    total_ns = metrics["latency_ns"] * len(requests)
    assert metrics["runtime_ns"] == pytest.approx(total_ns, rel=1e-9)


def test_thinking_adds_to_every_request_but_the_first():
    clock_ns = System.load("ddr4-2400").device.clock_ps / 1000
    think_cycles = 100
    busy = simulate(random_reads(Player("closed", max_outstanding=1)), PagePolicy="Closed")
    thoughtful = simulate(
        random_reads(
            Player("closed", max_outstanding=1, think_time_ps=int(think_cycles * clock_ns * 1000))
        ),
        PagePolicy="Closed",
    )
    added = thoughtful["runtime_ns"] - busy["runtime_ns"]
    # Banks recover while it thinks, so that latencies fall a little.
    expected = (REQUESTS - 1) * think_cycles * clock_ns
    fallen = REQUESTS * (busy["latency_ns"] - thoughtful["latency_ns"])
    assert added == pytest.approx(expected - fallen, rel=1e-9)


@pytest.mark.parametrize("outstanding", [1, 2, 4, 8, 16])
def test_littles_law_bounds_what_is_under_way(outstanding):
    metrics = simulate(random_reads(Player("closed", max_outstanding=outstanding)))
    under_way = metrics["latency_ns"] * REQUESTS / metrics["runtime_ns"]
    assert under_way <= outstanding * (1 + 1e-9)
    assert under_way >= 0.8 * outstanding


def test_a_dependent_reader_is_no_faster_with_more_outstanding():
    chased = [
        simulate(random_reads(Player("closed", max_outstanding=limit, dependent=True)))
        for limit in (1, 8)
    ]
    assert chased[0] == chased[1]


def test_writes_between_dependent_reads_need_not_be_waited_for():
    def runtime(limit):
        player = Player("closed", max_outstanding=limit, dependent=True)
        return simulate(random_reads(player, write_share=0.5))["runtime_ns"]

    assert runtime(8) < 0.8 * runtime(1)


def test_each_initiator_has_its_own_limit():
    one = simulate(random_reads(Player("closed", max_outstanding=1)))
    four = simulate(random_reads(Player("closed", max_outstanding=1), initiators=4))
    assert four["runtime_ns"] < 0.5 * one["runtime_ns"]
