"""Runs a study into a folder, or goes on with one that was stopped."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from archgym import digest, domain
from archgym.errors import ArchgymError, DamagedError
from archgym.study import inputs
from archgym.study.damage import Damage, find
from archgym.study.executor import Executor, TrialFailure
from archgym.study.inputs import Inputs
from archgym.study.lock import Lock, locked, remove_leftovers
from archgym.study.processes import LocalProcesses
from archgym.study.progress import bar
from archgym.study.shard import Shard
from archgym.study.spec import Spec
from archgym.study.trial import Trial, replace_text

OnEnd = Callable[[Trial, TrialFailure | None], None]


def run(
    study: Spec,
    out: Path,
    workers: int = 1,
    on_end: OnEnd | None = None,
    *,
    executor: Executor | None = None,
) -> list[TrialFailure]:
    """Runs every trial of a study whose log is not in `out` yet.

    The folder gets `spec.toml`, `inputs.json` (see `archgym.study.inputs`) and, in `trials/`, each
    trial's sealed log and summary. It can be interrupted at any time and run again: sealed trials
    stay, the others go on where they stopped, and what was damaged meanwhile is set aside and made
    again (see `archgym.study.damage`).

    Args:
        study: What to run.
        out: The folder for the results; made if missing.
        workers: How many processes; the logs do not depend on it.
        on_end: Called with each trial that ends and its failure, if it failed.
        executor: What runs the trials; by default so many processes on this machine.

    Returns:
        The trials that failed; the others are complete.

    Warns:
        ArchgymWarning: Something in the folder was damaged.

    Raises:
        ArchgymError: The folder can't be written, is being run by another process, or holds results
            of another study or of other contents of what the study reads.
    """
    executor = executor or LocalProcesses(workers)
    with opened(study, out, study.check(study.name)) as folder:
        return folder.run(executor, on_end)


@dataclass(frozen=True)
class StudyFolder:
    """The folder of a study, in which nobody else can run meanwhile; made by `opened`.

    Attributes:
        study: What is run.
        out: The folder.
        waiting: The trials to run whose log is not in it yet.
        complete: The trials to run whose log is in it.
        lock: What keeps others out.
    """

    study: Spec
    out: Path
    waiting: list[Trial]
    complete: list[Trial]
    lock: Lock

    def run(self, executor: Executor, on_end: OnEnd | None = None) -> list[TrialFailure]:
        """Runs the trials that wait; see `run`."""
        failures = []
        best = _Best(len(self.complete), len(self.complete) + len(self.waiting))
        done, left = (sum(each.budget for each in of) for of in (self.complete, self.waiting))
        with (
            bar(done + left, done, "evaluations") as advance,
            closing(executor.execute(self.waiting, self.out / "trials", self.lock)) as ended,
        ):
            for trial, failure in ended:
                if failure:
                    failures.append(failure)
                if on_end:
                    on_end(trial, failure)
                advance(best.after(trial, self.out / "trials"), trial.budget)
        return failures


class _Best:
    """The best cost so far on each problem, and how many trials have ended."""

    def __init__(self, ended: int, trials: int) -> None:
        self._ended, self._trials = ended, trials
        self._ratios: dict[tuple[str, str], float] = {}

    def after(self, trial: Trial, folder: Path) -> str:
        """Returns what to say after one more trial has ended."""
        self._ended += 1
        text = f"{self._ended:,} of {self._trials:,} trials"
        try:
            summary = json.loads((folder / f"{trial.name}.json").read_text(encoding="utf-8"))
            ratio = summary["best_cost"] / summary["default_cost"]
        except (OSError, ValueError, KeyError, TypeError):
            return text  # It has failed, or found no design that works.
        problem = trial.workload.label, trial.objective
        least = self._ratios[problem] = min(ratio, self._ratios.get(problem, math.inf))
        return f"{text}, {' '.join(problem)}: best {least:.3f} x default"


@contextmanager
def opened(
    study: Spec, out: Path, now: Inputs, shard: Shard | None = None
) -> Iterator[StudyFolder]:
    """Opens the folder of a study, to run it or what is left of it.

    Args:
        study: The study.
        out: The folder; made if missing.
        now: What the study reads, as `Spec.check` found it.
        shard: Which trials are to be run; by default all.

    Raises:
        ArchgymError: As `run`.
    """
    trials = out / "trials"
    try:
        trials.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(out, error) from error
    with locked(out) as lock:
        damage = _compare(study, now, out)
        spec = study.to_toml()
        try:
            remove_leftovers(trials)
            damage.set_aside()
            replace_text(out / inputs.SPEC, spec)
            record = replace(now, spec=digest.of_bytes(spec.encode()))
            replace_text(out / inputs.NAME, record.to_json())
        except OSError as error:
            raise _cannot_write(out, error) from error
        waiting, complete = [], []
        for trial in shard.trials(study) if shard else study.trials:
            if (trials / f"{trial.name}.parquet").exists():
                # Left if the trial was killed just when it had been sealed.
                (trials / f"{trial.name}.jsonl").unlink(missing_ok=True)
                complete.append(trial)
            else:
                waiting.append(replace(trial, contents=now.of_trial(trial.workload, trial.agent)))
        yield StudyFolder(study, out, waiting, complete, lock)


def _cannot_write(out: Path, error: OSError) -> ArchgymError:
    return ArchgymError(f"can't write results to {out}: {error.strerror}")


def _compare(study: Spec, now: Inputs, out: Path) -> Damage:
    """Refuses a folder that holds results of something else; returns what is damaged in it."""
    damage = Damage(out)
    before = None
    try:
        before = Inputs.read(out)
    except DamagedError:
        damage.records.append(inputs.NAME)
    summaries = find(study.trials, damage)
    if not _compare_with_spec(study, out, damage, summaries):
        _refuse_others(study, out)
    change = before and inputs.change(before.contents, now.contents)
    for trial in study.trials:
        change = change or _change(trial, now, out, summaries.get(trial.name), before, damage)
    if change:
        raise ArchgymError(f"{out} holds other results: {change}; choose another folder")
    return damage


def _compare_with_spec(
    study: Spec, out: Path, damage: Damage, summaries: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Compares a study with the spec in the folder; returns whether that says what was run."""
    path = out / inputs.SPEC
    is_unknown = inputs.NAME in damage.records
    # Of what is trusted no more, trials are asked that say enough of themselves.
    if is_unknown and summaries and all("settings" in each for each in summaries.values()):
        return False
    if path.exists():
        try:
            found = Spec.parse(path, checked=not is_unknown)
        except ArchgymError:
            damage.records.append(inputs.SPEC)
            return False
        _compare_specs(study, found, out)
    return True


def _refuse_others(study: Spec, out: Path) -> None:
    """Refuses results of trials that the study does not have, where no spec says that it had."""
    names = {trial.name for trial in study.trials}
    others = sorted({log.stem for log in (out / "trials").glob("*.parquet")} - names)
    if others:
        raise ArchgymError(
            f"{out} holds results of trial {others[0]}, which this study does not have; choose "
            "another folder"
        )


def _compare_specs(study: Spec, found: Spec, out: Path) -> None:
    """Compares all but names: what a path leads to counts, and not how it is given."""
    here, there = _comparable(study, study), _comparable(found, study)
    for key, value in here.items():
        if there.get(key) != value:
            raise ArchgymError(
                f"{out} holds results of a study with other {key}: "
                f"{found.to_mapping().get(key)!r}, not {study.to_mapping()[key]!r}; "
                f"choose another folder"
            )


def _comparable(study: Spec, wanted: Spec) -> dict[str, Any]:
    """Returns a study's document without names, and of the paths it has only that there are any.

    Args:
        study: The study.
        wanted: The one that says which hyperparameters of its agents are paths.
    """
    options = domain.load(study.domain).options
    names = {"name", "simulator", *(name for name, option in options.items() if option.is_read)}
    document = {key: value for key, value in study.to_mapping().items() if key not in names}
    for agent in wanted.agents:
        settings = document["agents"].get(agent.label, {})
        settings |= {name: True for name in inputs.files(agent) if settings.get(name)}
    return document


def _change(
    trial: Trial,
    now: Inputs,
    out: Path,
    summary: Mapping[str, Any] | None,
    before: Inputs | None,
    damage: Damage,
) -> str | None:
    """Says what has changed since a trial was run, by what it says itself; `None` if nothing."""
    if summary is not None and "settings" in summary:
        ran, wanted = summary["settings"], trial.settings
        ran = {"domain": domain.DEFAULT, **ran}  # Older trials name none.
        for name, value in wanted.items():
            if ran.get(name) != value:
                return f"trial {trial.name} has {name} {ran.get(name)!r}, not {value!r}"
        return inputs.change(summary["contents"], now.of_trial(trial.workload, trial.agent))
    is_damaged = trial.name in damage.sealed or trial.name in damage.journals
    if before is not None or is_damaged:
        return None
    # Rows and older summaries name the workload, with its device, and the simulator; of agents'
    # files they know nothing.
    named = _named(out / "trials" / trial.name)
    if named is None:
        return None
    contents = {
        name: inputs.short(each) for name, each in now.of_trial(trial.workload, trial.agent).items()
    }
    names = ("simulator", f"workload {trial.workload.label}")
    return inputs.change(dict(zip(names, named, strict=True)), contents)


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
