"""What a workload is like, in a few numbers: for learning across workloads, and for people.

The numbers depend on the trace, its player and the device, never on a controller or on what the
trace is called. Each lies in [0, 1], but that `length` and `footprint` exceed 1 beyond 10^8 bursts
and 1 TiB.
"""

import numpy as np
import numpy.typing as npt

from archgym.dram.arrivals import dispersion, variation_of_gaps
from archgym.dram.played_trace import PlayedTrace
from archgym.dram.reuse import FIRST_TOUCH, LINE_BYTES, reuse_distances, touched_lines
from archgym.dram.rows import Outcome, banks, row_outcomes

WINDOW = 64
"""Successive bursts, or touches of lines, that count as close: those that a queue may hold."""

FEATURES = {
    "length": "log10(bursts) / 8",
    "footprint": "log2(bytes of the distinct lines) / 40",
    "size": "1 - requests / bursts: 0 if each request is one burst, 3/4 if each is four",
    "read_share": "share of the bursts that read",
    "turnarounds": "share of the bursts of another direction than the burst before",
    "load": "x / (1 + x), x = bandwidth asked for / peak bandwidth of the device; "
    "1 in closed-loop replay",
    "burstiness": "x / (1 + x), x = coefficient of variation of the gaps between arrivals: "
    "1/2 for a Poisson process",
    "dispersion": "x / (1 + x), x = index of dispersion of the arrivals in windows of 1 us: "
    "1/2 for a Poisson process",
    "row_locality": "share of the bursts to the row of the burst before in their bank",
    "row_locality_64": "share of the bursts to a row that one before in their window of 64 went to",
    "bank_spread": "entropy of the banks' shares of the bursts / its maximum",
    "bank_repeats": "share of the bursts to the bank of the burst before",
    "sequential": "share of the touches that, in their window of 64, add a line next above another",
    "reuse": "share of the touches of a line that was touched before",
    "reuse_1k": "share of the touches at a reuse distance below 2^10 lines (64 KiB)",
    "reuse_16k": "share of the touches at a reuse distance below 2^14 lines (1 MiB)",
    "initiators": "1 - sum of the squares of the initiators' shares of the bursts: 0 for one",
    "outstanding": "log2(requests that an initiator may have in flight) / 16; "
    "1 in open-loop replay",
    "dependent": "1 if requests wait for the last read before them, else 0",
    "think_time": "x / (1 + x), x = the player's think time / 100 ns",
}
"""What each feature is, in the order of `features`. A line is 64 bytes; a touch is a request's
access to one line. Windows follow on one another from the first burst or touch on."""

FEATURE_NAMES = tuple(FEATURES)


def features(workload: PlayedTrace) -> npt.NDArray[np.float64]:
    """Computes the features of a workload.

    Returns:
        One finite float for each of `FEATURE_NAMES`.
    """
    bursts, locations = workload.bursts(), workload.locations()
    device, player = workload.system.device, workload.player
    count = bursts.address.size
    lines = touched_lines(workload.trace)
    distances = reuse_distances(lines)
    distinct = int((distances == FIRST_TOUCH).sum())

    bank = banks(workload)
    all_banks = workload.system.channels * workload.system.banks
    row = locations.row.astype(np.int64) * all_banks + bank

    asked = count * device.bytes_per_request * 1000
    possible = max(int(bursts.arrival_ps[-1]), 1) * device.peak_bandwidth_gb_per_s

    values = {
        "length": np.log10(count) / 8,
        "footprint": np.log2(distinct * LINE_BYTES) / 40,
        "size": 1 - len(workload) / count,
        "read_share": 1 - bursts.is_write.mean(),
        "turnarounds": (bursts.is_write[1:] != bursts.is_write[:-1]).sum() / count,
        "load": asked / (asked + possible),
        "burstiness": _below_1(variation_of_gaps(bursts.arrival_ps)),
        "dispersion": _below_1(dispersion(bursts.arrival_ps)),
        "row_locality": (row_outcomes(workload) == Outcome.HIT).mean(),
        "row_locality_64": (_steps_in_windows(row) == 0).sum() / count,
        "bank_spread": _entropy(_shares(bank)) / np.log(max(all_banks, 2)),
        "bank_repeats": (np.diff(bank) == 0).sum() / count,
        "sequential": (_steps_in_windows(lines) == 1).sum() / lines.size,
        "reuse": 1 - distinct / lines.size,
        "reuse_1k": ((distances >= 0) & (distances < 2**10)).mean(),
        "reuse_16k": ((distances >= 0) & (distances < 2**14)).mean(),
        "initiators": 1 - np.square(_shares(bursts.initiator)).sum(),
        "outstanding": np.log2(player.max_outstanding or 2**16) / 16,
        "dependent": player.dependent,
        "think_time": _below_1(player.think_time_ps / 100_000),
    }
    return np.array([values[name] for name in FEATURE_NAMES], dtype=np.float64)


def _below_1(x: float) -> float:
    """Squeezes a ratio from 0 up into [0, 1)."""
    return x / (1 + x)


def _shares(labels: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Returns the share of each label that occurs."""
    counts = np.bincount(labels)
    return counts[counts > 0] / labels.size


def _entropy(shares: npt.NDArray[np.float64]) -> float:
    # A minus sign in front of 0 would be -0.
    return abs(float((shares * np.log(shares)).sum()))


def _steps_in_windows(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Returns the differences of each window's sorted values, of all windows together."""
    whole = values.size // WINDOW * WINDOW
    windows = np.sort(values[:whole].reshape(-1, WINDOW), axis=1)
    rest = np.sort(values[whole:])
    return np.concatenate([np.diff(windows, axis=1).ravel(), np.diff(rest)])
