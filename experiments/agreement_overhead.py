"""What the adapter of another project's simulator adds to a run of the simulator alone."""

import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgym.dram.workload import Workload
from archgym.simulator import Failure
from archgym.simulators._external import External, Job

REPEATS = 15


def overhead(simulator: External, workload: Workload) -> dict[str, float]:
    """Runs the default design with the adapter and its programs without it, in turns.

    Args:
        simulator: What to measure; a fresh one of its kind is used.
        workload: What it plays.

    Returns:
        `runs`, of the program for one design; `bare_ms` of processor time of one, the program's
        alone; and `overhead_ms` that the adapter adds to each, its own and the program's processor
        time together. Medians of differences, since the load of the machine adds to neither.
    """
    alone = type(simulator)(workers=1)
    with tempfile.TemporaryDirectory() as name:
        kept = _Kept(alone, Path(name))
        kept.evaluate(workload)
        bare_s, added_s = [], []
        for _ in range(REPEATS):
            began = _children_s() + time.process_time()
            kept.evaluate(workload)
            whole = _children_s() + time.process_time() - began
            began = _children_s()
            kept.again()
            bare_s.append((_children_s() - began) / kept.runs)
            added_s.append(whole / kept.runs - bare_s[-1])
    return {
        "runs": kept.runs,
        "bare_ms": round(1e3 * statistics.median(bare_s), 2),
        "overhead_ms": round(1e3 * statistics.median(added_s), 2),
    }


class _Kept:
    """A simulator whose first runs are kept, to be run again without it."""

    def __init__(self, simulator: External, folder: Path) -> None:
        self._simulator = simulator
        self._folder = folder
        self._runs: list[tuple[Path, list[str], Mapping[str, str]]] = []
        self._execute = simulator.execute
        simulator.execute = self._keep  # type: ignore[method-assign]

    @property
    def runs(self) -> int:
        """How often the program runs for one design."""
        return len(self._runs)

    def evaluate(self, workload: Workload) -> None:
        """Runs the default design with the adapter."""
        (outcome,) = self._simulator.evaluate([{}], workload)
        assert not isinstance(outcome, Failure), outcome
        self._simulator.execute = self._execute  # type: ignore[method-assign]

    def again(self) -> None:
        """Runs what was kept without the adapter."""
        for folder, command, environment in self._runs:
            subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
            )

    def _keep(self, job: Job, *arguments: str, environment: Mapping[str, str] = {}) -> Any:
        shared = self._folder / str(len(self._runs))
        shutil.copytree(job.shared, shared)
        command = [str(self._simulator.program), *arguments]
        self._runs.append((shared / job.folder.name, command, environment))
        return self._execute(job, *arguments, environment=environment)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
