"""`archgym validate`: how far the native simulator is from reference runs."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgym.cli.output import AsJson, print_json, print_table

if TYPE_CHECKING:
    from archgym.validation import Report


def validate(
    folder: Annotated[Path, typer.Argument(help="Reference runs, their traces and devices.")],
    file: Annotated[list[str] | None, typer.Option(help="Only this file, e.g. runs.")] = None,
    device: Annotated[list[str] | None, typer.Option(help="Only this device.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="Also list the N worst runs.")] = 0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; by default one a processor.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold the native simulator against reference runs of another simulator.

    The reference's known departures from JEDEC are reproduced. Runs that the simulator can't do
    are skipped, and each reason is printed.
    """
    from archgym.simulators.native import Native
    from archgym.validation import validate as compare_runs

    simulator = Native(threads=threads or os.cpu_count() or 1, dramsys_quirks=True)
    report = compare_runs(
        folder, simulator, files=file or (), devices=device or (), metrics=metric or ()
    )
    if as_json:
        print_json(report.summary())
    else:
        _print_summary(report)
    # JSON has no place for the reasons; they go where they don't disturb it.
    for name, reasons in report.skips().items():
        for reason, count in reasons.most_common():
            typer.echo(f"{name}: skipped {count} runs: {reason}", err=as_json)
    if worst:
        _print_worst(report, worst, as_json)


def _print_summary(report: "Report") -> None:
    # What was never compared is not in the table; the reasons below it say why.
    rows = [
        (
            file,
            device,
            metric,
            str(entry["n"]),
            str(entry["skipped"]),
            _share(entry["exact"]),
            _error(entry["median_rel_err"]),
            _error(entry["max_rel_err"]),
            "-" if entry["spearman"] is None else f"{entry['spearman']:.5f}",
        )
        for file, devices in report.summary().items()
        for device, metrics in devices.items()
        for metric, entry in metrics.items()
        if entry["n"]
    ]
    columns = ("file", "device", "metric", "n>", "skipped>", "exact>", "median>", "worst>")
    print_table((*columns, "spearman>"), rows)


def _print_worst(report: "Report", n: int, as_json: bool) -> None:
    for item in report.worst(n):
        typer.echo(
            f"{item.file} {item.device} design {item.design} trace {item.trace}: {item.metric} "
            f"{item.ours:.9g}, reference {item.theirs:.9g} ({_error(item.error)})",
            err=as_json,
        )


def _share(value: float | None) -> str:
    # Rounded down, since 100 % shall mean all.
    return "-" if value is None else f"{int(value * 10_000) / 100:.2f} %"


def _error(value: float | None) -> str:
    if value is None:
        return "-"
    # Below this it is binary floating point alone.
    return f"{100 * value:.2g} %" if value > 1e-12 else "0"
