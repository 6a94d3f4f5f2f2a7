"""The way of requests to the controller, and of responses back to the initiator."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .request import NEVER, Request

if TYPE_CHECKING:
    from .controller import Controller


class Responses:
    """The controller's response queue: who may answer now."""

    def __init__(self, in_arrival_order: bool) -> None:
        self.in_arrival_order = in_arrival_order
        self.queue: list[tuple[int, Request]] = []  # (data complete at, request)
        self.next_order = 1

    def pop(self, now: int) -> Request | None:
        for entry in self.queue[:1] if not self.in_arrival_order else list(self.queue):
            ready, request = entry
            if ready <= now and (not self.in_arrival_order or request.order == self.next_order):
                self.queue.remove(entry)
                self.next_order += 1
                return request
        return None

    def next_time(self, now: int) -> int:
        return min((ready for ready, _ in self.queue if ready > now), default=NEVER)


class SimpleArbiter:
    """Passes one request and one response at a time straight through."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.waiting = deque(requests)
        self.door_free_at = 0
        self.response_free_at = 0
        self.unfinished = len(requests)
        self.end = NEVER

    def step(self, now: int, controller: "Controller") -> None:
        if controller.door is not None or not self.waiting:
            return
        if max(self.waiting[0].arrival, self.door_free_at) <= now:
            controller.present(self.waiting.popleft(), now)

    def end_request(self, time: int) -> None:
        self.door_free_at = time

    def respond(self, now: int, responses: Responses) -> None:
        if now < self.response_free_at:
            return
        request = responses.pop(now)
        if request is not None:
            request.resp_end = request.finished = self.response_free_at = now + 1
            self.unfinished -= 1
            if not self.unfinished:
                self.end = now + 1

    def next_time(self, now: int, controller: "Controller") -> int:
        times = [t for t in (self.response_free_at, self.end) if now < t]
        if controller.door is None and self.waiting:
            times.append(max(self.waiting[0].arrival, self.door_free_at))
        return min((t for t in times if t > now), default=NEVER)


class QueueingArbiter:
    """`Fifo` and `Reorder`: queues up to a number of active requests of the initiator."""

    def __init__(self, requests: Sequence[Request], limit: int, reorder: bool) -> None:
        self.arriving = deque(requests)
        self.limit = limit
        self.reorder = reorder
        self.active = 0
        self.pending: deque[Request] = deque()
        self.last_end_request = -1
        self.answered: list[Request] = []
        self.next_index = 0
        self.initiator_free_at = 0  # when it can take the next BEGIN_RESP
        self.end_responses: deque[int] = deque()
        self.unfinished = len(requests)
        self.end = NEVER

    def step(self, now: int, controller: "Controller") -> None:
        while self.end_responses and self.end_responses[0] <= now:
            self.end_responses.popleft()
            self.active -= 1
        while self.arriving and self.arriving[0].arrival <= now and self.active < self.limit:
            self.active += 1
            self.pending.append(self.arriving.popleft())
        if controller.door is None and self.pending and self.last_end_request + 1 <= now:
            controller.present(self.pending.popleft(), now)
        self._answer_initiator(now)

    def end_request(self, time: int) -> None:
        self.last_end_request = time

    def respond(self, now: int, responses: Responses) -> None:
        while (request := responses.pop(now)) is not None:
            request.resp_end = now
            self.answered.append(request)

    def _answer_initiator(self, now: int) -> None:
        if now < self.initiator_free_at or not self.answered:
            return
        first = min(self.answered, key=lambda r: r.index) if self.reorder else self.answered[0]
        if self.reorder and first.index != self.next_index:
            return
        self.answered.remove(first)
        self.next_index += 1
        first.finished = now
        self.end_responses.append(now + 1)
        self.initiator_free_at = now + 2
        self.unfinished -= 1
        if not self.unfinished:
            self.end = now

    def next_time(self, now: int, controller: "Controller") -> int:
        times = [self.last_end_request, self.last_end_request + 1, self.initiator_free_at]
        times += list(self.end_responses)[:1]
        times += [r.arrival for r in list(self.arriving)[:1]]
        return min((t for t in times if t > now), default=NEVER)
