"""How far a simulator is from reference runs of another one.

A reference folder holds one or more of `runs.csv`, `systems.csv` and `archgym_runs.csv`, the
traces they name as `traces/STEM.stl` and the devices as `devices/NAME.json`. A row is one run: the
parameters of a design (an empty field is a parameter not given) and what the reference measured
(an empty field was not measured). Other columns are ignored, by name, in `NOT_PARAMETERS`.
"""

import csv
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, unknown
from archgym.simulator import Failure, Outcome, Simulator

COUNTS = "commands"
"""The one quantity that is compared as a whole: every command's count must be equal."""


@dataclass(frozen=True)
class Quantity:
    """A column of a reference file and our metric that it corresponds to.

    Attributes:
        name: What the report calls it.
        column: The reference's column.
        metric: Our metric, or the prefix of the command counts; ours x `scale` = the reference's.
        scale: The unit of our metric in units of the column.
        skip: Why no simulator is compared with this column, if that is so.
    """

    name: str
    column: str
    metric: str
    scale: float = 1.0
    skip: str | None = None


PHASES = {"PDEA": "PDNA", "PDEP": "PDNP", "SREFEN": "SREF"}
"""DRAMSys counts power-down and self-refresh as phases: their entries, not their exits."""

EXITS = {"PDXA", "PDXP", "SREFEX"}

_INTERFACE = "the reference adds interface energy computed from placeholder impedances"
DRAMSYS_5 = (
    Quantity("total_time", "total_time_ps", "runtime_ns", 1e3),
    Quantity("mean_latency", "mean_latency_ps", "service_latency_ns", 1e3),
    Quantity("p99_latency", "p99_latency_ps", "service_latency_p99_ns", 1e3),
    Quantity("core_energy", "core_energy_J", "energy_nj", 1e-9),
    Quantity("total_energy", "total_energy_J", "energy_nj", 1e-9, skip=_INTERFACE),
    Quantity("average_power", "average_power_W", "power_mw", 1e-3, skip=_INTERFACE),
    Quantity(COUNTS, "commands", "commands_"),
)
"""What is read of runs of DRAMSys 5, and of any simulator's that `reference` writes."""

FILES: dict[str, tuple[Quantity, ...]] = {
    "runs": DRAMSYS_5,
    "systems": DRAMSYS_5,
    # DRAMPower 4 knows no interface energy, so these totals are core energy.
    "archgym_runs": (
        Quantity("total_time", "total_time_ps", "runtime_ns", 1e3),
        Quantity("total_energy", "total_energy_pJ", "energy_nj", 1e3),
        Quantity("average_power", "average_power_mW", "power_mw"),
    ),
}

NOT_PARAMETERS = {"device", "trace", "design", "requests", "max_latency_ps"} | {
    quantity.column for quantities in FILES.values() for quantity in quantities
}
# A trace tells designs apart, and so their ranking means something, above this spread of times.
SPREAD = 0.5


class Run(NamedTuple):
    """One row of a reference file, every field as printed."""

    device: str
    trace: str
    design: str
    line: int
    row: Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """One measured quantity of one run: the reference's figure and ours, or why there is none.

    `ours` and `theirs` are in the unit of the reference's column; for the command counts they are
    the number of commands, and `exact` says whether each command's own count is equal.
    """

    file: str
    device: str
    trace: str
    design: str
    metric: str
    theirs: float
    ours: float | None = None
    exact: bool = False
    skipped: str | None = None

    @property
    def error(self) -> float:
        """The relative error; NaN for a run that was skipped."""
        if self.ours is None:
            return float("nan")
        if self.ours == self.theirs:
            return 0.0
        return abs(self.ours - self.theirs) / abs(self.theirs) if self.theirs else float("inf")


@dataclass
class Report:
    """Every comparison made, in the order of the files.

    Attributes:
        comparisons: The comparisons of every quantity.
        metrics: The quantities to tell of; all if empty. The total times are always compared,
            since they say on which traces a ranking means something.
    """

    comparisons: list[Comparison] = field(default_factory=list)
    metrics: Collection[str] = ()

    def summary(self) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
        """Returns `{file: {device: {metric: {n, skipped, exact, ...}}}}`, ready for JSON.

        `n` runs were compared and `skipped` further ones were not. `exact` is a share of `n`.
        `spearman` is the rank correlation over designs, the lowest over the traces on which the
        reference's total time varies by more than 50 %. What can't be told is None.
        """
        spread = self._spread()
        result: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
        groups: dict[tuple[str, str, str], list[Comparison]] = {}
        for item in self._told():
            groups.setdefault((item.file, item.device, item.metric), []).append(item)
        for (file, device, metric), items in groups.items():
            result.setdefault(file, {}).setdefault(device, {})[metric] = _agreement(items, spread)
        return result

    def skips(self) -> dict[str, Counter[str]]:
        """Returns how many runs of each file were skipped for each reason."""
        runs = {
            (item.file, item.device, item.trace, item.design, item.skipped)
            for item in self._told()
            if item.skipped
        }
        counts: dict[str, Counter[str]] = {}
        for file, *_, reason in sorted(runs):
            counts.setdefault(file, Counter())[reason] += 1
        return counts

    def worst(self, n: int) -> list[Comparison]:
        """Returns the `n` largest relative errors that are not exact, largest first."""
        inexact = [item for item in self._told() if not item.skipped and not item.exact]
        return sorted(inexact, key=lambda item: -item.error)[:n]

    def _told(self) -> list[Comparison]:
        return [c for c in self.comparisons if not self.metrics or c.metric in self.metrics]

    def _spread(self) -> set[tuple[str, str, str]]:
        """Returns the (file, device, trace) on which designs differ enough to be ranked."""
        times: dict[tuple[str, str, str], list[float]] = {}
        for item in self.comparisons:
            if item.metric == "total_time" and not item.skipped:
                times.setdefault((item.file, item.device, item.trace), []).append(item.theirs)
        return {key for key, t in times.items() if max(t) > (1 + SPREAD) * min(t)}


def validate(
    folder: Path,
    simulator: Simulator,
    *,
    files: Collection[str] = (),
    devices: Collection[str] = (),
    metrics: Collection[str] = (),
) -> Report:
    """Runs every design of a reference folder on `simulator` and compares.

    Designs of the same device and trace go to the simulator as one batch.

    Args:
        folder: The reference folder.
        simulator: What to compare with it.
        files: Names in `FILES` to read; all that are there if empty.
        devices: Devices to compare; all if empty.
        metrics: Quantities to report, such as `total_time`; all if empty.

    Raises:
        ArchgymError: The folder has no reference file, or something in it can't be read.
    """
    for name in files:
        if name not in FILES:
            raise unknown("reference file", name, FILES)
    for name in metrics:
        if name not in {quantity.name for quantities in FILES.values() for quantity in quantities}:
            raise unknown("reference metric", name, (item.name for item in DRAMSYS_5))
    present = [name for name in files or FILES if (folder / f"{name}.csv").is_file()]
    if not present or len(present) < len(files):
        expected = " or ".join(f"{name}.csv" for name in files or FILES)
        raise ArchgymError(f"{folder} is not a reference folder: it holds no {expected}")
    runs = {name: _read(folder, name) for name in present}
    known = {run.device for rows in runs.values() for run in rows}
    for device in devices:
        if device not in known:
            raise unknown("device of the reference", device, known)
    report = Report(metrics=metrics)
    for name, rows in runs.items():
        chosen = [run for run in rows if not devices or run.device in devices]
        chosen.sort(key=lambda run: (run.device, run.trace))
        for (device, trace), group in groupby(chosen, key=lambda run: (run.device, run.trace)):
            batch = list(group)
            outcomes = _simulate(folder, device, trace, batch, simulator)
            for run, outcome in zip(batch, outcomes, strict=True):
                report.comparisons += _compare(folder, name, run, outcome)
    return report


def _read(folder: Path, name: str) -> list[Run]:
    path = folder / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as text:
            return list(_runs(path, name, csv.DictReader(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ArchgymError(f"{path} is not a CSV file: {error}") from None


def _runs(path: Path, name: str, reader: "csv.DictReader[str]") -> Iterator[Run]:
    columns = reader.fieldnames or []
    for column in ["device", "trace", "design", *(quantity.column for quantity in FILES[name])]:
        if column not in columns:
            raise ArchgymError(f"{path}: expected a column {column!r}")
    for row in reader:
        # DictReader files surplus fields under None and fills missing ones with None.
        if None in row or None in row.values():
            raise ArchgymError(f"{path}:{reader.line_num}: expected {len(columns)} fields")
        yield Run(row["device"], row["trace"], row["design"], reader.line_num, row)


def _simulate(
    folder: Path, device: str, trace: str, runs: Sequence[Run], simulator: Simulator
) -> list[Outcome]:
    """Returns the outcome of each run, a `Failure` where the simulator can't do it."""
    device_file = folder / "devices" / f"{device}.json"
    standard = _standard(device_file)
    # Simulators of other packages need not say which they know.
    if standard not in getattr(simulator, "standards", (standard,)):
        reason = f"{simulator.name} does not simulate {standard}"
        return [Failure("unsupported", reason)] * len(runs)
    path = folder / "traces" / f"{trace}.stl"
    workload = Workload.from_file(path, device_file, Device.load(device_file).dramsys_clock_mhz)
    designs = [_design(run.row, simulator) for run in runs]
    playable = [design for design in designs if not isinstance(design, Failure)]
    played = iter(simulator.evaluate(playable, workload))
    return [design if isinstance(design, Failure) else next(played) for design in designs]


def _standard(device_file: Path) -> str:
    """Reads no more than the standard, since devices of unsupported ones need not load."""
    try:
        return str(json.loads(device_file.read_text(encoding="utf-8"))["memspec"]["memoryType"])
    except OSError as error:
        raise ArchgymError(f"can't read device {device_file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise ArchgymError(f"{device_file}: expected a JSON with memspec.memoryType") from None


def _design(row: Mapping[str, str], simulator: Simulator) -> dict[str, int | str] | Failure:
    """Returns the parameters given by a row, less what the simulator need not know."""
    design: dict[str, int | str] = {}
    for name, text in row.items():
        if name in NOT_PARAMETERS or not text:
            continue
        value: int | str = int(text) if text.lstrip("-").isdigit() else text
        if name in simulator.parameters:
            design[name] = value
        elif name not in PARAMETERS or value != PARAMETERS[name].default:
            return Failure("unsupported", f"{simulator.name} has no parameter {name}")
    return design


def _compare(folder: Path, file: str, run: Run, outcome: Outcome) -> Iterator[Comparison]:
    for quantity in FILES[file]:
        printed = run.row[quantity.column]
        if not printed:
            continue
        try:
            yield _comparison(file, run, quantity, printed, outcome)
        except (ValueError, InvalidOperation):
            where = f"{folder / file}.csv:{run.line}"
            raise ArchgymError(f"{where}: can't read {quantity.column} {printed!r}") from None


def _comparison(
    file: str, run: Run, quantity: Quantity, printed: str, outcome: Outcome
) -> Comparison:
    key = (file, run.device, run.trace, run.design, quantity.name)
    counts = _counts(printed) if quantity.name == COUNTS else None
    theirs = float(printed) if counts is None else float(sum(counts.values()))
    if isinstance(outcome, Failure):
        return Comparison(*key, theirs, skipped=outcome.reason)
    if quantity.skip:
        return Comparison(*key, theirs, skipped=f"{quantity.name}: {quantity.skip}")
    if counts is not None:
        ours = {
            PHASES.get(command, command): int(value)
            for name, value in outcome.items()
            if name.startswith(quantity.metric)
            and value
            and (command := name.removeprefix(quantity.metric).upper()) not in EXITS
        }
        return Comparison(*key, theirs, float(sum(ours.values())), exact=ours == counts)
    if quantity.metric not in outcome:
        return Comparison(*key, theirs, skipped=f"no {quantity.metric} was measured")
    measured = outcome[quantity.metric] * quantity.scale
    return Comparison(*key, theirs, measured, exact=_is_exact(measured, printed))


def _counts(printed: str) -> dict[str, int]:
    """Reads `"ACT:10 RD:7"`, leaving out the commands that never occurred."""
    pairs = (item.split(":") for item in printed.split())
    return {name: int(count) for name, count in pairs if int(count)}


def _is_exact(measured: float, printed: str) -> bool:
    """Says whether `measured` is within half a unit of the last digit printed."""
    exponent = Decimal(printed).as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError("not a finite number")
    theirs = float(printed)
    # The second term forgives binary floating point alone, for ties such as 0.25 printed as 0.2.
    return abs(measured - theirs) <= 0.5 * 10.0**exponent + 1e-12 * abs(theirs)


def _agreement(
    items: Iterable[Comparison], spread: Collection[tuple[str, str, str]]
) -> dict[str, Any]:
    items = list(items)
    compared = [item for item in items if not item.skipped]
    result: dict[str, Any] = {
        "n": len(compared),
        "skipped": len(items) - len(compared),
        "exact": None,
        "median_rel_err": None,
        "max_rel_err": None,
        "spearman": None,
    }
    if not compared:
        return result
    result["exact"] = sum(item.exact for item in compared) / len(compared)
    if compared[0].metric == COUNTS:
        return result
    errors = [item.error for item in compared]
    result["median_rel_err"] = float(np.median(errors))
    result["max_rel_err"] = max(errors)
    traces: dict[str, list[Comparison]] = {}
    for item in compared:
        if (item.file, item.device, item.trace) in spread:
            traces.setdefault(item.trace, []).append(item)
    correlations = [_spearman(group) for group in traces.values()]
    known = [value for value in correlations if not np.isnan(value)]
    result["spearman"] = min(known) if known else None
    return result


def _spearman(items: Sequence[Comparison]) -> float:
    """Returns the rank correlation of ours with theirs; NaN if either is constant."""
    ours = pd.Series([item.ours for item in items]).rank()
    theirs = pd.Series([item.theirs for item in items]).rank()
    if ours.nunique() < 2 or theirs.nunique() < 2:
        return float("nan")
    return float(np.corrcoef(ours, theirs)[0, 1])
