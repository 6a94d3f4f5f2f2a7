"""The regrets of a study's trials."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archgym.analysis import Results
from archgym.analysis.landscape import Landscape
from archgym.analysis.results import ProblemKey, TrialResult
from archgym.errors import ArchgymError
from archgym.table import Table, read_header
from experiments.enumeration.summary import keeps_data

# Where curves are drawn: at so many evaluations a decade.
_POINTS = 12
# After these budgets agents are compared too, if some agent has more.
_EARLIER = (100, 1_000)


@dataclass(frozen=True)
class Found:
    """What the trials of one agent found on one problem.

    Attributes:
        regret: By budget, each float64, shape `[seeds]`.
        quantile: Likewise, the share of designs that cost less.
        curve: Regret at `steps`, shape `[seeds, len(steps)]`.
        steps: Numbers of evaluations, ascending.
    """

    regret: Mapping[int, NDArray[np.float64]]
    quantile: Mapping[int, NDArray[np.float64]]
    curve: NDArray[np.float64]
    steps: NDArray[np.int64]


@dataclass(frozen=True)
class Regrets:
    """What all agents found.

    Attributes:
        agents: Their labels, in the study's order.
        budgets: After which they are compared, ascending: those of the study, and powers of ten.
        problems: By problem and agent; those that are too easy are not among them.
        too_easy: The others.
    """

    agents: tuple[str, ...]
    budgets: tuple[int, ...]
    problems: Mapping[ProblemKey, Mapping[str, Found]]
    too_easy: tuple[ProblemKey, ...]

    def sample(
        self, objective: str, agent: str, budget: int, what: str = "regret"
    ) -> list[NDArray[np.float64]]:
        """Returns an agent's regrets or quantiles on all problems of an objective, by seed."""
        return [
            getattr(agents[agent], what)[budget]
            for problem, agents in self.problems.items()
            if problem.objective == objective
        ]


def measure(run: Path) -> Regrets:
    """Computes the regrets of a study.

    Raises:
        ArchgymError: The study is not complete, did not run on tables, or all of its problems are
            too easy.
    """
    results = Results.load(run)
    if results.missing:
        raise ArchgymError(f"{results.missing} trials of {run} are missing; run the study first")
    kind, _, folder = results.study.simulator.partition(":")
    if kind != "tabular":
        raise ArchgymError(f"{run} is not a study on tables, whose optimum is known")
    own = results.budgets
    budgets = sorted({*own, *(budget for budget in _EARLIER if budget < max(own))})
    problems: dict[ProblemKey, dict[str, Found]] = {}
    too_easy = []
    for problem, agents in results.trials.items():
        workload = next(results.of_problem(problem)).summary["workload_id"]
        table = _table(Path(folder), workload)
        landscape = Landscape.of(table, problem.objective).among(keeps_data(table))
        if landscape.is_too_easy:
            too_easy.append(problem)
            continue
        problems[problem] = {
            agent: _found(trials, [b for b in budgets if b <= _budget(trials)], landscape)
            for agent, trials in agents.items()
        }
    if not problems:
        raise ArchgymError(f"every problem of {run} is too easy to compare anything on")
    labels = tuple(agent.label for agent in results.study.agents)
    return Regrets(labels, tuple(budgets), problems, tuple(too_easy))


@lru_cache(maxsize=1)  # The problems of a workload follow each other.
def _table(tables: Path, workload: str) -> Table:
    """Reads the table of a workload, by its identity."""
    for path in sorted([*tables.glob("table.json"), *tables.glob("*/table.json")]):
        if read_header(path.parent).workload["id"] == workload:
            return Table(path.parent)
    raise ArchgymError(f"{tables} holds no table of workload {workload}")


def _budget(trials: list[TrialResult]) -> int:
    return max(len(trial.costs) for trial in trials)


def _found(trials: list[TrialResult], budgets: list[int], landscape: Landscape) -> Found:
    costs = np.array([np.minimum.accumulate(trial.costs) for trial in trials])
    length = costs.shape[1]
    decades = np.log10(length)
    steps = np.unique(np.logspace(0, decades, int(_POINTS * decades) + 1).round().astype(np.int64))
    after = {budget: costs[:, budget - 1] for budget in budgets}
    return Found(
        {budget: _regret(landscape, least) for budget, least in after.items()},
        {
            budget: np.array([landscape.rank(cost) for cost in least])
            for budget, least in after.items()
        },
        _regret(landscape, costs[:, steps - 1]),
        steps,
    )


def _regret(landscape: Landscape, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    return (costs - landscape.optimum) / (landscape.default_cost - landscape.optimum)
