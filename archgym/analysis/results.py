"""What a study has measured, read from its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from archgym import dataset
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError
from archgym.space import DesignSpace
from archgym.study import inputs
from archgym.study.spec import Study
from archgym.study.trial import read_summary


class ProblemKey(NamedTuple):
    """One problem of a study, on which its agents are compared."""

    workload: str
    objective: str


@dataclass(frozen=True, eq=False)
class TrialResult:
    """What one trial measured.

    Attributes:
        path: Its sealed log.
        summary: The trial's summary, as written beside its log.
        costs: Of its evaluations, in order; float64, shape `[evaluations]`.
    """

    path: Path
    summary: dict[str, Any]
    costs: NDArray[np.float64]

    @property
    def log(self) -> pd.DataFrame:
        """The rows of the log, in order; read anew each time, as a study may have many millions."""
        return dataset.read(self.path).sort_values("step", ignore_index=True)

    @cached_property
    def best_so_far(self) -> NDArray[np.float64]:
        """Least cost up to each evaluation, as a multiple of the default design's.

        It is `inf` until a design could be run; shape `[evaluations]`.
        """
        return np.minimum.accumulate(self.costs / self.summary["default_cost"])

    def best_after(self, evaluations: int) -> float:
        """Returns the least cost up to an evaluation, or to the end if that came before."""
        return float(self.best_so_far[min(evaluations, len(self.best_so_far)) - 1])


@dataclass(frozen=True)
class Results:
    """The trials of a study that are complete.

    Attributes:
        study: What was to be run.
        trials: By problem and agent, in the study's order; each a list with one trial a seed.
        missing: How many trials are not complete.
        folder: Where they were read from; `None` if nowhere.
    """

    study: Study
    trials: dict[ProblemKey, dict[str, list[TrialResult]]]
    missing: int
    folder: Path | None = None

    @classmethod
    def load(cls, folder: str | Path) -> "Results":
        """Reads the folder of a study.

        Raises:
            ArchgymError: It is not the folder of a study, or no trial is complete.
        """
        folder = Path(folder)
        study = Study.parse(folder / "spec.toml")
        trials: dict[ProblemKey, dict[str, list[TrialResult]]] = {}
        missing = 0
        for trial in study.trials:
            log = folder / "trials" / f"{trial.name}.parquet"
            if not log.exists():
                missing += 1
                continue
            key = ProblemKey(trial.workload.label, trial.objective)
            of_agent = trials.setdefault(key, {}).setdefault(trial.agent.label, [])
            of_agent.append(_read(log))
        if not trials:
            raise ArchgymError(f"{folder} holds no complete trial")
        return cls(study, trials, missing, folder)

    @cached_property
    def space(self) -> DesignSpace:
        """The study's design space, for the device as it was when the study began.

        Raises:
            ArchgymError: The study is older than the record of its device, which has gone since.
        """
        name, device = self.study.space, self.study.device
        system = inputs.system(self.folder, device) if self.folder else device
        return make_space(name, system, allow_data_loss=self.study.allow_data_loss)

    @property
    def budgets(self) -> list[int]:
        """The budgets of the study's agents, each once, ascending."""
        return sorted({agent.budget or self.study.budget for agent in self.study.agents})

    def after(self, problem: ProblemKey, budget: int) -> dict[str, list[TrialResult]]:
        """Returns the trials of a problem, by agent, of those agents that have such a budget."""
        budgets = {agent.label: agent.budget for agent in self.study.agents}
        return {
            label: trials
            for label, trials in self.trials[problem].items()
            if (budgets[label] or self.study.budget) >= budget
        }

    def best(self, problem: ProblemKey) -> TrialResult:
        """Returns the trial that found the cheapest design of a problem, the first of several."""
        return min(self.of_problem(problem), key=lambda trial: trial.best_so_far[-1])

    def of_problem(self, problem: ProblemKey) -> Iterator[TrialResult]:
        """Yields all trials of a problem."""
        for of_agent in self.trials[problem].values():
            yield from of_agent


def _read(path: Path) -> TrialResult:
    try:
        log = pd.read_parquet(path, columns=["step", "cost"]).sort_values("step")
    except (OSError, pa.ArrowInvalid) as error:
        raise ArchgymError(f"can't read {path}: {error}") from error
    dataset.check_steps(log["step"], str(path))
    return TrialResult(path, read_summary(path, len(log)), log["cost"].to_numpy(np.float64))
