"""What objectives are made of: terms, with the units that their limits can be written in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archgym.errors import ArchgymError

Metrics = Mapping[str, float]

UNITS: dict[str, dict[str, str]] = {
    "ns": {"ns": "1", "us": "1e3", "ms": "1e6", "s": "1e9"},
    "nJ": {"nJ": "1", "uJ": "1e3", "mJ": "1e6", "J": "1e9"},
    "mW": {"mW": "1", "W": "1e3"},
    "GB/s": {"GB/s": "1", "MB/s": "1e-3"},
    "": {},
}
"""By the unit that a term is in: those it can be written in, as decimal multiples of it."""


def units(unit: str) -> Mapping[str, str]:
    """Returns the units that a quantity can be written in, as decimal multiples of its own."""
    return UNITS.get(unit, {unit: "1"})


def as_measured(value: float) -> float:
    """The formula of a term that is a metric."""
    return value


@dataclass(frozen=True)
class Term:
    """A quantity to minimise or to limit; called with metrics, it returns its value in its unit.

    Attributes:
        name: What it is called in an objective.
        unit: Mostly a key of `UNITS`, empty for a count.
        description: What it is.
        metrics: The metrics it is computed from.
        formula: Its value for the values of those and of `optional`; numbers or arrays. A function
            of a module, so that objectives can be sent to other processes.
        optional: Metrics that it also takes into account, and that count as 0 where a simulator
            does not report them.
        lower_is_better: Otherwise it can only be limited from below.
        shows_slowness: Whether every design gets worse in it by being slower, so that a limit on
            it rules slow ones out.
        rewards: What the least of it alone would reward, e.g. `"slowness"`; such a term can only be
            minimised where one that shows slowness is limited. Mostly nothing.
        is_absolute: Whether it is known from the design, so that nobody would limit it by what the
            default design has.
    """

    name: str
    unit: str
    description: str
    metrics: tuple[str, ...]
    formula: Callable[..., float] = as_measured
    optional: tuple[str, ...] = ()
    lower_is_better: bool = True
    shows_slowness: bool = True
    rewards: str = ""
    is_absolute: bool = False

    def __call__(self, metrics: Metrics) -> float:
        """Returns the value in the term's unit.

        Raises:
            ArchgymError: A metric that it needs was not measured.
        """
        needed = (measured(name, metrics) for name in self.metrics)
        return self.formula(*needed, *(metrics.get(name, 0.0) for name in self.optional))


def measured(name: str, metrics: Metrics) -> float:
    """Returns a metric.

    Raises:
        ArchgymError: It was not measured.
    """
    try:
        return metrics[name]
    except KeyError:
        raise ArchgymError(
            f"the objective needs {name}, which this simulator does not report for this workload"
        ) from None
