"""`archgym trace convert`: a trace in another file format."""

from pathlib import Path
from typing import Annotated

import typer

from archgym.cli.output import print_notes
from archgym.cli.workload_options import PlayerOptions, ReadsOnly, Size, options
from archgym.errors import ArchgymError


@options
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The file to read, of any format.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="The file to write; .gz and .zst compress it.")
    ],
    player: PlayerOptions,
    format: Annotated[
        str | None, typer.Option(help="What to write; by default what the ending of OUT says.")
    ] = None,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock of files that count in cycles, read or written.")
    ] = None,
    from_clock_mhz: Annotated[
        float | None, typer.Option(help="Clock that IN counts in, if it is another.")
    ] = None,
    size: Size = None,
    reads_only: ReadsOnly = False,
    device: Annotated[
        str | None,
        typer.Option(
            help="A bundled device or a device file that the trace is for: its clock and its "
            "bursts are taken where none are stated."
        ),
    ] = None,
) -> None:
    """Write a trace in another file format, and say what the format can't hold."""
    from archgym.dram.system import System
    from archgym.traces import formats

    known = None if device is None else System.load(device).device
    device_clock_mhz = None if known is None else known.player_clock_mhz
    given_mhz = clock_mhz if from_clock_mhz is None else from_clock_mhz
    file = formats.decode(source)
    if file.needs_clock and given_mhz is None and known is None:
        raise ArchgymError(
            f"trace {source} counts in {file.unit}s: --clock-mhz, --from-clock-mhz or --device is "
            "needed"
        )
    trace = file.trace(given_mhz, size, reads_only=reads_only, device_clock_mhz=device_clock_mhz)
    if known is not None:
        trace = trace.sized(known.organization.bytes_per_burst)
    trace.player = player.instead_of(trace.player)
    read_mhz = device_clock_mhz if given_mhz is None else given_mhz
    lost = formats.write(trace, target, format, read_mhz if clock_mhz is None else clock_mhz)
    print_notes(trace.notes)
    if lost:
        print_notes([f"{target}: {'; '.join(lost)}"])
