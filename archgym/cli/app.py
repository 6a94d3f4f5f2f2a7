"""The `archgym` application: its commands and the options they share."""

from typing import Annotated

import typer

from archgym.cli.compare import compare
from archgym.cli.dataset import app as dataset
from archgym.cli.enumerate import enumerate_designs
from archgym.cli.listing import list_names
from archgym.cli.proxy import app as proxy
from archgym.cli.run import run
from archgym.dram.cli.simulate import simulate
from archgym.dram.cli.trace import app as trace
from archgym.dram.cli.validate import validate

app = typer.Typer(name="archgym", add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """A gymnasium for DRAM memory controllers."""
    if version:
        import archgym

        typer.echo(f"archgym {archgym.__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("simulate")(simulate)
app.command("run")(run)
app.command("compare")(compare)
app.command("validate")(validate)
app.add_typer(trace, name="trace")
app.add_typer(dataset, name="dataset")
app.add_typer(proxy, name="proxy")
app.command("enumerate")(enumerate_designs)
app.command("list")(list_names)
