"""What commands have in common that go on where they were stopped."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

TERMINATED = 128 + signal.SIGTERM


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
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        typer.echo(f"what is done is kept in {out}; the same command goes on from there", err=True)
        if isinstance(interrupt, _Terminated):
            raise typer.Exit(TERMINATED) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(*_: Any) -> NoReturn:
    raise _Terminated
