"""Mixes: several programs that share one memory."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from archgym.errors import ArchgymError
from archgym.traces.player import Player
from archgym.traces.trace import Trace

REGION = 2**20
"""A program is moved by a multiple of this many bytes: how its rows lie to each other stays."""


def mix(
    traces: Sequence[Trace],
    offset_ps: int = 0,
    separate: bool = True,
    player: Player | None = None,
) -> Trace:
    """Merges traces by arrival; of requests that arrive at once, an earlier trace's come first.

    Each trace's initiators get numbers of their own. A short trace ends before a long one does.

    Args:
        traces: Two or more.
        offset_ps: How much later each trace begins than the one before it, in picoseconds.
        separate: Whether each trace gets a region of memory of its own, behind that of the trace
            before it, so that no two share a line; otherwise addresses stay as they are.
        player: How the mix is meant to be played; by default as all of the traces are.

    Raises:
        ArchgymError: There are fewer than two traces; they are meant to be played in different
            ways; or arrivals, addresses or initiators become too large.
    """
    if len(traces) < 2:
        raise ArchgymError(f"a mix needs two traces or more, has {len(traces)}")
    if offset_ps < 0:
        raise ArchgymError(f"a mix needs an offset of 0 or more, has {offset_ps} ps")
    first = traces[0]
    for trace in traces:
        if player is None and trace.player != first.player:
            raise ArchgymError(
                f"trace {first.name} is meant to be played {first.player} and trace {trace.name} "
                f"{trace.player}, but a mix is played in one way; choose it by trace mix --player"
            )
    name = "+".join(trace.name for trace in traces)
    starts = [offset_ps * index for index in range(len(traces))]
    bases = _stacked([_end(trace) if separate else 0 for trace in traces])
    initiators = _stacked([int(trace.initiator.max()) + 1 for trace in traces])
    last = max(start + trace.duration_ps for start, trace in zip(starts, traces, strict=True))
    for fits, what in (
        (last < 2**63, "arrivals go beyond 2^63 ps"),
        (bases[-1] + _end(traces[-1]) <= 2**64, "addresses go beyond 2^64"),
        (initiators[-1] + int(traces[-1].initiator.max()) < 2**16, "initiators are over 65536"),
    ):
        if not fits:
            raise ArchgymError(f"can't mix {name}: {what}")

    arrival_ps = np.concatenate(
        [trace.arrival_ps + start for start, trace in zip(starts, traces, strict=True)]
    )
    order = np.argsort(arrival_ps, kind="stable")
    played = first.player if player is None else player
    has_times = any(trace.has_times for trace in traces)
    return Trace(
        arrival_ps=arrival_ps[order],
        address=np.concatenate(
            [trace.address + np.uint64(base) for base, trace in zip(bases, traces, strict=True)]
        )[order],
        is_write=np.concatenate([trace.is_write for trace in traces])[order],
        size=np.concatenate([trace.size for trace in traces])[order],
        initiator=np.concatenate(
            [
                trace.initiator.astype(np.int64) + number
                for number, trace in zip(initiators, traces, strict=True)
            ]
        )[order],
        player=played,
        name=name,
        has_times=has_times,
        notes=[
            note
            for trace in traces
            for note in (trace.assumptions(played) if has_times else trace.notes)
        ],
    )


def _end(trace: Trace) -> int:
    """Returns the end of the region that a trace lies in."""
    # A region ends where a burst ends, so that the size of one need not be known.
    last = trace.address + (np.maximum(trace.size, 1).astype(np.uint64) - np.uint64(1))
    return (int(last.max()) // REGION + 1) * REGION


def _stacked(sizes: Sequence[int]) -> list[int]:
    """Returns where each begins if they follow one another from 0."""
    return list(accumulate(sizes[:-1], initial=0))
