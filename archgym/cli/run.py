"""`archgym run`: a study that a file specifies."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgym import domain as domains
from archgym.cli.executors import Address, ExecutorName, Workers, opened_executor
from archgym.cli.output import AsJson, print_json, print_notes, print_rich
from archgym.cli.resumable import resumable
from archgym.errors import MissingExtraError
from archgym.texts import file_name, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archgym.analysis import Results
    from archgym.study import Executor, Study, TrialFailure
    from archgym.study.inputs import Inputs
    from archgym.study.run import StudyFolder
    from archgym.study.shard import Shard

Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the results, by default runs/NAME; a study in it goes on."),
]


def run(
    spec: Annotated[Path, typer.Argument(help="The study, a TOML file.")],
    out: Out = None,
    workers: Workers = None,
    executor: ExecutorName = "local",
    address: Address = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Run one of n parts only, for archgym merge to join."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a study given by a file, or the rest of it."""
    from archgym.study import Study
    from archgym.study.shard import Shard

    part = Shard.parse(shard) if shard else None
    study = Study.parse(spec)
    inputs = study.check(str(spec))
    domain = domains.load(study.domain)
    for workload in study.workloads:
        if domain.is_file(workload.name):
            print_notes(workload.load(domain.platform(dict(study.options))).notes)
    with opened_executor(executor, workers, address) as runs:
        if part:
            _run_shard(study, inputs, part, out, runs, as_json)
        else:
            run_study(study, inputs, out, runs, as_json)


def run_study(
    study: "Study", inputs: "Inputs", out: Path | None, executor: "Executor", as_json: bool
) -> None:
    """Runs what is left of a study, prints who won and writes `report.html`.

    Says first, on stderr, how long that will take, unless it is little.

    Exits with code 1 if a trial failed, after reporting on the others.
    """
    from archgym.study.run import opened

    out = out or Path("runs") / file_name(*study.name.split("_"))
    with resumable(out), opened(study, out, inputs) as folder:
        failures = _run_waiting(folder, executor)
        if len(failures) == len(study.trials):
            raise typer.Exit(1)  # There is nothing to report on.
        report(out, failures, as_json)
    if failures:
        raise typer.Exit(1)


def _run_shard(
    study: "Study",
    inputs: "Inputs",
    shard: "Shard",
    out: Path | None,
    executor: "Executor",
    as_json: bool,
) -> None:
    """Runs what is left of one part of a study.

    Exits with code 1 if a trial failed.
    """
    from archgym.study.run import opened

    name = file_name(*study.name.split("_"))
    out = out or Path("runs") / f"{name}-{shard.number}-of-{shard.parts}"
    with resumable(out), opened(study, out, inputs, shard) as folder:
        trials = len(folder.complete) + len(folder.waiting)
        failures = _run_waiting(folder, executor)
    if as_json:
        print_json(
            {
                "out": str(out),
                "shard": str(shard),
                "trials": trials,
                "failures": _failures(failures),
            }
        )
    else:
        typer.echo(
            f"shard {shard}: {trials - len(failures)} of {trials} trials are complete in {out}; "
            "archgym merge joins all shards"
        )
    if failures:
        raise typer.Exit(1)


def _run_waiting(folder: "StudyFolder", executor: "Executor") -> "list[TrialFailure]":
    from archgym.study.projection import project

    if projection := project(folder.waiting, executor.workers):
        typer.echo(str(projection), err=True)
    failures = folder.run(executor)
    for failure in failures:
        typer.echo(f"trial {failure.trial.name} failed: {one_line(failure.reason)}", err=True)
    return failures


def report(out: Path, failures: "Sequence[TrialFailure]", as_json: bool) -> None:
    """Prints who won a study and writes `report.html`.

    Args:
        out: The study's folder, which nobody else may write meanwhile.
        failures: The trials that failed just now.
        as_json: Whether a program reads it.
    """
    from archgym.analysis import Results, default_design, records, rich_table, summary

    results = Results.load(out)
    table = summary(results)
    if not as_json:
        print_rich(rich_table(table, default_design(results.space, results.domain)))
    page = _write_page(results, out / "report.html")
    if as_json:
        print_json(
            {
                "out": str(out),
                "report": str(page) if page else None,
                "failures": _failures(failures),
                "default": {"space": results.space.name, "design": results.space.default},
                "table": records(table),
            }
        )
    elif page:
        typer.echo(f"report: {page}")


def _failures(failures: "Sequence[TrialFailure]") -> list[dict[str, str]]:
    return [{"trial": each.trial.name, "reason": each.reason} for each in failures]


def _write_page(results: "Results", path: Path) -> Path | None:
    """Writes the page; without the extra that it needs, the results are no less valid."""
    from archgym.analysis import write_report

    try:
        write_report(results, path)
    except MissingExtraError as error:
        typer.echo(f"no report.html: {error}", err=True)
        return None
    return path
