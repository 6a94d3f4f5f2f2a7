"""How regularly requests arrive."""

import numpy as np
import numpy.typing as npt

WINDOW_PS = 1_000_000
"""Windows in which arrivals are counted, in picoseconds: some hundred bursts at a channel's peak,
so longer than a controller's queue and shorter than a program's phases."""

Floats = npt.NDArray[np.float64]


def amount_by_window(
    arrival_ps: npt.NDArray[np.int64], amount: npt.NDArray[np.generic] | None = None
) -> Floats:
    """Returns how much arrives in each window that anything arrives in, in order.

    Args:
        arrival_ps: Ascending.
        amount: What each request counts for, such as its bytes; by default 1.
    """
    window = arrival_ps // WINDOW_PS
    first = np.flatnonzero(np.diff(window, prepend=-1))
    amounts = np.ones(window.size) if amount is None else amount.astype(np.float64)
    return np.add.reduceat(amounts, first)


def variation_of_gaps(arrival_ps: npt.NDArray[np.int64]) -> float:
    """Returns the coefficient of variation of the gaps between arrivals.

    Returns:
        Standard deviation / mean: 0 for a clock (and where all arrive at once), 1 for a Poisson
        process, more for bursts.
    """
    gaps = np.diff(arrival_ps).astype(np.float64)
    return float(gaps.std() / gaps.mean()) if gaps.any() else 0.0


def dispersion(arrival_ps: npt.NDArray[np.int64]) -> float:
    """Returns the index of dispersion of the number of arrivals in a window.

    Unlike the gaps' variation it tells bursts that follow one another from bursts far apart (Cox
    and Lewis, "The Statistical Analysis of Series of Events", 1966).

    Returns:
        Variance / mean over the windows up to the last arrival's: 0 for a clock (and for one
        window), 1 for a Poisson process, about the size of the bursts for bursts.
    """
    windows = int(arrival_ps[-1]) // WINDOW_PS + 1
    counts = amount_by_window(arrival_ps)
    mean = counts.sum() / windows
    # Most windows of a sparse trace are empty and not among the counts.
    variance = np.square(counts - mean).sum() + (windows - counts.size) * mean**2
    return float(variance / windows / mean)
