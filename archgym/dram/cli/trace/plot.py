"""`archgym trace plot`: what a trace is like, as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from archgym.cli.options import options
from archgym.cli.output import print_notes
from archgym.dram.cli.workload_options import FileOptions, PlayerOptions, load


@options()
def plot(
    trace: Annotated[str, typer.Argument(help="A bundled workload, a generator or a trace file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The picture: .svg or .png.")],
    files: FileOptions,
    player: PlayerOptions,
    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400",
) -> None:
    """Draw addresses, bandwidth, reuse distances, banks and rows of a trace into a picture."""
    from archgym.dram.trace_plot import write_plot

    workload = load(trace, device, files, player)
    write_plot(workload, out)
    print_notes(workload.notes)
    typer.echo(f"wrote {out}")
