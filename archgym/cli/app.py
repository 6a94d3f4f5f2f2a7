"""The `archgym` application: its commands and the options they share."""

from typing import Annotated, Any

import typer

from archgym import domain as domains
from archgym.cli.compare import compare
from archgym.cli.dataset import app as dataset
from archgym.cli.enumerate import enumerate_designs
from archgym.cli.listing import list_names
from archgym.cli.merge import merge
from archgym.cli.output import help_alone
from archgym.cli.proxy import app as proxy
from archgym.cli.run import run
from archgym.errors import ArchgymError
from archgym.version import VERSION

app = typer.Typer(name="archgym", add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """A gymnasium for hardware design: DRAM memory controllers, and other domains."""
    if version:
        typer.echo(f"archgym {VERSION}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _add(target: typer.Typer, name: str, command: Any) -> None:
    if isinstance(command, typer.Typer):
        target.add_typer(command, name=name)
    else:
        target.command(name)(command)


def _add_domain(name: str) -> None:
    """Adds the commands of a domain: below its name, unless it is the default one."""
    try:
        commands = domains.load(name).commands()
    except ArchgymError:
        return  # Whoever names it is told why it can't be loaded.
    target = app
    if name != domains.DEFAULT and commands:
        target = typer.Typer(
            callback=help_alone, invoke_without_command=True, rich_markup_mode=None
        )
        app.add_typer(target, name=name, help=f"Commands of domain {name}.")
    for label, command in commands.items():
        _add(target, label, command)


for _name, _command in (
    ("run", run),
    ("compare", compare),
    ("merge", merge),
    ("enumerate", enumerate_designs),
    ("dataset", dataset),
    ("proxy", proxy),
    ("list", list_names),
):
    _add(app, _name, _command)
for _name in domains.names():
    _add_domain(_name)
