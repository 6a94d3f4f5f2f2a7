"""`archgym trace mix`: several traces that share one memory, written to a file."""

from pathlib import Path
from typing import Annotated

import typer

from archgym.cli.output import AsJson
from archgym.errors import ArchgymError


def mix(
    names: Annotated[
        list[str],
        typer.Argument(metavar="TRACE", help="Bundled workloads, generators or trace files."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write; its ending says the format.")
    ],
    offset_ns: Annotated[
        float, typer.Option(help="How much later each trace begins than the one before it.")
    ] = 0.0,
    shared: Annotated[
        bool, typer.Option("--shared", help="Leave addresses as they are: programs may share them.")
    ] = False,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock of files that count in cycles, read or written.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Mix traces by arrival; each gets initiators and a region of memory of its own."""
    from archgym import traces
    from archgym.cli.trace.writing import report
    from archgym.traces import mix as mixing

    if not 0 <= offset_ns <= 1e12:
        raise ArchgymError(f"--offset-ns must lie in 0 to 1e12 ns, is {offset_ns}")
    options = {} if clock_mhz is None else {"clock_mhz": clock_mhz}
    loaded = [
        traces.load(name, **options) if traces.is_path(name) else traces.load(name)
        for name in names
    ]
    mixed = mixing.mix(loaded, round(offset_ns * 1000), separate=not shared)
    report(mixed, out, clock_mhz, as_json)
