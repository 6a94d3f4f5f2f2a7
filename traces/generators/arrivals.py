"""Arrival processes: `(rng, requests, gap_ns, **options)` -> arrival of each request in ns."""

import numpy as np
import numpy.typing as npt

from archgym.traces.generators.options import check

Rng = np.random.Generator
Floats = npt.NDArray[np.float64]


def poisson(rng: Rng, requests: int, gap_ns: float) -> Floats:
    """Independent arrivals, `gap_ns` apart on average."""
    return np.cumsum(rng.exponential(gap_ns, size=requests))


def bursts(rng: Rng, requests: int, gap_ns: float, burst: int = 64) -> Floats:
    """Bursts of requests that arrive at once: `burst` of them on average, geometric."""
    check("burst", burst, burst >= 1, "1 or more")
    starts = rng.random(requests) < 1 / burst
    return np.cumsum(np.where(starts, rng.exponential(gap_ns * burst, size=requests), 0.0))


def on_off(
    rng: Rng, requests: int, gap_ns: float, on_ns: float = 500.0, off_ns: float = 1500.0
) -> Floats:
    """Independent arrivals that are switched on and off, for exponentially distributed times.

    The interrupted Poisson process of Kuczura (Bell System Technical Journal 52-3, 1973). While
    it is on, arrivals are so dense that they are `gap_ns` apart on average over all of the time.
    """
    check("on_ns", on_ns, 0.001 <= on_ns <= 1e12, "from 0.001 to 1e12")
    check("off_ns", off_ns, 0 <= off_ns <= 1e12, "from 0 to 1e12")
    gap = rng.exponential(gap_ns * on_ns / (on_ns + off_ns), size=requests)
    # A process without memory is interrupted again in each gap, and the sum of n exponentially
    # distributed times has the gamma distribution of shape n.
    off = rng.gamma(rng.poisson(gap / on_ns), off_ns)
    return np.cumsum(gap + off)
