"""What lies between the initiators and the controllers of the channels."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .clock import Clock
from .initiators import Initiator
from .request import NEVER, Request

if TYPE_CHECKING:
    from .controller import Controller


class Arbiter:
    """Passes on one request at a time to a channel, one response at a time to an initiator."""

    RESPONSE_CYCLES: int  # that a response takes at the initiator

    def __init__(
        self,
        design: Mapping[str, Any],
        clock: Clock,
        initiators: Sequence[Initiator],
        channels: Sequence["Controller"],
    ) -> None:
        self.clock = clock
        self.forward: int = design["ArbitrationDelayFw"]
        self.backward: int = design["ArbitrationDelayBw"]
        self.initiators = initiators
        self.channels = channels
        self.think: int = design["ThinkDelayFw"]
        self.heads: list[Request | None] = [None for _ in channels]
        self.requesting = [False for _ in channels]
        self.requests: list[deque[Request]] = [deque() for _ in channels]
        self.responding = [False for _ in initiators]
        self.responses: list[deque[Request]] = [deque() for _ in initiators]

    def begin_request(self, request: Request) -> None:
        """Called by the initiator."""
        raise NotImplementedError

    def at_door(self, channel: int) -> Request | None:
        """The request that a channel is offered."""
        return self.heads[channel]

    def taken(self, request: Request, delay: int) -> None:
        """Called by the channel when it accepts, which shows after a delay."""
        self.heads[request.channel] = None
        self.clock.after(delay, self.end_request, request)

    def end_request(self, request: Request) -> None:
        """The channel has accepted."""
        raise NotImplementedError

    def begin_response(self, request: Request) -> None:
        """Called by the channel."""
        raise NotImplementedError

    def end_response(self, request: Request) -> None:
        """Called by the initiator."""
        raise NotImplementedError

    def _to_channel(self, request: Request, delay: int) -> None:
        self.requesting[request.channel] = True
        request.req_begin = self.clock.now + delay
        self.heads[request.channel] = request
        self.channels[request.channel].arrival.set(request.req_begin + self.think)

    def _to_initiator(self, request: Request, delay: int) -> None:
        self.responding[request.initiator] = True
        self.clock.after(delay, self.initiators[request.initiator].begin_response, request)


class SimpleArbiter(Arbiter):
    """The channel's acceptance is the initiator's, the initiator's answer is the channel's."""

    RESPONSE_CYCLES = 1

    def begin_request(self, request: Request) -> None:
        if self.requesting[request.channel]:
            self.requests[request.channel].append(request)
        else:
            self._to_channel(request, self.forward)

    def end_request(self, request: Request) -> None:
        self.clock.after(0, self.initiators[request.initiator].end_request)
        if self.requests[request.channel]:
            self._to_channel(self.requests[request.channel].popleft(), self.forward + 1)
        else:
            self.requesting[request.channel] = False

    def begin_response(self, request: Request) -> None:
        if self.responding[request.initiator]:
            self.responses[request.initiator].append(request)
        else:
            self._to_initiator(request, self.backward)

    def end_response(self, request: Request) -> None:
        self.channels[request.channel].end_response(request)
        if self.responses[request.initiator]:
            self._to_initiator(self.responses[request.initiator].popleft(), self.backward + 1)
        else:
            self.responding[request.initiator] = False


class QueueingArbiter(Arbiter):
    """`Fifo` and `Reorder`: queues up to a number of active requests of each initiator."""

    RESPONSE_CYCLES = 0

    def __init__(
        self,
        design: Mapping[str, Any],
        clock: Clock,
        initiators: Sequence[Initiator],
        channels: Sequence["Controller"],
    ) -> None:
        super().__init__(design, clock, initiators, channels)
        self.limit: int = design["MaxActiveTransactions"]
        self.reorder = design["Arbiter"] == "Reorder"
        self.active = [0 for _ in initiators]
        self.refused: list[Request | None] = [None for _ in initiators]
        self.accepted = [0 for _ in initiators]
        self.answered = [0 for _ in initiators]
        self.request_ended = [-1 for _ in channels]  # when a channel last accepted one
        self.response_ended = [-1 for _ in initiators]  # when an initiator last took one

    def begin_request(self, request: Request) -> None:
        if self.active[request.initiator] < self.limit:
            self._accept(request)
        else:
            self.refused[request.initiator] = request

    def _accept(self, request: Request) -> None:
        self.active[request.initiator] += 1
        request.index = self.accepted[request.initiator]
        self.accepted[request.initiator] += 1
        self.clock.after(0, self.initiators[request.initiator].end_request)
        self.clock.after(self.forward, self._queue_request, request)

    def _queue_request(self, request: Request) -> None:
        channel = request.channel
        if self.requesting[channel]:
            self.requests[channel].append(request)
        else:
            self._to_channel(request, int(self.request_ended[channel] == self.clock.now))

    def end_request(self, request: Request) -> None:
        self.request_ended[request.channel] = self.clock.now
        if self.requests[request.channel]:
            self._to_channel(self.requests[request.channel].popleft(), 1)
        else:
            self.requesting[request.channel] = False

    def begin_response(self, request: Request) -> None:
        self.channels[request.channel].end_response(request)
        self.clock.after(self.backward, self._queue_response, request)

    def _queue_response(self, request: Request) -> None:
        initiator = request.initiator
        self.responses[initiator].append(request)
        if not self.responding[initiator]:
            self._answer(initiator, int(self.response_ended[initiator] == self.clock.now))

    def end_response(self, request: Request) -> None:
        initiator = request.initiator
        self.response_ended[initiator] = self.clock.now
        self.active[initiator] -= 1
        refused, self.refused[initiator] = self.refused[initiator], None
        if refused is not None:
            self._accept(refused)
        self.responding[initiator] = False
        self._answer(initiator, 1)

    def _answer(self, initiator: int, delay: int) -> None:
        """Sends the response whose turn it is, if it has come."""
        for request in self.responses[initiator]:
            if not self.reorder or request.index == self.answered[initiator]:
                self.responses[initiator].remove(request)
                self.answered[initiator] += 1
                self._to_initiator(request, delay)
                return


class PipelinedArbiter(Arbiter):
    """What replaces DRAMSys's protocol by default: nobody waits for anybody else's hands.

    An initiator hands over all that it wants and may, whatever the channel. A channel is offered a
    request each cycle, in the order in which they were handed over (at one time: by initiator), and
    sends a response each cycle. `Simple`, `Fifo` and `Reorder` all do so; `Simple` does not count
    what is active.
    """

    RESPONSE_CYCLES = 0

    def __init__(
        self,
        design: Mapping[str, Any],
        clock: Clock,
        initiators: Sequence[Initiator],
        channels: Sequence["Controller"],
    ) -> None:
        super().__init__(design, clock, initiators, channels)
        simple = design["Arbiter"] == "Simple"
        self.limit: int = NEVER if simple else design["MaxActiveTransactions"]
        self.reorder = design["Arbiter"] == "Reorder"
        self.active = [0 for _ in initiators]
        self.refused: list[Request | None] = [None for _ in initiators]
        self.accepted = [0 for _ in initiators]
        self.answered = [0 for _ in initiators]
        self.handed_over: list[list[tuple[int, int, int, Request]]] = [[] for _ in channels]
        self.last_taken = [-1 for _ in channels]  # when a channel last accepted a request

    def begin_request(self, request: Request) -> None:
        if self.active[request.initiator] < self.limit:
            self._accept(request)
        else:
            self.refused[request.initiator] = request

    def _accept(self, request: Request) -> None:
        initiator, channel = request.initiator, request.channel
        self.active[initiator] += 1
        request.index = self.accepted[initiator]
        self.accepted[initiator] += 1
        self.clock.after(0, self.initiators[initiator].end_request)
        self.handed_over[channel].append((self.clock.now, initiator, request.index, request))
        if len(self.handed_over[channel]) == 1:
            self._announce(channel)

    def _announce(self, channel: int) -> None:
        """Wakes a channel when it can be offered a request."""
        if self.handed_over[channel]:
            now = min(self.handed_over[channel])[0]
            self.channels[channel].arrival.set(self._offered(channel, now))

    def _offered(self, channel: int, handed_over: int) -> int:
        return max(handed_over + self.forward + self.think, self.last_taken[channel] + 1)

    def at_door(self, channel: int) -> Request | None:
        if not self.handed_over[channel]:
            return None
        now, _, _, request = min(self.handed_over[channel])
        request.req_begin = self._offered(channel, now) - self.think
        return request

    def taken(self, request: Request, delay: int) -> None:
        channel = request.channel
        self.handed_over[channel].remove(min(self.handed_over[channel]))
        self.last_taken[channel] = self.clock.now + delay
        self._announce(channel)

    def begin_response(self, request: Request) -> None:
        self.clock.after(1, self.channels[request.channel].end_response, request)
        self.clock.after(1 + self.backward, self._arrive, request)

    def _arrive(self, request: Request) -> None:
        request.resp_end = self.clock.now
        initiator = request.initiator
        waiting = self.responses[initiator]
        waiting.append(request)
        while True:
            answered = self.answered[initiator]
            turn = next((r for r in waiting if not self.reorder or r.index == answered), None)
            if turn is None:
                return
            waiting.remove(turn)
            self.answered[initiator] += 1
            self._deliver(turn)

    def _deliver(self, request: Request) -> None:
        initiator = request.initiator
        self.initiators[initiator].begin_response(request)
        self.active[initiator] -= 1
        refused, self.refused[initiator] = self.refused[initiator], None
        if refused is not None:
            self._accept(refused)

    def end_response(self, request: Request) -> None:
        """Nobody waits for it."""
