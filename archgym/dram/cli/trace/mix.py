"""`archgym trace mix`: several traces that share one memory, written to a file."""

from pathlib import Path
from typing import Annotated

import typer

from archgym.cli.options import options
from archgym.cli.output import AsJson, print_notes
from archgym.dram.cli.workload_options import FileOptions, PlayerOptions
from archgym.errors import ArchgymError


@options()
def mix(
    names: Annotated[
        list[str],
        typer.Argument(metavar="TRACE", help="Bundled workloads, generators or trace files."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write; its ending says the format.")
    ],
    files: FileOptions,
    player: PlayerOptions,
    offset_ns: Annotated[
        float, typer.Option(help="How much later each trace begins than the one before it.")
    ] = 0.0,
    shared: Annotated[
        bool, typer.Option("--shared", help="Leave addresses as they are: programs may share them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Mix traces by arrival; each gets initiators and a region of memory of its own."""
    from archgym import traces
    from archgym.dram.cli.trace.writing import report
    from archgym.traces import mix as mixing

    if not 0 <= offset_ns <= 1e12:
        raise ArchgymError(f"--offset-ns must lie in 0 to 1e12 ns, is {offset_ns}")
    told = files.given([*names, str(out)])
    loaded = [traces.load(name, **told[name]) for name in names]
    played = player.instead_of(loaded[0].player) if player.are_given else None
    mixed = mixing.mix(loaded, round(offset_ns * 1000), separate=not shared, player=played)
    report(mixed, out, files.clock_mhz, as_json)
    print_notes(mixed.notes)
