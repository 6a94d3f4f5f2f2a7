"""Time, and what happens at which instant."""

import heapq
from collections.abc import Callable
from typing import Any

from .request import NEVER

Action = tuple[Callable[..., None], tuple[Any, ...]]


class Clock:
    """Plays events in order of time; an instant is a series of rounds.

    What was asked for at an earlier time happens in the first round of its instant, and what is
    asked for without delay in the next round. These are SystemC's delta cycles. Within a round,
    messages reach everyone before any controller runs.
    """

    def __init__(self) -> None:
        self.now = 0
        self._later: list[tuple[int, int, Action]] = []
        self._next_round: list[Action] = []
        self._end_of_round: list[Callable[[], None]] = []
        self._asked = 0

    def after(self, delay: int, action: Callable[..., None], *arguments: Any) -> None:
        """Has something done so many cycles from now."""
        if delay == 0:
            self._next_round.append((action, arguments))
            return
        self._asked += 1
        heapq.heappush(self._later, (self.now + delay, self._asked, (action, arguments)))

    def at_end_of_round(self, action: Callable[[], None]) -> None:
        """Has something done in this round, when all messages have arrived."""
        self._end_of_round.append(action)

    def next_time(self) -> int:
        """The next instant at which something happens."""
        if self._next_round:
            return self.now
        return self._later[0][0] if self._later else NEVER

    def play_instant(self) -> None:
        """Goes to the next instant at which something happens, and through all of its rounds."""
        self.now = self.next_time()
        while self._later and self._later[0][0] == self.now:
            self._next_round.append(heapq.heappop(self._later)[2])
        while self._next_round:
            this_round, self._next_round = self._next_round, []
            for action, arguments in this_round:
                action(*arguments)
            last, self._end_of_round = self._end_of_round, []
            for run in last:
                run()


class Alarm:
    """Wakes someone at one time: the earliest of those asked for since it last rang.

    So an alarm that is no longer needed still rings. It matters, because whatever wakes the
    controller lets it issue what became ready unnoticed in between.
    """

    def __init__(self, clock: Clock, wake: Callable[[], None]) -> None:
        self.clock = clock
        self.wake = wake
        self.time = NEVER

    def set(self, time: int) -> None:
        """Asks to be woken at a time, now or later."""
        if time < self.time:
            self.time = time
            self.clock.after(time - self.clock.now, self._ring)

    def _ring(self) -> None:
        if self.time == self.clock.now:
            self.time = NEVER
            self.wake()
