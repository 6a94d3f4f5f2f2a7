"""Times, taken so that they can be compared."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.float64]


def cpu(work: Callable[[], object]) -> Callable[[], float]:
    """Returns a measurement of the CPU time that a work takes in this process, in seconds."""
    return partial(_elapsed, time.process_time, work)


def wall(work: Callable[[], object]) -> Callable[[], float]:
    """Returns a measurement of the time that passes while a work is done, in seconds."""
    return partial(_elapsed, time.perf_counter, work)


def in_turn(measurements: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, Seconds]:
    """Measures in turn (A B A B), so that whatever disturbs the machine disturbs all.

    Returns:
        The results of each, by name; the i-th of all were taken one after the other.
    """
    turns = [{name: measure() for name, measure in measurements.items()} for _ in range(repeats)]
    return {name: np.array([turn[name] for turn in turns]) for name in measurements}


def median(values: Seconds) -> float:
    """Returns the median as a plain number."""
    return float(np.median(values))


def _elapsed(clock: Callable[[], float], work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began
