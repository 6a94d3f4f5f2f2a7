"""What simulators of other projects share: how they are found, checked, run and told of."""

import hashlib
import os
import shutil
import tempfile
import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from archgym.dram.controller import PARAMETERS, complete, contradiction
from archgym.dram.mapping_family import OWN, mappings
from archgym.dram.reference_simulator import Defect, ReferenceSimulator
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.fingerprint import hash_sources, read_sources
from archgym.parameter import Completion, Design, Parameter
from archgym.simulator import Failure, Outcome
from archgym.simulators._process import Printed, run
from archgym.simulators._sources import SYSTEM

LIMIT_S = 600.0
"""How long a run may take by default, in seconds."""

LIMIT_VARIABLE = "ARCHGYM_TIME_LIMIT_S"
"""The environment variable that replaces it."""

# What decides the results of all of them.
_SOURCES = (
    *SYSTEM,
    "archgym.simulators._external",
    "archgym.simulators._measures",
    "archgym.simulators._process",
)


class UnreadableError(Exception):
    """What a simulator printed or wrote is not what was expected; says what was."""


@dataclass(frozen=True)
class Job:
    """One design to be run on one workload.

    Attributes:
        design: Every parameter of the simulator, with those left out at their defaults.
        workload: What is played.
        system: On what: the workload's system with the design's address mapping.
        shared: The folder with what is common to all designs.
        folder: An empty folder of its own, inside `shared`.
        stop: Set when nobody waits for it any longer.
    """

    design: Mapping[str, Any]
    workload: Workload
    system: System
    shared: Path
    folder: Path
    stop: threading.Event = field(default_factory=threading.Event)


class External(ReferenceSimulator):
    """Another project's simulator, run design by design in processes of their own.

    Args:
        workers: How many runs at once; by default one per processor.
        limit_s: How long a run may take, in seconds; by default `ARCHGYM_TIME_LIMIT_S`, or 600.

    Attributes:
        variable: The environment variable that says where it is.
        expects: What that variable should name.
        page: Where its own project says how to install it.
        defects: What is known to be wrong with it.
        sources: The modules that decide what it measures, besides those that all share.

    Raises:
        ArchgymError: It is not on this machine, or an argument is impossible.
    """

    variable: ClassVar[str]
    expects: ClassVar[str]
    page: ClassVar[str]
    standards: frozenset[str]
    defects: Sequence[Defect]
    sources: ClassVar[Sequence[str]] = ()

    def __init__(self, workers: int | None = None, limit_s: float | None = None) -> None:
        self.workers = (os.cpu_count() or 1) if workers is None else workers
        if self.workers < 1:
            raise ArchgymError(f"workers must be at least 1, not {workers}")
        self.limit_s = _limit_s() if limit_s is None else limit_s
        if self.limit_s <= 0:
            raise ArchgymError(f"limit_s must be positive, not {limit_s}")
        found = self.find()
        if found is None:
            raise ArchgymError(self.how_to_find())
        self.program = found
        adapter = hash_sources(read_sources([*_SOURCES, *self.sources]))
        self.version = f"{self.identify(found)}, adapter {adapter}"

    @classmethod
    @abstractmethod
    def find(cls) -> Path | None:
        """Returns where the simulator is on this machine, if it is."""

    @classmethod
    @abstractmethod
    def identify(cls, program: Path) -> str:
        """Returns what tells this build of the simulator from any other."""

    @classmethod
    def how_to_find(cls) -> str:
        """Says what to do if the simulator is not found."""
        return (
            f"{cls.title} is not here: install it as {cls.page} says, "
            f"then set {cls.variable} to {cls.expects}"
        )

    @classmethod
    def status(cls) -> str:
        """Says where the simulator is, or what to do if it is not."""
        found = cls.find()
        return cls.how_to_find() if found is None else f"{found} ({cls.identify(found)})"

    def detected(self) -> Sequence[Defect]:
        """Returns the defects that this build has: those that a test run shows, where there is one.

        By default all that are known.
        """
        return self.defects

    @abstractmethod
    def unsupported(self, workload: Workload) -> str | None:
        """Says why the simulator can't play a workload; `None` if it can."""

    @abstractmethod
    def share(self, workload: Workload, folder: Path) -> None:
        """Writes what all designs have in common, such as the trace, into a folder."""

    @abstractmethod
    def simulate(self, job: Job) -> Outcome:
        """Runs one design.

        Raises:
            UnreadableError: The simulator ended well, but its results can't be read.
        """

    def evaluate(self, designs: Sequence[Design], workload: Workload) -> list[Outcome]:
        """Simulates every design on one workload; see `Simulator.evaluate`."""
        if not designs:
            return []
        reason = self._unplayable(workload)
        if reason is not None:
            return [Failure("unsupported", reason)] * len(designs)
        full = [self.complete(design, workload.system) for design in designs]
        stop = threading.Event()
        try:
            with tempfile.TemporaryDirectory(
                prefix="archgym-", ignore_cleanup_errors=True
            ) as shared:
                self.share(workload, Path(shared))
                jobs = [
                    design
                    if isinstance(design, Failure)
                    else Job(
                        design,
                        workload,
                        mapped(workload.system, design.get("AddressMapping")),
                        Path(shared),
                        Path(shared) / f"run-{number}",
                        stop,
                    )
                    for number, design in enumerate(full)
                ]
                with ThreadPoolExecutor(self.workers) as pool:
                    try:
                        return list(pool.map(self._run, jobs))
                    except BaseException:
                        # The pool waits for what is under way, which an interrupt shall not.
                        stop.set()
                        raise
        except OSError as error:
            return [_no_input(self.title, error)] * len(designs)

    def complete(self, design: Design, system: System) -> dict[str, Any] | Failure:
        """Checks a design and fills in the defaults."""
        try:
            complete(design)
        except ArchgymError as error:
            return Failure("invalid", str(error))
        for name in design:
            if name not in self.parameters:
                return Failure("unsupported", f"{self.title} has no parameter {name}")
        try:
            full = complete(design, Completion(self.parameters))
        except ArchgymError as error:
            return Failure("unsupported", f"{self.title}: {error}")
        if reason := contradiction(full):
            return Failure("invalid", reason)
        return self.refused(full, system) or full

    def refused(self, design: Mapping[str, Any], system: System) -> Failure | None:
        """Says why a complete design can't be run on a system; `None` if it can."""
        refresh, device = design["RefreshPolicy"], system.device
        rules = device.rules()
        if refresh not in ("NoRefresh", *rules.refreshes):
            return Failure("unsupported", f"{device.label} ({device.standard}) has no {refresh}")
        return None

    def execute(
        self, job: Job, *arguments: str, environment: Mapping[str, str] = {}
    ) -> Printed | Failure:
        """Runs the program in a job's folder; a non-zero exit code is a crash."""
        printed = run(
            [str(self.program), *arguments], job.folder, self.limit_s, environment, job.stop
        )
        if isinstance(printed, Failure) or printed.code == 0:
            return printed
        if printed.code < 0:
            return printed.failure(f"{self.title} was killed by signal {-printed.code}")
        return printed.failure(f"{self.title} ended with exit code {printed.code}")

    def _unplayable(self, workload: Workload) -> str | None:
        device = workload.system.device
        if device.standard not in self.standards:
            known = ", ".join(sorted(self.standards))
            return f"{self.title} simulates {known}, not {device.standard} ({device.label})"
        return self.unsupported(workload)

    def _run(self, job: Job | Failure) -> Outcome:
        if isinstance(job, Failure):
            return job
        try:
            job.folder.mkdir()
            outcome = self.simulate(job)
        except OSError as error:
            return _no_input(self.title, error)
        except UnreadableError as error:
            return Failure("crash", f"{self.title} gave no result that can be read: {error}")
        finally:
            # Databases of all designs at once might be more than the disk holds.
            shutil.rmtree(job.folder, ignore_errors=True)
        return outcome


def narrowed(**values: Sequence[Any]) -> dict[str, Parameter]:
    """Returns parameters with some of their values; the first is the default if theirs is not one.

    Args:
        values: The values by name of parameter.
    """
    parameters = {}
    for name, kept in values.items():
        whole = PARAMETERS[name]
        default = whole.default if whole.default in kept else kept[0]
        parameters[name] = Parameter(name, kept, default, whole.ordered, whole.description)
    return parameters


def on_path(variable: str, *names: str) -> Path | None:
    """Finds a program by an environment variable, or else by name in PATH."""
    given = os.environ.get(variable)
    for name in (given,) if given else names:
        found = shutil.which(Path(name).expanduser())
        if found is not None:
            return Path(found).resolve()
    return None


@lru_cache(maxsize=16)
def _hash(path: Path, size: int, modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def fingerprint(path: Path) -> str:
    """Returns the beginning of a file's SHA-256."""
    status = path.stat()
    return f"sha256:{_hash(path, status.st_size, status.st_mtime_ns)}"


def _limit_s() -> float:
    given = os.environ.get(LIMIT_VARIABLE, "")
    try:
        return float(given) if given else LIMIT_S
    except ValueError:
        raise ArchgymError(f"{LIMIT_VARIABLE} must be a number of seconds, is {given!r}") from None


def mapped(system: System, name: Any) -> System:
    """Returns a system with the address mapping of a name; `None` is its own."""
    if name is None or name == OWN:
        return system
    return System(system.device, mappings(system)[name])


def _no_input(title: str, error: OSError) -> Failure:
    return Failure("crash", f"{title} can't be given its files: {error.strerror or error}")
