"""How commands write a trace, and say that they did."""

from pathlib import Path

import typer

from archgym.cli.output import print_json
from archgym.traces.trace import Trace


def report(trace: Trace, path: Path, clock_mhz: float | None, as_json: bool) -> None:
    """Writes a trace and prints what it is, and what of it the file does not hold.

    Args:
        trace: What to write.
        path: The file; its ending says the format.
        clock_mhz: Clock of a format that counts in cycles.
        as_json: Whether to print JSON.

    Raises:
        ArchgymError: The ending or the clock is of no use, or the file can't be written.
    """
    from archgym import traces

    losses = traces.write(trace, path, clock_mhz=clock_mhz)
    reads = int((~trace.is_write).sum())
    if as_json:
        print_json(
            {
                "trace": trace.name,
                "path": str(path),
                "requests": len(trace),
                "reads": reads,
                "duration_ns": trace.duration_ps / 1000,
                "initiators": len(set(trace.initiator.tolist())),
                "player": trace.player.to_mapping(),
                "losses": losses,
            }
        )
        return
    typer.echo(
        f"{path}: {len(trace):,} requests of {trace.name}, {reads / len(trace):.0%} of them reads, "
        f"in {trace.duration_ps / 1e6:,.1f} µs, played {trace.player}"
    )
    if losses:
        typer.echo(f"note: {path}: {'; '.join(losses)}", err=True)
