"""Runs a study into a folder, or goes on with one that was stopped."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

from archgym import simulators
from archgym.errors import ArchgymError
from archgym.study.executor import TrialFailure, execute
from archgym.study.progress import bar
from archgym.study.spec import Study
from archgym.study.trial import Trial, replace_text


def run(
    study: Study,
    out: Path,
    workers: int = 1,
    on_end: Callable[[Trial, TrialFailure | None], None] | None = None,
) -> list[TrialFailure]:
    """Runs every trial of a study whose log is not in `out` yet.

    The folder gets `spec.toml` and, in `trials/`, each trial's sealed log and summary. It can be
    interrupted at any time and run again: sealed trials stay, the others go on where they stopped.

    Args:
        study: What to run.
        out: The folder for the results; made if missing.
        workers: How many processes; the logs do not depend on it.
        on_end: Called with each trial that ends and its failure, if it failed.

    Returns:
        The trials that failed; the others are complete.

    Raises:
        ArchgymError: The folder can't be written or holds results of another study.
    """
    if workers < 1:
        raise ArchgymError(f"a study needs at least 1 worker, not {workers}")
    waiting = unfinished(study, out)
    folder = out / "trials"
    _prepare(study, out, folder)
    trials = len(study.trials)
    failures = []
    with bar(trials, trials - len(waiting)) as advance:
        for trial, failure in execute(waiting, folder, workers):
            if failure:
                failures.append(failure)
            if on_end:
                on_end(trial, failure)
            advance(trial.name)
    return failures


def unfinished(study: Study, out: Path) -> list[Trial]:
    """Returns the trials of a study whose log is not in `out` yet.

    Raises:
        ArchgymError: The folder holds results of another study.
    """
    spec = out / "spec.toml"
    if spec.exists():
        _compare(study, Study.parse(spec), out)
    version = simulators.make(study.simulator).version
    return [trial for trial in study.trials if not _is_sealed(trial, out / "trials", version)]


def _prepare(study: Study, out: Path, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(out / "spec.toml", study.to_toml())
    except OSError as error:
        raise ArchgymError(f"can't write results to {out}: {error.strerror}") from error


def _compare(study: Study, found: Study, out: Path) -> None:
    for field in dataclasses.fields(Study):
        if getattr(study, field.name) != getattr(found, field.name):
            raise ArchgymError(
                f"{out} holds results of a study with other {field.name}: "
                f"{found.to_mapping()[field.name]!r}, not {study.to_mapping()[field.name]!r}; "
                f"choose another folder"
            )


def _is_sealed(trial: Trial, folder: Path, version: str) -> bool:
    if not (folder / f"{trial.name}.parquet").exists():
        return False
    found = json.loads((folder / f"{trial.name}.json").read_text())["simulator_version"]
    if found != version:
        raise ArchgymError(
            f"{folder} holds results of version {found} of simulator {trial.simulator}, "
            f"not {version}; choose another folder"
        )
    return True
