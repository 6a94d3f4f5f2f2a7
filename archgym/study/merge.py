"""Joins the folders in which parts of a study were run; see `archgym.study.shard`."""

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from archgym import atomic, evaluation_log
from archgym.errors import ArchgymError, DamagedError
from archgym.study import inputs
from archgym.study.damage import Damage, find, repairable
from archgym.study.inputs import Inputs
from archgym.study.lock import locked
from archgym.study.run import opened
from archgym.study.spec import Spec
from archgym.study.trial import Trial


def merge(folders: Sequence[Path], out: Path) -> list[Trial]:
    """Copies the trials in folders of one study to another folder.

    What was not finished in any of them is copied as far as it came, so that running the study in
    `out` goes on from there. Nothing that the study reads is needed for that.

    Args:
        folders: Folders of the study. Nothing in them changes.
        out: The folder for all trials; made if missing. It may hold trials of the study already.

    Returns:
        The trials that are still missing.

    Raises:
        ArchgymError: A folder is of another study or of other inputs, is being run, has other
            results of a trial than another folder, or can't be read or written.
        DamagedError: Something in a folder is not what was written; nothing was copied.
    """
    if not folders:
        raise ArchgymError("there is nothing to merge: name at least one folder")
    for folder in folders:
        if folder.resolve() == out.resolve():
            raise ArchgymError(f"{folder} can't be merged into itself; choose another folder")
    with ExitStack() as stack:
        study, now = _read(folders[0])
        for folder in folders:
            _compare(_read(folder), (study, now), (folder, folders[0]))
            # One that can't be written is not being run.
            if os.access(folder, os.W_OK):
                stack.enter_context(locked(folder))
        trials = [_complete(study, folder) for folder in folders]
        with opened(study, out, now) as target:
            _check_equal(study, [*trials, _complete(study, out)])
            try:
                for trial in target.waiting:
                    _copy(trial.name, [folder / "trials" for folder in folders], out / "trials")
            except OSError as error:
                raise ArchgymError(f"can't write results to {out}: {error.strerror}") from error
    complete = out / "trials"
    return [trial for trial in study.trials if not (complete / f"{trial.name}.parquet").exists()]


def _read(folder: Path) -> tuple[Spec, Inputs]:
    """Returns the study in a folder and what it has read."""
    path = folder / inputs.SPEC
    if not path.is_file():
        raise ArchgymError(f"{folder} is not the folder of a study: it has no {inputs.SPEC}")
    with repairable(folder):
        study, found = Spec.parse(path), Inputs.read(folder)
    if found is None:
        raise ArchgymError(
            f"{folder} does not say what its study has read, as archgym wrote it long ago; "
            "the command that began the study adds that"
        )
    return study, found


def _compare(
    found: tuple[Spec, Inputs], wanted: tuple[Spec, Inputs], folders: tuple[Path, Path]
) -> None:
    """Refuses a folder that is of another study than the first."""
    here, there = found[0].to_mapping(), wanted[0].to_mapping()
    for key, value in here.items():
        if key != "name" and there.get(key) != value:
            raise ArchgymError(
                f"{folders[0]} holds results of a study with other {key} than {folders[1]}: "
                f"{value!r}, not {there.get(key)!r}"
            )
    for name, content in found[1].contents.items():
        other = wanted[1].contents.get(name, "")
        if content != other:
            raise ArchgymError(
                f"{folders[0]} holds other results than {folders[1]}: {name} was "
                f"{inputs.short(content)} there, and {inputs.short(other)} here"
            )


def _complete(study: Spec, folder: Path) -> dict[str, Path]:
    """Returns the logs of the trials that are complete in a folder, none of them damaged."""
    damage = Damage(folder)
    found = find(study.trials, damage)
    with repairable(folder):
        for name in (*damage.sealed, *damage.journals):
            raise DamagedError(f"{folder} is damaged in trial {name}")
    return {name: folder / "trials" / f"{name}.parquet" for name in found}


def _check_equal(study: Spec, trials: Sequence[Mapping[str, Path]]) -> None:
    """Refuses trials of which there are several, with other results."""
    for trial in study.trials:
        logs = [each[trial.name] for each in trials if trial.name in each]
        for first, other in pairwise(logs):
            if not evaluation_log.equal(first, other):
                raise ArchgymError(
                    f"{other} has other results than {first}, so that one of them can't be relied "
                    "on; remove one, and run the study in the merged folder"
                )


def _copy(name: str, sources: Sequence[Path], target: Path) -> None:
    """Copies a trial, or what there is of one that is not complete."""
    for source in sources:
        if (source / f"{name}.parquet").exists():
            # The sealed log marks the end of the trial, so it comes last.
            for ending in (".json", ".parquet"):
                _copy_file(source / f"{name}{ending}", target / f"{name}{ending}")
            (target / f"{name}.jsonl").unlink(missing_ok=True)
            return
    journals = [target / f"{name}.jsonl", *(source / f"{name}.jsonl" for source in sources)]
    longest = max(journals, key=lambda path: path.stat().st_size if path.exists() else -1)
    if longest.exists() and longest != journals[0]:
        _copy_file(longest, journals[0])


def _copy_file(source: Path, target: Path) -> None:
    with atomic.replacing(target) as temporary:
        shutil.copyfile(source, temporary)
