"""The columns of observations, by version of the environments. A version never changes."""

from collections.abc import Iterable
from dataclasses import dataclass

from archgym.dram.features import FEATURE_NAMES
from archgym.errors import ArchgymError, unknown
from archgym.objectives import Metrics, Objective
from archgym.problem import Problem
from archgym.space import DesignSpace


@dataclass(frozen=True)
class Columns:
    """What an observation consists of, whatever the objective.

    Attributes:
        version: Which version it is.
        metrics: Those shown relative to the default design's.
        terms: Those that an objective may be about.
        has_floors: Whether lower limits are shown, so that an objective may have some.
    """

    version: int
    metrics: tuple[str, ...]
    terms: tuple[str, ...]
    has_floors: bool

    def names(self, space: DesignSpace, features: int = len(FEATURE_NAMES)) -> tuple[str, ...]:
        """Returns the names of all columns, in order.

        Args:
            space: The design space.
            features: How many features the workload has; those of DRAM workloads have names, any
                others numbers.
        """
        described = FEATURE_NAMES if features == len(FEATURE_NAMES) else map(str, range(features))
        return (
            *(f"design.{name}" for name in space.parameters),
            *(f"metric.{name}" for name in self.metrics),
            *(f"least.{name}" for name in self.terms),
            *(f"limit.{name}" for name in self.terms),
            *(f"floor.{name}" for name in self.terms if self.has_floors),
            *(f"workload.{name}" for name in described),
            "step",
        )

    def goal(self, objective: Objective, reference: Metrics) -> list[float]:
        """Returns the columns `least`, `limit` and `floor`.

        Raises:
            ArchgymError: The objective is about something that the columns do not show.
        """
        hidden = self.hides(objective, reference)
        if hidden:
            later = [each for each in VERSIONS if each > self.version]
            elsewhere = "".join(
                f"; take archgym/DRAM-v{each}, archgym/DRAMSequential-v{each} or "
                f"dram_parallel_env(version={each})"
                for each in later[-1:]
            )
            raise ArchgymError(
                f"objective {objective.name!r} is about {hidden}, which version {self.version} of "
                f"the environments does not show{elsewhere}"
            )
        least, limits = objective.goal(reference)
        goal = [
            *(float(name == least) for name in self.terms),
            *(limits.get(name, 0.0) for name in self.terms),
        ]
        if self.has_floors:
            floors = objective.floors(reference)
            goal += [floors.get(name, 0.0) for name in self.terms]
        return goal

    def hides(self, objective: Objective, reference: Metrics) -> str:
        """Says what an objective is about that the columns do not show; empty for nothing."""
        least, limits = objective.goal(reference)
        floors = objective.floors(reference)
        hidden = [name for name in (least, *limits, *floors) if name not in self.terms]
        if floors and not self.has_floors:
            hidden.append("a lower limit")
        return _listed(dict.fromkeys(hidden))


VERSIONS = {
    0: Columns(
        0,
        (
            "runtime_ns", "latency_ns", "latency_p99_ns", "latency_max_ns", "energy_nj",
            "power_mw",
        ),
        ("runtime", "latency", "energy", "edp", "power"),
        has_floors=False,
    ),
    1: Columns(
        1,
        (
            "runtime_ns", "latency_ns", "latency_p99_ns", "latency_max_ns", "energy_nj",
            "power_mw", "read_latency_ns", "read_latency_p99_ns", "bandwidth_gb_per_s",
            "queue_entries",
        ),
        (
            "runtime", "latency", "energy", "edp", "power", "latency_p99", "read_latency",
            "read_latency_p99", "bandwidth", "queue_entries",
        ),
        has_floors=True,
    ),
}  # fmt: skip
"""The columns of every version that there is."""


def columns(version: int) -> Columns:
    """Returns the columns of a version.

    Raises:
        ArchgymError: There is no such version.
    """
    if version not in VERSIONS:
        raise unknown("version of the environments", version, map(str, VERSIONS))
    return VERSIONS[version]


def sufficient_version(problem: Problem) -> int:
    """Returns the oldest version whose columns show all that a problem's objective is about."""
    reference = problem.default.metrics or {}
    for version, each in VERSIONS.items():
        if not each.hides(problem.objective, reference):
            return version
    return max(VERSIONS)


def _listed(names: Iterable[str]) -> str:
    *others, last = [*names] or [""]
    return f"{', '.join(others)} and {last}" if others else last
