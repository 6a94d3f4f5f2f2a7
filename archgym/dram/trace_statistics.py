"""What a trace is like, and what it asks of a device, in figures for people.

Arrivals are those that the trace states, even if it is to be played closed. What can't be measured
is left out: the bandwidth of a trace whose requests all arrive at time 0, the reuse distances of
one that touches nothing twice.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from archgym.dram.arrivals import WINDOW_PS, amount_by_window, dispersion, variation_of_gaps
from archgym.dram.features import FEATURE_NAMES
from archgym.dram.reuse import FIRST_TOUCH, LINE_BYTES, reuse_distances, touched_lines
from archgym.dram.rows import Outcome, banks, row_outcomes
from archgym.dram.workload import Workload

PAGE_BYTES = 4096

# Strides named: so many, each of at least so large a share.
_STRIDES = 5
_LEAST_SHARE = 0.01

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Statistic:
    """One statistic.

    Attributes:
        name: Its name.
        unit: Its unit; empty for a count, a share or a ratio.
        description: What it measures.
    """

    name: str
    unit: str
    description: str


STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        Statistic("requests", "", "requests"),
        Statistic("read_share", "", "share of the requests that read"),
        Statistic("initiators", "", "distinct initiators"),
        Statistic("bytes", "B", "bytes asked for"),
        Statistic("request_bytes", "B", "mean size of a request"),
        Statistic("duration_ns", "ns", "arrival of the last request"),
        Statistic("bandwidth_gb_per_s", "GB/s", "mean bandwidth asked for: bytes / duration"),
        Statistic("bandwidth_peak_gb_per_s", "GB/s", "of the window of 1 us that asks for most"),
        Statistic("bandwidth_share", "", "mean bandwidth asked for / peak bandwidth of the device"),
        Statistic("gap_ns", "ns", "mean time between two arrivals"),
        Statistic("gap_variation", "", "standard deviation / mean of it; a Poisson process has 1"),
        Statistic(
            "dispersion", "", "variance / mean of the arrivals in 1 us; a Poisson process has 1"
        ),
        Statistic("footprint_lines", "", "distinct lines of 64 bytes"),
        Statistic("footprint_pages", "", "distinct pages of 4 KiB"),
        Statistic("footprint_bytes", "B", "bytes of the distinct lines"),
        Statistic("sequential_share", "", "share of the touches one line above the touch before"),
        Statistic("reuse_share", "", "share of the touches of a line that was touched before"),
        Statistic("reuse_median_lines", "", "median reuse distance: distinct lines in between"),
        Statistic("reuse_p90_lines", "", "90th percentile of the reuse distance"),
        Statistic("bursts", "", "bursts that the requests take on the device"),
        Statistic("row_hit_share", "", "share of the bursts that find their row open, in order"),
        Statistic("row_miss_share", "", "share that find no row open in their bank, in order"),
        Statistic("row_conflict_share", "", "share that find another row open, in order"),
        Statistic("rows", "", "distinct rows"),
        Statistic("banks", "", "distinct banks, over all ranks and channels"),
        Statistic(
            "bank_balance", "", "mean bursts of a bank / the busiest one's; 1 is an even spread"
        ),
    )
}
"""Every statistic by name."""


@dataclass(frozen=True)
class TraceStatistics:
    """What a workload's trace is like.

    Attributes:
        values: Value of each of `STATISTICS` that can be measured.
        reuse: Share of the touches by reuse distance: below 1 line, and from each power of two to
            below the next, by the number that the distance is below. The rest touches a line for
            the first time.
        strides: Share of the steps from a touch to the next, by their length in lines; the five
            most frequent ones that make up 1 % or more.
        features: Value of each of `archgym.dram.workload.FEATURE_NAMES`.
    """

    values: dict[str, float]
    reuse: dict[int, float]
    strides: dict[int, float]
    features: dict[str, float]


def describe(workload: Workload) -> TraceStatistics:
    """Measures what a workload's trace is like."""
    lines = touched_lines(workload.trace)
    distances = reuse_distances(lines)
    return TraceStatistics(
        values={
            **_requests(workload),
            **_arrivals(workload),
            **_footprint(lines, distances),
            **_banks(workload),
        },
        reuse=reuse_shares(distances),
        strides=_strides(lines),
        features=dict(zip(FEATURE_NAMES, workload.features.tolist(), strict=True)),
    )


def reuse_shares(distances: Ints) -> dict[int, float]:
    """Returns the share of touches by reuse distance, as `TraceStatistics.reuse` has it."""
    # The exponent of a whole number is the length of its binary form.
    exponents = np.frexp(distances[distances != FIRST_TOUCH].astype(np.float64))[1]
    shares = np.bincount(exponents) / distances.size
    return {1 << exponent: float(share) for exponent, share in enumerate(shares)}


def _requests(workload: Workload) -> dict[str, float]:
    trace = workload.trace
    return {
        "requests": len(trace),
        "read_share": 1 - float(trace.is_write.mean()),
        "initiators": _distinct(trace.initiator.astype(np.int64)),
        "bytes": int(trace.size.sum(dtype=np.int64)),
        "request_bytes": float(trace.size.mean()),
    }


def _arrivals(workload: Workload) -> dict[str, float]:
    trace, duration_ns = workload.trace, workload.trace.duration_ps / 1000
    if duration_ns == 0:
        return {"duration_ns": duration_ns}
    # A byte per nanosecond is a gigabyte per second.
    bandwidth = int(trace.size.sum(dtype=np.int64)) / duration_ns
    values = {
        "duration_ns": duration_ns,
        "bandwidth_gb_per_s": bandwidth,
        "bandwidth_peak_gb_per_s": float(
            amount_by_window(trace.arrival_ps, trace.size).max() / (WINDOW_PS / 1000)
        ),
        "bandwidth_share": bandwidth / workload.system.device.peak_bandwidth_gb_per_s,
        "dispersion": dispersion(trace.arrival_ps),
    }
    if len(trace) > 1:
        values["gap_ns"] = float(np.diff(trace.arrival_ps).mean()) / 1000
        values["gap_variation"] = variation_of_gaps(trace.arrival_ps)
    return {name: values[name] for name in STATISTICS if name in values}


def _footprint(lines: Ints, distances: Ints) -> dict[str, float]:
    reused = distances[distances != FIRST_TOUCH]
    distinct = lines.size - reused.size
    values = {
        "footprint_lines": distinct,
        "footprint_pages": _distinct(lines // (PAGE_BYTES // LINE_BYTES)),
        "footprint_bytes": distinct * LINE_BYTES,
        "sequential_share": int((np.diff(lines) == 1).sum()) / lines.size,
        "reuse_share": reused.size / lines.size,
    }
    if reused.size:
        median, p90 = np.quantile(reused, (0.5, 0.9), method="lower")
        values |= {"reuse_median_lines": int(median), "reuse_p90_lines": int(p90)}
    return values


def _banks(workload: Workload) -> dict[str, float]:
    bank, outcomes = banks(workload), row_outcomes(workload)
    all_banks = workload.system.channels * workload.system.banks
    row = workload.locations().row.astype(np.int64) * all_banks + bank
    counts = np.bincount(bank, minlength=all_banks)
    shares = np.bincount(outcomes, minlength=len(Outcome)) / bank.size
    return {
        "bursts": bank.size,
        "row_hit_share": float(shares[Outcome.HIT]),
        "row_miss_share": float(shares[Outcome.MISS]),
        "row_conflict_share": float(shares[Outcome.CONFLICT]),
        "rows": _distinct(row),
        "banks": int((counts > 0).sum()),
        "bank_balance": float(counts.mean() / counts.max()),
    }


def _strides(lines: Ints) -> dict[int, float]:
    strides, counts = np.unique(np.diff(lines), return_counts=True)
    frequent = counts >= _LEAST_SHARE * counts.sum()
    strides, shares = strides[frequent], counts[frequent] / counts.sum()
    # The most frequent first; of equally frequent ones, the shortest.
    order = np.lexsort((np.abs(strides), -shares))[:_STRIDES]
    return dict(zip(strides[order].tolist(), shares[order].tolist(), strict=True))


def _distinct(values: Ints) -> int:
    """Counts the distinct values; sorting is many times faster than the hashing of `np.unique`."""
    return 1 + int(np.count_nonzero(np.diff(np.sort(values))))
