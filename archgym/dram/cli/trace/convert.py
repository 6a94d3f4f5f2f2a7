"""`archgym trace convert`: a trace in another file format."""

from pathlib import Path
from typing import Annotated

import typer

from archgym.cli.options import options
from archgym.cli.output import print_notes
from archgym.dram.cli.workload_options import PlayerOptions, ReadsOnly, Size
from archgym.errors import ArchgymError

# For arrivals that are not written.
_ANY_MHZ = 1000.0


@options()
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
    _check_is_file(source, target)
    file = formats.decode(source)
    written, _ = formats.format_to_write(target, format)
    if file.needs_clock and given_mhz is None and known is None:
        if written.states_times(file.has_times):
            raise ArchgymError(
                f"{file.clock_is_for}: --clock-mhz, --from-clock-mhz or --device is needed"
            )
        given_mhz = _ANY_MHZ
    trace = file.trace(given_mhz, size, reads_only=reads_only, device_clock_mhz=device_clock_mhz)
    if known is not None:
        trace = trace.sized(known.organization.bytes_per_burst)
    trace.player = player.instead_of(trace.player)
    read_mhz = device_clock_mhz if given_mhz is None else given_mhz
    lost = formats.write(trace, target, format, read_mhz if clock_mhz is None else clock_mhz)
    print_notes(trace.notes)
    if lost:
        print_notes([f"{target}: {'; '.join(lost)}"])


def _check_is_file(source: Path, target: Path) -> None:
    """Refuses a trace's name, which most commands take where they take a file."""
    from archgym import traces
    from archgym.traces.generators import GENERATORS

    name = str(source)
    if source.exists() or name not in traces.names():
        return
    if name in GENERATORS:
        raise ArchgymError(
            f"trace convert reads a file, and {name} is a generator: "
            f"archgym trace generate {name} --out {target} writes one"
        )
    raise ArchgymError(f"trace convert reads a file, and {name} is a bundled workload")
