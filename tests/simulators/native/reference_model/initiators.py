"""Who asks."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .clock import Clock
from .request import Request

if TYPE_CHECKING:
    from .arbiters import Arbiter


class Initiator:
    """Plays its part of a trace: one request at its time, or once the one before was accepted."""

    def __init__(self, clock: Clock, requests: Sequence[Request]) -> None:
        self.clock = clock
        self.waiting = deque(requests)
        self.unanswered = len(requests)
        self.requesting = False
        self.arbiter: Arbiter

    def send_next(self) -> None:
        if self.requesting or not self.waiting:
            return
        if self.waiting[0].arrival > self.clock.now:
            self.clock.after(self.waiting[0].arrival - self.clock.now, self.send_next)
            return
        self.requesting = True
        self.clock.after(0, self.arbiter.begin_request, self.waiting.popleft())

    def end_request(self) -> None:
        self.requesting = False
        self.clock.after(0, self.send_next)

    def begin_response(self, request: Request) -> None:
        request.finished = self.clock.now + self.arbiter.RESPONSE_CYCLES
        self.unanswered -= 1
        self.clock.after(1, self.arbiter.end_response, request)
