"""`archgym enumerate`: every distinct design of a space on one workload."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym.cli.output import AsJson, print_json, print_notes, print_table
from archgym.cli.resumable import resumable
from archgym.documents import parse_toml
from archgym.dram.cli.workload_options import FileOptions, PlayerOptions, options, specify
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.analysis.landscape import Landscape
    from archgym.table import Table

OBJECTIVES = ("runtime", "latency", "energy", "edp", "power with runtime <= 1.05x")


@options
def enumerate_designs(
    workload: Annotated[str, typer.Option(help="A bundled workload, a generator or a trace file.")],
    out: Annotated[Path, typer.Option(help="Folder for the table; one in it goes on.")],
    files: FileOptions,
    player: PlayerOptions,
    space: Annotated[str, typer.Option(help="The design space.")] = "archgym-pow2",
    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400",
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the workload, e.g. requests=5000.")
    ] = None,
    allow_data_loss: Annotated[
        bool, typer.Option("--allow-data-loss", help="Also simulate designs without refresh.")
    ] = False,
    simulator: Annotated[str, typer.Option(help="What simulates the designs.")] = "native",
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 1,
    shard_size: Annotated[int | None, typer.Option(min=1, help="Designs a file.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="Refuse a space of more distinct designs.")
    ] = 1_000_000,
    as_json: AsJson = False,
) -> None:
    """Simulate every distinct design of a space and print the best.

    The table can be replayed: --simulator tabular:FOLDER. Stopped or killed, the same command goes
    on where it was.
    """
    from archgym.analysis.remarks import default_design
    from archgym.dram.spaces import make_space
    from archgym.study.enumeration import enumerate_space

    chosen = make_space(space, device, allow_data_loss=allow_data_loss)
    (specified,), notes = specify([workload], device, files, player, _read_options(option or []))
    print_notes(notes)
    with resumable(out):
        table = enumerate_space(
            chosen,
            specified,
            out,
            device=device,
            simulator=simulator,
            workers=workers,
            shard_size=shard_size,
            limit=limit,
        )
    optima = _optima(table)
    if as_json:
        print_json(
            {
                "out": str(out),
                "workload": table.header.workload["id"],
                "designs": len(table),
                "default": table.designs.space.default,
                "without_metrics": len(table.failures),
                "sha256": table.sha256,
                "optima": [_record(each) for each in optima],
            }
        )
        return
    typer.echo(
        f"{table.header.workload['id']}: {len(table):,} distinct designs, "
        f"{len(table.failures):,} without metrics; sha256 {table.sha256}"
    )
    print_table(
        ("objective", "best>", "default>", "within 1 %>", "the best design, where not default"),
        [_row(each) for each in optima],
    )
    typer.echo(default_design(table.designs.space))


def _optima(table: "Table") -> "list[Landscape]":
    """Finds the best design for every objective whose metrics were measured."""
    from archgym.analysis.landscape import Landscape

    optima = []
    for objective in OBJECTIVES:
        try:
            optima.append(Landscape.of(table, objective))
        except ArchgymError:
            continue  # No currents, no energy.
    return optima


def _record(landscape: "Landscape") -> dict[str, Any]:
    return {
        "objective": landscape.objective.name,
        "cost": landscape.optimum,
        "default_cost": landscape.default_cost,
        "share_near": landscape.share_near,
        "design": landscape.design,
    }


def _row(landscape: "Landscape") -> tuple[str, ...]:
    default = landscape.table.designs.space.default
    changes = [
        f"{name}={value}" for name, value in landscape.design.items() if value != default[name]
    ]
    return (
        landscape.objective.name,
        f"{landscape.optimum:,.6g}",
        f"{landscape.default_cost:,.6g}",
        f"{landscape.share_near:.3%}",
        " ".join(changes),
    )


def _read_options(texts: list[str]) -> dict[str, Any]:
    """Reads `NAME=VALUE`; a value that is no number, list or the like is text."""
    options = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise ArchgymError(f"--option takes NAME=VALUE, not {text!r}")
        try:
            options[name] = parse_toml(f"value = {value}", "--option")["value"]
        except ArchgymError:
            options[name] = value
    return options
