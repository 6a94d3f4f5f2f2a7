"""Makes a folder of reference runs, as `validation` reads it, with another simulator."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from archgym import traces
from archgym.dram.device import Device
from archgym.dram.reference_simulator import ReferenceSimulator
from archgym.dram.spaces import make_space
from archgym.dram.system import System
from archgym.dram.validation import COUNTS, DRAMSYS_5, EXITS, PHASES
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.simulator import Failure, Metrics, Outcome, Simulator
from archgym.space import DesignSpace
from archgym.study.progress import bar
from archgym.texts import file_name
from archgym.traces.player import OPEN

FILE = "runs"
"""The file of the folder that holds the runs."""

_AT_ONCE = 20
_PLAIN = ("device", "trace", "design", "requests")
# Without these it does not count every command that there is.
_COUNTED = {f"commands_{name}" for name in ("act", "prepb", "rd", "rda", "wr", "wra", "refab")}


@dataclass
class Written:
    """What has been written.

    Attributes:
        runs: How many runs.
        failures: Designs that the simulator could not run: device, trace, design and why.
        notes: What was assumed of the traces, a sentence each.
    """

    runs: int = 0
    failures: list[tuple[str, str, Design, Failure]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def write_reference(
    folder: Path,
    simulator: ReferenceSimulator,
    *,
    devices: Sequence[str] = ("ddr4-2400",),
    names: Sequence[str] = ("stream", "random", "mixed"),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    designs: int = 100,
    requests: int = 1000,
    space: str | None = None,
    seed: int = 0,
) -> Written:
    """Runs a simulator on random designs and writes what it measures as a reference folder.

    Args:
        folder: Where to; made if it is not there.
        simulator: Who measures.
        devices: Bundled devices or device files.
        names: Names of traces or trace files.
        options: Those of a trace, by its name, as `Workload.load` takes them.
        designs: How many designs per device and trace; each is played on every trace of a device.
        requests: How long traces are made that can be made of any length.
        space: From which space designs are; by default the first of `controller-v1`, `archgym`
            and `common-v1` that the simulator has all parameters of.
        seed: Chooses the designs.

    Raises:
        ArchgymError: A name is not known, or a trace is not for a device.
    """
    written, rows = Written(), []
    for part in ("traces", "devices"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    total = len(devices) * len(names) * designs
    with bar(total, 0, unit="runs") as advance:
        for device_name in devices:
            device = Device.load(device_name)
            label = file_name(*device.name.split("_"))
            device_file = folder / "devices" / f"{label}.json"
            device_file.write_text(json.dumps(device.data, indent=1), encoding="utf-8")
            chosen = _designs(simulator, device_name, space, designs, seed)
            for name in names:
                stem = f"{Path(name).stem}-{label}"
                told = {} if traces.is_path(name) else {"requests": requests}
                told |= (options or {}).get(name, {})
                workload, notes = _workload(folder, stem, name, device_file, told)
                written.notes += notes
                for number, (design, outcome) in enumerate(_evaluated(simulator, chosen, workload)):
                    advance(stem)
                    if isinstance(outcome, Failure):
                        written.failures.append((device.name, name, design, outcome))
                        continue
                    full = simulator.complete(design, workload.system)
                    assert not isinstance(full, Failure)
                    plain = (label, stem, f"{seed}-{number}", len(workload))
                    rows.append(dict(zip(_PLAIN, plain, strict=True)) | full | _measured(outcome))
    columns = [*_PLAIN, *simulator.parameters, *(quantity.column for quantity in DRAMSYS_5)]
    path = folder / f"{FILE}.csv"
    partial = path.with_name(f".{path.name}.new")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(path)
    written.runs = len(rows)
    return written


def _evaluated(
    simulator: Simulator, designs: Sequence[Design], workload: Workload
) -> Iterator[tuple[Design, Outcome]]:
    """Yields designs with their outcomes, a few at a time, so that one sees how far it is."""
    for first in range(0, len(designs), _AT_ONCE):
        batch = designs[first : first + _AT_ONCE]
        yield from zip(batch, simulator.evaluate(batch, workload), strict=True)


def default_space(simulator: Simulator, device: str) -> DesignSpace:
    """Returns the largest of the released spaces that a simulator has all parameters of."""
    for name in ("controller-v1", "archgym"):
        space = make_space(name, device)
        if space.parameters.keys() <= simulator.parameters.keys():
            return space
    return make_space("common-v1", device)


def _designs(
    simulator: ReferenceSimulator, device: str, space: str | None, count: int, seed: int
) -> list[dict[str, Any]]:
    chosen = make_space(space, device) if space else default_space(simulator, device)
    for name in chosen.parameters:
        if name not in simulator.parameters:
            raise ArchgymError(
                f"space {chosen.name} has the parameter {name}, which {simulator.title} lacks"
            )
    rng = np.random.default_rng(seed)
    designs: list[dict[str, Any]] = []
    while len(designs) < count:
        sampled = (chosen.canonical(design) for design in chosen.sample(rng, count))
        designs += [design for design in sampled if chosen.infeasibility(design) is None]
    return designs[:count]


def _workload(
    folder: Path, stem: str, name: str, device_file: Path, options: Mapping[str, Any]
) -> tuple[Workload, Sequence[str]]:
    """Writes a trace into the folder and reads it back, so that all play the same file, open.

    Returns:
        The workload, and what was assumed of the trace.
    """
    system = System.load(device_file)
    workload = Workload.load(name, device_file, OPEN, **options)
    path = folder / "traces" / f"{stem}.stl"
    clock_mhz = system.device.dramsys_clock_mhz
    traces.write(workload.trace, path, clock_mhz=clock_mhz)
    return Workload.from_file(path, device_file, clock_mhz), workload.notes


def _measured(outcome: Metrics) -> dict[str, str]:
    """Returns an outcome in the columns of a reference file."""
    fields = {}
    for quantity in DRAMSYS_5:
        if quantity.skip:
            continue
        if quantity.name == COUNTS:
            if outcome.keys() >= _COUNTED:
                fields[quantity.column] = " ".join(_counts(outcome))
        elif quantity.metric in outcome:
            fields[quantity.column] = f"{outcome[quantity.metric] * quantity.scale:.12g}"
    return fields


def _counts(outcome: Mapping[str, float]) -> Iterator[str]:
    for name, value in outcome.items():
        if name.startswith("commands_"):
            command = name.removeprefix("commands_").upper()
            if command not in EXITS:
                yield f"{PHASES.get(command, command)}:{int(value)}"
