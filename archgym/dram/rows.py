"""Which row each burst of a workload finds open, were bursts served one by one in their order.

Rows stay open until their bank needs another, and nothing is refreshed: the open-page bound, which
depends on the address mapping and on no controller. One that reorders can do better.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from archgym.dram.played_trace import PlayedTrace


class Outcome(IntEnum):
    """What a burst finds in its bank."""

    HIT = 0
    """Its row."""
    MISS = 1
    """No row: it is the bank's first burst."""
    CONFLICT = 2
    """Another row."""


def banks(workload: PlayedTrace) -> npt.NDArray[np.int64]:
    """Returns the bank of each burst, numbered through the system: channel by channel."""
    locations = workload.locations()
    return locations.channel.astype(np.int64) * workload.system.banks + locations.bank


def row_outcomes(workload: PlayedTrace) -> npt.NDArray[np.int8]:
    """Returns the `Outcome` of each burst."""
    # The narrowest type that holds a bank sorts fastest.
    width = np.min_scalar_type(workload.system.channels * workload.system.banks)
    bank, row = banks(workload).astype(width), workload.locations().row
    order = np.argsort(bank, kind="stable")
    same_bank = bank[order[1:]] == bank[order[:-1]]
    same_row = row[order[1:]] == row[order[:-1]]
    outcomes = np.full(bank.size, Outcome.MISS, np.int8)
    outcomes[order[1:]] = np.where(
        same_bank, np.where(same_row, Outcome.HIT, Outcome.CONFLICT), Outcome.MISS
    )
    return outcomes
