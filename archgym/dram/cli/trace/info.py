"""`archgym trace info`: what a trace is like, in figures."""

from typing import TYPE_CHECKING, Annotated

import typer

from archgym.cli.options import options
from archgym.cli.output import AsJson, print_json, print_notes, print_table
from archgym.dram.cli.workload_options import FileOptions, PlayerOptions, load

if TYPE_CHECKING:
    from archgym.dram.trace_statistics import TraceStatistics

# Characters of the longest bar.
_WIDTH = 40


@options()
def info(
    trace: Annotated[str, typer.Argument(help="A bundled workload, a generator or a trace file.")],
    files: FileOptions,
    player: PlayerOptions,
    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400",
    as_json: AsJson = False,
) -> None:
    """Show what a trace is like and what it asks of a device: figures, reuse and features."""
    from archgym.dram.trace_statistics import describe

    workload = load(trace, device, files, player)
    found = describe(workload)
    print_notes(workload.notes)
    if as_json:
        print_json(
            {
                "trace": workload.trace.name,
                "device": workload.system.device.name,
                "player": workload.player.to_mapping(),
                "statistics": found.values,
                "reuse": found.reuse,
                "strides": found.strides,
                "features": found.features,
            }
        )
        return
    typer.echo(f"{workload.trace.name} on {workload.system.device.name}, played {workload.player}")
    _print_values(found)
    _print_reuse(found)
    _print_strides(found)
    _print_features(found)


def _print_values(found: "TraceStatistics") -> None:
    from archgym.dram.trace_statistics import STATISTICS

    typer.echo()
    rows = []
    for name, value in found.values.items():
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
        rows.append((name, text, STATISTICS[name].unit, STATISTICS[name].description))
    print_table(("statistic", "value>", "unit", ""), rows)


def _print_reuse(found: "TraceStatistics") -> None:
    typer.echo()
    rows, below, most = [], 0.0, max(found.reuse.values(), default=0.0)
    for bound, share in found.reuse.items():
        below += share
        bar = "#" * round(_WIDTH * share / most)
        rows.append((f"< {bound:,}", f"{share:.2%}", f"{below:.2%}", bar))
    rows.append(("first touch", f"{1 - below:.2%}", "", ""))
    print_table(("reuse distance (lines)>", "touches>", "up to here>", ""), rows)


def _print_strides(found: "TraceStatistics") -> None:
    if found.strides:
        typer.echo()
        rows = ((f"{stride:+,}", f"{share:.2%}") for stride, share in found.strides.items())
        print_table(("frequent stride (lines)>", "steps>"), rows)


def _print_features(found: "TraceStatistics") -> None:
    from archgym.dram.features import FEATURES

    typer.echo()
    rows = ((name, f"{value:.4f}", FEATURES[name]) for name, value in found.features.items())
    print_table(("feature", "value>", ""), rows)
