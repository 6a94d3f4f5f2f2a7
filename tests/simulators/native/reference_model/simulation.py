"""Initiators, arbiter and controllers put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any

from .arbiters import Arbiter, PipelinedArbiter, QueueingArbiter, SimpleArbiter
from .clock import Clock
from .controller import Command, Controller
from .initiators import Initiator
from .request import NEVER, Request
from .timing import Timing


@dataclass(frozen=True)
class Run:
    """What a run did (cycles)."""

    end: int
    requests: tuple[Request, ...]
    commands: tuple[Command, ...]  # of one instant: in order of their channels
    refresh_counter: int  # of all ranks of all channels


def simulate(
    timing: Timing, design: Mapping[str, Any], requests: Sequence[Request], channels: int = 1
) -> Run:
    """Plays requests through a system of the given design.

    Args:
        timing: Of each channel.
        design: The controllers and the arbiter: every parameter.
        requests: In order of arrival.
        channels: How many there are.
    """
    clock = Clock(messages_first=not timing.dramsys_quirks)
    initiators = [
        Initiator(clock, [r for r in requests if r.initiator == number])
        for number in range(1 + max(r.initiator for r in requests))
    ]
    controllers = [Controller(timing, design, clock, channel) for channel in range(channels)]
    kind: type[Arbiter] = SimpleArbiter if design["Arbiter"] == "Simple" else QueueingArbiter
    if not timing.dramsys_quirks:
        kind = PipelinedArbiter
    arbiter = kind(design, clock, initiators, controllers)
    for controller in controllers:
        controller.arbiter = arbiter
    for initiator in initiators:
        initiator.arbiter = arbiter
        clock.after(0, initiator.send_next)
    end = NEVER
    while clock.next_time() <= end:
        clock.play_instant()
        if not any(initiator.unanswered for initiator in initiators):
            end = max(request.finished for request in requests)
    return Run(
        end=end,
        requests=tuple(requests),
        commands=tuple(merge(*(c.commands for c in controllers), key=lambda c: c.time)),
        refresh_counter=sum(controller.refresh_counter() for controller in controllers),
    )
