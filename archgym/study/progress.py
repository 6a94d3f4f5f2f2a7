"""How far a long command is: a bar on a terminal, and a line now and then in a pipe."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERVAL_S = 30.0
"""Time between lines in a pipe, in seconds."""


@contextmanager
def bar(
    total: int, done: int, unit: str = "trials", *, interval_s: float = INTERVAL_S
) -> Iterator[Callable[..., None]]:
    """Shows on stderr how much of a command is done, how fast it goes and how long it will take.

    Args:
        total: How many there are of what is counted.
        done: How many had been done before.
        unit: What they are.
        interval_s: Time between lines where stderr is no terminal, in seconds.

    Yields:
        What to call whenever something ends, with a name or a remark and how many were done (1).
    """
    from rich import progress as parts
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        parts.TextColumn(unit),
        parts.BarColumn(),
        parts.MofNCompleteColumn(),
        parts.TimeRemainingColumn(),
        parts.TextColumn("{task.description}", style="dim"),
    )
    lines = Lines(total, done, unit, time.monotonic(), interval_s)
    with parts.Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=total, completed=done)

        def advance(name: str, ended: int = 1) -> None:
            shown.update(task, advance=ended, description=name)
            if not console.is_terminal and (line := lines.after(ended, name, time.monotonic())):
                console.print(line, soft_wrap=True, markup=False, highlight=False)

        yield advance


class Lines:
    """What to say where there is no terminal, and when.

    Args:
        total: How many there are of what is counted.
        done: How many had been done before.
        unit: What they are.
        began: The time now, in seconds.
        interval_s: Time between lines, in seconds.
    """

    def __init__(
        self, total: int, done: int, unit: str, began: float, interval_s: float = INTERVAL_S
    ) -> None:
        self._total, self._done, self._unit, self._interval_s = total, done, unit, interval_s
        self._began = self._said = began
        self._before = done

    def after(self, ended: int, name: str, now: float) -> str | None:
        """Returns the line to print after more has ended at a time; `None` if it is too soon."""
        self._done += ended
        if now - self._said < self._interval_s:
            return None
        self._said = now
        rate = (self._done - self._before) / (now - self._began)
        left = _duration((self._total - self._done) / rate) if rate else "an unknown time"
        remark = f"; {name}" if name else ""
        return (
            f"{self._done:,} of {self._total:,} {self._unit}, {rate:,.3g} a second, "
            f"{left} left{remark}"
        )


def _duration(seconds: float) -> str:
    """Returns a duration such as `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
