"""A problem: find the design of a space that costs the least on a workload."""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from archgym import domain as domains
from archgym import simulators
from archgym.domain import Domain
from archgym.errors import ArchgymError, unknown
from archgym.evaluation import Evaluated
from archgym.evaluation_log import Journal, Row
from archgym.objectives import Objective
from archgym.parameter import Design
from archgym.simulator import Failure, Metrics, Outcome, Simulator
from archgym.space import DesignSpace
from archgym.workload import Workload

# A design without metrics costs agents and environments this many times the default design's cost:
# more than designs that work, whose latency can be a hundred times the default's and more.
PENALTY = 1000.0


class BudgetExhausted(RuntimeError):  # noqa: N818 - an ordinary end, not an error
    """More designs were to be evaluated than the budget has left; none of them was."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What became of one design.

    Attributes:
        design: The design in full, as it was given.
        canonical: Its canonical form, which is what was simulated.
        metrics: What the simulator measured; `None` when infeasible or failed. Not to be changed.
        cost: The objective's; `inf` without metrics.
        feasible: Whether the space allows the design.
        failure: Why there are no metrics; `None` if there are.
        cached: Whether the problem had evaluated an equivalent design before.
        step: Its number among the problem's evaluations, from 0; -1 for the default design.
        violation: How far it is beyond the limit of the objective that it misses most, as a share
            of the limit: 0.1 is 10 % beyond. 0 if it keeps all limits, `inf` without metrics.
    """

    design: dict[str, Any]
    canonical: dict[str, Any]
    metrics: Metrics | None
    cost: float
    feasible: bool
    failure: str | None
    cached: bool
    step: int
    violation: float

    @property
    def within_limits(self) -> bool:
        """Whether it has metrics and keeps all limits of the objective, if there are any."""
        return self.violation == 0


Key = tuple[Any, ...]
"""What equivalent designs share: the values of their canonical form."""


class _Result(NamedTuple):
    """What is the same of every evaluation of a canonical design."""

    metrics: Metrics | None
    cost: float
    violation: float | None  # not known of what a journal has, as it depends on the default design
    feasible: bool
    failure: str | None

    @classmethod
    def none(cls, failure: str, *, feasible: bool) -> "_Result":
        """The result of a design without metrics."""
        return cls(None, math.inf, math.inf, feasible, failure)


class Problem:
    """Evaluates designs: counted, cached, logged and within a budget.

    The budget counts every design handed to `evaluate`, be it a repeat, infeasible or failed. The
    simulator sees each canonical design once and no infeasible one, and gets all new designs of one
    call in one batch. The cache saves time and changes no count.

    Given the journal of a trial that was cut short, the problem answers from it for as long as the
    same designs come in the same order, and goes on from there.

    A problem can be pickled and copied, unless it writes a journal. The copy begins with what was
    counted and cached so far, and counts for itself.

    Args:
        space: The designs to choose from.
        workload: What to run them on.
        objective: What to minimise, or its text, e.g. `"runtime"`; by default the domain's.
        simulator: What to run them with, or its name; by default the domain's.
        domain: What the designs are of, or its name; it says what texts and names mean.
        budget: How many designs may be evaluated; `None` for any number.
        journal: Where to log every evaluation; `None` for nowhere.

    Attributes:
        space: As given.
        workload: As given.
        objective: As an object.
        simulator: As an object.
        domain: As an object.
        budget: As given.
        evaluations: How many designs were evaluated.
        simulations: How many distinct canonical designs among them had to be simulated.
        simulator_seconds: The time spent in the simulator, that for the default design included.
        best: The evaluation of least cost, the first of several; `None` while all have failed.

    Raises:
        ArchgymError: The objective or simulator is unknown, the budget is not positive, the
            simulator lacks a parameter of the space, or the journal is another trial's.
    """

    def __init__(
        self,
        space: DesignSpace,
        workload: Workload,
        objective: str | Objective | None = None,
        simulator: str | Simulator | None = None,
        *,
        domain: str | Domain = domains.DEFAULT,
        budget: int | None = None,
        journal: Journal | None = None,
    ) -> None:
        if budget is not None and budget < 1:
            raise ArchgymError(f"a budget is at least 1 evaluation, not {budget}")
        self.space = space
        self.workload = workload
        self.domain = domains.load(domain) if isinstance(domain, str) else domain
        if objective is None:
            objective = self.domain.defaults.objective
        if simulator is None:
            simulator = self.domain.defaults.simulator
        self.objective = (
            self.domain.objective(objective) if isinstance(objective, str) else objective
        )
        self.simulator = simulators.make(simulator) if isinstance(simulator, str) else simulator
        for name in space.parameters:
            if name not in self.simulator.parameters:
                known = self.simulator.parameters
                raise unknown(f"parameter of simulator {self.simulator.name}", name, known)
        self.budget = budget
        self.evaluations = 0
        self.simulations = 0
        self.simulator_seconds = 0.0
        self.best: Evaluation | None = None
        self._journal = journal
        self._results: dict[Key, _Result] = {}
        self._seen: set[Key] = set()
        self._began = time.perf_counter()
        self._recover(journal.recovered if journal else [])

    @property
    def remaining(self) -> int:
        """How many more designs may be evaluated; without a budget, more than anyone can."""
        return (sys.maxsize if self.budget is None else self.budget) - self.evaluations

    @cached_property
    def default(self) -> Evaluation:
        """The evaluation of the space's default design: run once, outside the budget and the log.

        Raises:
            ArchgymError: The simulator can't run it, so that there is nothing to compare with.
        """
        design = self.space.default
        key = tuple(design.values())
        if key not in self._results:
            (outcome,) = self._simulate([design])
            if isinstance(outcome, Failure):
                raise ArchgymError(
                    f"simulator {self.simulator.name} can't run the default design of space "
                    f"{self.space.name} on {self.workload.id}: {outcome.reason}"
                )
            judged = self.objective.judge(outcome, outcome)
            self._results[key] = _Result(outcome, *judged, True, None)
        result = self._with_violation(key, self._results[key].metrics or {})
        return _evaluation(design, design, result, cached=False, step=-1)

    def penalised(self, evaluation: Evaluation) -> float:
        """Returns the cost for agents and environments to learn from, always finite.

        It is the cost itself, or for a design without metrics `PENALTY` times the default design's.
        """
        if math.isfinite(evaluation.cost):
            return evaluation.cost
        return PENALTY * self.default.cost

    def disclose(self, evaluations: Sequence[Evaluation]) -> list[Evaluated]:
        """Returns what agents may know of evaluations, in order: what the costs are made of."""
        objective, reference = self.objective, self.default.metrics or {}
        return [
            Evaluated(
                each.design,
                self.penalised(each),
                each.feasible,
                each.metrics is None,
                None if each.metrics is None else (objective, each.metrics, reference),
            )
            for each in evaluations
        ]

    def evaluate(self, designs: Sequence[Design]) -> list[Evaluation]:
        """Evaluates designs.

        Args:
            designs: Designs of the space; parameters left out take their defaults.

        Returns:
            One evaluation per design, in order.

        Raises:
            ArchgymError: A design is not of the space. Nothing was counted.
            BudgetExhausted: More designs than `remaining`. Nothing was counted.
        """
        if len(designs) > self.remaining:
            raise BudgetExhausted(
                f"{len(designs)} designs to evaluate and {self.remaining} evaluations left"
            )
        full = [self.space.validate(design) for design in designs]
        canonical = [self.space.reset_inactive(design) for design in full]
        keys = [tuple(design.values()) for design in canonical]
        self._settle(dict(zip(keys, canonical, strict=True)))
        evaluations = [self._count(*item) for item in zip(full, canonical, keys, strict=True)]
        if self._journal:
            self._log(self._journal, evaluations)
        return evaluations

    def _settle(self, designs: dict[Key, dict[str, Any]]) -> None:
        """Finds the result of every canonical design that has none, in one batch."""
        reference = self.default.metrics or {}
        misses = {}
        for key, design in designs.items():
            if key in self._results:
                continue
            reason = self.space.reason_against(design)
            if reason is None:
                misses[key] = design
            else:
                self._results[key] = _Result.none(reason, feasible=False)
        outcomes = self._simulate(list(misses.values()))
        for key, outcome in zip(misses, outcomes, strict=True):
            if isinstance(outcome, Failure):
                self._results[key] = _Result.none(outcome.to_text(), feasible=True)
            else:
                judged = self.objective.judge(outcome, reference)
                self._results[key] = _Result(outcome, *judged, True, None)

    def _simulate(self, designs: list[dict[str, Any]]) -> list[Outcome]:
        if not designs:
            return []
        began = time.perf_counter()
        outcomes = self.simulator.evaluate(designs, self.workload)
        self.simulator_seconds += time.perf_counter() - began
        return outcomes

    def _count(self, design: dict[str, Any], canonical: dict[str, Any], key: Key) -> Evaluation:
        result = self._with_violation(key, self.default.metrics or {})
        cached = key in self._seen
        evaluation = _evaluation(design, canonical, result, cached=cached, step=self.evaluations)
        self.evaluations += 1
        if not cached:
            self._seen.add(key)
            self.simulations += result.feasible
        if result.cost < (self.best.cost if self.best else math.inf):
            self.best = evaluation
        return evaluation

    def _with_violation(self, key: Key, reference: Metrics) -> _Result:
        """Returns a result, with the violation of one that comes from a journal."""
        result = self._results[key]
        if result.violation is None:
            violation = self.objective.violation(result.metrics or {}, reference)
            result = self._results[key] = result._replace(violation=violation)
        return result

    # Copies

    def __getstate__(self) -> dict[str, Any]:
        """Returns the state of a pickle or a copy, which from then on counts for itself.

        Raises:
            ArchgymError: It writes a journal, which one problem alone may do.
        """
        if self._journal:
            raise ArchgymError(
                f"a problem that writes {self._journal.path} can't be copied or sent to another "
                "process; make one without a journal there"
            )
        return vars(self)

    # The log

    def _log(self, journal: Journal, evaluations: list[Evaluation]) -> None:
        wall_time_s = time.perf_counter() - self._began
        new = []
        for evaluation in evaluations:
            row = self._row(evaluation)
            if evaluation.step >= len(journal.recovered):
                row["wall_time_s"] = wall_time_s
                row["simulator_time_s"] = self.simulator_seconds
                new.append(row)
            elif row.items() - journal.recovered[evaluation.step].items():
                raise ArchgymError(
                    f"{journal.path} is the journal of another trial: "
                    f"it differs at step {evaluation.step}"
                )
        journal.append(new)

    def _row(self, evaluation: Evaluation) -> Row:
        row: Row = {
            **self._labels,
            "step": evaluation.step,
            "cost": evaluation.cost,
            "feasible": evaluation.feasible,
            "failure": evaluation.failure,
            "default_cost": self.default.cost,
        }
        for prefix, values in (
            ("param.", evaluation.design),
            ("metric.", evaluation.metrics or {}),
        ):
            row.update(zip(_named(prefix, tuple(values)), values.values(), strict=True))
        return row

    @cached_property
    def _labels(self) -> Row:
        """The columns that are the same in all rows."""
        return {
            "space": self.space.name,
            "workload": self.workload.id,
            "objective": self.objective.name,
            "simulator": self.simulator.name,
            "simulator_version": self.simulator.version,
        }

    def _recover(self, rows: Sequence[Row]) -> None:
        """Takes over the results of a journal, so that its designs need no simulation."""
        try:
            for row in rows:
                design = _columns(row, "param.")
                metrics = _columns(row, "metric.") or None
                violation = math.inf if metrics is None else None
                result = _Result(metrics, row["cost"], violation, row["feasible"], row["failure"])
                self._results[self.space.key(design)] = result
            if rows:
                self._began -= rows[-1]["wall_time_s"]
                self.simulator_seconds = rows[-1]["simulator_time_s"]
        except (KeyError, TypeError) as error:
            raise ArchgymError(f"the journal is not of a problem: a row lacks {error}") from error


def _evaluation(
    design: dict[str, Any], canonical: dict[str, Any], result: _Result, *, cached: bool, step: int
) -> Evaluation:
    metrics, cost, violation, feasible, failure = result
    assert violation is not None
    return Evaluation(design, canonical, metrics, cost, feasible, failure, cached, step, violation)


@lru_cache(maxsize=64)
def _named(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prefix + name for name in names)


def _columns(row: Row, prefix: str) -> Row:
    return {
        name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)
    }
