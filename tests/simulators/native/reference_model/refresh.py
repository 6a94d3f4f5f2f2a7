"""When the rank is refreshed."""

from collections.abc import Mapping
from typing import Any

from .banks import Bank
from .request import NEVER
from .timing import Timing


def first_trigger(interval: int, rank: int, ranks: int) -> int:
    """When the first refresh of a rank falls due.

    Ranks are spread over the interval, in the order of their numbers' bits read backwards.
    """
    bits = ranks.bit_length() - 1
    reversed_rank = sum((rank >> bit & 1) << bits - 1 - bit for bit in range(bits))
    return interval - reversed_rank * interval // ranks


class Refresh:
    """All-bank refresh of one rank, with postponing and pulling in."""

    def __init__(
        self, design: Mapping[str, Any], timing: Timing, banks: list[Bank], rank: int
    ) -> None:
        self.banks = banks
        self.rank = rank
        self.interval = timing.refresh_interval
        self.flexibility = timing.refresh_flexibility
        self.max_postponed = min(design["RefreshMaxPostponed"], self.flexibility)
        self.max_pulled_in = min(design["RefreshMaxPulledin"], self.flexibility)
        self.trigger = NEVER
        if design["RefreshPolicy"] == "AllBank":
            self.trigger = first_trigger(self.interval, rank, timing.ranks)
        self.pulled_in = False
        self.counter = 0
        self.skipped = 0
        self.times: list[int] = []
        self.command: str | None = None

    def evaluate(self, now: int) -> None:
        self.command = None
        if now < self.trigger:
            return
        if now >= self.trigger + self.interval:
            self.trigger += self.interval
            self.pulled_in = False
        busy = any(bank.current is not None for bank in self.banks)
        if self.pulled_in:
            if busy or self._crowded(now):
                self.pulled_in = False
                self.trigger += self.interval
                return
        elif self.counter == self.max_postponed or self.skipped == self.flexibility:
            for bank in self.banks:
                bank.block()
        elif busy:
            self.counter += 1
            self.skipped += 1
            self.trigger += self.interval
            return
        any_open = any(bank.open_row is not None for bank in self.banks)
        self.command = "PREAB" if any_open else "REFAB"

    def _crowded(self, now: int) -> bool:
        """Whether another REF in advance could make more than sixteen in two intervals.

        Up to two more that can't wait may follow in the same two intervals.
        """
        recent = [time for time in self.times if time > now - 2 * self.interval]
        return len(recent) >= 14 and self.flexibility != NEVER

    def update(self, command: str, now: int) -> None:
        if command != "REFAB":
            return
        self.times.append(now)
        self.skipped = 0
        if self.pulled_in:
            self.counter -= 1
        self.pulled_in = True
        if self.counter == -self.max_pulled_in:
            self.pulled_in = False
            self.trigger += self.interval
