"""`archgym trace convert`: a trace in another file format."""

from pathlib import Path
from typing import Annotated

import typer

from archgym.errors import ArchgymError


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The file to read, of any format.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="The file to write; .gz and .zst compress it.")
    ],
    format: Annotated[
        str | None, typer.Option(help="What to write; by default what the ending of OUT says.")
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock that OUT counts in; by default that of IN.")
    ] = None,
    from_clock_mhz: Annotated[
        float | None, typer.Option(help="Clock that IN counts in; by default that of the device.")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(help="Bytes of a request that states none; by default the device's, or 64."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="A bundled device or a device file that the trace is for.")
    ] = None,
) -> None:
    """Write a trace in another file format, and say what the format can't hold."""
    from archgym.dram.system import System
    from archgym.traces import formats

    if device is not None:
        known = System.load(device).device
        from_clock_mhz = known.player_clock_mhz if from_clock_mhz is None else from_clock_mhz
        size = known.bytes_per_request if size is None else size
    size = formats.DEFAULT_SIZE if size is None else size
    file = formats.decode(source)
    if file.needs_clock and from_clock_mhz is None:
        raise ArchgymError(
            f"trace {source} counts in {file.unit}s: --from-clock-mhz or --device is needed"
        )
    assumed = file.assumptions(size)
    trace = file.trace(from_clock_mhz, size)
    lost = formats.write(trace, target, format, from_clock_mhz if clock_mhz is None else clock_mhz)
    for path, notes in ((source, assumed), (target, lost)):
        if notes:
            typer.echo(f"note: {path}: {'; '.join(notes)}", err=True)
