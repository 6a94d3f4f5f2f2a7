"""What commands have in common that go on where they were stopped."""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

TERMINATED = 128 + signal.SIGTERM

# `timeout` sends the signal twice, and the second must not disturb the end.
_AT_ONCE_S = 1.0


class _Terminated(KeyboardInterrupt):
    """The process was asked to end, by a batch system or `timeout`, say."""


@contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Ends on SIGTERM as on Ctrl-C, with nothing half-written, and says how to go on.

    Args:
        out: Where what is done is kept.

    Raises:
        typer.Exit: With code 143, on SIGTERM.
    """
    asked = -math.inf

    def terminate(*_: Any) -> None:
        nonlocal asked
        last, asked = asked, time.monotonic()
        if asked - last > _AT_ONCE_S:
            raise _Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        typer.echo(f"what is done is kept in {out}; the same command goes on from there", err=True)
        if isinstance(interrupt, _Terminated):
            raise typer.Exit(TERMINATED) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
