"""The controller itself: accepts, schedules, issues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .arbiters import QueueingArbiter, Responses, SimpleArbiter
from .banks import Bank, Buffer
from .refresh import Refresh
from .request import NEVER, READ, THINK, WRITE, Request
from .timing import Constraints, Timing


@dataclass(frozen=True)
class Command:
    """One issued command."""

    time: int
    name: str
    bank: int  # 0 for PREAB and REFAB
    row: int  # -1 where it names none


@dataclass
class Controller:
    """One channel: accepts, schedules, refreshes, issues at most one command an instant."""

    timing: Timing
    design: Mapping[str, Any]
    arbiter: SimpleArbiter | QueueingArbiter
    commands: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.constraints = Constraints(self.timing)
        self.buffer = Buffer(self.design, self.timing.banks)
        policy = self.design["PagePolicy"]
        self.banks = [Bank(i, policy, self.buffer) for i in range(self.timing.banks)]
        self.refresh = Refresh(self.design, self.timing, self.banks)
        self.responses = Responses(self.design["RespQueue"] == "Reorder")
        self.door: Request | None = None
        self.accepted = 0

    def present(self, request: Request, now: int) -> None:
        request.req_begin = now
        self.door = request

    def _accept(self, now: int, end_request: int) -> None:
        if self.door is None or now < self.door.req_begin + THINK or not self.buffer.has_space():
            return
        self.accepted += 1
        self.door.order = self.accepted
        self.buffer.store(self.door)
        self.door = None
        self.arbiter.end_request(end_request)

    def _candidates(self) -> list[tuple[int, int, str, Bank | None]]:
        """(earliest time, age, command, bank) of all who want to issue something."""
        found: list[tuple[int, int, str, Bank | None]] = []
        if self.refresh.command is not None:
            time = self.constraints.earliest(self.refresh.command, 0)
            found.append((time, 0, self.refresh.command, None))
        for bank in self.banks:
            command = bank.next_command()
            if command is not None:
                assert bank.current is not None
                time = self.constraints.earliest(command, bank.index)
                found.append((time, bank.current.order, command, bank))
        return found

    def step(self, now: int) -> None:
        self.arbiter.respond(now, self.responses)
        self._accept(now, now)
        self.refresh.evaluate(now)
        ready = [c for c in self._candidates() if c[0] <= now]
        if ready:
            _, _, command, bank = min(ready, key=lambda c: c[1])
            self._issue(now, command, bank)
        self.refresh.evaluate(now)

    def _issue(self, now: int, command: str, bank: Bank | None) -> None:
        request = bank.current if bank is not None else None
        self.constraints.issue(command, bank.index if bank else 0, now)
        self.refresh.update(command, now)
        for each in self.banks if bank is None else [bank]:
            each.update(command)
        if bank is None:
            self.commands.append(Command(now, command, 0, -1))
            return
        row = request.row if request is not None and command != "PREPB" else -1
        self.commands.append(Command(now, command, bank.index, row))
        if request is not None and command in READ + WRITE:
            self.buffer.remove(request)
            self._accept(now, now + 1)  # the freed entry is taken at once, END_REQ a cycle later
            latency = self.timing.write_latency if request.is_write else self.timing.read_latency
            self.responses.queue.append((now + latency + self.timing.burst, request))

    def next_time(self, now: int) -> int:
        times = [time for time, *_ in self._candidates()]
        if self.refresh.command is None:
            times.append(self.refresh.trigger)
        if self.door is not None:
            times.append(self.door.req_begin + THINK)
        times.append(self.responses.next_time(now))
        return min((t for t in times if t > now), default=NEVER)


@dataclass(frozen=True)
class Run:
    """What a run did (cycles)."""

    end: int
    requests: tuple[Request, ...]
    commands: tuple[Command, ...]
    refresh_counter: int


def simulate(timing: Timing, design: Mapping[str, Any], requests: Sequence[Request]) -> Run:
    """Plays requests (in order of arrival) through a controller of the given design."""
    for index, request in enumerate(requests):
        request.index = index
    arbiter: SimpleArbiter | QueueingArbiter
    if design["Arbiter"] == "Simple":
        arbiter = SimpleArbiter(requests)
    else:
        limit = design["MaxActiveTransactions"]
        arbiter = QueueingArbiter(requests, limit, design["Arbiter"] == "Reorder")
    controller = Controller(timing, design, arbiter)
    now = 0
    while now <= arbiter.end:
        controller.step(now)
        arbiter.step(now, controller)
        now = min(controller.next_time(now), arbiter.next_time(now, controller))
    return Run(arbiter.end, tuple(requests), tuple(controller.commands), controller.refresh.counter)
