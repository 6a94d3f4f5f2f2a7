"""Rounds of partial refreshes, and whether a rank is refreshed often enough.

Refreshes are counted in units of one partial refresh: a REFAB, and a round over all banks, have as
many units as the round has commands.
"""

from functools import cached_property

import numpy as np

from archgym.dram.legality.datasheet import PARTIAL_REFRESHES, REFRESHES
from archgym.dram.legality.findings import Findings
from archgym.dram.legality.trace import Ints, Mask, Trace, codes


class RankRefreshes:
    """The refreshes of one rank, with its entries to and exits from self-refresh.

    Args:
        trace: The commands of the channel.
        rank: Which rank.

    Attributes:
        index: Positions in the trace.
        time: In clock cycles.
        round: Which round over all banks each partial refresh belongs to.
        ends_round: Whether it is the last of that round.
        units: How much each refreshes.
    """

    def __init__(self, trace: Trace, rank: int) -> None:
        counted = np.isin(trace.code, codes(f"{REFRESHES} SREFEN SREFEX"))
        self.index = np.flatnonzero(counted & (trace.rank == rank))
        self.time = trace.time[self.index]
        self._code = trace.code[self.index]
        duties = trace.datasheet.refresh
        used = [duty for name, duty in duties.items() if self.are(name).any()]
        self.duty = max(used or [duties["REFAB"]], key=lambda duty: duty.round_size)

        partial = np.zeros_like(self.index)
        for name in PARTIAL_REFRESHES.split():
            if name in duties:
                partial[self.are(name)] = self.duty.round_size // duties[name].round_size
        # A round begins again after a REFAB and at the exit from self-refresh.
        all_banks = self.are("REFAB")
        restarts = all_banks | self.are("SREFEX")
        total = np.cumsum(partial)
        latest = np.maximum.accumulate(np.where(restarts, total, 0))
        done = total - partial - np.append(0, latest[:-1])
        self.round = np.cumsum(restarts) * trace.size + done // self.duty.round_size
        self.ends_round = (partial > 0) & ((done + partial) % self.duty.round_size == 0)
        # A REFAB repeats what the round that it cuts short had refreshed.
        self.units = np.where(
            all_banks, self.duty.round_size - done % self.duty.round_size, partial
        )

    def are(self, name: str) -> Mask:
        """Marks the commands of one name."""
        return np.isin(self._code, codes(name))

    def due(self, time: Ints) -> Ints:
        """Returns how many units have fallen due by each time, one per interval.

        None do in self-refresh, where the device refreshes itself: the interval that had begun goes
        on after the exit.
        """
        starts = np.append(0, self._exits)
        never = np.full(len(starts), np.iinfo(np.int64).max)
        ends = np.append(self._entries, never)[: len(starts)]
        before = np.append(0, np.cumsum((ends - starts)[:-1]))
        periods = np.searchsorted(self._exits, time, side="right")
        awake = before[periods] + np.minimum(time, ends[periods]) - starts[periods]
        due: Ints = awake * self.duty.round_size // self.duty.interval
        return due

    def extra(self, time: Ints) -> Ints:
        """Returns the units due by each time beyond those: a refresh after each self-refresh."""
        exits: Ints = np.searchsorted(self._exits, time, side="right")
        return exits * self.duty.round_size

    @cached_property
    def _entries(self) -> Ints:
        return self.time[self.are("SREFEN")]

    @cached_property
    def _exits(self) -> Ints:
        return self.time[self.are("SREFEX")]


def find_refreshes(trace: Trace) -> list[RankRefreshes]:
    """Returns the refreshes of each rank, and marks the rounds of partial ones in the trace."""
    ranks = [RankRefreshes(trace, rank) for rank in np.unique(trace.rank).tolist()]
    for rank in ranks:
        trace.round[rank.index] = rank.round
        trace.ends_round[rank.index] = rank.ends_round
    return ranks


def check_rounds(trace: Trace, ranks: list[RankRefreshes], findings: Findings) -> None:
    """No bank has its turn twice in a round, and whole refreshes lie between self-refreshes."""
    lane = trace.banks
    partial = lane.of(PARTIAL_REFRESHES)
    again = (np.diff(lane.component[partial]) == 0) & (
        np.diff(trace.round[lane.index[partial]]) == 0
    )
    bad = np.flatnonzero(again)
    findings.add(
        "bank refreshed twice in a round", lane.index[partial[bad + 1]], lane.index[partial[bad]]
    )
    for rank in ranks:
        entries, exits = np.flatnonzero(rank.are("SREFEN")), np.flatnonzero(rank.are("SREFEX"))
        refreshed = np.append(0, np.cumsum(rank.units))
        after = np.searchsorted(exits, entries)
        since = refreshed[entries] - refreshed[np.append(0, exits)[after]]
        too_few = (after > 0) & (since < rank.duty.round_size)
        findings.add("REF between self-refreshes", rank.index[entries[too_few]])
        is_part = since % rank.duty.group != 0
        findings.add("part of a REF before self-refresh", rank.index[entries[is_part]])


def check_refresh_rate(trace: Trace, ranks: list[RankRefreshes], findings: Findings) -> None:
    """Enough refreshes on average, not too few in a row, and not too many at once."""
    for rank in ranks:
        _check_debt(trace, rank, findings)
        if rank.duty.round_size == 1:
            _check_interval(trace, rank, findings)
        if rank.duty.most is not None:
            _check_crowd(rank, rank.duty.most, findings)


def _check_debt(trace: Trace, rank: RankRefreshes, findings: Findings) -> None:
    """Only so many refreshes are outstanding; of those in advance, only so many count."""
    limit = rank.duty.flexibility * rank.duty.round_size
    index, time = _and_the_end(trace, rank)
    due = rank.due(time) + rank.extra(time)
    issued = np.append(0, np.cumsum(rank.units))
    in_advance = issued[1:] - due[:-1]
    useless = np.append(0, np.maximum.accumulate(np.maximum(in_advance - limit, 0)))
    # The one that falls due at this moment is not outstanding yet.
    bad = np.flatnonzero(due - (issued - useless) > limit + 1)
    findings.add("postponed REFs", index[bad])


def _check_interval(trace: Trace, rank: RankRefreshes, findings: Findings) -> None:
    """Only so many intervals pass in a row without a refresh."""
    index, time = _and_the_end(trace, rank)
    passed = np.diff(rank.due(time), prepend=0)
    findings.add("REF interval", index[passed > rank.duty.flexibility + 1])


def _check_crowd(rank: RankRefreshes, most: int, findings: Findings) -> None:
    issued = np.cumsum(rank.units)
    first = np.searchsorted(rank.time, rank.time - rank.duty.most_in, side="right")
    in_window = issued - (issued - rank.units)[first]
    bad = np.flatnonzero((in_window > most * rank.duty.round_size) & (rank.units > 0))
    findings.add("REFs in 2 tREFI", rank.index[bad], rank.index[first[bad]])


def _and_the_end(trace: Trace, rank: RankRefreshes) -> tuple[Ints, Ints]:
    """Positions and times of a rank's refreshes, and of the last command of the trace."""
    return np.append(rank.index, trace.size - 1), np.append(rank.time, trace.time[-1])
