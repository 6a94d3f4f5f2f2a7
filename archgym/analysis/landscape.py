"""What every design of a space costs: the optimum, and how good any other result is beside it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym import domain
from archgym.errors import ArchgymError
from archgym.objectives import Objective
from archgym.table import Table

NEAR = 1.01
"""Costs up to this many times the optimum count as as good as it."""

TOO_EASY = 0.01
"""A problem is too easy to report if this share of the designs, or more, is as good as the best."""

# Rows made into records at once: enough to waste no time, few enough to take no memory.
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Landscape:
    """The cost of every distinct design.

    Attributes:
        table: What the designs measured.
        objective: What is minimised.
        costs: One per design in the order of the table; `inf` for one without metrics, or left out.
        default_cost: The default design's.
    """

    table: Table
    objective: Objective
    costs: NDArray[np.float64]
    default_cost: float

    @classmethod
    def of(cls, table: Table, objective: str | Objective) -> "Landscape":
        """Computes the costs.

        Args:
            table: What the designs measured.
            objective: What to minimise, or its text.

        Raises:
            ArchgymError: The objective is unknown or needs a metric that the table does not have,
                or the default design has no metrics.
        """
        if isinstance(objective, str):
            objective = domain.load(table.header.domain).objective(objective)
        names = table.metrics
        default = table.designs.space.encode(table.designs.space.default)
        number = int(table.designs.numbers(default[None])[0])
        if number in table.failures:
            raise ArchgymError(f"the default design has no metrics: {table.failures[number]}")
        reference = dict(zip(names, table.values[number].tolist(), strict=True))
        costs = np.empty(len(table))
        for first in range(0, len(table), _CHUNK):
            costs[first : first + _CHUNK] = [
                objective.cost(dict(zip(names, row, strict=True)), reference)
                for row in table.values[first : first + _CHUNK].tolist()
            ]
        costs[list(table.failures)] = np.inf
        return cls(table, objective, costs, objective.cost(reference, reference))

    def among(self, chosen: NDArray[np.bool_]) -> "Landscape":
        """Returns the landscape of some of the designs, shape `[designs]`, beside the same default.

        Raises:
            ArchgymError: None of them has metrics.
        """
        costs = np.where(chosen, self.costs, np.inf)
        if np.isinf(costs).all():
            raise ArchgymError("there is no design to choose from that has metrics")
        return replace(self, costs=costs)

    @cached_property
    def best(self) -> int:
        """The number of the best design, the first of several."""
        return int(np.argmin(self.costs))

    @property
    def optimum(self) -> float:
        """The least cost."""
        return float(self.costs[self.best])

    @cached_property
    def design(self) -> dict[str, Any]:
        """The best design."""
        return self.table.designs[self.best]

    @cached_property
    def ordered(self) -> NDArray[np.float64]:
        """The costs of all designs that have one, ascending."""
        return np.sort(self.costs[np.isfinite(self.costs)])

    @cached_property
    def near(self) -> NDArray[np.int64]:
        """The numbers of the designs that are as good as the best, within `NEAR`."""
        return np.flatnonzero(self.costs <= NEAR * self.optimum)

    @property
    def share_near(self) -> float:
        """The share of designs that are as good as the best, within `NEAR`."""
        return len(self.near) / len(self.ordered)

    @property
    def is_too_easy(self) -> bool:
        """Whether so many designs are as good as the best that finding one proves little."""
        return self.share_near >= TOO_EASY

    def rank(self, cost: float) -> float:
        """Returns the share of designs that cost less; 0 for the optimum."""
        return float(np.searchsorted(self.ordered, cost, side="left")) / len(self.ordered)

    def regret(self, cost: float) -> float:
        """Returns what a search that ended at a cost has missed: 0 all found, 1 the default design.

        Raises:
            ArchgymError: The default design is the best, so there is nothing to miss.
        """
        possible = self.default_cost - self.optimum
        if possible <= 0:
            raise ArchgymError("regret is measured from the default design, which is the best here")
        return (cost - self.optimum) / possible
