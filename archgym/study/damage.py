"""What is damaged in the folder of a study is set aside, and made again by the next run.

A trial is undamaged if its summary is what was written and has the digest of its sealed log; its
journal, if each line has its checksum. What is not is moved to `damaged/` in the folder. The good
lines before the first bad one of a journal stay.
"""

import shlex
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from archgym import digest, evaluation_log
from archgym.errors import ArchgymError, ArchgymWarning, DamagedError
from archgym.evaluation_log import LOG_SHA256
from archgym.study import inputs
from archgym.study.trial import Trial, read_summary, replace_text

FOLDER = "damaged"
"""Where damaged files go, in the folder of the study."""

_MOST_NAMED = 3


@dataclass
class Damage:
    """What is damaged in the folder of a study.

    Attributes:
        out: The folder.
        records: Which of `spec.toml` and `inputs.json`.
        sealed: Trials whose sealed log or summary is.
        journals: Trials whose journal is, and the lines of it that are good.
    """

    out: Path
    records: list[str] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)
    journals: dict[str, bytes] = field(default_factory=dict)

    def set_aside(self) -> None:
        """Moves what is damaged out of the way.

        Warns:
            ArchgymWarning: There is something, and what.

        Raises:
            OSError: It can't be moved.
        """
        trials = self.out / "trials"
        for name in self.records:
            self._move(self.out / name)
        for name in self.sealed:
            # A log without its summary can't be told to be undamaged, nor the other way about.
            for path in (trials / f"{name}.parquet", trials / f"{name}.json"):
                if path.exists():
                    self._move(path)
        for name, kept in self.journals.items():
            # What is good is gone on with.
            journal = trials / f"{name}.jsonl"
            self._move(journal)
            if kept:
                replace_text(journal, kept.decode())
        trials_hit = dict.fromkeys((*self.sealed, *self.journals))
        whats = [*self.records, *(f"trial {name}" for name in trials_hit)]
        if whats:
            named = ", ".join(whats[:_MOST_NAMED])
            more = f" and {len(whats) - _MOST_NAMED} more" if len(whats) > _MOST_NAMED else ""
            warnings.warn(
                f"{self.out} is damaged in {len(whats)} place{'s' if len(whats) > 1 else ''}: "
                f"{named}{more}; damaged files are moved to {self.out / FOLDER} and made again",
                ArchgymWarning,
                stacklevel=2,
            )

    def _move(self, path: Path) -> None:
        aside = self.out / FOLDER
        aside.mkdir(exist_ok=True)
        numbered = (aside / f"{path.stem}.{number}{path.suffix}" for number in count(1))
        names = chain([aside / path.name], numbered)
        free = next(each for each in names if not each.exists())
        path.replace(free)


def find(trials: Sequence[Trial], damage: Damage) -> dict[str, dict[str, Any]]:
    """Looks for damage in the trials of a study.

    Args:
        trials: The trials.
        damage: What is damaged, to which what is found is added.

    Returns:
        The summaries of the sealed trials that are undamaged, by the trials' names.

    Raises:
        ArchgymError: A journal can't be read, or is a symbolic link.
    """
    folder = damage.out / "trials"
    whole = {}
    for trial in trials:
        log, journal = folder / f"{trial.name}.parquet", folder / f"{trial.name}.jsonl"
        if log.exists():
            try:
                whole[trial.name] = _summary(log)
                continue
            except ArchgymError:
                damage.sealed.append(trial.name)
        if journal.exists() or journal.is_symlink():
            kept = evaluation_log.salvage(journal)
            if kept is not None:
                damage.journals[trial.name] = kept
    return whole


@contextmanager
def repairable(folder: Path) -> Iterator[None]:
    """Says of damage in the folder of a study how it is repaired."""
    try:
        yield
    except DamagedError as error:
        if "repairs it" in str(error):
            raise
        again = "the command that began the study"
        if not any(str(folder / name) in str(error) for name in (inputs.SPEC, inputs.NAME)):
            spec = shlex.quote(str(folder / inputs.SPEC))
            again = f"`archgym run {spec} --out {shlex.quote(str(folder))}`"
        raise DamagedError(f"{error}; {again} repairs it") from error


def _summary(log: Path) -> dict[str, Any]:
    """Returns the summary of a sealed trial, neither of which is damaged."""
    summary = evaluation_log.read_summary(log)
    if summary is None or LOG_SHA256 not in summary:
        return read_summary(log, len(evaluation_log.read(log)))
    if digest.of_file(log) != summary[LOG_SHA256]:
        raise DamagedError(f"{log} is damaged")
    return summary
