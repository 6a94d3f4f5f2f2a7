"""What is to be known of another simulator, and how it is run."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archgym.dram.workload import Workload
from archgym.errors import ArchgymError


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        requests: How many were served.
        simulated_ns: How long they took, in simulated time.
    """

    requests: int
    simulated_ns: float


@dataclass(frozen=True)
class Peer:
    """A simulator that is run as a program.

    Attributes:
        name: What it is called.
        variable: The environment variable that names its program.
        design: What the native simulator does at the same time.
        prepare: (workload, simulated time of the native simulator in ns, folder) -> arguments of
            the program, once its input lies in the folder.
        read: (what it printed, folder, workload) -> what it did.
    """

    name: str
    variable: str
    design: Mapping[str, Any]
    prepare: Callable[[Workload, float, Path], list[str]]
    read: Callable[[str, Path, Workload], Outcome]


class Run:
    """A peer with its input ready.

    Args:
        peer: Who runs.
        program: Its program.
        workload: What it plays.
        simulated_ns: How long that took the native simulator, in simulated time.
        folder: Where its input is put; made here.

    Attributes:
        outcome: What the last run did.

    Raises:
        ArchgymError: There is no such program.
    """

    outcome: Outcome

    def __init__(
        self, peer: Peer, program: str, workload: Workload, simulated_ns: float, folder: Path
    ) -> None:
        found = shutil.which(program)
        if found is None:
            raise ArchgymError(f"{peer.variable} names {program}, which is no program")
        folder.mkdir()
        arguments = peer.prepare(workload, simulated_ns, folder)
        self._command = [str(Path(found).absolute()), *arguments]
        self._peer, self._workload, self._folder = peer, workload, folder

    def cpu_seconds(self) -> float:
        """Runs the program; returns its CPU time over all its threads.

        Raises:
            ArchgymError: It failed.
        """
        before = _children()
        done = subprocess.run(
            self._command, cwd=self._folder, capture_output=True, encoding="utf-8", check=False
        )
        seconds = _children() - before
        if done.returncode != 0:
            raise ArchgymError(f"{self._peer.name} failed: {done.stderr or done.stdout}")
        self.outcome = self._peer.read(done.stdout, self._folder, self._workload)
        return seconds


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
