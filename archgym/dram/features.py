"""What a workload is like, in a few numbers: for learning across workloads, and for people.

Every feature lies in [0, 1], or close to it, and depends on no controller.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from archgym.dram.workload import Workload

FEATURE_NAMES = (
    "length",
    "read_share",
    "turnarounds",
    "load",
    "burstiness",
    "row_locality",
    "bank_spread",
    "bank_repeats",
)
"""In the order of `features`:

- `length`: log10(bursts) / 8.
- `read_share`: share of reads.
- `turnarounds`: share of bursts of another direction than the burst before.
- `load`: x / (1 + x), where x is the bandwidth asked for over that of the data pins, so that 1/2
  asks for all of it and 1 for all at once, as in closed play.
- `burstiness`: x / (1 + x), where x is the coefficient of variation of the gaps between arrivals:
  0 for a clock, 1/2 for a Poisson process.
- `row_locality`: share of bursts to the same row as the burst before in their bank.
- `bank_spread`: entropy of the banks' shares of the bursts, over its maximum.
- `bank_repeats`: share of bursts to the same bank as the burst before.
"""


def features(workload: "Workload") -> npt.NDArray[np.float64]:
    """Computes the features of a workload.

    Returns:
        One float for each of `FEATURE_NAMES`.
    """
    bursts, locations = workload.bursts(), workload.locations()
    system = workload.system
    count = bursts.address.size
    bank = locations.channel.astype(np.int64) * system.banks + locations.bank

    order = np.argsort(bank, kind="stable")
    same_bank = np.diff(bank[order]) == 0
    same_row = same_bank & (np.diff(locations.row[order]) == 0)
    shares = np.bincount(bank, minlength=system.channels * system.banks) / count
    used = shares[shares > 0]

    gaps = np.diff(bursts.arrival_ps).astype(np.float64)
    variation = gaps.std() / gaps.mean() if gaps.any() else 0.0
    asked = count * system.device.bytes_per_request * 1000
    possible = max(int(bursts.arrival_ps[-1]), 1) * system.device.peak_bandwidth_gb_per_s

    return np.array(
        [
            np.log10(count) / 8,
            1 - bursts.is_write.mean(),
            (bursts.is_write[1:] != bursts.is_write[:-1]).sum() / count,
            asked / (asked + possible),
            variation / (1 + variation),
            same_row.sum() / count,
            # A minus sign in front of 0 would be -0.
            abs(float((used * np.log(used)).sum())) / np.log(max(shares.size, 2)),
            (np.diff(bank) == 0).sum() / count,
        ]
    )
