"""How sure one may be that an agent is better: intervals, paired comparisons, many of them at once.

A *sample* is a list of arrays, one per problem, each with one regret (or cost) per seed. Everything
is resampled within the problems, so that each keeps its weight (a stratified bootstrap, as Agarwal
et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", NeurIPS 2021, advise
for few seeds). Infinite values are allowed: medians and ranks take them as they are.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sample = Sequence[ArrayLike]

RESAMPLES = 4000
"""Bootstrap resamples of whatever is estimated."""

_COVERAGE = 0.95


class Estimate(NamedTuple):
    """A number with its interval.

    Attributes:
        value: As measured.
        low: Lower end of the 95 % bootstrap interval (percentiles).
        high: Upper end.
    """

    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """One agent beside another on the same problems and seeds.

    Attributes:
        difference: Median of the paired differences; below 0, the first is better.
        p_value: Two-sided, that there is no difference; before any correction.
        improvement: Probability that a run of the first beats one of the second, ties counted by
            half; mean over the problems.
    """

    difference: Estimate
    p_value: float
    improvement: Estimate


def median(sample: Sample, seed: int = 0) -> Estimate:
    """Returns the median over all problems and seeds.

    Raises:
        ValueError: The sample is empty.
    """
    arrays = _arrays(sample)
    rng = np.random.default_rng(seed)
    resampled = np.concatenate([array[_draw(rng, len(array))] for array in arrays], axis=1)
    return _estimate(float(np.median(np.concatenate(arrays))), np.median(resampled, axis=1))


def compare(first: Sample, second: Sample, seed: int = 0) -> Comparison:
    """Compares two agents in pairs.

    Args:
        first: One array per problem, by seed.
        second: The same problems; the same seeds in the same order, of which it may have more or
            fewer: only common ones are paired.
        seed: Of the resampling.

    Raises:
        ValueError: There is no problem, or one without a common seed.
    """
    pairs = [
        (a[: min(len(a), len(b))], b[: min(len(a), len(b))])
        for a, b in zip(_arrays(first), _arrays(second), strict=True)
    ]
    rng = np.random.default_rng(seed)
    draws = [_draw(rng, len(a)) for a, _ in pairs]
    gaps = [_gap(a, b) for a, b in pairs]
    resampled = np.concatenate([gap[draw] for gap, draw in zip(gaps, draws, strict=True)], axis=1)
    medians = np.median(resampled, axis=1)
    difference = _estimate(float(np.median(np.concatenate(gaps))), medians)
    # The share of resamples on the far side of no difference, of both sides, and never zero.
    beyond = min((medians <= 0).sum(), (medians >= 0).sum())
    p_value = min(1.0, 2 * (int(beyond) + 1) / (RESAMPLES + 1))
    wins = [np.where(a[:, None] == b, 0.5, a[:, None] < b) for a, b in pairs]
    redrawn = np.zeros(RESAMPLES)
    for win, draw in zip(wins, draws, strict=True):
        other = _draw(rng, len(win))
        redrawn += win[draw[:, :, None], other[:, None, :]].mean(axis=(1, 2)) / len(wins)
    improvement = _estimate(float(np.mean([win.mean() for win in wins])), redrawn)
    return Comparison(difference, p_value, improvement)


def median_difference(first: Sample, second: Sample, seed: int = 0) -> Estimate:
    """Returns by how much the median of one agent over all problems and seeds is above another's.

    Both are resampled with the same draws, so that what is common to a pair cancels.

    Args:
        first: One array per problem, by seed.
        second: The same problems and seeds, in the same order.
        seed: Of the resampling.

    Raises:
        ValueError: There is no problem, or one without a seed, or the samples differ in size.
    """
    arrays, others = _arrays(first), _arrays(second)
    if [len(array) for array in arrays] != [len(array) for array in others]:
        raise ValueError("the samples need the same problems and seeds")
    rng = np.random.default_rng(seed)
    draws = [_draw(rng, len(array)) for array in arrays]
    medians = [
        np.median(
            np.concatenate([array[draw] for array, draw in zip(side, draws, strict=True)], axis=1),
            axis=1,
        )
        for side in (arrays, others)
    ]
    whole = [np.median(np.concatenate(side)) for side in (arrays, others)]
    return _estimate(float(_gap(*map(np.asarray, whole))), _gap(*medians))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Corrects for several comparisons made at once.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979.

    Args:
        p_values: By name.

    Returns:
        Adjusted p-values: each may be compared with the level wanted for all of them together.
    """
    adjusted: dict[str, float] = {}
    least = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = least
    return {name: adjusted[name] for name in p_values}


def _arrays(sample: Sample) -> list[NDArray[np.float64]]:
    arrays = [np.asarray(values, np.float64) for values in sample]
    if not arrays or any(array.size == 0 for array in arrays):
        raise ValueError("a sample needs a problem, and each problem a seed")
    return arrays


def _draw(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    return rng.integers(n, size=(RESAMPLES, n))


def _gap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns `a - b`; two that are infinite are equal."""
    same = a == b
    return np.where(same, 0.0, np.subtract(a, b, where=~same, out=np.zeros_like(a)))


def _estimate(value: float, resampled: NDArray[np.float64]) -> Estimate:
    tail = (1 - _COVERAGE) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], method="nearest")
    return Estimate(value, float(low), float(high))
