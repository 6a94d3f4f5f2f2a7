"""The controller itself: accepts, schedules, issues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .arbiters import QueueingArbiter, Responses, SimpleArbiter
from .banks import Bank, Buffer
from .refresh import Refresh
from .request import READ, WRITE, Request
from .timing import Constraints, Timing
from .wakeups import Alarm


@dataclass(frozen=True)
class Command:
    """One issued command."""

    time: int
    name: str
    bank: int  # of all banks of the channel; 0 for PREAB and REFAB
    row: int  # -1 where it names none
    rank: int = 0


@dataclass(frozen=True)
class Candidate:
    """A command that someone wants to issue."""

    time: int  # the earliest
    age: int
    command: str
    origin: Bank | Refresh


@dataclass
class Controller:
    """One channel: accepts, schedules, refreshes, issues at most one command an instant.

    It does so when one of its alarms rings: a command or a refresh was scheduled, a request
    arrives, data are ready for a response, or a response has ended.
    """

    timing: Timing
    design: Mapping[str, Any]
    arbiter: SimpleArbiter | QueueingArbiter
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        timing, policy = self.timing, self.design["PagePolicy"]
        self.think: int = self.design["ThinkDelayFw"]
        self.constraints = Constraints(timing)
        self.buffer = Buffer(self.design, timing.banks * timing.ranks)
        self.banks = [Bank(i, policy, self.buffer) for i in range(timing.banks * timing.ranks)]
        self.refreshes = [
            Refresh(self.design, timing, self.banks[rank * timing.banks :][: timing.banks], rank)
            for rank in range(timing.ranks)
        ]
        self.responses = Responses(self.design["RespQueue"] == "Reorder")
        self.responding = False
        self.door: Request | None = None
        self.accepted = 0
        self.accesses = 0
        self.alarms = [Alarm() for _ in range(4)]
        self.scheduled, self.arrival, self.data_ready, self.response_end = self.alarms
        self.scheduled.set(0)

    def present(self, request: Request, time: int) -> None:
        request.req_begin = time
        self.door = request
        self.arrival.set(time + self.think)

    def end_response(self, now: int) -> None:
        self.responding = False
        self.response_end.set(now)

    def wakes(self, now: int) -> bool:
        ringing = [alarm for alarm in self.alarms if alarm.rings(now)]
        return bool(ringing)

    def step(self, now: int) -> None:
        """Chooses among the commands that the banks settled on in the step before, then asks anew.

        A bank that has just stored a request has settled on its command again.
        """
        self._respond(now)
        self._accept(now, now)
        for refresh in self.refreshes:
            refresh.evaluate(now)
        candidates = self._of_refreshes(now) + self._of_banks(now)
        chosen = self._choose(candidates)
        if chosen is not None and chosen.time == now:
            self._issue(now, chosen.command, chosen.origin)
        for bank in self.banks:
            bank.evaluate()
        upcoming = self._of_banks(now)
        for refresh in self.refreshes:
            refresh.evaluate(now)
            if refresh.command is None:
                self.scheduled.set(refresh.trigger)
        for candidate in upcoming + self._of_refreshes(now):
            # What turns out to be ready only after others were found not to be, waits for whatever
            # wakes the controller next.
            if candidate.time > now or not candidates:
                self.scheduled.set(candidate.time)

    def _respond(self, now: int) -> None:
        if self.responding:
            return
        request = self.responses.pop(now)
        if request is None:
            self.data_ready.set(self.responses.next_time(now))
        else:
            self.responding = True
            self.arbiter.respond(request, now)

    def _accept(self, now: int, end_request: int) -> None:
        request = self.door
        if request is None or now < request.req_begin + self.think or not self.buffer.has_space():
            return
        self.accepted += 1
        request.order = self.accepted
        self.buffer.store(request)
        self.banks[request.bank].evaluate()
        self.door = None
        self.arbiter.end_request(end_request)

    def _of_refreshes(self, now: int) -> list[Candidate]:
        found = []
        for refresh in self.refreshes:
            if refresh.command is not None:
                time = self.constraints.earliest(refresh.command, refresh.banks[0].index)
                found.append(Candidate(max(time, now), 0, refresh.command, refresh))
        return found

    def _of_banks(self, now: int) -> list[Candidate]:
        found = []
        for bank in self.banks:
            if bank.command is not None:
                assert bank.current is not None
                time = self.constraints.earliest(bank.command, bank.index)
                found.append(Candidate(max(time, now), bank.current.order, bank.command, bank))
        return found

    def _choose(self, candidates: Sequence[Candidate]) -> Candidate | None:
        """The earliest, or the oldest of these; under `Strict`, accesses keep their order."""
        if self.design["CmdMux"] == "Strict":
            candidates = [
                c for c in candidates if c.command not in READ + WRITE or c.age == self.accesses + 1
            ]
        return min(candidates, key=lambda c: (c.time, c.age), default=None)

    def _issue(self, now: int, command: str, origin: Bank | Refresh) -> None:
        if isinstance(origin, Refresh):
            self.constraints.issue(command, origin.banks[0].index, now)
            origin.update(command, now)
            for bank in origin.banks:
                bank.update(command)
            self.commands.append(Command(now, command, 0, -1, origin.rank))
            return
        request = origin.current
        assert request is not None
        self.constraints.issue(command, origin.index, now)
        origin.update(command)
        row = request.row if command != "PREPB" else -1
        rank = origin.index // self.timing.banks
        self.commands.append(Command(now, command, origin.index, row, rank))
        if command in READ + WRITE:
            self.accesses += 1
            self._access(now, request)

    def _access(self, now: int, request: Request) -> None:
        self.buffer.remove(request)
        self._accept(now, now + self.think)  # takes the freed entry at once, ends REQ later
        latency = self.timing.write_latency
        if not request.is_write:
            latency = self.timing.read_latency + self.design["PhyDelayBw"]
        latency += self.timing.burst + self.design["PhyDelayFw"] + self.design["ThinkDelayBw"]
        self.responses.queue.append((now + latency, request))
        self.data_ready.set(self.responses.next_time(now))

    def next_time(self) -> int:
        return min(alarm.time for alarm in self.alarms)


@dataclass(frozen=True)
class Run:
    """What a run did (cycles)."""

    end: int
    requests: tuple[Request, ...]
    commands: tuple[Command, ...]
    refresh_counter: int  # of all ranks


def simulate(timing: Timing, design: Mapping[str, Any], requests: Sequence[Request]) -> Run:
    """Plays requests (in order of arrival) through a controller of the given design."""
    for index, request in enumerate(requests):
        request.index = index
    simple = design["Arbiter"] == "Simple"
    arbiter = (SimpleArbiter if simple else QueueingArbiter)(design, requests)
    controller = Controller(timing, design, arbiter)
    now = 0
    while now <= arbiter.end:
        if controller.wakes(now):
            controller.step(now)
        arbiter.step(now, controller)
        # The arbiter may have woken the controller again at this very instant.
        now = min(controller.next_time(), arbiter.next_time(now, controller))
    owed = sum(refresh.counter for refresh in controller.refreshes)
    return Run(arbiter.end, tuple(requests), tuple(controller.commands), owed)
