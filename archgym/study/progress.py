"""A progress bar for people; nothing where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int, done: int) -> Iterator[Callable[[str], None]]:
    """Shows on stderr, if that is a terminal, how many of `total` trials have ended.

    Yields:
        What to call with the name of each trial that ends.
    """
    from rich import progress as parts
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        parts.TextColumn("trials"),
        parts.BarColumn(),
        parts.MofNCompleteColumn(),
        parts.TimeRemainingColumn(),
        parts.TextColumn("{task.description}", style="dim"),
    )
    with parts.Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=total, completed=done)

        def advance(name: str) -> None:
            shown.update(task, advance=1, description=name)

        yield advance
