"""Runs jobs on a Ray cluster: on other machines, or with Ray on this one.

Each worker is an actor with one core. Nodes need archgym, the same release of it as here, and no
file system in common: what jobs read is sent to a node once, by Ray's object store, what a job
leaves is sent back, and this process alone writes it.
"""

import logging
import os
import socket
from collections import OrderedDict
from collections.abc import Generator, Hashable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archgym import atomic, extras
from archgym.errors import ArchgymError
from archgym.study.executor import J, Job, TrialFailure, attempt
from archgym.study.lock import Lock
from archgym.study.release import Release

with extras.needed_by("the executor ray", "dist"):
    import ray
    from ray.exceptions import ActorUnavailableError, RayActorError, RayError

Files = dict[str, bytes | None]
"""Contents of files by name; `None` for one that is not there."""

# How many a worker keeps of what jobs have read: workloads, simulators, files of agents. Jobs come
# in the order of their workloads.
_KEPT = 8

_PATIENCE_S = 10.0

_ENVIRONMENT = {"OMP_NUM_THREADS": "1"}


class RayCluster:
    """Actors on a Ray cluster, each with a core of its own.

    Args:
        workers: How many; by default as many as the cluster has cores.
        address: That of a cluster that runs: `auto`, `HOST:PORT` or `ray://HOST:PORT`. By default,
            the one that this process has joined by `ray.init`, or else one that is started on this
            machine, and stopped by `close`.

    Attributes:
        workers: How many.

    Raises:
        ArchgymError: There is no cluster at `address`, this process has joined another, or Ray
            can't start.
    """

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        if workers is not None and workers < 1:
            raise ArchgymError(f"a cluster needs at least 1 worker, not {workers}")
        if address is not None:
            _check_reachable(address)
        self._joined = not ray.is_initialized()
        if self._joined:
            _join(workers, address)
        elif address not in (None, "auto"):
            raise ArchgymError(
                f"this process has joined a Ray cluster already, so it can't join {address}: leave "
                "it by ray.shutdown(), or give no address to use it"
            )
        cores = ray.cluster_resources().get("CPU", 1)  # type: ignore[no-untyped-call]
        self.workers = workers or max(1, int(cores))

    def close(self) -> None:
        """Leaves the cluster if it was joined for this; stops Ray if it was started for this."""
        if self._joined:
            ray.shutdown()

    def execute(
        self, jobs: Sequence[J], folder: Path, lock: Lock | None = None
    ) -> Generator[tuple[J, TrialFailure | None], None, None]:
        """Runs jobs; see `Executor.execute`. The lock is this process's alone."""
        crew = _Crew(min(self.workers, len(jobs)))
        waiting = list(reversed(jobs))
        tried_again: set[str] = set()
        sent: dict[Hashable, Any] = {}
        running: dict[Any, tuple[Any, J]] = {}
        try:
            with _explained():
                while waiting or running:
                    while waiting and (actor := crew.idle()) is not None:
                        job = waiting.pop()
                        running[_hand_out(job, folder, actor, sent)] = (actor, job)
                    for ref in crew.wait(list(running)):
                        actor, job = running.pop(ref)
                        try:
                            files, failure = ray.get(ref)
                        except (RayActorError, ActorUnavailableError):
                            crew.replace(actor)
                            if job.name not in tried_again:
                                tried_again.add(job.name)
                                waiting.append(job)
                            else:
                                yield job, TrialFailure(job, "its worker died, twice")
                            continue
                        crew.release(actor)
                        _write(files, folder)
                        yield job, failure and TrialFailure(job, *failure)
        finally:
            crew.stop()


def _join(workers: int | None, address: str | None) -> None:
    """Joins the cluster at an address, or starts one with so many cores."""
    own: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        # Without "local", Ray would join any cluster that it finds.
        ray.init(
            address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            **({} if address else own),
        )
    # Of an address that is none, Ray tells in many ways.
    except Exception as error:
        reason = " ".join(str(error).split())
        if address is None:
            raise ArchgymError(f"Ray can't start here: {reason}") from error
        raise ArchgymError(
            f"can't join a Ray cluster at {address}: {reason}; one that asks for tokens needs "
            "RAY_AUTH_MODE=token in the environment here"
        ) from error


def _check_reachable(address: str) -> None:
    """Refuses an address at which nobody listens, where Ray itself would try for minutes."""
    if address == "auto":
        return
    host, mark, port = address.removeprefix("ray://").rpartition(":")
    if not mark or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ArchgymError(
            f"the address of a Ray cluster is auto, HOST:PORT or ray://HOST:PORT, not {address!r}"
        )
    try:
        socket.create_connection((host, int(port)), _PATIENCE_S).close()
    except OSError as error:
        raise ArchgymError(f"there is no Ray cluster at {address}: {error}") from error


class _Crew:
    """The actors of a cluster, of which each is idle or has a job."""

    def __init__(self, size: int) -> None:
        self._release = Release.of_this_process()
        self._idle: list[Any] = []
        self._starting: dict[Any, Any] = {}
        self._busy: list[Any] = []
        self._deaths = 0
        self._size = size
        for _ in range(size):
            self._start()

    def _start(self) -> None:
        self._await(_Worker.remote())  # type: ignore[attr-defined]

    def _await(self, actor: Any) -> None:
        self._starting[actor.release.remote()] = actor

    def idle(self) -> Any:
        """Returns an actor that has nothing to do, and from now on has; `None` if there is none."""
        if not self._idle:
            return None
        self._busy.append(self._idle.pop())
        return self._busy[-1]

    def release(self, actor: Any) -> None:
        """Says that an actor has nothing to do any more."""
        self._busy.remove(actor)
        self._idle.append(actor)

    def replace(self, actor: Any) -> None:
        """Starts an actor in the place of one that has died, on whichever node has room."""
        self._busy.remove(actor)
        self._start()
        # Idle ones may have died with it, with their node, and would take a job with them.
        for each in self._idle:
            self._await(each)
        self._idle.clear()

    def wait(self, running: list[Any]) -> list[Any]:
        """Waits until something has happened; returns which of the running jobs have ended."""
        ready, _ = ray.wait([*running, *self._starting], num_returns=1)
        for ref in ready:
            if ref in self._starting:
                self._started(ref)
        return [ref for ref in ready if ref in running]

    def _started(self, ref: Any) -> None:
        actor = self._starting.pop(ref)
        try:
            node, release = ray.get(ref)
        except (RayActorError, ActorUnavailableError) as error:
            self._deaths += 1
            if self._deaths > 2 * self._size and not self._idle and not self._busy:
                raise ArchgymError(f"no worker could start on the Ray cluster: {error}") from error
            self._start()
            return
        if difference := self._release.difference(release):
            raise ArchgymError(
                f"node {node} of the Ray cluster has another release of what computes the results: "
                f"{difference}; install the same on all nodes"
            )
        self._idle.append(actor)

    def stop(self) -> None:
        """Ends all actors."""
        for actor in (*self._idle, *self._busy, *self._starting.values()):
            with suppress(Exception):  # The cluster may be gone.
                ray.kill(actor)


def _hand_out(job: Job, folder: Path, actor: Any, sent: dict[Hashable, Any]) -> Any:
    """Sends a job to an actor with what it reads; returns the reference of its result."""
    given = {}
    for key, load in job.needs().items():
        if key not in sent:
            sent[key] = ray.put(load())
        given[key] = [sent[key]]  # In a list, as the actor may have it already.
    return actor.run.remote(job, _read(job, folder), given)


@ray.remote(num_cpus=1, max_restarts=0, runtime_env={"env_vars": _ENVIRONMENT})
class _Worker:
    """What an actor does: it runs one job after another, each in a folder that is then removed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def release(self) -> tuple[str, Release]:
        """Returns the address of the node, and what computes results there."""
        node: str = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
        return node, Release.of_this_process()

    def run(
        self, job: Job, files: Files, given: Mapping[Hashable, list[Any]]
    ) -> tuple[Files, tuple[str, str] | None]:
        """Runs a job.

        Args:
            job: The job.
            files: The files in its folder.
            given: References to what it reads.

        Returns:
            The files that have changed, and if it failed, the reason and the traceback.
        """
        for key, (ref,) in given.items():
            if key not in self._kept:
                self._kept[key] = ray.get(ref)
            self._kept.move_to_end(key)
        found = {key: self._kept[key] for key in given}
        while len(self._kept) > max(_KEPT, len(given)):
            self._kept.popitem(last=False)
        with TemporaryDirectory(prefix="archgym-") as name:
            folder = Path(name)
            _write(files, folder)
            failure = attempt(job, folder, found)
            left = _read(job, folder)
        changed = {name: content for name, content in left.items() if content != files[name]}
        return changed, (failure.reason, failure.details) if failure else None


def _read(job: Job, folder: Path) -> Files:
    paths = {name: folder / name for name in job.files}
    return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}


def _write(files: Files, folder: Path) -> None:
    """Writes files in their order, and removes those that are gone only then."""
    for name, content in files.items():
        if content is not None:
            with atomic.replacing(folder / name) as temporary:
                temporary.write_bytes(content)
    for name, content in files.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _explained() -> Generator[None, None, None]:
    """Turns what Ray itself fails with into one sentence."""
    try:
        yield
    except RayError as error:
        raise ArchgymError(f"the Ray cluster failed: {' '.join(str(error).split())}") from error
