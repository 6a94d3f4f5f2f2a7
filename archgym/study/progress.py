"""A progress bar for people; nothing where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int, done: int, unit: str = "trials") -> Iterator[Callable[..., None]]:
    """Shows on stderr, if that is a terminal, how many of `total` trials have ended.

    Args:
        total: How many there are.
        done: How many had ended before.
        unit: What they are.

    Yields:
        What to call with a name whenever one ends, or with a name and how many have ended.
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
    with parts.Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=total, completed=done)

        def advance(name: str, ended: int = 1) -> None:
            shown.update(task, advance=ended, description=name)

        yield advance
