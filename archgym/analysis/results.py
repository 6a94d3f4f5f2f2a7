"""What a study has measured, read from its folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from archgym import domain as domains
from archgym import evaluation_log, parquet
from archgym.domain import Domain
from archgym.errors import ArchgymError, DamagedError
from archgym.objectives import Limited, Objective
from archgym.space import DesignSpace
from archgym.study import inputs
from archgym.study.damage import repairable
from archgym.study.study import Study
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
        violations: How far each was beyond the limits of the objective, 0 within them and `inf`
            without metrics; float64, shape `[evaluations]`.
        default_value: What is minimised, as the default design has it, be it within limits or not.
    """

    path: Path
    summary: dict[str, Any]
    costs: NDArray[np.float64]
    violations: NDArray[np.float64]
    default_value: float

    @property
    def log(self) -> pd.DataFrame:
        """The rows of the log, in order; read again each time, as a study may have millions."""
        return evaluation_log.read(self.path).sort_values("step", ignore_index=True)

    @property
    def values(self) -> NDArray[np.float64]:
        """The costs of designs within the limits, which are no penalties; `inf` for all others."""
        return np.where(self.violations == 0, self.costs, np.inf)

    @cached_property
    def best_so_far(self) -> NDArray[np.float64]:
        """Least value up to each evaluation, as a multiple of the default design's.

        It is `inf` until a design within the limits was found; shape `[evaluations]`.
        """
        return np.minimum.accumulate(self.values / self.default_value)

    def best_after(self, evaluations: int) -> float:
        """Returns the least value up to an evaluation, or to the end if that came before.

        It is a multiple of the default design's.
        """
        return float(self.best_so_far[min(evaluations, len(self.best_so_far)) - 1])

    def nearest_after(self, evaluations: int) -> float:
        """Returns how far beyond the limits the design nearest to them was; 0 if one was within."""
        return float(self.violations[:evaluations].min())

    def best_row(self, evaluations: int | None = None) -> dict[Any, Any]:
        """Returns the log's row of the best design up to an evaluation, or of all.

        Without a design within the limits, it is that of least cost.
        """
        values, costs = self.values[:evaluations], self.costs[:evaluations]
        step = int((values if np.isfinite(values).any() else costs).argmin())
        (row,) = self.log.iloc[[step]].to_dict("records")
        return row


@dataclass(frozen=True)
class Results:
    """The trials of a study that are complete.

    Attributes:
        study: What was to be run.
        trials: By problem and agent, in the study's order; each a list with one trial per seed.
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
            DamagedError: A file in it is not what was written; the message says how to repair it.
        """
        folder = Path(folder)
        with repairable(folder):
            return cls._load(folder)

    @classmethod
    def _load(cls, folder: Path) -> "Results":
        study = Study.parse(folder / "spec.toml")
        domain = domains.load(study.domain)
        trials: dict[ProblemKey, dict[str, list[TrialResult]]] = {}
        missing = 0
        for trial in study.trials:
            log = folder / "trials" / f"{trial.name}.parquet"
            if not log.exists():
                missing += 1
                continue
            key = ProblemKey(trial.workload.label, domain.respell(trial.objective))
            of_agent = trials.setdefault(key, {}).setdefault(trial.agent.label, [])
            of_agent.append(_read(log, domain.objective(key.objective)))
        if not trials:
            raise ArchgymError(f"{folder} holds no complete trial")
        return cls(study, trials, missing, folder)

    @property
    def domain(self) -> Domain:
        """The study's domain."""
        return domains.load(self.study.domain)

    @cached_property
    def space(self) -> DesignSpace:
        """The study's design space, for the platform as it was when the study began.

        Raises:
            ArchgymError: The study is older than the record of its platform, which has gone since.
        """
        options = dict(self.study.options)
        if self.folder is None:
            return self.domain.platform(options).space(self.study.space)
        return inputs.platform(self.folder, self.domain, options).space(self.study.space)

    def objective(self, problem: ProblemKey) -> Objective:
        """Returns the objective of a problem."""
        return self.domain.objective(problem.objective)

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
        """Returns the trial that found the best design of a problem, the first of several.

        Where nobody found one within the limits, it is that of least cost.
        """
        return min(
            self.of_problem(problem),
            key=lambda trial: (trial.best_so_far[-1], trial.costs.min()),
        )

    def of_problem(self, problem: ProblemKey) -> Iterator[TrialResult]:
        """Yields all trials of a problem."""
        for of_agent in self.trials[problem].values():
            yield from of_agent


def _read(path: Path, objective: Objective) -> TrialResult:
    summary = evaluation_log.read_summary(path) or {}
    sha256 = summary.get(evaluation_log.LOG_SHA256)
    costs = _columns(path, ["cost"], sha256)["cost"]
    summary = read_summary(path, len(costs))
    violations = np.where(np.isfinite(costs), 0.0, np.inf)
    try:
        default_value = summary["default_cost"]
        if isinstance(objective, Limited):
            reference = summary["default_metrics"]
            default_value = objective.term(reference)
            if np.isfinite(costs).any():  # Otherwise there are no metrics at all.
                terms = [limit.term for limit in objective.limits]
                needed = {name for term in terms for name in (*term.metrics, *term.optional)}
                names = sorted(needed & reference.keys())
                found = _columns(path, [f"metric.{name}" for name in names], sha256)
                metrics: Any = {name: found[f"metric.{name}"] for name in names}
                for limit in objective.limits:
                    violations = np.fmax(violations, limit.excess(metrics, reference))
    except (KeyError, TypeError) as error:  # Of a summary that is older than its digest.
        raise DamagedError(f"the summary of {path} is damaged: {error!r}") from error
    return TrialResult(path, summary, costs, violations, default_value)


def _columns(path: Path, names: list[str], sha256: str | None) -> dict[str, NDArray[np.float64]]:
    rows = parquet.read_frame(path, ["step", *names], sha256).sort_values("step")
    evaluation_log.check_steps(rows["step"], str(path))
    try:
        return {name: rows[name].to_numpy(np.float64) for name in names}
    except (ValueError, TypeError) as error:
        raise DamagedError(f"can't read {path}: {error}") from error
