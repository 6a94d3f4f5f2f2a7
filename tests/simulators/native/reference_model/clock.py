"""Time, and what happens at which instant."""

import heapq
from collections.abc import Callable
from typing import Any, Protocol

from .request import NEVER


class Alarm:
    """Wakes a controller at one time: the earliest of those asked for since it last rang.

    So an alarm that is no longer needed still rings. It matters, because whatever wakes the
    controller lets it issue what became ready unnoticed in between.
    """

    def __init__(self) -> None:
        self.time = NEVER

    def set(self, time: int) -> None:
        self.time = min(self.time, time)

    def rings(self, now: int) -> bool:
        if self.time > now:
            return False
        self.time = NEVER
        return True


class Sleeper(Protocol):
    """What alarms wake."""

    alarms: list[Alarm]

    def step(self) -> None:
        """Runs, once for all alarms that ring together."""


Message = tuple[Callable[..., None], tuple[Any, ...]]


class Clock:
    """Plays what happens in order of time; an instant is a series of rounds.

    In a round, the controllers whose alarms ring run, in order of their channels, and messages are
    delivered, in the order in which they were sent; controllers come before messages in the first
    round of an instant, after them in the others. What either asks for without delay happens in the
    next round. These are the delta cycles of SystemC, which leaves the order within one open.

    Args:
        messages_first: Whether controllers run only when no message of the instant is left.
    """

    def __init__(self, messages_first: bool) -> None:
        self.now = 0
        self.messages_first = messages_first
        self.sleepers: list[Sleeper] = []
        self._sent = 0
        self._next_round: list[Message] = []
        self._later: list[tuple[int, int, Message]] = []

    def after(self, delay: int, receiver: Callable[..., None], *content: Any) -> None:
        """Sends a message that arrives so many cycles from now."""
        if delay == 0:
            self._next_round.append((receiver, content))
            return
        self._sent += 1
        heapq.heappush(self._later, (self.now + delay, self._sent, (receiver, content)))

    def next_time(self) -> int:
        """The next instant at which something happens."""
        if self._next_round:
            return self.now
        times = [alarm.time for sleeper in self.sleepers for alarm in sleeper.alarms]
        times += [time for time, _, _ in self._later[:1]]
        return min(times)

    def play_instant(self) -> None:
        """Goes to the next instant at which something happens, and through all of its rounds."""
        self.now = self.next_time()
        while self._later and self._later[0][0] == self.now:
            self._next_round.append(heapq.heappop(self._later)[2])
        first = True
        while self.next_time() == self.now:
            messages, self._next_round = self._next_round, []
            steps: list[Message] = []
            if not (messages and self.messages_first):
                steps = [(s.step, ()) for s in self.sleepers if self._wakes(s)]
            for receiver, content in steps + messages if first else messages + steps:
                receiver(*content)
            first = False

    def _wakes(self, sleeper: Sleeper) -> bool:
        ringing = [alarm for alarm in sleeper.alarms if alarm.rings(self.now)]
        return bool(ringing)
