"""The order of a controller's responses."""

from .request import NEVER, Request


class Responses:
    """The controller's response queue: who may answer now."""

    def __init__(self, in_arrival_order: bool) -> None:
        self.in_arrival_order = in_arrival_order
        self.queue: list[tuple[int, Request]] = []  # (ready at, request)
        self.next_order = 1

    def add(self, ready: int, request: Request) -> None:
        self.queue.append((ready, request))

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
