"""`archgym validate`: how far the native simulator is from reference runs."""

import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from archgym.cli.options import options
from archgym.cli.output import AsJson, print_json, print_notes, print_table
from archgym.dram.cli.workload_options import FileOptions

if TYPE_CHECKING:
    from archgym.dram.validation import Report


@options()
def validate(
    files: FileOptions,
    folder: Annotated[
        Path | None, typer.Argument(help="Reference runs, their traces and devices.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Instead of a folder: a simulator to make such runs with.")
    ] = None,
    designs: Annotated[int, typer.Option(min=1, help="How many random designs it runs.")] = 100,
    traces: Annotated[
        str, typer.Option(help="Traces that it plays, separated by commas.")
    ] = "stream,random,mixed",
    requests: Annotated[int, typer.Option(min=1, help="Requests of each.")] = 1000,
    space: Annotated[
        str | None, typer.Option(help="Designs' space; by default the largest that it knows.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the designs.")] = 0,
    write: Annotated[Path | None, typer.Option(help="Keep its runs as such a folder.")] = None,
    file: Annotated[list[str] | None, typer.Option(help="Only this file, e.g. runs.")] = None,
    device: Annotated[list[str] | None, typer.Option(help="Only this device.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="Also list the N worst runs.")] = 0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; by default one per processor.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the native simulator with reference runs of another simulator.

    They are read from a folder, or made with `--against`. The known departures from JEDEC of such
    a folder, or of DRAMSys, are reproduced. Runs that a simulator can't do are skipped, and each
    reason is printed.
    """
    from archgym import simulators
    from archgym.dram.validation import validate as compare_runs
    from archgym.errors import ArchgymError

    if (folder is None) == (against is None):
        raise ArchgymError("validate takes either a folder or --against a simulator")
    if write is not None and against is None:
        raise ArchgymError("--write keeps the runs of --against, which is not given")
    if files != FileOptions() and against is None:
        raise ArchgymError("what is said of trace files is for --against, which is not given")
    simulator = simulators.make(
        "native",
        threads=threads or os.cpu_count() or 1,
        dramsys_quirks=against in (None, "dramsys"),
    )
    with ExitStack() as stack:
        if against is not None:
            folder = write or Path(stack.enter_context(TemporaryDirectory(prefix="archgym-")))
            _make(folder, against, device, traces, files, designs, requests, space, seed)
        assert folder is not None
        report = compare_runs(
            folder,
            simulator,
            files=file or (),
            devices=() if against else device or (),
            metrics=metric or (),
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


def _make(
    folder: Path,
    against: str,
    device: list[str] | None,
    traces: str,
    files: FileOptions,
    designs: int,
    requests: int,
    space: str | None,
    seed: int,
) -> None:
    """Writes a folder of reference runs, and says what is known to be wrong with them."""
    from archgym import simulators
    from archgym.dram.reference import write_reference
    from archgym.dram.reference_simulator import ReferenceSimulator
    from archgym.errors import ArchgymError

    reference = simulators.make(against)
    if not isinstance(reference, ReferenceSimulator):
        raise ArchgymError(f"{against} is not another project's simulator to compare with")
    for defect in reference.detected():
        typer.echo(f"{reference.title}, {defect.name}: {defect.description}", err=True)
    names = [name.strip() for name in traces.split(",")]
    written = write_reference(
        folder,
        reference,
        devices=device or ("ddr4-2400",),
        names=names,
        options=files.given(names),
        designs=designs,
        requests=requests,
        space=space,
        seed=seed,
    )
    print_notes(written.notes)
    reasons = Counter(failure.to_text() for *_, failure in written.failures)
    for reason, count in reasons.most_common():
        typer.echo(f"{reference.title} failed {count} runs: {reason}", err=True)
    if not written.runs:
        raise ArchgymError(f"{reference.title} could do none of the runs, so none is compared")


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
