"""How far the native simulator is from the other projects' simulators that are on this machine.

`python -m experiments.agreement` runs those that `archgym list simulators` finds and writes
`experiments/agreement.json`, an entry for each build of a simulator; other builds' are kept.
With `ARCHGYM_REFERENCE`, DRAMSys itself is also held against the recorded runs there.
"""

import csv
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from archgym import simulators
from archgym.dram.system import System
from archgym.dram.trace import Trace
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.reference import default_space, write_reference
from archgym.simulators import Failure
from archgym.simulators._external import External
from archgym.simulators.native import Native
from archgym.space import Design
from archgym.validation import validate

OUT = Path(__file__).with_suffix(".json")
NAMES = ("dramsys", "ramulator2", "dramsim3")
DEVICES = {
    "dramsys": ("ddr3-1600", "ddr4-2400"),
    "ramulator2": ("ddr4-2400", "ddr5-4800"),
    "dramsim3": ("ddr3-1600", "ddr4-2400"),
}
TRACES = ("stream", "random", "mixed")

# Rows of the reference in which no known defect of the shipped DRAMSys shows.
_ROWS = 50
_UNAFFECTED = {"ddr4-2400": {"PagePolicy": "Open"}, "ddr3-1600": {}, "ddr3-1066": {}}


def main(
    designs: Annotated[int, typer.Option(help="Random designs a trace.")] = 200,
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
        entry = _measure(simulator, designs, requests)
        results[f"{name} {simulator.version}"] = entry
        typer.echo(json.dumps(entry, indent=1))
    partial = OUT.with_suffix(".new")
    partial.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    partial.replace(OUT)


def _measure(simulator: External, designs: int, requests: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "defects": [defect.name for defect in simulator.detected()],
        "designs": designs,
        "requests": requests,
        "devices": {},
    }
    native = Native(threads=os.cpu_count() or 1, dramsys_quirks=simulator.name == "dramsys")
    for device in DEVICES[simulator.name]:
        count = min(designs, default_space(simulator, device).count_feasible())
        with tempfile.TemporaryDirectory() as name:
            written = write_reference(
                Path(name),
                simulator,
                devices=[device],
                names=TRACES,
                designs=count,
                requests=requests,
            )
            agreement = validate(Path(name), native).summary()["runs"][device]
        entry["devices"][device] = {
            "failures": len(written.failures),
            "agreement": {key: value for key, value in agreement.items() if value["n"]},
            "unloaded_cycles": _unloaded(simulator, native, device),
            "stream": _stream(simulator, native, device),
        }
    reference = os.environ.get("ARCHGYM_REFERENCE")
    if simulator.name == "dramsys" and reference:
        entry["reference"] = _recorded(simulator, Path(reference))
    entry["overhead_ms"] = _overhead_ms(simulator)
    return entry


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
        pair = _both(simulator, native, {"PagePolicy": "Open"}, workload)
        if "latency_ns" in pair[0]:
            cycles = [
                (each["runtime_ns"] * 1e3 - -(-arrivals[-1] // system.device.clock_ps)
                 * system.device.clock_ps) / system.device.clock_ps
                for each in pair
            ]  # fmt: skip
            found[name] = [round(value, 3) for value in cycles]
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


def _recorded(simulator: External, reference: Path) -> dict[str, Any]:
    """Returns how DRAMSys agrees with recorded runs of DRAMSys where no defect of it shows."""
    with (reference / "runs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    unaffected = [
        row
        for row in rows
        if row["device"] in _UNAFFECTED
        and all(row[name] == value for name, value in _UNAFFECTED[row["device"]].items())
        and row["PowerDownPolicy"] in ("", "NoPowerDown")
    ]
    chosen = np.random.default_rng(0).choice(len(unaffected), _ROWS, replace=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("traces", "devices"):
            (folder / part).symlink_to(reference / part)
        with (folder / "runs.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(unaffected[number] for number in sorted(chosen))
        summary = validate(folder, simulator).summary()["runs"]
    return {
        device: {key: value for key, value in quantities.items() if value["n"]}
        for device, quantities in summary.items()
    }


def _overhead_ms(simulator: External) -> float:
    """Returns the CPU time that a run takes in this process, which is not the program's own.

    The median over repetitions, starting the program included; of CPU time, since the load of the
    machine does not add to it.
    """
    workload = Workload.load("mixed", DEVICES[simulator.name][0], requests=1000)
    alone = type(simulator)(workers=1)
    runs, overheads = 0, []
    execute = alone.execute

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal runs
        runs += 1
        return execute(*arguments, **options)

    alone.execute = counted  # type: ignore[method-assign]
    for _ in range(15):
        runs, began = 0, time.process_time()
        alone.evaluate([{}], workload)
        overheads.append((time.process_time() - began) / runs)
    return round(1e3 * statistics.median(overheads), 2)


if __name__ == "__main__":
    typer.run(main)
