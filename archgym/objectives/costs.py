"""The kinds of objectives: how each turns metrics into a cost."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from archgym.objectives.terms import Metrics, Term

# A design that misses a limit costs at least this many times what the default design would.
VIOLATION = 10.0


@dataclass(frozen=True, slots=True)
class Reached:
    """How much a design has of a term that is limited.

    Attributes:
        name: The limit as it is written, e.g. `runtime <= 1.05x`.
        term: The name of what is limited.
        value: What the design has of it, in the term's unit.
        bound: The limit in the same unit, also where it is written as a multiple of the default
            design's.
        is_floor: Whether it is a limit from below.
    """

    name: str
    term: str
    value: float
    bound: float
    is_floor: bool = False

    @property
    def excess(self) -> float:
        """How far the design is beyond the limit, as a share of it; 0 or less if it keeps it."""
        return _excess(self.value, self.bound, self.is_floor)


@dataclass(frozen=True)
class Limit:
    """A limit on a term: at most so much of it, or at least so much of one that should be high.

    Attributes:
        term: What is limited.
        bound: The limit.
        relative: Whether it is a multiple of the default design's, or in the term's unit.
    """

    term: Term
    bound: float
    relative: bool = False

    @property
    def is_floor(self) -> bool:
        """Whether it is a limit from below."""
        return not self.term.lower_is_better

    @property
    def name(self) -> str:
        """The text it is written as."""
        unit = "x" if self.relative else self.term.unit
        return f"{self.term.name} {'>=' if self.is_floor else '<='} {number(self.bound)}{unit}"

    def value(self, reference: Metrics) -> float:
        """Returns the limit in the term's unit, given what the default design measured."""
        return self.bound * (self.term(reference) if self.relative else 1.0)

    def factor(self, reference: Metrics) -> float:
        """Returns the limit as a multiple of what the default design has."""
        return self.bound / (1.0 if self.relative else self.term(reference))

    def excess(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns how far a design is beyond the limit, as a share of it; 0 or less if it keeps it.

        Metrics may be arrays, for many designs at once.
        """
        return _excess(self.term(metrics), self.value(reference), self.is_floor)

    def reached(self, metrics: Metrics, reference: Metrics) -> Reached:
        """Returns what a design has of the term, next to the limit."""
        value, bound = self.term(metrics), self.value(reference)
        return Reached(self.name, self.term.name, value, bound, self.is_floor)


class Objective(ABC):
    """A cost of designs, lower is better and always positive.

    Attributes:
        name: The text from which `make` makes an equal one.
        limits: What a design has to keep; mostly nothing.
    """

    name: str
    limits: tuple[Limit, ...] = ()

    @abstractmethod
    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the cost of a design.

        Args:
            metrics: What the design measured.
            reference: What the default design measured on the same workload.

        Raises:
            ArchgymError: A metric that the objective needs was not measured.
        """

    @abstractmethod
    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Describes the objective to an agent that is to learn several of them.

        Returns:
            The term to minimise, and the upper limits or targets of terms as multiples of the
            default design's.
        """

    def floors(self, reference: Metrics) -> dict[str, float]:
        """Returns the lower limits of terms, as multiples of the default design's."""
        return {limit.term.name: limit.factor(reference) for limit in self.limits if limit.is_floor}

    def violation(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns how far a design is beyond the limit that it misses most.

        Args:
            metrics: What the design measured.
            reference: What the default design measured on the same workload.

        Returns:
            A share of that limit, e.g. 0.1 if it is 10 % beyond; 0 if the design keeps all limits.

        Raises:
            ArchgymError: A metric that a limit needs was not measured.
        """
        return max([0.0, *(limit.excess(metrics, reference) for limit in self.limits)])

    def judge(self, metrics: Metrics, reference: Metrics) -> tuple[float, float]:
        """Returns the cost and the violation of a design."""
        return self.cost(metrics, reference), self.violation(metrics, reference)

    def terms(self, metrics: Metrics) -> dict[str, float]:
        """Returns what the cost is made of, by name.

        An objective with limits gives the term to minimise first, then those that are limited. A
        formula may give none.

        Args:
            metrics: What a design measured; may be arrays, for many designs at once.
        """
        return {}

    def reached(self, metrics: Metrics, reference: Metrics) -> tuple[Reached, ...]:
        """Returns what a design has of each term that is limited, in the order of the limits."""
        return tuple(limit.reached(metrics, reference) for limit in self.limits)


@dataclass(frozen=True)
class Least(Objective):
    """The least of one term."""

    term: Term

    @property
    def name(self) -> str:  # type: ignore[override]
        """That of the term."""
        return self.term.name

    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the term in its unit."""
        return self.term(metrics)

    def terms(self, metrics: Metrics) -> dict[str, float]:
        """Returns the term in its unit."""
        return {self.term.name: self.term(metrics)}

    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Returns the term and no limit."""
        return self.term.name, {}


@dataclass(frozen=True)
class Limited(Objective):
    """The least of one term among the designs that keep others within limits.

    A design within all limits costs the term, in its unit. Any other costs `VIOLATION` times the
    default design's term, times how far it is beyond each limit that it misses: so it is worse than
    every design within them (save those ten times worse than the default), and better the closer it
    gets to any of them.

    Attributes:
        term: What to minimise.
        limits: The limits, each on another term.
    """

    term: Term
    limits: tuple[Limit, ...] = field()

    @property
    def name(self) -> str:  # type: ignore[override]
        """The text it is written as."""
        return f"{self.term.name} with {' and '.join(limit.name for limit in self.limits)}"

    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the term in its unit, or the cost of missing limits."""
        cost, _ = self.judge(metrics, reference)
        return cost

    def judge(self, metrics: Metrics, reference: Metrics) -> tuple[float, float]:
        """Returns the cost and the violation; limits are computed once for both."""
        missed = [
            excess for limit in self.limits if (excess := limit.excess(metrics, reference)) > 0
        ]
        if not missed:
            return self.term(metrics), 0.0
        factor = math.prod(1 + excess for excess in missed)
        return VIOLATION * self.term(reference) * factor, max(missed)

    def terms(self, metrics: Metrics) -> dict[str, float]:
        """Returns the term to minimise, and those that are limited, in their units."""
        return {
            term.name: term(metrics) for term in (self.term, *(limit.term for limit in self.limits))
        }

    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Returns the term and its upper limits."""
        upper = [limit for limit in self.limits if not limit.is_floor]
        return self.term.name, {limit.term.name: limit.factor(reference) for limit in upper}


def _excess(value: float, bound: float, is_floor: bool) -> float:
    beyond = value / bound - 1
    return -beyond if is_floor else beyond


def number(value: float) -> str:
    """Writes a number such that it reads back as the same one."""
    return repr(value).removesuffix(".0")
