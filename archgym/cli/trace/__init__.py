"""`archgym trace`: where traces come from and what they are like, one command a module."""

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def trace() -> None:
    """Record, generate, mix, convert and look at traces."""
