"""Damaged files of every kind that archgym reads: refused in a sentence, or what they were."""

import atexit
import json
import shutil
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, NamedTuple

import numpy as np

from archgym import datasets, evaluation_log, proxy
from archgym.analysis.results import Results
from archgym.dram.device import Device
from archgym.dram.spaces import make_space
from archgym.dram.testing.trace_files import damage, examples
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.space import DesignSpace
from archgym.study import Study
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from archgym.study.run import run
from archgym.table import Table
from experiments.verify.watchdog import WrongError

FILES_A_CASE = 50
PROXIES = ("ridge", "lightgbm")

_STUDY = """
name = "damage"
budget = 12
seeds = 1
objectives = ["latency", "power with runtime <= 1.05x"]
workloads = ["mixed"]

[agents.random_search]
[agents.genetic_algorithm]
"""
_PARAMETERS = ("PagePolicy", "Scheduler", "SchedulerBuffer", "RequestBufferSize")


class Kind(NamedTuple):
    """A kind of file or folder.

    Attributes:
        path: A good one.
        read: Reads one, and returns what can be compared.
        is_safe: Whether it carries digests, so that what is accepted has to be what was written.
        may_end: Whether its end may be missing: the rest of a journal was not written yet.
    """

    path: Path
    read: Callable[[Path], Any]
    is_safe: bool = False
    may_end: bool = False


def check_case(seed: int, case: int) -> Counter[str]:
    """Damages files and reads them.

    Returns:
        How many were `refused`, `intact` (read as what they were) or `changed`.

    Raises:
        WrongError: A file that carries a digest was read as something else than what was written.
    """
    rng = Random(f"{seed} {case}")
    outcomes: Counter[str] = Counter()
    for _ in range(FILES_A_CASE):
        # Formats of traces are many, and alike.
        name = rng.choice(sorted({name.partition(".")[0] for name in kinds()}))
        name = rng.choice([each for each in sorted(kinds()) if each.partition(".")[0] == name])
        kind = kinds()[name]
        outcome, file = play(kind, rng)
        if outcome == "changed" and kind.is_safe:
            raise WrongError(f"{name}: damage to {file} went unnoticed")
        outcomes[outcome] += 1
    return outcomes


def play(kind: Kind, rng: Random) -> tuple[str, Path]:
    """Damages a copy of a file, or of one file in a folder, and reads it.

    Returns:
        `refused`, `intact` or `changed`; and the damaged file.

    Raises:
        WrongError: It was not refused in one sentence.
    """
    copy = _home() / "damaged" / kind.path.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    if kind.path.is_dir():
        shutil.copytree(kind.path, copy)
        files = sorted(file for file in copy.rglob("*") if file.is_file())
    else:
        copy.parent.mkdir()
        shutil.copy(kind.path, copy)
        files = [copy]
    file = rng.choice(files)
    before = file.read_bytes()
    after = _flip(before, rng) if rng.random() < 0.5 else damage(before, rng)
    file.write_bytes(after)
    try:
        found = kind.read(copy)
    except ArchgymError as error:
        if "\n" in str(error):
            raise WrongError(f"{file} is refused in several lines: {error}") from error
        return "refused", file
    written = kind.read(kind.path)
    if kind.may_end:
        written = written[: len(found)]
    return "intact" if found == written else "changed", file


def _flip(content: bytes, rng: Random) -> bytes:
    """Returns bytes of which one differs in a bit."""
    if not content:
        return content
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


@cache
def _home() -> Path:
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def kinds() -> dict[str, Kind]:
    """Returns good files of every kind, made in a folder of this process."""
    home = _home()
    found = {}
    for name, content in examples().items():
        (home / name).write_bytes(content)
        found[name] = Kind(home / name, _read_trace)
    device = home / "device.json"
    device.write_text(json.dumps(Device.load("ddr4-2400").data), encoding="utf-8")
    found["device"] = Kind(device, lambda path: Device.load(path).sha256)
    return found | _studies(home) | _tables(home)


def _studies(home: Path) -> dict[str, Kind]:
    spec = home / "spec.toml"
    spec.write_text(_STUDY, encoding="utf-8")
    study = Study.load(spec)
    run(study, home / "study")
    journal = home / "journal.jsonl"
    rows = evaluation_log.read(next((home / "study" / "trials").glob("*.parquet")))
    labels = ["schema_version", "trial", "agent", "seed"]
    with evaluation_log.Journal(journal, trial="t", agent="a", seed=0) as log:
        log.append(rows.drop(columns=labels).to_dict("records"))
    collected = datasets.load(home / "study")
    datasets.to_folder(collected, home / "dataset")
    return {
        "spec": Kind(spec, lambda path: Study.load(path).to_toml()),
        "study": Kind(home / "study", _read_study, is_safe=True),
        "journal": Kind(journal, _read_journal, is_safe=True, may_end=True),
        "dataset": Kind(home / "dataset", _read_dataset, is_safe=True),
    }


def _tables(home: Path) -> dict[str, Kind]:
    whole = make_space("archgym-pow2")
    space = DesignSpace("some", [whole.parameters[name] for name in _PARAMETERS])
    enumerate_space(space, WorkloadSpec("mixed", (("requests", 100),)), home / "table")
    found = {"table": Kind(home / "table", _read_table, is_safe=True)}
    samples = proxy.from_table(Table(home / "table"))
    for model in PROXIES:
        path = home / f"{model}.proxy"
        proxy.save(proxy.train(samples, model), path)
        found[model] = Kind(path, predictions, is_safe=True)
    return found


def _read_trace(path: Path) -> Any:
    trace = Workload.from_file(path, "ddr4-2400", reads_only=False).trace
    return trace.sha256


def _read_study(path: Path) -> Any:
    Results.load(path)
    return datasets.load(path).frame.to_csv()


def _read_table(path: Path) -> Any:
    table = Table(path)
    return table.frame().to_csv(), table.header.document


def predictions(path: Path) -> dict[str, Any]:
    """Returns what a proxy predicts of some designs, by workload."""
    loaded = proxy.load(path)
    designs = loaded.coding.space.sample(np.random.default_rng(0), 20)
    codes = np.array([loaded.coding.code(design) for design in designs])
    return {name: loaded.on(name).predict(codes).tolist() for name in loaded.known}


def _read_journal(path: Path) -> Any:
    # As texts, for NaN is not the same as itself.
    return [str(row) for row in evaluation_log.read(path).to_dict("records")]


def _read_dataset(path: Path) -> Any:
    found = datasets.load(path)
    return found.frame.to_csv(), found.spaces, found.workloads
