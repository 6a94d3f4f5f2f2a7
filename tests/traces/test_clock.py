"""Cycles of any clock become the nearest picoseconds, and picoseconds cycles again."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archgym.traces.clock import FASTEST_MHZ, SLOWEST_MHZ, TraceClock, is_clock

FREQUENCIES = st.one_of(
    st.integers(1, 10**6).map(float),
    st.floats(SLOWEST_MHZ, FASTEST_MHZ),
    st.integers(1, 10**6).map(lambda period_ps: 1e6 / period_ps),
)


@given(FREQUENCIES, st.integers(0, 10**9))
@example(3000.0, 3)
@example(3200.0, 1)
@example(700_000.0, 10**6)
def test_each_cycle_is_rounded_once(mhz, cycle):
    (arrival,) = TraceClock.of_mhz(mhz).arrival_ps(np.array([cycle])).tolist()
    exact = cycle * 10**6 / Fraction(repr(mhz))
    assert abs(arrival - exact) <= Fraction(1, 2) + Fraction(cycle, 10**9)


@given(FREQUENCIES, st.lists(st.integers(0, 2**62), min_size=1))
def test_cycles_come_back(mhz, cycles):
    clock = TraceClock.of_mhz(mhz)
    cycles = [cycle for cycle in cycles if clock.fits(cycle)]
    times = clock.arrival_ps(np.array(cycles, np.int64))
    assert clock.cycles(times).tolist() == cycles
    assert times.tolist() == [round(cycle * clock.period_ps) for cycle in cycles]


@given(FREQUENCIES, st.integers(0, 2**61))
def test_a_time_is_in_the_cycle_that_began_last(mhz, time_ps):
    clock = TraceClock.of_mhz(mhz)
    (cycle,) = clock.cycles(np.array([time_ps])).tolist()
    began, next_begins = clock.arrival_ps(np.array([cycle, cycle + 1])).tolist()
    assert began <= time_ps < next_begins


def test_a_clock_of_whole_picoseconds_is_found_in_its_frequency():
    for period_ps in (1, 3, 7, 833, 1875, 99_991):
        assert TraceClock.of_mhz(1e6 / period_ps).period_ps == period_ps


@pytest.mark.parametrize("mhz", [0, -1, 1e-9, 1e-6, 1.1e6, float("nan"), float("inf"), True, "1"])
def test_clocks_that_no_trace_has_are_told(mhz):
    assert not is_clock(mhz)


@given(FREQUENCIES)
def test_others_are_clocks(mhz):
    assert is_clock(mhz)
