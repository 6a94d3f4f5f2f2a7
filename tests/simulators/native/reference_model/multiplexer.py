"""Which of the wanted commands is issued."""

from collections.abc import Sequence
from dataclasses import dataclass

from .banks import Bank
from .powerdown import PowerDown
from .refresh import Refresh
from .request import ACCESS
from .timing import Timing


@dataclass(frozen=True)
class Candidate:
    """A command that someone wants to issue."""

    time: int  # the earliest
    age: int  # order of acceptance of its request
    command: str
    banks: Sequence[Bank]  # that it addresses
    origin: Bank | Refresh | PowerDown


class Multiplexer:
    """Picks the command that is over first, or the oldest of these; of each bus, if it has two.

    Between the two buses, the command that can start first goes first. `Strict` takes accesses in
    their order of acceptance only.
    """

    def __init__(self, timing: Timing, strict: bool) -> None:
        self.timing = timing
        self.strict = strict
        self.accesses = 0

    def choose(self, candidates: Sequence[Candidate]) -> Candidate | None:
        if self.strict:
            turn = self.accesses + 1
            candidates = [c for c in candidates if c.command not in ACCESS or c.age == turn]
        heads = []
        for bus in ("row", "column"):
            own = [c for c in candidates if self.timing.bus(c.command) == bus]
            if own:
                length = self.timing.length
                heads.append(min(own, key=lambda c: (c.time + length(c.command), c.age)))
        return min(heads, key=lambda c: (c.time, c.age), default=None)

    def update(self, command: str) -> None:
        self.accesses += command in ACCESS
