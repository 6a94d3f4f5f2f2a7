"""Cuts a stretch of requests out of a trace."""

from typing import Any

from archgym.errors import ArchgymError
from archgym.traces.trace import Trace


def window(trace: Trace, first: int = 0, requests: int | None = None) -> Trace:
    """Returns some requests of a trace; time begins with the request before them.

    Args:
        trace: The trace.
        first: The first request to take, from 0.
        requests: How many to take; by default all that follow.

    Raises:
        ArchgymError: The trace has no such requests.
    """
    if requests is None:
        # At least one, so that a trace that ends before is a mistake.
        requests = max(len(trace) - first, 1) if _is_whole(first, 0) else 1
    if not (_is_whole(first, 0) and _is_whole(requests, 1)):
        raise ArchgymError(
            f"first and requests, which say what part of trace {trace.name} to take, must be whole "
            f"numbers from 0 and from 1, not {first!r} and {requests!r}"
        )
    end = first + requests
    if end > len(trace):
        raise ArchgymError(
            f"trace {trace.name} has {len(trace)} requests, there are no {requests} from "
            f"request {first} on"
        )
    if (first, end) == (0, len(trace)):
        return trace
    began = trace.arrival_ps[first - 1] if first else 0
    return Trace(
        trace.arrival_ps[first:end] - began,
        trace.address[first:end],
        trace.is_write[first:end],
        trace.size[first:end],
        trace.initiator[first:end],
        player=trace.player,
        name=f"{trace.name}[{first}:{end}]",
        has_times=trace.has_times,
        notes=trace.notes,
    )


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
