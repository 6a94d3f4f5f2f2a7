"""How commands print: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym.texts import one_line

if TYPE_CHECKING:
    from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def help_alone(context: typer.Context) -> None:
    """Prints the help of a group of commands that is given none: the group's callback."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def print_json(value: Any) -> None:
    """Prints a value as JSON on stdout."""
    typer.echo(json.dumps(value, indent=2))


def print_notes(notes: Iterable[str]) -> None:
    """Prints what was assumed on stderr, each once."""
    for note in dict.fromkeys(notes):
        typer.echo(f"note: {one_line(note)}", err=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows of text below headings; a heading that ends with `>` is right-aligned."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(
            column.removesuffix(">"), justify="right" if column.endswith(">") else "left"
        )
    for row in rows:
        # As text, since rich would take brackets in a cell for markup.
        table.add_row(*(Text(cell) for cell in row))
    print_rich(table)


def print_rich(table: "Table") -> None:
    """Prints a table on stdout; off a terminal, no line is wrapped or has trailing blanks."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = sys.maxsize
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        typer.echo(line.rstrip())
