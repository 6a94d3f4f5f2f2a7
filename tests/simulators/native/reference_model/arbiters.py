"""The way of requests to the controller, and of responses back to the initiator."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .request import NEVER, Request

if TYPE_CHECKING:
    from .controller import Controller


class Responses:
    """The controller's response queue: who may answer now."""

    def __init__(self, in_arrival_order: bool) -> None:
        self.in_arrival_order = in_arrival_order
        self.queue: list[tuple[int, Request]] = []  # (ready at, request)
        self.next_order = 1

    def _front(self) -> tuple[int, Request] | None:
        for entry in self.queue:
            if not self.in_arrival_order or entry[1].order == self.next_order:
                return entry
        return None

    def pop(self, now: int) -> Request | None:
        front = self._front()
        if front is None or front[0] > now:
            return None
        self.queue.remove(front)
        self.next_order += 1
        return front[1]

    def next_time(self, now: int) -> int:
        front = self._front()
        return front[0] if front is not None and front[0] > now else NEVER


class SimpleArbiter:
    """Passes one request and one response at a time straight through."""

    def __init__(self, design: Mapping[str, Any], requests: Sequence[Request]) -> None:
        self.forward: int = design["ArbitrationDelayFw"]
        self.backward: int = design["ArbitrationDelayBw"]
        self.waiting = deque(requests)
        self.door_free_at = 0
        self.response_ends_at = NEVER
        self.unfinished = len(requests)
        self.end = NEVER

    def step(self, now: int, controller: "Controller") -> None:
        if now == self.response_ends_at:
            self.response_ends_at = NEVER
            controller.end_response(now)
        if controller.door is not None or not self.waiting:
            return
        if max(self.waiting[0].arrival, self.door_free_at) <= now:
            controller.present(self.waiting.popleft(), now + self.forward)

    def end_request(self, time: int) -> None:
        self.door_free_at = time

    def respond(self, request: Request, now: int) -> None:
        self.response_ends_at = now + self.backward + 1
        request.resp_end = request.finished = self.response_ends_at
        self.unfinished -= 1
        if not self.unfinished:
            self.end = request.finished

    def next_time(self, now: int, controller: "Controller") -> int:
        times = [self.response_ends_at]
        if controller.door is None and self.waiting:
            times.append(max(self.waiting[0].arrival, self.door_free_at))
        return min((t for t in times if t > now), default=NEVER)


class QueueingArbiter:
    """`Fifo` and `Reorder`: queues up to a number of active requests of the initiator."""

    def __init__(self, design: Mapping[str, Any], requests: Sequence[Request]) -> None:
        self.forward: int = design["ArbitrationDelayFw"]
        self.backward: int = design["ArbitrationDelayBw"]
        self.limit: int = design["MaxActiveTransactions"]
        self.reorder = design["Arbiter"] == "Reorder"
        self.arriving = deque(requests)
        self.active = 0
        self.pending: deque[tuple[int, Request]] = deque()  # (arbitrated at, request)
        self.last_end_request = -1
        self.response_begun = False
        self.answered: list[tuple[int, Request]] = []  # (arbitrated at, request)
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
            self.pending.append((now + self.forward, self.arriving.popleft()))
        door_free = controller.door is None and self.last_end_request <= now
        if door_free and self.pending and self.pending[0][0] <= now:
            _, request = self.pending.popleft()
            controller.present(request, max(now, self.last_end_request + 1))
        self._answer_initiator(now)
        if self.response_begun:
            self.response_begun = False
            controller.end_response(now)

    def end_request(self, time: int) -> None:
        self.last_end_request = time

    def respond(self, request: Request, now: int) -> None:
        request.resp_end = now
        self.answered.append((now + self.backward, request))
        self.response_begun = True

    def _answer_initiator(self, now: int) -> None:
        ready = [request for time, request in self.answered if time <= now]
        if now < self.initiator_free_at or not ready:
            return
        first = min(ready, key=lambda r: r.index) if self.reorder else ready[0]
        if self.reorder and first.index != self.next_index:
            return
        self.answered = [entry for entry in self.answered if entry[1] is not first]
        self.next_index += 1
        first.finished = now
        self.end_responses.append(now + 1)
        self.initiator_free_at = now + 2
        self.unfinished -= 1
        if not self.unfinished:
            self.end = now

    def next_time(self, now: int, controller: "Controller") -> int:
        times = [self.last_end_request, self.initiator_free_at]
        times += list(self.end_responses)[:1]
        times += [r.arrival for r in list(self.arriving)[:1]]
        times += [time for time, _ in list(self.pending)[:1] + self.answered]
        return min((t for t in times if t > now), default=NEVER)
