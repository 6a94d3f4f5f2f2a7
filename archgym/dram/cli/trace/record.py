"""`archgym trace record`: what a program asks of memory, recorded under Valgrind."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from archgym.cli.output import AsJson, print_json, print_table
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.traces.recorder import Progress

_INTERRUPTED = 130


def record(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="What to record.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File to write; its ending says the format.")
    ],
    l1: Annotated[
        str, typer.Option(help="SIZE:WAYS of the instruction cache, and of the data cache.")
    ] = "32k:8",
    l2: Annotated[
        str | None, typer.Option(help="SIZE:WAYS of a second level; by default there is none.")
    ] = None,
    llc: Annotated[str, typer.Option(help="SIZE:WAYS of the last level.")] = "1M:16",
    line: Annotated[int, typer.Option(help="Bytes of a cache line.")] = 64,
    inclusive: Annotated[
        bool, typer.Option("--inclusive", help="What leaves a cache leaves those before it.")
    ] = False,
    prefetch: Annotated[
        bool, typer.Option("--prefetch", help="The last level fetches the next line as well.")
    ] = False,
    page_size: Annotated[str, typer.Option(help="4k or 2M.")] = "4k",
    memory: Annotated[str, typer.Option(help="Memory that pages come from.")] = "1G",
    allocation: Annotated[
        str, typer.Option(help="Frames of pages in order of first touch: random or contiguous.")
    ] = "random",
    seed: Annotated[int, typer.Option(help="Seed of random frames.")] = 0,
    ipc: Annotated[float, typer.Option(help="Instructions executed per cycle.")] = 1.0,
    clock_ghz: Annotated[float, typer.Option(help="Clock of the core.")] = 3.0,
    skip: Annotated[
        int, typer.Option(help="Instructions at first that fill the caches, unrecorded.")
    ] = 0,
    limit: Annotated[int, typer.Option(help="Requests to end with.")] = 10_000_000,
    clock_mhz: Annotated[
        float | None, typer.Option(help="Clock of a format that counts in cycles.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record what a program asks of memory, past caches, e.g. `record -o ls.csv -- ls /`.

    Ctrl-C ends the recording and keeps it. The command's output passes through; it can't read from
    a terminal.
    """
    from archgym import traces
    from archgym.traces.recorder import NOT_SEEN, CacheSize, Machine
    from archgym.traces.recorder import record as record_command
    from archgym.traces.recorder.machine import parse_size

    machine = Machine(
        l1=CacheSize.parse(l1, "--l1"),
        l2=CacheSize.parse(l2, "--l2") if l2 else None,
        llc=CacheSize.parse(llc, "--llc"),
        line_bytes=line,
        inclusive=inclusive,
        prefetch=prefetch,
        page_bytes=parse_size(page_size, "--page-size"),
        memory_bytes=parse_size(memory, "--memory"),
        allocation=allocation,
        seed=seed,
        ipc=ipc,
        clock_ghz=clock_ghz,
    )
    _check_target(out, clock_mhz)
    with _progress() as shown:
        recording = record_command(
            command,
            machine,
            skip=skip,
            limit=limit,
            stdout=sys.stderr.fileno() if as_json else None,
            progress=shown,
        )
    trace = recording.trace
    losses = traces.write(trace, out, clock_mhz=clock_mhz)
    reads = int((~trace.is_write).sum())
    if as_json:
        print_json(
            {
                "path": str(out),
                "ended": recording.ended,
                "instructions": recording.instructions,
                "requests": len(trace),
                "reads": reads,
                "duration_ns": trace.duration_ps / 1000,
                "pages": recording.pages,
                "caches": {name: counts._asdict() for name, counts in recording.caches.items()},
                "machine": machine.to_mapping(),
                "losses": losses,
                "not_seen": NOT_SEEN,
            }
        )
    else:
        typer.echo(
            f"{out}: {len(trace):,} requests of {trace.name}, {reads / len(trace):.0%} of them "
            f"reads, in {recording.instructions:,} instructions or {trace.duration_ps / 1e6:,.1f} "
            "µs"
        )
        print_table(
            ("cache", "accesses>", "misses>", "miss rate>", "fills>"),
            (
                (
                    name,
                    f"{counts.accesses:,}",
                    f"{counts.misses:,}",
                    f"{counts.misses / max(counts.accesses, 1):.2%}",
                    f"{counts.fills:,}",
                )
                for name, counts in recording.caches.items()
            ),
        )
    for note in (*losses, *_ENDINGS.get(recording.ended, ()), NOT_SEEN):
        typer.echo(f"note: {note}", err=True)
    if recording.ended == "interrupted":
        raise typer.Exit(_INTERRUPTED)


_ENDINGS = {
    "limit": ["the recording ended at --limit, and the program with it"],
    "interrupted": ["the trace holds what was recorded before the interruption"],
}


def _check_target(out: Path, clock_mhz: float | None) -> None:
    """Writes a trace of one request: what can't be written is found before the work, not after."""
    from archgym import traces
    from archgym.traces.trace import Trace

    if not out.parent.is_dir():
        raise ArchgymError(f"can't write trace {out}: there is no folder {out.parent}")
    with TemporaryDirectory() as folder:
        stand_in = Path(folder) / out.name
        try:
            traces.write(Trace([0], [0], [False]), stand_in, clock_mhz=clock_mhz)
        except ArchgymError as error:
            raise ArchgymError(str(error).replace(str(stand_in), str(out))) from None


@contextmanager
def _progress() -> Iterator[Callable[["Progress"], None]]:
    """Shows on stderr, if that is a terminal, how far a recording is."""
    from rich import progress as parts
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        parts.SpinnerColumn(),
        parts.TextColumn("{task.fields[instructions]:,} instructions"),
        parts.TextColumn("{task.fields[requests]:,} requests"),
        parts.TimeElapsedColumn(),
    )
    with parts.Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=None, instructions=0, requests=0)

        def show(done: "Progress") -> None:
            shown.update(task, instructions=done.instructions, requests=done.requests)

        yield show
