"""`archgym trace`: where traces come from and what they are like, one command per module."""

import typer

from archgym.cli.output import help_alone
from archgym.dram.cli.trace.convert import convert
from archgym.dram.cli.trace.generate import generate
from archgym.dram.cli.trace.info import info
from archgym.dram.cli.trace.mix import mix
from archgym.dram.cli.trace.plot import plot
from archgym.dram.cli.trace.record import record

app = typer.Typer(
    help="Record, generate, mix, convert and look at traces.",
    callback=help_alone,
    invoke_without_command=True,
    rich_markup_mode=None,
)


app.command("convert")(convert)
app.command("generate")(generate)
app.command("info")(info)
app.command("mix")(mix)
app.command("plot")(plot)
app.command("record", context_settings={"allow_interspersed_args": False})(record)
