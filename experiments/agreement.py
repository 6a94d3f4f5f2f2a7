"""How far the native simulator is from the other projects' simulators that are on this machine.

`python -m experiments.agreement` runs those that `archgym list simulators` finds and writes
`experiments/agreement.json`, an entry for each build of a simulator; other builds' are kept.
With `ARCHGYM_REFERENCE`, DRAMSys itself is also compared with the recorded runs there.

An entry has the defects that the build shows; for each device how far `native` is from it on random
designs, on the designs that none of its defects concerns, on one access to an idle memory and on a
stream; what the adapter adds to a run; and whether a comparison of two agents on two workloads
gives the same log twice.
"""

import csv
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from archgym import evaluation_log, simulators
from archgym.dram.reference import default_space, write_reference
from archgym.dram.system import System
from archgym.dram.validation import validate
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.simulator import Failure, Simulator
from archgym.simulators._external import External
from archgym.simulators.dramsys import ROW_CYCLE
from archgym.simulators.native import Native
from archgym.study import Study
from archgym.traces.trace import Trace
from experiments.agreement_overhead import overhead

OUT = Path(__file__).with_suffix(".json")
NAMES = ("dramsys", "ramulator2", "dramsim3")
DEVICES = {
    "dramsys": ("ddr3-1600", "ddr4-2400"),
    "ramulator2": ("ddr4-2400", "ddr5-4800"),
    "dramsim3": ("ddr3-1600", "ddr4-2400"),
}
TRACES = ("stream", "random", "mixed")

# With fewer places in its buffers, how a controller counts requests decides what it can do.
_LARGE = 8
# How many recorded runs DRAMSys is compared with.
_ROWS = 50


def main(
    designs: Annotated[int, typer.Option(help="Random designs per trace.")] = 200,
    requests: Annotated[int, typer.Option(help="Requests of each trace.")] = 500,
    only: Annotated[list[str] | None, typer.Option(help="Only this simulator.")] = None,
) -> None:
    """Measures and writes what comes of it."""
    results = json.loads(OUT.read_text(encoding="utf-8")) if OUT.is_file() else {}
    for name in only or NAMES:
        try:
            simulator = simulators.make(name)
        except ArchgymError as error:
            typer.echo(str(error), err=True)
            continue
        assert isinstance(simulator, External)
        entry = measure(simulator, designs, requests)
        results[f"{name} {simulator.version}"] = entry
        typer.echo(json.dumps(entry, indent=1))
        partial = OUT.with_suffix(".new")
        partial.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        partial.replace(OUT)


def measure(simulator: External, designs: int, requests: int) -> dict[str, Any]:
    """Returns all figures of one build of a simulator.

    Args:
        simulator: The simulator.
        designs: How many random designs per device and trace; fewer where its space has fewer.
        requests: Requests of each trace.
    """
    defects = simulator.detected()
    native = Native(threads=os.cpu_count() or 1, dramsys_quirks=simulator.name == "dramsys")
    names = [
        name
        for name in DEVICES[simulator.name]
        if System.load(name).device.standard in simulator.standards
    ]
    entry: dict[str, Any] = {
        "defects": [defect.name for defect in defects],
        "designs": designs,
        "requests": requests,
        "devices": {
            name: {
                **_agreement(simulator, native, name, designs, requests, ROW_CYCLE in defects),
                "unloaded_cycles": _unloaded(simulator, native, name),
                "stream": _stream(simulator, native, name),
            }
            for name in names
        },
    }
    reference = os.environ.get("ARCHGYM_REFERENCE")
    if simulator.name == "dramsys" and reference:
        entry["reference"] = recorded(simulator, Path(reference), ROW_CYCLE in defects)
    entry["overhead"] = overhead(simulator, Workload.load("mixed", names[0], requests=1000))
    entry["compare_repeats"] = _repeats(simulator, names[0])
    return entry


def _agreement(
    simulator: External, native: Native, device: str, designs: int, requests: int, is_flawed: bool
) -> dict[str, Any]:
    """Returns how far `native` is on random designs, and on those that no defect concerns."""
    space = default_space(simulator, device)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = write_reference(
            folder,
            simulator,
            devices=[device],
            names=TRACES,
            designs=min(designs, space.count_distinct()),
            requests=requests,
        )
        found = {
            "space": space.name,
            # What it printed before is not the same of any two.
            "failures": dict(
                Counter(failure.reason.partition(";")[0] for *_, failure in written.failures)
            ),
            "agreement": _summary(folder, native)[device],
        }
        if is_flawed and System.load(device).device.standard == "DDR4":
            _keep(folder / "runs.csv", lambda row: row["PagePolicy"] == "Open")
            found["agreement_without_defects"] = _summary(folder, native)[device]
        if space.name.startswith("common-v1"):
            _keep(folder / "runs.csv", lambda row: int(row["RequestBufferSize"]) >= _LARGE)
            found["agreement_of_large_buffers"] = _summary(folder, native)[device]
    return found


def _summary(folder: Path, simulator: Simulator) -> dict[str, Any]:
    """Returns how far a simulator is from the one file of a folder of runs, by device."""
    (devices,) = validate(folder, simulator).summary().values()
    return {
        device: {name: figures for name, figures in quantities.items() if figures["n"]}
        for device, quantities in devices.items()
    }


def _keep(path: Path, wanted: Callable[[dict[str, str]], bool]) -> None:
    """Leaves only the wanted rows in a file of runs."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    _write(path, [row for row in rows if wanted(row)])


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _both(
    simulator: External, native: Native, design: Design, workload: Workload
) -> tuple[dict[str, float], dict[str, float]]:
    """Returns the other's metrics and ours of a design with all that the other one sets."""
    full = simulator.complete(design, workload.system)
    assert not isinstance(full, Failure)
    (theirs,), (ours,) = simulator.evaluate([full], workload), native.evaluate([full], workload)
    assert not isinstance(theirs, Failure), theirs
    assert not isinstance(ours, Failure), ours
    return theirs, ours


def _unloaded(simulator: External, native: Native, device: str) -> dict[str, list[float]]:
    """Returns the latency of one access on an idle system: theirs and ours, in clock cycles."""
    system = System.load(device)
    found = {}
    # The second of two reads of a row hits it, so long after that nothing else matters.
    for name, arrivals in (("closed bank", [0]), ("row hit", [0, 10**6])):
        trace = Trace(arrivals, [0] * len(arrivals), [False] * len(arrivals))
        workload = Workload(system, trace)
        clock_ps = system.device.clock_ps
        presented = -(-arrivals[-1] // clock_ps)
        found[name] = [
            round(each["runtime_ns"] * 1e3 / clock_ps - presented, 3)
            for each in _both(simulator, native, {"PagePolicy": "Open"}, workload)
        ]
    return found


def _stream(simulator: External, native: Native, device: str) -> dict[str, float]:
    """Returns the bandwidth of reads one after the other, as fast as they are taken, in GB/s."""
    system, count = System.load(device), 20_000
    burst = system.device.organization.bytes_per_burst
    trace = Trace(np.zeros(count, int), np.arange(count) * burst, np.zeros(count, bool), burst)
    design = {"PagePolicy": "Open", "RequestBufferSize": 32}
    theirs, ours = _both(simulator, native, design, Workload(system, trace))
    name = "bandwidth_gb_per_s"
    return {"theirs": theirs[name], "ours": ours[name], "ratio": ours[name] / theirs[name]}


def recorded(simulator: External, reference: Path, is_flawed: bool) -> dict[str, Any]:
    """Returns how DRAMSys agrees with recorded runs of DRAMSys where no defect of it shows."""
    is_release_4 = simulator.version.startswith("4")
    file = "archgym_runs.csv" if is_release_4 else "runs.csv"
    with (reference / file).open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    unaffected = [
        row
        for row in rows
        if row["device"] in DEVICES[simulator.name]
        and System.load(row["device"]).device.standard in simulator.standards
        and not (is_flawed and row["device"] == "ddr4-2400" and row["PagePolicy"] != "Open")
        and row.get("PowerDownPolicy") in (None, "", "NoPowerDown")
    ]
    chosen = np.random.default_rng(0).choice(len(unaffected), _ROWS, replace=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("traces", "devices"):
            (folder / part).symlink_to(reference / part)
        _write(folder / file, [unaffected[number] for number in sorted(chosen)])
        return _summary(folder, simulator)


def _repeats(simulator: External, device: str) -> dict[str, Any]:
    """Compares two agents on two workloads twice; returns whether the logs are the same."""
    is_release_4 = simulator.version.startswith("4")
    study = Study.from_mapping(
        {
            "agents": {"random_search": {}, "genetic_algorithm": {"population": 4}},
            "workloads": [{"name": name, "requests": 200} for name in ("mixed", "stream")],
            "device": device,
            "space": "archgym" if is_release_4 else "common-v1",
            "simulator": simulator.name,
            # Release 4.0 counts no refreshes, and so not those that are left undone.
            "objectives": ["archgym-latency" if is_release_4 else "runtime"],
            "budget": 20,
            "seeds": 2,
        },
        "agreement",
    )
    logs = []
    with tempfile.TemporaryDirectory() as name:
        for run in ("first", "second"):
            failures = study.run(Path(name) / run, workers=1)
            assert not failures, failures
            logs.append(evaluation_log.read(Path(name) / run / "trials"))
    return {"evaluations": len(logs[0]), "identical": evaluation_log.equal(*logs)}


if __name__ == "__main__":
    typer.run(main)
