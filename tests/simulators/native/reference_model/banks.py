"""The request buffer, and the banks that are served from it."""

from collections.abc import Mapping
from typing import Any

from .request import Request


class Buffer:
    """The request buffer: how many may wait, in which order a bank is served."""

    def __init__(self, design: Mapping[str, Any], banks: int) -> None:
        self.organisation = design["SchedulerBuffer"]
        self.size: int = design["RequestBufferSize"]
        self.read_size: int = design.get("RequestBufferSizeRead") or self.size
        self.write_size: int = design.get("RequestBufferSizeWrite") or self.size
        self.scheduler = design["Scheduler"]
        self.banks: list[list[Request]] = [[] for _ in range(banks)]
        self.last_stored_bank = 0
        self.last_cas_was_write = False

    def has_space(self) -> bool:
        waiting = [r for bank in self.banks for r in bank]
        if self.organisation == "Bankwise":  # judged by the bank of the request before
            return len(self.banks[self.last_stored_bank]) < self.size
        if self.organisation == "Shared":
            return len(waiting) < self.size
        writes = sum(r.is_write for r in waiting)
        return len(waiting) - writes < self.read_size and writes < self.write_size

    def store(self, request: Request) -> None:
        self.banks[request.bank].append(request)
        self.last_stored_bank = request.bank

    def remove(self, request: Request) -> None:
        self.banks[request.bank].remove(request)
        self.last_cas_was_write = request.is_write

    def next_request(self, bank: int, open_row: int | None) -> Request | None:
        queue = self.banks[bank]
        hits = [r for r in queue if r.row == open_row]
        if self.scheduler == "Fifo" or not hits:
            return queue[0] if queue else None
        if self.scheduler == "FrFcfs":
            return hits[0]
        for i, hit in enumerate(hits):  # FrFcfsGrp
            overtaken = {earlier.address for earlier in hits[:i]}
            if hit.is_write == self.last_cas_was_write and hit.address not in overtaken:
                return hit
        return hits[0]

    def has_further_request(self, bank: int) -> bool:
        return len(self.banks[bank]) >= 2

    def has_further_hit(self, bank: int, row: int) -> bool:
        queue = self.banks[bank]
        if self.scheduler == "Fifo":
            return len(queue) >= 2 and queue[1].row == row
        return sum(r.row == row for r in queue) >= 2


class Bank:
    """One bank: which request it works for, and the command it would issue next."""

    def __init__(self, index: int, policy: object, buffer: Buffer) -> None:
        self.index = index
        self.policy = policy
        self.buffer = buffer
        self.open_row: int | None = None
        self.current: Request | None = None
        self.held = False  # the row was opened for the current request
        self.blocked = False  # by a forced refresh

    def next_command(self) -> str | None:
        if self.blocked:
            return None
        chosen = self.buffer.next_request(self.index, self.open_row)
        if chosen is None:
            return None
        if not self.held or chosen.row == self.open_row:
            self.current = chosen
        assert self.current is not None
        if self.open_row is None:
            return "ACT"
        if self.current.row != self.open_row:
            return "PREPB"
        return ("WR" if self.current.is_write else "RD") + ("A" if self._close() else "")

    def _close(self) -> bool:
        assert self.open_row is not None
        further_hit = self.buffer.has_further_hit(self.index, self.open_row)
        if self.policy == "Open":
            return False
        if self.policy == "Closed":
            return True
        if self.policy == "ClosedAdaptive":
            return not further_hit
        return self.buffer.has_further_request(self.index) and not further_hit

    def update(self, command: str) -> None:
        if command == "ACT":
            assert self.current is not None
            self.open_row, self.held = self.current.row, True
        elif command in ("PREPB", "PREAB"):
            self.open_row, self.held = None, False
        elif command == "REFAB":
            self.blocked = False
        else:
            self.current, self.held = None, False
            if command.endswith("A"):
                self.open_row = None
