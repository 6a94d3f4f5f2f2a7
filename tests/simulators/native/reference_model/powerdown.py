"""When a rank sleeps."""

from collections.abc import Sequence

from .banks import Bank


class PowerDown:
    """Staggered power-down of one rank.

    A rank without requests enters power-down at once. A refresh that falls due ends it; if there
    still is no request, self-refresh follows. The first request ends either; a refresh has to
    follow self-refresh.
    """

    EXITS = {"PDEA": "PDXA", "PDEP": "PDXP", "SREFEN": "SREFEX", "SREFEX": "REFAB"}

    def __init__(self, banks: Sequence[Bank]) -> None:
        self.banks = banks
        self.state: str | None = None  # the last command of those in EXITS, until it is undone
        self.idle = True  # no request waits for the rank
        self.entering = True
        self.exiting = False
        self.to_self_refresh = False
        self.may_self_refresh = False
        self.command: str | None = None

    def rank_idle(self) -> None:
        """No request waits for the rank after one of its commands."""
        self.idle = True
        self.entering = self.state is None

    def rank_busy(self) -> None:
        """A request has come to the idle rank."""
        self.idle = self.entering = self.to_self_refresh = False
        self.exiting = self.state is not None

    def interrupt(self, may_self_refresh: bool) -> None:
        """A refresh is due, which may be left to self-refresh or not."""
        self.entering = False
        self.may_self_refresh = may_self_refresh
        self.exiting = self.state is not None

    def evaluate(self) -> None:
        self.command = None
        if self.exiting:
            assert self.state is not None
            self.command = self.EXITS[self.state]
        elif self.entering:
            row_open = any(bank.open_row is not None for bank in self.banks)
            self.command = "PDEA" if row_open else "PDEP"
        elif self.to_self_refresh:
            self.command = "SREFEN"

    def update(self, command: str) -> None:
        """Takes note of a command to the rank."""
        if command in self.EXITS:
            self.state = command
            self.entering = self.to_self_refresh = False
        elif self.state is not None and command == self.EXITS[self.state]:
            self.to_self_refresh = command == "PDXP" and self.idle and self.may_self_refresh
            self.state = None
            self.exiting = False
