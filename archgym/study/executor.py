"""Where the trials of a study, and other jobs, are run: what every executor has in common.

An executor is a module of its own with a class that has `execute`. `archgym.study.processes`, which
is the default, has worker processes on this machine; `archgym.study.ray_cluster` runs them on a
cluster.
"""

import traceback
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from archgym.errors import ArchgymError
from archgym.study.lock import Lock


class Job(Protocol):
    """What an executor can run, in another process or on another machine; it can be pickled."""

    @property
    def name(self) -> str:
        """What it is called, unlike all others of its folder."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files of its folder that it reads or writes, in the order in which it writes them."""

    def needs(self) -> Mapping[Hashable, Callable[[], Any]]:
        """Returns what else it reads, for executors whose workers can't: how to load each.

        What has the same key is the same, whichever job it is of.
        """

    def run(self, folder: Path, given: Mapping[Hashable, Any] | None = None) -> None:
        """Does it, and leaves what comes of it in `folder`.

        What was left there by one that was cut short may be gone on with: the same job, done once
        or begun several times, leaves the same.

        Args:
            folder: The folder.
            given: What it needs; by default it loads that itself.
        """


J = TypeVar("J", bound=Job)


@dataclass(frozen=True)
class TrialFailure:
    """A trial, or another job, that ended without its result.

    Attributes:
        trial: Which.
        reason: What went wrong, in one line.
        details: The traceback, empty if the process itself died.
    """

    trial: Any
    reason: str
    details: str = ""


def attempt(
    job: Job, folder: Path, given: Mapping[Hashable, Any] | None = None
) -> TrialFailure | None:
    """Runs a job; returns what it has failed with, if it has."""
    try:
        job.run(folder) if given is None else job.run(folder, given)
    except Exception as error:  # Whatever it is, the other jobs go on.
        kind = "" if isinstance(error, ArchgymError) else f"{type(error).__name__}: "
        return TrialFailure(job, f"{kind}{error}", traceback.format_exc())
    return None


class Executor(Protocol):
    """Runs jobs, several at a time.

    Attributes:
        workers: How many at a time. Each computes with one thread, so that they do not compete and
            what a job leaves does not depend on how many there are.
    """

    workers: int

    def execute(
        self, jobs: Sequence[J], folder: Path, lock: Lock | None = None
    ) -> Generator[tuple[J, TrialFailure | None], None, None]:
        """Runs jobs, handed out in order to whichever worker is free.

        One whose worker dies is run again, by another worker. Closing the generator ends all
        workers.

        Args:
            jobs: What to run.
            folder: Where their results go.
            lock: The lock on what they write to, held as long as any of them may write.

        Yields:
            Each job when it has ended, with its failure if it failed; the others go on.

        Raises:
            ArchgymError: No worker can start.
        """
