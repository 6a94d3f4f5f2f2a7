"""What an agent may know of a design that was evaluated."""

from typing import NamedTuple

from archgym.objectives import Metrics, Objective, Reached
from archgym.parameter import Design


class Evaluated(NamedTuple):
    """A design and its cost, with what the cost is made of and nothing else.

    A problem makes them with `archgym.problem.Problem.disclose`. Without a problem, the design and
    its cost are enough: `Evaluated(design, 1.5)`. Nothing is known then of terms and limits.

    A named tuple, since one is made for every evaluation: a frozen dataclass takes twice as long.

    Attributes:
        design: The design, as it was asked for or any other of the space.
        cost: The objective's, lower is better. From a problem it is finite, with a penalty for a
            design that failed; else, `inf` and NaN are worse than any.
        feasible: Whether the space allows the design.
        failed: Whether nothing was measured: it is infeasible, or the simulator can't run it.
        measured: What terms and limits are computed from, and no more than that: the objective, the
            metrics of the design, and those of the default design.
    """

    design: Design
    cost: float
    feasible: bool = True
    failed: bool = False
    measured: tuple[Objective, Metrics, Metrics] | None = None

    @property
    def terms(self) -> dict[str, float]:
        """The value of each term that the objective is made of, by name, in the term's unit.

        If there are limits, the term to minimise comes first. Empty where nothing was measured.
        """
        if self.measured is None:
            return {}
        objective, metrics, _ = self.measured
        return objective.terms(metrics)

    @property
    def limits(self) -> tuple[Reached, ...]:
        """For each limit of the objective, what the design has; empty where none was measured."""
        if self.measured is None:
            return ()
        objective, metrics, reference = self.measured
        return objective.reached(metrics, reference)

    def __repr__(self) -> str:
        """Shows what an agent may know."""
        known = (self.design, self.cost, self.feasible, self.failed, self.terms, self.limits)
        return "Evaluated({!r}, {!r}, feasible={}, failed={}, terms={}, limits={})".format(*known)
