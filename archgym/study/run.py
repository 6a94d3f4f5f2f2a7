"""Runs a study into a folder, or goes on with one that was stopped."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from archgym.errors import ArchgymError
from archgym.study import inputs
from archgym.study.executor import TrialFailure, check_workers, execute
from archgym.study.inputs import Inputs
from archgym.study.lock import Lock, locked, remove_leftovers
from archgym.study.progress import bar
from archgym.study.spec import Study
from archgym.study.trial import Trial, replace_text

OnEnd = Callable[[Trial, TrialFailure | None], None]


def run(
    study: Study, out: Path, workers: int = 1, on_end: OnEnd | None = None
) -> list[TrialFailure]:
    """Runs every trial of a study whose log is not in `out` yet.

    The folder gets `spec.toml`, `inputs.json` (see `archgym.study.inputs`) and, in `trials/`, each
    trial's sealed log and summary. It can be interrupted at any time and run again: sealed trials
    stay, the others go on where they stopped.

    Args:
        study: What to run.
        out: The folder for the results; made if missing.
        workers: How many processes; the logs do not depend on it.
        on_end: Called with each trial that ends and its failure, if it failed.

    Returns:
        The trials that failed; the others are complete.

    Raises:
        ArchgymError: The folder can't be written, is being run by another process, or holds results
            of another study or of other contents of what the study reads.
    """
    check_workers(workers)
    with opened(study, out, study.check(study.name)) as folder:
        return folder.run(workers, on_end)


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a study, in which nobody else can run meanwhile; made by `opened`.

    Attributes:
        study: What is run.
        out: The folder.
        waiting: The trials whose log is not in it yet.
        lock: What keeps others out.
    """

    study: Study
    out: Path
    waiting: list[Trial]
    lock: Lock

    def run(self, workers: int = 1, on_end: OnEnd | None = None) -> list[TrialFailure]:
        """Runs the trials that wait; see `run`."""
        trials = len(self.study.trials)
        failures = []
        with (
            bar(trials, trials - len(self.waiting)) as advance,
            closing(execute(self.waiting, self.out / "trials", workers, self.lock)) as ended,
        ):
            for trial, failure in ended:
                if failure:
                    failures.append(failure)
                if on_end:
                    on_end(trial, failure)
                advance(trial.name)
        return failures


@contextmanager
def opened(study: Study, out: Path, now: Inputs) -> Iterator[StudyFolder]:
    """Opens the folder of a study, to run it or what is left of it.

    Args:
        study: The study.
        out: The folder; made if missing.
        now: What the study reads, as `Study.check` found it.

    Raises:
        ArchgymError: As `run`.
    """
    trials = out / "trials"
    try:
        trials.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(out, error) from error
    with locked(out) as lock:
        _compare(study, now, out)
        try:
            remove_leftovers(trials)
            replace_text(out / "spec.toml", study.to_toml())
            replace_text(out / inputs.NAME, now.to_json())
        except OSError as error:
            raise _cannot_write(out, error) from error
        waiting = []
        for trial in study.trials:
            if (trials / f"{trial.name}.parquet").exists():
                # Left if the trial was killed just when it had been sealed.
                (trials / f"{trial.name}.jsonl").unlink(missing_ok=True)
            else:
                waiting.append(replace(trial, contents=now.of_trial(trial)))
        yield StudyFolder(study, out, waiting, lock)


def _cannot_write(out: Path, error: OSError) -> ArchgymError:
    return ArchgymError(f"can't write results to {out}: {error.strerror}")


def _compare(study: Study, now: Inputs, out: Path) -> None:
    """Refuses a folder that holds results of something else."""
    if (out / "spec.toml").exists():
        _compare_specs(study, Study.parse(out / "spec.toml"), out)
    before = Inputs.read(out)
    change = (
        inputs.change(before.contents, now.contents) if before else _old_change(study, now, out)
    )
    if change is not None:
        raise ArchgymError(f"{out} holds other results: {change}; choose another folder")


def _compare_specs(study: Study, found: Study, out: Path) -> None:
    """Compares all but names: what a path leads to counts, and not how it is given."""
    paths = {agent.label: inputs.files(agent) for agent in study.agents}
    for field in fields(Study):
        if field.name in ("name", "device", "simulator"):
            continue
        if _without(study, paths, field.name) != _without(found, paths, field.name):
            raise ArchgymError(
                f"{out} holds results of a study with other {field.name}: "
                f"{found.to_mapping()[field.name]!r}, not {study.to_mapping()[field.name]!r}; "
                f"choose another folder"
            )


def _without(study: Study, paths: Mapping[str, Mapping[str, Path]], field: str) -> Any:
    """Returns a field of a study; of the paths that agents are given, only that there are any."""
    if field != "agents":
        return getattr(study, field)
    return [
        replace(
            agent,
            hyperparameters={
                name: bool(value) if name in paths.get(agent.label, ()) else value
                for name, value in agent.hyperparameters.items()
            },
        )
        for agent in study.agents
    ]


def _old_change(study: Study, now: Inputs, out: Path) -> str | None:
    """Says what has changed since a folder without a record of contents was written.

    Rows and summaries name the workload, with its device, and the simulator; of agents' files they
    know nothing.
    """
    for trial in study.trials:
        before = _named(out / "trials" / trial.name)
        if before is None:
            continue
        contents = {name: inputs.short(each) for name, each in now.of_trial(trial).items()}
        names = ("simulator", f"workload {trial.workload.label}")
        change = inputs.change(dict(zip(names, before, strict=True)), contents)
        if change is not None:
            return change
    return None


def _named(trial: Path) -> tuple[str, str] | None:
    """Returns the simulator and the workload of a trial that has begun; `None` if none has."""
    try:
        if trial.with_name(f"{trial.name}.parquet").exists():
            found = json.loads(trial.with_name(f"{trial.name}.json").read_text(encoding="utf-8"))
            workload = found["workload_id"]
        else:
            with trial.with_name(f"{trial.name}.jsonl").open(encoding="utf-8") as journal:
                found = json.loads(journal.readline())
            workload = found["workload"]
        return f"{found['simulator']} {found['simulator_version']}", workload
    except (OSError, ValueError, KeyError):
        return None
