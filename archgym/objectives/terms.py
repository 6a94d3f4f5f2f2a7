"""What objectives are made of: terms, with the units that their limits can be written in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archgym.errors import ArchgymError

Metrics = Mapping[str, float]

UNITS: dict[str, dict[str, str]] = {
    "ns": {"ns": "1", "us": "1e3", "ms": "1e6", "s": "1e9"},
    "nJ": {"nJ": "1", "uJ": "1e3", "mJ": "1e6", "J": "1e9"},
    "nJ ns": {"nJ ns": "1"},
    "mW": {"mW": "1", "W": "1e3"},
    "GB/s": {"GB/s": "1", "MB/s": "1e-3"},
    "": {},
}
"""By the unit that a term is in: those it can be written in, as decimal multiples of it."""


@dataclass(frozen=True)
class Term:
    """A quantity to minimise or to limit; called with metrics, it returns its value in its unit.

    Attributes:
        unit: A key of `UNITS`, empty for a count.
        description: What it is.
        metrics: The metrics it is computed from.
        formula: Its value for the values of those; numbers or arrays.
        lower_is_better: Otherwise it can only be limited from below.
        shows_slowness: Whether every design gets worse in it by being slower, so that a limit on
            it rules slow ones out.
    """

    unit: str
    description: str
    metrics: tuple[str, ...]
    formula: Callable[..., float]
    lower_is_better: bool = True
    shows_slowness: bool = True

    def __call__(self, metrics: Metrics) -> float:
        """Returns the value in the term's unit.

        Raises:
            ArchgymError: A metric that it needs was not measured.
        """
        return self.formula(*(measured(name, metrics) for name in self.metrics))


def _as_measured(value: float) -> float:
    return value


def _with_debt(value: float, debt: float) -> float:
    return value + debt


_RUNTIME = ("runtime_ns", "refresh_debt_ns")
_ENERGY = ("energy_nj", "refresh_debt_nj")

TERMS: dict[str, Term] = {
    "runtime": Term("ns", "runtime, refreshes owed included", _RUNTIME, _with_debt),
    "latency": Term("ns", "mean latency", ("latency_ns",), _as_measured),
    "energy": Term(
        "nJ", "energy, refreshes owed included", _ENERGY, _with_debt, shows_slowness=False
    ),
    "edp": Term(
        "nJ ns",
        "energy x runtime",
        _ENERGY + _RUNTIME,
        lambda energy, its_debt, runtime, debt: (energy + its_debt) * (runtime + debt),
    ),
    "power": Term(
        "mW",
        "energy / runtime",
        _ENERGY + _RUNTIME,
        lambda energy, its_debt, runtime, debt: (energy + its_debt) / (runtime + debt) * 1e3,
        shows_slowness=False,
    ),
    "latency_p99": Term("ns", "99th percentile of the latency", ("latency_p99_ns",), _as_measured),
    "read_latency": Term("ns", "mean latency of reads", ("read_latency_ns",), _as_measured),
    "read_latency_p99": Term(
        "ns",
        "99th percentile of the latency of reads",
        ("read_latency_p99_ns",),
        _as_measured,
    ),
    "bandwidth": Term(
        "GB/s",
        "bytes asked for / runtime, refreshes owed included",
        ("bandwidth_gb_per_s", *_RUNTIME),
        lambda bandwidth, runtime, debt: bandwidth * runtime / (runtime + debt),
        lower_is_better=False,
    ),
}
"""By name; the order is that of an environment's columns, so new ones come last."""

# Known from the design: nobody would limit these by what the default design has.
COSTS: dict[str, Term] = {
    "queue_entries": Term(
        "",
        "hardware: entries of the request buffers",
        ("queue_entries",),
        _as_measured,
        shows_slowness=False,
    ),
}
"""What the controller takes to build, by name."""

KNOWN: dict[str, Term] = TERMS | COSTS
"""All that an objective can name."""


def term(name: str, metrics: Metrics) -> float:
    """Returns one of `TERMS` or `COSTS` in its unit.

    Raises:
        ArchgymError: A metric that it needs was not measured.
    """
    return KNOWN[name](metrics)


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
