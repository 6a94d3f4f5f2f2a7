"""Runs trials, or other jobs, in worker processes; one that crashes takes no other with it."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from archgym.errors import ArchgymError
from archgym.study.lifetime import end_with_parent
from archgym.study.lock import Lock

# Threads do not survive a fork, and a fork server would keep the first environment it saw.
_context = get_context("spawn")

_STARTED = "started"

MOST_WORKERS = 1024
"""The most processes that are started: more than one machine has use for."""

# How long workers that are asked to end may take for it, in seconds.
_GRACE_S = 5.0


class Job(Protocol):
    """What a worker can do; it is sent there as a pickle."""

    @property
    def name(self) -> str:
        """What it is called."""

    def run(self, folder: Path) -> None:
        """Does it, and leaves what comes of it in `folder`."""


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


class _Worker(Generic[J]):
    """A process that runs one trial after another."""

    def __init__(self, folder: Path, lock: Lock | None) -> None:
        self.trial: J | None = None
        self.pipe, remote = _context.Pipe()
        self.process: SpawnProcess = _context.Process(
            target=_work, args=(remote, folder, lock), daemon=True
        )
        with _one_thread(), _without_interrupts():
            self.process.start()
        remote.close()  # So that its end is seen here when the process dies.

    def assign(self, trial: J | None) -> None:
        self.trial = trial
        # One that was killed meanwhile shows by the end of its pipe.
        with suppress(ConnectionError):
            self.pipe.send(trial)


def _stop(pool: "Sequence[_Worker[Any]]") -> None:
    """Ends workers, all at once."""
    for worker in pool:
        # One that has no trial yet has nothing to tidy up.
        end = worker.process.kill if worker.trial is None else worker.process.terminate
        end()
    deadline = time.monotonic() + _GRACE_S
    for worker in pool:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.pipe.close()


def _replace(pool: "list[_Worker[Any]]", folder: Path, lock: Lock | None) -> None:
    """Starts a worker in the place of one that has died; without it, the others go on."""
    try:
        pool.append(_Worker(folder, lock))
    except OSError:
        if not pool:
            raise


def check_workers(workers: int) -> None:
    """Checks how many workers are asked for.

    Raises:
        ArchgymError: There are none, or too many.
    """
    if workers < 1:
        raise ArchgymError(f"trials and shards need at least 1 worker, not {workers}")
    if workers > MOST_WORKERS:
        raise ArchgymError(f"{workers:,} workers are too many, at most {MOST_WORKERS} are started")


def execute(
    trials: Sequence[J], folder: Path, workers: int, lock: Lock | None = None
) -> Generator[tuple[J, TrialFailure | None], None, None]:
    """Runs trials, or other jobs, handed out in order to whichever worker is free.

    One whose worker dies is tried again, by another worker.

    Args:
        trials: What to run.
        folder: Where their results go.
        workers: How many processes. Each computes with one thread, so that they do not compete and
            a log does not depend on how many there are.
        lock: The lock on what they write to; each of them holds it as long as it lives.

    Yields:
        Each trial when it ends, with its failure if it failed.

    Raises:
        ArchgymError: The processes can't start.
    """
    check_workers(workers)
    waiting = list(reversed(trials))
    tried_again: set[str] = set()
    pool: list[_Worker[J]] = []
    has_begun = False
    try:
        pool.extend(_Worker(folder, lock) for _ in range(min(workers, len(trials))))
        while pool:
            ready = connection.wait([worker.pipe for worker in pool])
            for worker in [worker for worker in pool if worker.pipe in ready]:
                trial = worker.trial
                try:
                    message = worker.pipe.recv()
                except (EOFError, OSError):  # An OSError if it died in the middle of a message.
                    pool.remove(worker)
                    worker.process.join()
                    code = worker.process.exitcode
                    if trial is None:
                        if not has_begun and (code is None or code >= 0):
                            raise _cannot_start() from None
                        # It had not asked for one. Each death counts for one, so there is an end.
                        trial = waiting.pop() if waiting else None
                    if trial is not None and trial.name not in tried_again:
                        tried_again.add(trial.name)
                        waiting.append(trial)
                    elif trial is not None:
                        yield trial, TrialFailure(trial, _describe_death(code))
                    if waiting:
                        _replace(pool, folder, lock)
                    continue
                has_begun = True
                if trial is not None:
                    yield trial, message
                if waiting:
                    worker.assign(waiting.pop())
                else:
                    pool.remove(worker)
                    _stop([worker])
    finally:
        _stop(pool)


def _work(pipe: "connection.Connection", folder: Path, lock: Lock | None) -> None:
    """What a worker process does: run the trials that come through the pipe.

    It keeps the lock, if there is one, by being there.
    """
    end_with_parent()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        pipe.send(_STARTED)
        # From now on, a request to end must let temporary files be removed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        while True:
            pipe.send(_run(pipe.recv(), folder))
    except (EOFError, ConnectionError):  # The parent is gone.
        return


def _run(trial: Job, folder: Path) -> TrialFailure | None:
    try:
        trial.run(folder)
    except Exception as error:  # Whatever it is, the other trials go on.
        kind = "" if isinstance(error, ArchgymError) else f"{type(error).__name__}: "
        return TrialFailure(trial, f"{kind}{error}", traceback.format_exc())
    return None


@contextmanager
def _one_thread() -> Iterator[None]:
    """Makes processes started meanwhile compute with one thread; it must precede their imports."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Makes processes started meanwhile deaf to interrupts, from their first instruction on.

    An interrupt at the terminal reaches every process; the parent alone decides what it means. One
    that comes meanwhile waits, and so does SIGTERM, since half a process could not be ended.
    """
    resource_tracker.ensure_running()  # Starting it later would let interrupts through again.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _cannot_start() -> ArchgymError:
    return ArchgymError(
        "a worker process could not start; a script must start a study or an enumeration under "
        '`if __name__ == "__main__":`, since each worker imports it'
    )


def _describe_death(code: int | None) -> str:
    if code is not None and code < 0:
        known = -code in signal.valid_signals()
        name = signal.Signals(-code).name if known else f"signal {-code}"
        return f"its process was killed by {name}, twice"
    return f"its process ended with exit code {code}, twice"
