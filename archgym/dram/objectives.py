"""What an objective of a DRAM controller can be about."""

from dataclasses import dataclass

from archgym.errors import ArchgymError
from archgym.objectives import Metrics, Objective, Term, Vocabulary, measured, number, positive

# Metrics and their targets by default: 1 W and 0.1 ms, those of the code released with the paper
# (DRAMSys_config.py, whose comments give other units than the ones it computes in).
ARCHGYM: dict[str, tuple[tuple[str, float], ...]] = {
    "power": (("power_mw", 1_000.0),),
    "latency": (("runtime_ns", 100_000.0),),
    "both": (("power_mw", 1_000.0), ("runtime_ns", 100_000.0)),
}

AT_TARGET = 1e-9
"""The least cost of a paper's formula, met when a design is exactly at the target."""


def _charged(value: float, debt: float) -> float:
    return value + debt


def _product(runtime: float, energy: float, debt_ns: float, debt_nj: float) -> float:
    return (energy + debt_nj) * (runtime + debt_ns)


def _quotient(runtime: float, energy: float, debt_ns: float, debt_nj: float) -> float:
    return (energy + debt_nj) / (runtime + debt_ns) * 1e3


def _per_charged_runtime(bandwidth: float, runtime: float, debt_ns: float) -> float:
    return bandwidth * runtime / (runtime + debt_ns)


_BOTH = ("runtime_ns", "energy_nj")
_DEBTS = ("refresh_debt_ns", "refresh_debt_nj")

TERMS: dict[str, Term] = {
    term.name: term
    for term in (
        Term(
            "runtime", "ns", "runtime, refreshes owed included", ("runtime_ns",), _charged,
            optional=("refresh_debt_ns",),
        ),
        Term("latency", "ns", "mean latency", ("latency_ns",)),
        Term(
            "energy", "nJ", "energy, refreshes owed included", ("energy_nj",), _charged,
            optional=("refresh_debt_nj",), shows_slowness=False,
        ),
        Term("edp", "nJ ns", "energy x runtime", _BOTH, _product, optional=_DEBTS),
        Term(
            "power", "mW", "energy / runtime", _BOTH, _quotient, optional=_DEBTS,
            shows_slowness=False, rewards="slowness",
        ),
        Term("latency_p99", "ns", "99th percentile of the latency", ("latency_p99_ns",)),
        Term("read_latency", "ns", "mean latency of reads", ("read_latency_ns",)),
        Term(
            "read_latency_p99", "ns", "99th percentile of the latency of reads",
            ("read_latency_p99_ns",),
        ),
        Term(
            "bandwidth", "GB/s", "bytes asked for / runtime, refreshes owed included",
            ("bandwidth_gb_per_s", "runtime_ns"), _per_charged_runtime,
            optional=("refresh_debt_ns",), lower_is_better=False,
        ),
        Term(
            "queue_entries", "", "hardware: entries of the request buffers", ("queue_entries",),
            shows_slowness=False, rewards="the smallest controller, however slow",
            is_absolute=True,
        ),
    )
}  # fmt: skip
"""By name; the order is that of an environment's columns, so new ones come last."""

_EXAMPLES = {
    "power with runtime <= 1.05x": (
        "least power of designs that take at most 1.05 times the default design's runtime"
    ),
    "power with latency_p99 <= 200ns": (
        "a limit with a unit: ns, us, ms or s; nJ, uJ, mJ or J; nJ ns; mW or W; MB/s or GB/s"
    ),
    "power with bandwidth >= 0.9x": "bandwidth can only be limited, from below",
    "latency with queue_entries <= 64": "a count has no unit",
    "energy with runtime <= 1.02x and power <= 2500mW and queue_entries <= 64": (
        "several limits, joined by 'and'"
    ),
    "latency <= 200ns, then power": "another way to write 'power with latency <= 200ns'",
}


@dataclass(frozen=True)
class PaperFormula:
    """The objectives of one form, with any targets."""

    form: str

    def read(self, text: str) -> "AtTarget":
        """Makes the objective of a text like `archgym-power 1500`."""
        _, *numbers = text.split()
        defaults = [target for _, target in ARCHGYM[self.form]]
        if numbers and len(numbers) != len(defaults):
            raise ArchgymError(f"objective {text!r} takes {len(defaults)} target(s) or none")
        given = [positive(text, number) for number in numbers]
        return AtTarget(self.form, tuple(given or defaults))

    @property
    def description(self) -> str:
        """What it means, and its targets by default."""
        return "formula of the ArchGym paper, best at a target; by default at " + " and ".join(
            f"{metric} = {target:g}" for metric, target in ARCHGYM[self.form]
        )


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
        return " ".join([f"archgym-{self.form}", *map(number, self.targets)])

    def cost(self, metrics: Metrics, reference: Metrics) -> float:
        """Returns the product of the relative distances from the targets; no unit."""
        product = 1.0
        for (metric, _), target in zip(ARCHGYM[self.form], self.targets, strict=True):
            product *= abs(target - measured(metric, metrics)) / target
        return max(product, AT_TARGET)

    def terms(self, metrics: Metrics) -> dict[str, float]:
        """Returns the metrics that have targets."""
        return {metric: measured(metric, metrics) for metric, _ in ARCHGYM[self.form]}

    def goal(self, reference: Metrics) -> tuple[str, dict[str, float]]:
        """Returns the nearest term, and the targets."""
        named = {"power_mw": "power", "runtime_ns": "runtime"}
        metrics = [metric for metric, _ in ARCHGYM[self.form]]
        return named[metrics[0]], {
            named[metric]: target / measured(metric, reference)
            for metric, target in zip(metrics, self.targets, strict=True)
        }


VOCABULARY = Vocabulary(
    TERMS, {f"archgym-{form}": PaperFormula(form) for form in ARCHGYM}, _EXAMPLES
)
"""What is built in; see `archgym.dram.domain` for what others add."""
