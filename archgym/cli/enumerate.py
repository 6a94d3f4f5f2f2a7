"""`archgym enumerate`: every distinct design of a space on one workload."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym import domain as domains
from archgym.cli.executors import Address, ExecutorName, Workers, opened_executor
from archgym.cli.options import DomainOptions, options, own_options, read_assignments
from archgym.cli.output import AsJson, print_json, print_notes, print_table
from archgym.cli.resumable import resumable
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.analysis.landscape import Landscape
    from archgym.table import Table


@options(own=own_options())
def enumerate_designs(
    workload: Annotated[str, typer.Option(help="A workload, by name or file.")],
    out: Annotated[Path, typer.Option(help="Folder for the table; one in it goes on.")],
    chosen: DomainOptions,
    own: Any,
    space: Annotated[
        str | None, typer.Option(help="The design space; by default a small one.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the workload, e.g. requests=5000.")
    ] = None,
    simulator: Annotated[str | None, typer.Option(help="What simulates the designs.")] = None,
    workers: Workers = None,
    executor: ExecutorName = "local",
    address: Address = None,
    shard_size: Annotated[int | None, typer.Option(min=1, help="Designs per file.")] = None,
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
    from archgym.study.enumeration import enumerate_space

    domain = domains.load(chosen.domain)
    settings = chosen.settings(own)
    platform = domain.platform(settings)
    designs = platform.space(space or domain.defaults.enumerated)
    others = read_assignments(option or [], "--option")
    (specified,), notes = chosen.specify(own, [workload], others)
    print_notes(notes)
    with opened_executor(executor, workers, address) as runs, resumable(out):
        table = enumerate_space(
            designs,
            specified,
            out,
            domain=chosen.domain,
            simulator=simulator,
            executor=runs,
            shard_size=shard_size,
            limit=limit,
            **settings,
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
    typer.echo(default_design(table.designs.space, domain))


def _optima(table: "Table") -> "list[Landscape]":
    """Finds the best design for every usual objective whose metrics were measured."""
    from archgym.analysis.landscape import Landscape

    optima = []
    for objective in domains.load(table.header.domain).judged:
        try:
            optima.append(Landscape.of(table, objective))
        except ArchgymError:
            continue  # A metric was not measured, such as energy without currents.
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
