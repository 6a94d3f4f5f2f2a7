"""Search on proxies: many designs are put to a model, the most promising ones to the simulator."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from archgym.agents.base import Agent, tunable
from archgym.objectives import VIOLATION, AtTarget, term
from archgym.proxy.coding import Coding
from archgym.space import Design, DesignSpace

if TYPE_CHECKING:
    from archgym.problem import Evaluation, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class ProxySearch(Agent):
    """Confirm, add, retrain: trees learn from what was simulated what is worth simulating next.

    Boosted trees, several sets of them on resamples of the designs evaluated so far, predict each
    term of the objective, so that what is near a limit is judged by what is limited and not by its
    penalty. They judge a pool of designs, half drawn uniformly and half mutated from the best; the
    `confirm` designs of lowest confidence bound are simulated, added to the others, and the trees
    are grown anew. Told of costs alone, it models the cost.

    Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998,
    for the idea; Cox and John, "SDO: A Statistical Method for Global Optimization", 1997, for the
    bound; Ke et al., "LightGBM", NeurIPS 2017, for the trees.

    Example:
        >>> from archgym import agents
        >>> from archgym.envs.dram import make_problem
        >>> problem = make_problem("stream", budget=40)
        >>> agents.make("proxy_search", problem.space, seed=0).search(problem)
        >>> problem.evaluations
        40
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the search."""

        initial: int = tunable(20, 2, 10_000, "designs drawn uniformly first")
        confirm: int = tunable(10, 1, 10_000, "designs simulated between two trainings")
        pool: int = tunable(20_000, 10, 10_000_000, "designs that the trees judge")
        members: int = tunable(5, 2, 100, "sets of trees, each on a resample")
        trees: int = tunable(60, 1, 10_000, "trees of a set")
        confidence: float = tunable(1.0, 0.0, 10.0, "standard deviations that the bound is below")

    hyperparameters: Hyperparameters

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.batch_size = self.hyperparameters.confirm
        self._coding = Coding(space)
        self._allowed = [np.flatnonzero(space.allowed(name)) for name in space.parameters]
        self._goal = Goal("cost")
        self._indices: list[Ints] = []
        self._costs: list[float] = []
        self._terms: list[list[float]] = []  # logarithms

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes `n` designs, none of them known unless there are no others to be found."""
        if n == 0:
            return []
        if len(self._costs) < self.hyperparameters.initial:
            return self.sample(n)
        pool = self._draw_pool()
        designs: list[Design] = []
        if len(pool):
            codes = self._coding.codes(pool)
            order = np.argsort(self._judge(self._coding.positions(codes)), kind="stable")
            for row in pool[order]:
                design = self.space.decode(row)
                # Rules on several parameters are left from the drawing.
                if self.space.infeasibility(design) is None:
                    designs.append(design)
                if len(designs) == n:
                    break
        return designs + self.sample(n - len(designs))

    def tell(self, designs: Sequence[Design], costs: Sequence[float]) -> None:
        """Learns what designs cost, and models that."""
        for design, cost in zip(designs, costs, strict=True):
            self._add(design, cost, {"cost": cost})

    def search(self, problem: "Problem") -> None:
        """Spends the whole budget of a problem, and models the terms of its objective."""
        goal = Goal.of(problem)
        if goal != self._goal:  # What is known is of something else.
            self._goal, self._indices, self._costs, self._terms = goal, [], [], []
        while problem.remaining:
            evaluations = problem.evaluate(self.ask(min(self.batch_size, problem.remaining)))
            for evaluation in evaluations:
                cost = problem.penalised(evaluation)
                self._add(evaluation.design, cost, goal.measured(evaluation, cost))

    def _add(self, design: Design, cost: float, terms: dict[str, float]) -> None:
        self._indices.append(self.space.encode(self.space.canonical(design)))
        self._costs.append(cost)
        self._terms.append([_log(terms[name]) for name in self._goal.terms])

    def _draw_pool(self) -> Ints:
        """Draws designs that are not known, each once; shape `[n, len(space)]`."""
        half = self.hyperparameters.pool // 2
        uniform = np.column_stack([self.rng.choice(values, half) for values in self._allowed])
        costs = np.nan_to_num(np.array(self._costs), nan=np.inf)
        best = np.array(self._indices)[np.argsort(costs, kind="stable")[:10]]
        parents = best[self.rng.integers(len(best), size=half)]
        change = self.rng.random(parents.shape) < 2 / parents.shape[1]
        other = np.column_stack([self.rng.choice(values, half) for values in self._allowed])
        pool = np.concatenate([uniform, np.where(change, other, parents)])
        keys = self._coding.keys(self._coding.codes(pool))
        known = self._coding.keys(self._coding.codes(np.array(self._indices)))
        _, first = np.unique(keys, return_index=True)
        fresh: Ints = first[~np.isin(keys[first], known)]
        return pool[np.sort(fresh)]

    def _judge(self, pool: Floats) -> Floats:
        """Returns the lower confidence bound of the logarithm of each design's cost."""
        known = self._coding.positions(self._coding.codes(np.array(self._indices)))
        terms = np.array(self._terms)
        costs = []
        for member in range(self.hyperparameters.members):
            rows = np.arange(len(known))
            if member:  # The first sees everything.
                rows = self.rng.integers(len(known), size=len(known))
            predicted = [self._grow(known[rows], column[rows]).predict(pool) for column in terms.T]
            costs.append(self._goal.log_cost(predicted))
        bound: Floats = np.mean(costs, 0) - self.hyperparameters.confidence * np.std(costs, 0)
        return bound

    def _grow(self, x: Floats, y: Floats) -> Any:
        settings = {
            "num_leaves": 31,
            "learning_rate": 0.1,
            "feature_fraction": 0.7,
            # There are few designs, and none of them is noise.
            "min_data_in_leaf": 2,
            "min_data_in_bin": 1,
            "seed": int(self.rng.integers(2**31)),
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbose": -1,
        }
        return lightgbm.train(settings, lightgbm.Dataset(x, y), self.hyperparameters.trees)


@dataclass(frozen=True)
class Goal:
    """What is modelled of a problem.

    Attributes:
        least: The term to minimise, or `cost`.
        limited: The term that has a limit, if there is one.
        limit: The limit, in the term's unit.
        beyond: The cost of being just beyond it.
    """

    least: str
    limited: str | None = None
    limit: float = math.inf
    beyond: float = math.inf

    @classmethod
    def of(cls, problem: "Problem") -> "Goal":
        """Returns the terms of an objective, or the cost itself where a target is to be met."""
        reference = problem.default.metrics
        if isinstance(problem.objective, AtTarget) or reference is None:
            return cls("cost")
        least, limits = problem.objective.goal(reference)
        for limited, factor in limits.items():
            limit = factor * term(limited, reference)
            return cls(least, limited, limit, VIOLATION * term(least, reference))
        return cls(least)

    @property
    def terms(self) -> list[str]:
        """What is to be predicted."""
        return [self.least] if self.limited is None else [self.least, self.limited]

    def measured(self, evaluation: "Evaluation", cost: float) -> dict[str, float]:
        """Returns the terms of an evaluation; what could not be run is as bad as its penalty."""
        if self.least == "cost" or evaluation.metrics is None:
            return dict.fromkeys(self.terms, cost)
        return {name: term(name, evaluation.metrics) for name in self.terms}

    def log_cost(self, terms: Sequence[Floats]) -> Floats:
        """Returns the logarithm of the cost that logarithms of the terms amount to."""
        if self.limited is None:
            return terms[0]
        excess = terms[1] - math.log(self.limit)
        return np.where(excess <= 0, terms[0], math.log(self.beyond) + excess)


def _log(value: float) -> float:
    """Returns a logarithm that is finite: what is no number is worse than anything."""
    return math.log(min(max(value, 1e-300), 1e300)) if not math.isnan(value) else math.log(1e300)
