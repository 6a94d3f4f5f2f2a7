"""`archgym merge`: joins the folders in which parts of a study were run."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from archgym.cli.output import AsJson
from archgym.cli.run import report


def merge(
    folders: Annotated[list[Path], typer.Argument(help="Folders that archgym run has made.")],
    out: Annotated[Path, typer.Option(help="Folder for all trials.")],
    as_json: AsJson = False,
) -> None:
    """Join the parts of a study that archgym run --shard has run."""
    from archgym.study.merge import merge as join

    missing = join(folders, out)
    if missing:
        typer.echo(
            f"{len(missing)} trials are missing, such as {missing[0].name}; "
            f"archgym run {quote(str(out / 'spec.toml'))} --out {quote(str(out))} runs them",
            err=True,
        )
    report(out, [], as_json)
