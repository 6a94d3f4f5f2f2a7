import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.arrivals import WINDOW_PS, amount_by_window, dispersion, variation_of_gaps

ARRIVALS = st.lists(st.integers(0, 20 * WINDOW_PS), min_size=1).map(sorted).map(np.array)


@given(ARRIVALS)
def test_dispersion_is_variance_over_mean_of_all_windows(arrivals):
    counts = np.bincount(arrivals // WINDOW_PS)
    assert dispersion(arrivals) == pytest.approx(counts.var() / counts.mean())


@given(ARRIVALS, st.integers(1, 2**32 - 1))
def test_amounts_are_those_of_the_windows_that_are_not_empty(arrivals, size):
    sizes = np.arange(arrivals.size, dtype=np.uint32) % size + 1
    counts = np.bincount(arrivals // WINDOW_PS)
    assert amount_by_window(arrivals).tolist() == counts[counts > 0].tolist()
    weighed = np.bincount(arrivals // WINDOW_PS, sizes)
    assert amount_by_window(arrivals, sizes).tolist() == weighed[weighed > 0].tolist()


def test_a_clock_a_poisson_process_and_bursts():
    rng = np.random.default_rng(0)
    clock = np.arange(100_000) * 10_000
    poisson = np.cumsum(rng.exponential(10_000, 100_000)).astype(np.int64)
    bursts = np.repeat(poisson[:1000] * 100, 100)
    assert (variation_of_gaps(clock), dispersion(clock)) == (0, 0)
    assert variation_of_gaps(poisson) == pytest.approx(1, abs=0.02)
    assert dispersion(poisson) == pytest.approx(1, abs=0.1)
    assert variation_of_gaps(bursts) == pytest.approx(14, rel=0.1)
    assert dispersion(bursts) == pytest.approx(100, rel=0.2)


def test_bursts_that_follow_one_another_differ_from_bursts_far_apart():
    gaps = np.repeat([1000, 100_000], 5000)
    mixed = np.random.default_rng(0).permutation(gaps)
    together, apart = np.cumsum(gaps), np.cumsum(mixed)
    assert variation_of_gaps(together) == pytest.approx(variation_of_gaps(apart), rel=1e-3)
    assert dispersion(together) > 50 * dispersion(apart)


@pytest.mark.parametrize("arrivals", [[0], [0, 0, 0], [5], [2**63 - 1], [0, 2**63 - 1]])
def test_extremes_are_finite(arrivals):
    arrivals = np.array(arrivals)
    assert np.isfinite([variation_of_gaps(arrivals), dispersion(arrivals)]).all()
