"""The columns of observations, by version of a domain's environments. A version never changes."""

from collections.abc import Iterable, Mapping

from archgym.domain import Columns, Domain
from archgym.envs.registration import ids
from archgym.errors import ArchgymError, unknown
from archgym.objectives import Metrics, Objective
from archgym.problem import Problem
from archgym.space import DesignSpace


def columns(domain: Domain, version: int) -> Columns:
    """Returns the columns of a version.

    Raises:
        ArchgymError: There is no such version.
    """
    if version not in domain.columns:
        raise unknown("version of the environments", version, map(str, domain.columns))
    return domain.columns[version]


def names(
    columns: Columns, space: DesignSpace, features: Mapping[str, str], count: int | None = None
) -> tuple[str, ...]:
    """Returns the names of all columns, in order.

    Args:
        columns: Those of a version.
        space: The design space.
        features: The domain's features, by name.
        count: How many features the workload has, if it is none that the domain makes: if other
            than the domain's, numbers are their names.
    """
    described = features if count in (None, len(features)) else map(str, range(count or 0))
    return (
        *(f"design.{name}" for name in space.parameters),
        *(f"metric.{name}" for name in columns.metrics),
        *(f"least.{name}" for name in columns.terms),
        *(f"limit.{name}" for name in columns.terms),
        *(f"floor.{name}" for name in columns.terms if columns.has_floors),
        *(f"workload.{name}" for name in described),
        "step",
    )


def goal(columns: Columns, objective: Objective, reference: Metrics) -> list[float]:
    """Returns the columns `least`, `limit` and `floor` of an objective that they show."""
    least, limits = objective.goal(reference)
    shown = [
        *(float(name == least) for name in columns.terms),
        *(limits.get(name, 0.0) for name in columns.terms),
    ]
    if columns.has_floors:
        floors = objective.floors(reference)
        shown += [floors.get(name, 0.0) for name in columns.terms]
    return shown


def hides(columns: Columns, objective: Objective, reference: Metrics) -> str:
    """Says what an objective is about that the columns do not show; empty for nothing."""
    least, limits = objective.goal(reference)
    floors = objective.floors(reference)
    hidden = [name for name in (least, *limits, *floors) if name not in columns.terms]
    if floors and not columns.has_floors:
        hidden.append("a lower limit")
    return _listed(dict.fromkeys(hidden))


def check_shown(problem: Problem, version: int) -> None:
    """Checks that a version shows what a problem's objective is about.

    Raises:
        ArchgymError: It does not, or there is no such version; the message names one that does.
    """
    reference = problem.default.metrics or {}
    hidden = hides(columns(problem.domain, version), problem.objective, reference)
    if hidden:
        enough = sufficient_version(problem)
        others = [*ids(problem.domain.name, enough), f"parallel_env(version={enough})"]
        elsewhere = f"; take {_listed(others, 'or')}" if enough != version else ""
        raise ArchgymError(
            f"objective {problem.objective.name!r} is about {hidden}, which version {version} of "
            f"the environments does not show{elsewhere}"
        )


def sufficient_version(problem: Problem) -> int:
    """Returns the oldest version whose columns show all that a problem's objective is about."""
    reference = problem.default.metrics or {}
    versions = problem.domain.columns
    for version, each in versions.items():
        if not hides(each, problem.objective, reference):
            return version
    return max(versions)


def _listed(names: Iterable[str], joined: str = "and") -> str:
    *others, last = [*names] or [""]
    return f"{', '.join(others)} {joined} {last}" if others else last
