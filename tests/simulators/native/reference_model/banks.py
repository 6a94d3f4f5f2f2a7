"""The request buffer, and the banks that are served from it."""

from collections.abc import Mapping
from typing import Any

from .request import ACCESS, Request


class Buffer:
    """The request buffer: how many may wait, in which order a bank is served."""

    def __init__(self, design: Mapping[str, Any], banks: int) -> None:
        self.organisation = design["SchedulerBuffer"]
        self.size: int = design["RequestBufferSize"]
        self.read_size: int = design.get("RequestBufferSizeRead") or self.size
        self.write_size: int = design.get("RequestBufferSizeWrite") or self.size
        self.scheduler = design["Scheduler"]
        self.low_watermark: int = design["LowWatermark"]
        self.high_watermark: int = design["HighWatermark"]
        self.banks: list[list[Request]] = [[] for _ in range(banks)]
        self.last_stored_bank = 0
        self.last_cas_was_write = False
        self.write_mode = False  # of GrpFrFcfsWm
        self.row_hit_cap: int = design["RowHitCap"]
        self.overtaken = [0] * banks  # how often its oldest request was, of FrFcfsCap

    def _waiting(self) -> tuple[int, int]:
        """How many (reads, writes) wait."""
        waiting = [r for bank in self.banks for r in bank]
        writes = sum(r.is_write for r in waiting)
        return len(waiting) - writes, writes

    def has_space(self) -> bool:
        if self.organisation == "Bankwise":  # judged by the bank of the request before
            return len(self.banks[self.last_stored_bank]) < self.size
        reads, writes = self._waiting()
        if self.organisation == "Shared":
            return reads + writes < self.size
        return reads < self.read_size and writes < self.write_size

    def store(self, request: Request) -> None:
        self.banks[request.bank].append(request)
        self.last_stored_bank = request.bank
        self._choose_mode()

    def remove(self, request: Request) -> None:
        is_oldest = self.banks[request.bank][0] is request
        self.overtaken[request.bank] = 0 if is_oldest else self.overtaken[request.bank] + 1
        self.banks[request.bank].remove(request)
        self.last_cas_was_write = request.is_write
        self._choose_mode()

    def _choose_mode(self) -> None:
        if self.scheduler != "GrpFrFcfsWm":
            return
        reads, writes = self._waiting()
        if self.write_mode:
            self.write_mode = writes > self.low_watermark or reads == 0
        else:
            self.write_mode = writes > self.high_watermark or reads == 0

    def next_request(self, bank: int, open_row: int | None) -> Request | None:
        queue = self.banks[bank]
        if self.scheduler == "GrpFrFcfs":
            queue = [r for r in queue if r.is_write == self.last_cas_was_write] or queue
        elif self.scheduler == "GrpFrFcfsWm":
            queue = [r for r in queue if r.is_write == self.write_mode]
        hits = [r for r in queue if r.row == open_row]
        if self.scheduler == "Fifo" or not hits:
            return queue[0] if queue else None
        if self.scheduler == "FrFcfsCap" and self.overtaken[bank] >= self.row_hit_cap:
            return queue[0]
        if self.scheduler == "FrFcfsGrp":
            for i, hit in enumerate(hits):
                overtaken = {earlier.address for earlier in hits[:i]}
                if hit.is_write == self.last_cas_was_write and hit.address not in overtaken:
                    return hit
        return hits[0]

    def _competitors(self, current: Request) -> list[Request]:
        """The requests that an adaptive page policy looks at, the current one mostly among them."""
        queue = self.banks[current.bank]
        if self.scheduler == "GrpFrFcfs":
            return [r for r in queue if r.is_write == current.is_write]
        if self.scheduler == "GrpFrFcfsWm":  # even if a row is held for the other direction
            return [r for r in queue if r.is_write == self.write_mode]
        return queue

    def has_further_request(self, current: Request) -> bool:
        return len(self._competitors(current)) >= 2

    def has_further_hit(self, current: Request) -> bool:
        queue = self._competitors(current)
        if self.scheduler == "Fifo":
            return len(queue) >= 2 and queue[1].row == current.row
        return sum(r.row == current.row for r in queue) >= 2


class Bank:
    """One bank: which request it works for, and the command it would issue next."""

    def __init__(self, index: int, policy: object, buffer: Buffer) -> None:
        self.index = index
        self.policy = policy
        self.buffer = buffer
        self.open_row: int | None = None
        self.current: Request | None = None
        self.command: str | None = None
        self.held = False  # the row was opened for the current request
        self.blocked = False  # by a forced refresh
        self.sleeping = False  # its rank is powered down

    def evaluate(self) -> None:
        """Chooses the request to work for and the command to issue.

        The choice stands until the next evaluation, whatever is stored into other banks.
        """
        self.command = None
        if self.blocked or self.sleeping:
            return
        chosen = self.buffer.next_request(self.index, self.open_row)
        if chosen is None:
            return
        if not self.held or chosen.row == self.open_row:
            self.current = chosen
        assert self.current is not None
        if self.open_row is None:
            self.command = "ACT"
        elif self.current.row != self.open_row:
            self.command = "PREPB"
        else:
            direction = "WR" if self.current.is_write else "RD"
            self.command = direction + ("A" if self._close(self.current) else "")

    def _close(self, current: Request) -> bool:
        if self.policy in ("Open", "Closed"):
            return self.policy == "Closed"
        further_hit = self.buffer.has_further_hit(current)
        if self.policy == "ClosedAdaptive":
            return not further_hit
        return self.buffer.has_further_request(current) and not further_hit

    def block(self) -> None:
        self.blocked, self.command = True, None

    def update(self, command: str) -> None:
        """Takes note of a command that addresses the bank."""
        if command == "ACT":
            assert self.current is not None
            self.open_row, self.held = self.current.row, True
        elif command.startswith("PRE"):
            self.open_row, self.held = None, False
        elif command.startswith("REF"):
            self.blocked = self.sleeping = False
        elif command in ("PDEA", "PDEP", "SREFEN"):
            self.sleeping = True
        elif command in ("PDXA", "PDXP"):
            self.sleeping = False
        elif command in ACCESS:
            self.current, self.held = None, False
            if command.endswith("A"):
                self.open_row = None
