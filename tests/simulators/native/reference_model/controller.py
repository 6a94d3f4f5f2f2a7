"""The controller itself: accepts, schedules, issues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .banks import Bank, Buffer
from .clock import Alarm, Clock
from .multiplexer import Candidate, Multiplexer
from .powerdown import PowerDown
from .refresh import Refresh
from .request import ACCESS, NEVER, Request
from .responses import Responses
from .timing import Constraints, Timing

if TYPE_CHECKING:
    from .arbiters import Arbiter

REFRESH_AGE, POWER_DOWN_AGE = 0, NEVER  # older and younger than every request


@dataclass(frozen=True)
class Command:
    """One issued command."""

    time: int
    name: str
    bank: int  # of all banks of the channel; the first where it addresses several
    row: int  # -1 where it names none
    rank: int
    channel: int


class Controller:
    """One channel: accepts, schedules, refreshes, issues at most one command a round.

    It does so when one of its alarms rings: a command or a refresh was scheduled, a request
    arrives, data are ready for a response, or a response has ended.
    """

    def __init__(
        self, timing: Timing, design: Mapping[str, Any], clock: Clock, channel: int
    ) -> None:
        self.timing = timing
        self.design = design
        self.clock = clock
        self.channel = channel
        self.arbiter: Arbiter
        self.think: int = design["ThinkDelayFw"]
        # How long nobody is told of an acceptance that an access made possible.
        self.late: int = self.think if timing.dramsys_quirks else 1
        self.commands: list[Command] = []
        self.constraints = Constraints(timing)
        self.multiplexer = Multiplexer(timing, strict=design["CmdMux"] == "Strict")
        ranks, banks = timing.ranks, timing.banks
        self.buffer = Buffer(design, ranks * banks)
        self.banks = [Bank(i, design["PagePolicy"], self.buffer) for i in range(ranks * banks)]
        self.ranks = [self.banks[rank * banks :][:banks] for rank in range(ranks)]
        self.waiting = [0] * ranks  # requests
        self.power_downs: list[PowerDown | None] = [None] * ranks
        if design["PowerDownPolicy"] == "Staggered":
            self.power_downs = [PowerDown(self.ranks[rank]) for rank in range(ranks)]
        self.refreshes: list[Refresh | None] = [None] * ranks
        if design["RefreshPolicy"] != "NoRefresh":
            self.refreshes = [
                Refresh(design, timing, self.ranks[rank], rank, self.power_downs[rank])
                for rank in range(ranks)
            ]
        self.responses = Responses(in_arrival_order=design["RespQueue"] == "Reorder")
        self.responding = False
        self.accepted = 0
        self.alarms = [Alarm() for _ in range(4)]
        self.scheduled, self.arrival, self.data_ready, self.response_end = self.alarms
        self.scheduled.set(0)
        clock.sleepers.append(self)

    def refresh_counter(self) -> int:
        """Refreshes postponed, less those done in advance."""
        return sum(refresh.counter for refresh in self.refreshes if refresh is not None)

    def end_response(self, request: Request) -> None:
        request.resp_end = self.clock.now
        self.responding = False
        self.response_end.set(self.clock.now)

    def step(self) -> None:
        """Chooses among the commands that the banks settled on in the step before, then asks again.

        A bank that has just stored a request has settled on its command again.
        """
        now = self.clock.now
        self._respond()
        self._accept(end_request_after=0)
        self._evaluate_managers()
        candidates = self._of_power_downs()
        asleep = {c.banks[0].index // self.timing.banks for c in candidates}
        for rank in range(self.timing.ranks):
            if rank not in asleep:
                candidates += self._of_refresh(rank) + self._of_banks(rank)
        chosen = self.multiplexer.choose(candidates)
        issued = chosen is not None and chosen.time == now
        if chosen is not None and issued:
            self._issue(chosen)
        for bank in self.banks:
            bank.evaluate()
        self._evaluate_managers()
        upcoming = self._of_power_downs()
        for rank in range(self.timing.ranks):
            upcoming += self._of_refresh(rank) + self._of_banks(rank)
        # What turns out to be ready only after others were found not to be, waits for the next
        # cycle or, in DRAMSys, for whatever wakes the controller next.
        blocked = bool(candidates) and not issued
        if self.timing.dramsys_quirks:
            times = [c.time for c in upcoming if c.time > now or not blocked]
        else:
            times = [max(c.time, now + blocked) for c in upcoming]
        # So does a refresh that is due but finds its rank asleep.
        times += [r.trigger for r in self.refreshes if r and r.command is None and r.trigger > now]
        self.scheduled.set(min(times, default=NEVER))

    def _respond(self) -> None:
        if self.responding:
            return
        request = self.responses.pop(self.clock.now)
        if request is None:
            self.data_ready.set(self.responses.next_time(self.clock.now))
        else:
            self.responding = True
            self.clock.after(0, self.arbiter.begin_response, request)

    def _accept(self, end_request_after: int) -> None:
        request = self.arbiter.at_door(self.channel)
        if request is None or self.clock.now < request.req_begin + self.think:
            return
        if not self.buffer.has_space():
            return
        self.accepted += 1
        request.order = self.accepted
        rank = request.bank // self.timing.banks
        power_down = self.power_downs[rank]
        if power_down is not None and self.waiting[rank] == 0:
            power_down.rank_busy()
        self.waiting[rank] += 1
        self.buffer.store(request)
        self.banks[request.bank].evaluate()
        self.arbiter.taken(request, end_request_after)

    def _evaluate_managers(self) -> None:
        for refresh in self.refreshes:
            if refresh is not None:
                refresh.evaluate(self.clock.now)
        for power_down in self.power_downs:
            if power_down is not None:
                power_down.evaluate()

    def _of_power_downs(self) -> list[Candidate]:
        return [
            self._candidate(POWER_DOWN_AGE, p.command, p.banks, p)
            for p in self.power_downs
            if p is not None and p.command is not None
        ]

    def _of_refresh(self, rank: int) -> list[Candidate]:
        refresh = self.refreshes[rank]
        if refresh is None or refresh.command is None:
            return []
        return [self._candidate(REFRESH_AGE, refresh.command, refresh.addressed, refresh)]

    def _of_banks(self, rank: int) -> list[Candidate]:
        return [
            self._candidate(bank.current.order, bank.command, [bank], bank)
            for bank in self.ranks[rank]
            if bank.command is not None and bank.current is not None
        ]

    def _candidate(
        self, age: int, command: str, banks: Sequence[Bank], origin: Bank | Refresh | PowerDown
    ) -> Candidate:
        earliest = self.constraints.earliest(command, [bank.index for bank in banks])
        return Candidate(max(earliest, self.clock.now), age, command, banks, origin)

    def _issue(self, chosen: Candidate) -> None:
        now, command = self.clock.now, chosen.command
        first = chosen.banks[0].index
        rank = first // self.timing.banks
        request = chosen.origin.current if isinstance(chosen.origin, Bank) else None
        row = -1 if request is None or command == "PREPB" else request.row
        self.commands.append(Command(now, command, first, row, rank, self.channel))
        refresh, power_down = self.refreshes[rank], self.power_downs[rank]
        for bank in chosen.banks:
            bank.update(command)
        if refresh is not None:
            refresh.update(command, now)
        if power_down is not None:
            power_down.update(command)
        self.multiplexer.update(command)
        self.constraints.issue(command, [bank.index for bank in chosen.banks], now)
        if request is not None and command in ACCESS:
            self._access(request)
            self.waiting[rank] -= 1
        if power_down is not None and self.waiting[rank] == 0:
            power_down.rank_idle()

    def _access(self, request: Request) -> None:
        self.buffer.remove(request)
        self._accept(end_request_after=self.late)  # takes the freed entry at once
        latency = self.timing.write_data
        if not request.is_write:
            latency = self.timing.read_data + self.design["PhyDelayBw"]
        latency += self.design["PhyDelayFw"] + self.design["ThinkDelayBw"]
        self.responses.add(self.clock.now + latency, request)
        self.data_ready.set(self.responses.next_time(self.clock.now))
