"""Runs trials, or other jobs, in worker processes; one that crashes takes no other with it."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from archgym.errors import ArchgymError

# Threads do not survive a fork, and a fork server would keep the first environment it saw.
_context = get_context("spawn")

_STARTED = "started"


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

    def __init__(self, folder: Path) -> None:
        self.trial: J | None = None
        self.pipe, remote = _context.Pipe()
        self.process: SpawnProcess = _context.Process(
            target=_work, args=(remote, folder), daemon=True
        )
        with _one_thread(), _without_interrupts():
            self.process.start()
        remote.close()  # So that its end is seen here when the process dies.

    def assign(self, trial: J | None) -> None:
        self.trial = trial
        self.pipe.send(trial)

    def stop(self) -> None:
        self.process.terminate()
        self.process.join(timeout=5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


def execute(
    trials: Sequence[J], folder: Path, workers: int
) -> Iterator[tuple[J, TrialFailure | None]]:
    """Runs trials, or other jobs, handed out in order to whichever worker is free.

    Args:
        trials: What to run.
        folder: Where their results go.
        workers: How many processes. Each computes with one thread, so that they do not compete and
            a log does not depend on how many there are.

    Yields:
        Each trial when it ends, with its failure if it failed.

    Raises:
        ArchgymError: The processes can't start.
    """
    waiting = list(reversed(trials))
    pool: list[_Worker[J]] = [_Worker(folder) for _ in range(min(workers, len(trials)))]
    try:
        while pool:
            ready = connection.wait([worker.pipe for worker in pool])
            for worker in [worker for worker in pool if worker.pipe in ready]:
                trial = worker.trial
                try:
                    message = worker.pipe.recv()
                except (EOFError, ConnectionError):
                    pool.remove(worker)
                    worker.process.join()
                    if trial is None:
                        raise _cannot_start() from None
                    yield trial, TrialFailure(trial, _describe_death(worker.process.exitcode))
                    if waiting:
                        pool.append(_Worker(folder))
                    continue
                if trial is not None:
                    yield trial, message
                if waiting:
                    worker.assign(waiting.pop())
                else:
                    pool.remove(worker)
                    worker.stop()
    finally:
        for worker in pool:
            worker.stop()


def _work(pipe: "connection.Connection", folder: Path) -> None:
    """What a worker process does: run the trials that come through the pipe."""
    # A request to end must still let temporary files be removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        pipe.send(_STARTED)
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

    An interrupt at the terminal reaches every process; the parent alone decides what it means.
    """
    resource_tracker.ensure_running()  # Starting it later would let interrupts through again.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
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
        return f"its process was killed by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"
