"""When a rank is refreshed."""

from collections.abc import Mapping, Sequence
from typing import Any

from .banks import Bank
from .powerdown import PowerDown
from .request import NEVER
from .timing import Timing


def first_trigger(interval: int, rank: int, ranks: int) -> int:
    """When the first refresh of a rank falls due.

    Ranks are spread over the interval, in the order of their numbers' bits read backwards.
    """
    bits = ranks.bit_length() - 1
    reversed_rank = sum((rank >> bit & 1) << bits - 1 - bit for bit in range(bits))
    return interval - reversed_rank * interval // ranks


def groups_of(policy: str, timing: Timing, banks: Sequence[Bank]) -> list[Sequence[Bank]]:
    """The banks of a rank by what one refresh command addresses."""
    if policy == "AllBank":
        return [banks]
    if policy == "PerBank":
        return [[bank] for bank in banks]
    if policy == "Per2Bank":
        half = len(banks) // 2
        return [[first, second] for first, second in zip(banks[:half], banks[half:], strict=True)]
    in_group = len(banks) // timing.groups
    return [banks[number::in_group] for number in range(in_group)]


class Refresh:
    """Refresh of one rank, with postponing and pulling in.

    It refreshes group after group of its banks. A round takes each group once, an idle one first.
    """

    def __init__(
        self,
        design: Mapping[str, Any],
        timing: Timing,
        banks: Sequence[Bank],
        rank: int,
        power_down: PowerDown | None,
    ) -> None:
        self.policy: str = design["RefreshPolicy"]
        refresh = timing.refreshes[self.policy]
        self.refresh_command = refresh.command
        self.precharge_command = refresh.precharge
        self.interval = refresh.interval
        self.per_interval = refresh.per_interval
        self.flexibility = timing.refresh_flexibility * refresh.per_interval
        self.jedec = self.flexibility < NEVER
        # What falls due while a bank makes room for its refresh must not be too much.
        turn = timing.turn(refresh) - 1
        self.due_in_a_turn = turn // self.interval if self.jedec else 0
        self.most_owed = self.flexibility - self.due_in_a_turn
        self.max_postponed = min(self._limit(design["RefreshMaxPostponed"]), self.most_owed)
        self.max_pulled_in = self._limit(design["RefreshMaxPulledin"])
        self.crowd = 14 if power_down is None else 12
        self.power_down = power_down
        self.banks = banks
        self.groups = groups_of(self.policy, timing, banks)
        self.remaining = list(self.groups)  # of this round
        self.group = self.remaining[0]  # the chosen one
        self.committed = False  # to it: its banks are blocked until it is refreshed
        self.trigger = first_trigger(self.interval, rank, timing.ranks)
        self.next_trigger = self.trigger  # after self-refresh, in which no refresh falls due
        self.fell_asleep = 0
        self.parts = 0  # refreshes since the last self-refresh, of which several may be one
        self.asleep = False
        self.pulled_in = False
        self.counter = 0
        self.skipped = 0
        self.times: list[int] = []
        self.command: str | None = None
        self.addressed: Sequence[Bank] = self.group  # by the command

    def _limit(self, refreshes: int) -> int:
        return min(refreshes * self.per_interval, self.flexibility)

    def evaluate(self, now: int) -> None:
        self.command = None
        if now < self.trigger:
            return
        if self.power_down is not None:
            self.power_down.interrupt(self._may_refresh_itself(now))
        if self.asleep:
            return
        if now >= self.trigger + self.interval:  # a whole interval late, or several
            late = (now - self.trigger) // self.interval
            if self.jedec:
                self.trigger += late * self.interval
                self.counter += late
            else:  # forgets the refresh that was due, and goes on by one at a time
                self.trigger += self.interval
            self.pulled_in = False
        if not self.committed:
            idle = next((g for g in self.remaining if not any(b.current for b in g)), None)
            if not self._forced() and (idle is None or (self.pulled_in and self._crowded(now))):
                self._pass_over()
                return
            self.group = idle or self.remaining[0]
        self._choose_command()
        at_limit = self.counter >= self.most_owed
        closed = self.command == self.refresh_command
        if self._forced() and (self.policy == "AllBank" or closed or at_limit):
            self.committed = True
            for bank in self.banks if at_limit and self.due_in_a_turn else self.group:
                bank.block()

    def _may_refresh_itself(self, now: int) -> bool:
        """Whether self-refresh may begin: the refresh that is due is one more postponed then."""
        if self._crowded(now):
            return False
        if self.policy != "AllBank":
            # A round has to follow, and until then as much may fall due.
            return self.counter + 2 * self.per_interval <= self.flexibility
        return self.counter < self.flexibility and self.parts % self.per_interval == 0

    def _forced(self) -> bool:
        """Whether a refresh can't wait any longer."""
        if self.pulled_in:
            return self.counter > self.max_postponed
        return self.counter >= self.max_postponed or self.skipped == self.flexibility

    def _pass_over(self) -> None:
        """Leaves this trigger at what was refreshed for it."""
        if not self.pulled_in:
            self.counter += 1
            self.skipped += 1
        self.pulled_in = False
        self.trigger += self.interval

    def _choose_command(self) -> None:
        open_banks = [bank for bank in self.group if bank.open_row is not None]
        self.command = self.precharge_command if open_banks else self.refresh_command
        self.addressed = self.group
        if self.command == "PREPB":
            self.addressed = open_banks[:1]

    def _crowded(self, now: int) -> bool:
        """Whether another REF in advance could make more than sixteen in two intervals.

        Up to two more that can't wait may follow in the same two intervals, four with
        self-refresh.
        """
        span = 2 * self.interval * self.per_interval
        recent = [time for time in self.times if time > now - span]
        return len(recent) >= self.crowd * self.per_interval and self.jedec

    def update(self, command: str, now: int) -> None:
        """Takes note of a command to the rank."""
        if command in ("PDEA", "PDEP", "SREFEN"):
            self.asleep = True
            if command == "SREFEN":
                self.next_trigger, self.trigger, self.fell_asleep = self.trigger, NEVER, now
        elif command == "SREFEX":
            self.next_trigger += now - self.fell_asleep
        elif command in ("PDXA", "PDXP"):
            self.asleep = False
        elif command == "REFAB" and self.asleep:  # the one after self-refresh
            self.asleep = self.pulled_in = self.committed = False
            self.trigger = self.next_trigger if self.jedec else now + self.interval
            self.times += [now] * (1 if self.policy == "AllBank" else self.per_interval)
            self.parts = 1
            self.remaining = list(self.groups)
            self.skipped = 0
        elif command == self.refresh_command:
            self._refreshed(now)

    def _refreshed(self, now: int) -> None:
        self.times.append(now)
        self.parts += 1
        self.skipped = 0
        self.committed = False
        for bank in self.banks:
            bank.blocked = False
        self.remaining.remove(self.group)
        if not self.remaining:
            self.remaining = list(self.groups)
        if self.pulled_in:
            self.counter -= 1
        self.pulled_in = True
        if self.counter == -self.max_pulled_in:
            self.pulled_in = False
            self.trigger += self.interval
