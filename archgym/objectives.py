"""What makes one design better than another: metrics in, one cost to minimise out.

An objective is written as a short text:

```
TERM                        the least of one term                  "runtime"
TERM with TERM <= FACTOR    as above, while another stays below    "power with runtime <= 1.05"
                            FACTOR times the default design's
TERM <= LIMIT, then TERM    reach a limit (in the term's unit)     "latency <= 200, then power"
                            first, then the least of the second
TERM with COST <= LIMIT     as "COST <= LIMIT, then TERM": "latency with queue_entries <= 64"
archgym-power [MW]          the formulas of the ArchGym paper,     "archgym-latency 90000"
archgym-latency [NS]        each with a target
archgym-both [MW NS]
```

Terms: `runtime` (ns) and `energy` (nJ), both charged for refreshes that a run put off and never
paid; `edp` (nJ ns), their product, and `power` (mW), their quotient, which needs a limit on another
term, for power alone rewards slowness; `latency` (mean, ns, from the trace's arrival).

What the controller takes to build can be limited, or be the least while a term is limited:
`queue_entries`, the entries of its request buffers. Its limits are always in entries.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from archgym.errors import ArchgymError, unknown

Metrics = Mapping[str, float]


def _runtime(metrics: Metrics) -> float:
    return _metric("runtime_ns", metrics) + _metric("refresh_debt_ns", metrics)


def _energy(metrics: Metrics) -> float:
    return _metric("energy_nj", metrics) + _metric("refresh_debt_nj", metrics)


TERMS: dict[str, Callable[[Metrics], float]] = {
    "runtime": _runtime,
    "latency": lambda metrics: _metric("latency_ns", metrics),
    "energy": _energy,
    "edp": lambda metrics: _energy(metrics) * _runtime(metrics),
    "power": lambda metrics: _energy(metrics) / _runtime(metrics) * 1e3,
}

# Known from the design: nobody would limit these by what the default design has.
COSTS: dict[str, Callable[[Metrics], float]] = {
    "queue_entries": lambda metrics: _metric("queue_entries", metrics),
}

# A design that misses a limit costs at least this many times what the default design would.
VIOLATION = 10.0

# The least cost of a paper's formula, met when a design is exactly at the target.
AT_TARGET = 1e-9


def term(name: str, metrics: Metrics) -> float:
    """Returns one of `TERMS` or `COSTS` in its unit.

    Raises:
        ArchgymError: A metric that it needs was not measured.
    """
    return (TERMS | COSTS)[name](metrics)


class Objective(ABC):
    """A cost of designs, lower is better and always positive.

    Attributes:
        name: The text from which `make` makes an equal one.
    """

    name: str

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
            The term to minimise, and the limits or targets of terms as multiples of the default
            design's.
        """

    def floors(self, reference: Metrics) -> dict[str, float]:
        """Returns the lower limits of terms as multiples of the default design's; here, none."""
        return {}


@dataclass(frozen=True)
class Least(Objective):
    """The least of one term."""

    term: str

    @property
    def name(self) -> str:  # type: ignore[override]
        """The term."""
        return self.term

    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the term in its unit."""
        return term(self.term, metrics)

    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Returns the term and no limit."""
        return self.term, {}


@dataclass(frozen=True)
class Limited(Objective):
    """The least of one term among the designs that keep another within a limit.

    A design within the limit costs the term, in its unit. Any other costs `VIOLATION` times the
    default design's term, times how far it is beyond the limit: so it is worse than every design
    within the limit (save those ten times worse than the default), and better the closer it gets.

    Attributes:
        term: What to minimise.
        limited: The term that has a limit.
        limit: The limit.
        relative: Whether the limit is a multiple of the default design's, or in the term's unit.
    """

    term: str
    limited: str
    limit: float
    relative: bool

    @property
    def name(self) -> str:  # type: ignore[override]
        """The text it is written as."""
        if self.relative or self.limited in COSTS:
            return f"{self.term} with {self.limited} <= {_number(self.limit)}"
        return f"{self.limited} <= {_number(self.limit)}, then {self.term}"

    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the term in its unit, or the cost of missing the limit."""
        limit = self.limit * (term(self.limited, reference) if self.relative else 1.0)
        excess = term(self.limited, metrics) / limit
        if excess <= 1:
            return term(self.term, metrics)
        return VIOLATION * term(self.term, reference) * excess

    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Returns the term and the limit."""
        factor = self.limit / (1.0 if self.relative else term(self.limited, reference))
        return self.term, {self.limited: factor}


@dataclass(frozen=True)
class AtTarget(Objective):
    """The formula of Krishnan et al., "ArchGym", ISCA 2023: best exactly at a target.

    They maximise r = target / |target - observed|, or the product of two such; the cost is 1 / r,
    kept above `AT_TARGET` where they would divide by zero. Their "latency" is the run's total time.
    Note that a design better than the target costs more again.

    Attributes:
        form: `power`, `latency` or `both`.
        targets: One target each, mW before ns.
    """

    form: str
    targets: tuple[float, ...]

    @property
    def name(self) -> str:  # type: ignore[override]
        """The text it is written as."""
        return " ".join([f"archgym-{self.form}", *map(_number, self.targets)])

    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the product of the relative distances from the targets; no unit."""
        product = 1.0
        for (metric, _), target in zip(_ARCHGYM[self.form], self.targets, strict=True):
            product *= abs(target - _metric(metric, metrics)) / target
        return max(product, AT_TARGET)

    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Returns the nearest term, and the targets."""
        named = {"power_mw": "power", "runtime_ns": "runtime"}
        metrics = [metric for metric, _ in _ARCHGYM[self.form]]
        return named[metrics[0]], {
            named[metric]: target / _metric(metric, reference)
            for metric, target in zip(metrics, self.targets, strict=True)
        }


# Metrics and their targets by default: 1 W and 0.1 ms, those of the code released with the paper
# (DRAMSys_config.py, whose comments give other units than the ones it computes in).
_ARCHGYM: dict[str, tuple[tuple[str, float], ...]] = {
    "power": (("power_mw", 1_000.0),),
    "latency": (("runtime_ns", 100_000.0),),
    "both": (("power_mw", 1_000.0), ("runtime_ns", 100_000.0)),
}

_NUMBER = r"([0-9.eE+-]+)"
_WITH = re.compile(rf"(\S+) with (\S+) *<= *{_NUMBER}")
_THEN = re.compile(rf"(\S+) *<= *{_NUMBER}, *then (\S+)")


def make(text: str) -> Objective:
    """Makes an objective from its text; the module's docstring has the grammar.

    Raises:
        ArchgymError: The text is not an objective.
    """
    text = " ".join(text.split())
    if match := _WITH.fullmatch(text):
        least, limited, number = match.groups()
        return _limited(text, least, limited, number, relative=True)
    if match := _THEN.fullmatch(text):
        limited, number, least = match.groups()
        return _limited(text, least, limited, number, relative=False)
    if text.startswith("archgym-"):
        return _at_target(text)
    if text == "power":
        _refuse_slowness(text)
    if text in COSTS:
        raise ArchgymError(
            f"objective {text!r} alone rewards the smallest controller, however slow; limit a "
            f"term, e.g. 'latency <= 200, then {text}'"
        )
    if text not in TERMS:
        _refuse(text)
    return Least(text)


def names() -> list[str]:
    """Returns one text of every kind of objective, for lists and messages."""
    simple = [name for name in TERMS if name != "power"]
    limited = [
        "power with runtime <= 1.05",
        "latency <= 200, then power",
        "latency with queue_entries <= 64",
    ]
    return simple + limited + [f"archgym-{form}" for form in _ARCHGYM]


def _limited(text: str, least: str, limited: str, number: str, *, relative: bool) -> Limited:
    for name in (least, limited):
        if name not in TERMS | COSTS:
            raise unknown(f"term of objective {text!r}:", name, TERMS | COSTS)
    if least == limited:
        raise ArchgymError(f"objective {text!r} limits the very term it minimises")
    if least == "power" and limited in COSTS:
        _refuse_slowness(text)
    limit = _positive(text, number)
    return Limited(least, limited, limit, relative and limited not in COSTS)


def _at_target(text: str) -> AtTarget:
    head, *numbers = text.split()
    form = head.removeprefix("archgym-")
    if form not in _ARCHGYM:
        _refuse(text)
    defaults = [target for _, target in _ARCHGYM[form]]
    if numbers and len(numbers) != len(defaults):
        raise ArchgymError(f"objective {text!r} takes {len(defaults)} target(s) or none")
    given = [_positive(text, number) for number in numbers]
    return AtTarget(form, tuple(given or defaults))


def _number(value: float) -> str:
    """Writes a number such that it reads back as the same one."""
    return repr(value).removesuffix(".0")


def _positive(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArchgymError(f"objective {text!r} needs a positive number, not {number!r}")
    return value


def _refuse_slowness(text: str) -> NoReturn:
    raise ArchgymError(
        f"objective {text!r} rewards slowness; limit another term, "
        "e.g. 'power with runtime <= 1.05'"
    )


def _refuse(text: str) -> NoReturn:
    raise unknown("objective", text, names())


def _metric(name: str, metrics: Metrics) -> float:
    try:
        return metrics[name]
    except KeyError:
        raise ArchgymError(
            f"the objective needs {name}, which this simulator does not report for this workload"
        ) from None
