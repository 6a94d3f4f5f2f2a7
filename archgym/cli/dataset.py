"""`archgym dataset`: logged evaluations of many trials."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgym import domain as domains
from archgym.cli.output import AsJson, help_alone, print_json, print_table
from archgym.errors import ArchgymError, unknown

if TYPE_CHECKING:
    from archgym.datasets import Dataset

app = typer.Typer(
    help="Look at, merge, split and export logged evaluations.",
    callback=help_alone,
    invoke_without_command=True,
)

Data = Annotated[
    list[Path],
    typer.Argument(help="Datasets, tables, results of studies, or logs."),
]


@app.command("info")
def info(data: Data, as_json: AsJson = False) -> None:
    """Show what data hold, and where they come from."""
    from archgym.datasets.export import summary

    found = summary(_load(data))
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{found['rows']:,} evaluations, {found['with_metrics']:,} with metrics; "
        f"schema version {found['schema_version']}; sha256 {found['sha256']}"
    )
    typer.echo("from " + "; ".join(found["sources"]))
    for title in ("space", "workload", "agent", "simulator"):
        if found[title]:
            typer.echo()
            print_table(
                (title, "rows>"), [(name, f"{count:,}") for name, count in found[title].items()]
            )


@app.command("merge")
def merge(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the dataset.")],
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Keep one of equivalent designs on a workload.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put data together into one dataset, each row once."""
    from archgym import datasets

    whole = _load(data, distinct)
    datasets.to_folder(whole, out)
    _report({str(out): whole}, as_json)


@app.command("split")
def split(
    data: Data,
    first: Annotated[Path, typer.Option(help="Folder for the first part.")],
    second: Annotated[Path, typer.Option(help="Folder for the second part.")],
    share: Annotated[float, typer.Option(help="What goes to the first part.")] = 0.8,
    by: Annotated[str, typer.Option(help="design or workload: what is on one side only.")] = (
        "design"
    ),
    seed: Annotated[int, typer.Option(help="Chooses which.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Take data apart, such that no design or no workload is in both parts."""
    from archgym import datasets

    if by not in ("design", "workload"):
        raise unknown("way to split", by, ("design", "workload"))
    parts = datasets.split(
        _load(data),
        share,
        by=by,  # type: ignore[arg-type]
        seed=seed,
    )
    for part, folder in zip(parts, (first, second), strict=True):
        datasets.to_folder(part, folder)
    _report(dict(zip(map(str, (first, second)), parts, strict=True)), as_json)


FORMATS = ("csv", "parquet", "minari")


@app.command("export")
def export(
    data: Data,
    out: Annotated[Path, typer.Option(help="A .csv file, or a folder.")],
    format: Annotated[
        str | None,
        typer.Option(help="csv, parquet or minari; by default csv for a .csv file, else parquet."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="What minari's rewards are for, if not what each row was run for."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write data as CSV, as Parquet with a card for Hugging Face, or for Minari."""
    from archgym import datasets

    format = format or ("csv" if out.suffix == ".csv" else "parquet")
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    if objective is not None and format != "minari":
        raise ArchgymError("--objective is for --format minari, the only one with rewards")
    whole = _load(data)
    if format == "csv":
        datasets.to_csv(whole, out)
    elif format == "parquet":
        datasets.to_folder(whole, out)
    else:
        datasets.to_minari(whole, out, objective)
    _report({str(out): whole}, as_json)


@app.command("import")
def import_archgym(
    trajectory: Annotated[Path, typer.Argument(help="A CSV file of ArchGym.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset.")],
    workload: Annotated[str, typer.Option(help="What was run; the file does not say.")] = "unknown",
    domain: Annotated[str, typer.Option(help="Of which domain it is.")] = domains.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Import a trajectory of ArchGym, the unit of its latency put right."""
    from archgym import datasets

    whole, note = domains.load(domain).import_log(trajectory, workload)
    datasets.to_folder(whole, out)
    if not as_json:
        typer.echo(note)
    _report({str(out): whole}, as_json)


def _load(paths: list[Path], distinct: bool = False) -> "Dataset":
    from archgym import datasets

    if not paths:
        raise ArchgymError("name at least one dataset, table, study or log")
    parts = [datasets.load(path) for path in paths]
    return datasets.merge(parts, distinct=distinct) if len(parts) > 1 or distinct else parts[0]


def _report(written: "dict[str, Dataset]", as_json: bool) -> None:
    if as_json:
        print_json(
            {path: {"rows": len(each), "sha256": each.sha256} for path, each in written.items()}
        )
        return
    for path, each in written.items():
        typer.echo(f"{path}: {len(each):,} evaluations, sha256 {each.sha256}")
