"""Runs jobs in worker processes on this machine; one that crashes takes no other with it."""

import os
import signal
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Generic

from archgym.errors import ArchgymError
from archgym.study.executor import J, TrialFailure, attempt
from archgym.study.lifetime import end_with_parent
from archgym.study.lock import Lock

# Threads do not survive a fork, and a fork server would keep the first environment it saw.
_context = get_context("spawn")

_STARTED = "started"

MOST_WORKERS = 1024
"""The most processes that are started: more than one machine has use for."""

# How long workers that are asked to end may take for it, in seconds.
_GRACE_S = 5.0


class _Worker(Generic[J]):
    """A process that runs one job after another."""

    def __init__(self, folder: Path, lock: Lock | None) -> None:
        self.job: J | None = None
        self.pipe, remote = _context.Pipe()
        self.process: SpawnProcess = _context.Process(
            target=_work, args=(remote, folder, lock), daemon=True
        )
        with _one_thread(), _without_interrupts():
            self.process.start()
        remote.close()  # So that its end is seen here when the process dies.

    def assign(self, job: J | None) -> None:
        self.job = job
        # One that was killed meanwhile shows by the end of its pipe.
        with suppress(ConnectionError):
            self.pipe.send(job)


def _stop(pool: "Sequence[_Worker[Any]]") -> None:
    """Ends workers, all at once."""
    for worker in pool:
        # One that has no job yet has nothing to tidy up.
        end = worker.process.kill if worker.job is None else worker.process.terminate
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


class LocalProcesses:
    """Worker processes on this machine: the executor that is used unless another is asked for.

    Each of them holds the lock as long as it lives.

    Args:
        workers: How many.

    Raises:
        ArchgymError: There are none, or too many.
    """

    def __init__(self, workers: int = 1) -> None:
        if workers < 1:
            raise ArchgymError(f"trials and shards need at least 1 worker, not {workers}")
        if workers > MOST_WORKERS:
            raise ArchgymError(
                f"{workers:,} workers are too many, at most {MOST_WORKERS} are started"
            )
        self.workers = workers

    def execute(
        self, jobs: Sequence[J], folder: Path, lock: Lock | None = None
    ) -> Generator[tuple[J, TrialFailure | None], None, None]:
        """Runs jobs; see `Executor.execute`."""
        waiting = list(reversed(jobs))
        tried_again: set[str] = set()
        pool: list[_Worker[J]] = []
        has_begun = False
        try:
            pool.extend(_Worker(folder, lock) for _ in range(min(self.workers, len(jobs))))
            while pool:
                ready = connection.wait([worker.pipe for worker in pool])
                for worker in [worker for worker in pool if worker.pipe in ready]:
                    job = worker.job
                    try:
                        message = worker.pipe.recv()
                    except (EOFError, OSError):  # An OSError if it died in the middle of a message.
                        pool.remove(worker)
                        worker.process.join()
                        code = worker.process.exitcode
                        if job is None:
                            if not has_begun and (code is None or code >= 0):
                                raise _cannot_start() from None
                            # It had not asked for one. Each death counts for one, so it ends.
                            job = waiting.pop() if waiting else None
                        if job is not None and job.name not in tried_again:
                            tried_again.add(job.name)
                            waiting.append(job)
                        elif job is not None:
                            yield job, TrialFailure(job, _describe_death(code))
                        if waiting:
                            _replace(pool, folder, lock)
                        continue
                    has_begun = True
                    if job is not None:
                        yield job, message
                    if waiting:
                        worker.assign(waiting.pop())
                    else:
                        pool.remove(worker)
                        _stop([worker])
        finally:
            _stop(pool)


def _work(pipe: "connection.Connection", folder: Path, lock: Lock | None) -> None:
    """What a worker process does: run the jobs that come through the pipe.

    It keeps the lock, if there is one, by being there.
    """
    end_with_parent()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        pipe.send(_STARTED)
        # From now on, a request to end must let temporary files be removed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        while True:
            pipe.send(attempt(pipe.recv(), folder))
    except (EOFError, ConnectionError):  # The parent is gone.
        return


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
