"""What a study lists: workloads and agents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archgym import domain
from archgym.domain import Platform
from archgym.table import Header
from archgym.workload import NamedWorkload


@dataclass(frozen=True)
class WorkloadSpec:
    """A workload by name or path, with its options.

    Attributes:
        name: What `Platform.workload` takes.
        options: Names and values, sorted by name; tables among them as objects, see
            `archgym.domain.Table`.
        objectives: Texts of its objectives, if others than the study's.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()
    objectives: tuple[str, ...] | None = None

    @classmethod
    def of_table(cls, header: Header) -> "WorkloadSpec":
        """Returns the workload that a table is of, so that it can be made again."""
        of_workload, tables = header.workload, domain.load(header.domain).tables
        given = {name: of_workload[name] for name in tables if name in of_workload}
        options = domain.load(header.domain).read_workload_options(
            {**of_workload["options"], **given}
        )
        return cls(of_workload["name"], options)

    @property
    def label(self) -> str:
        """The name, with what is not at its default, e.g. `stream(requests=5000)`."""
        details = [f"{name}={value}" for name, value in self.options if not _is_table(value)]
        details += [str(value) for _, value in self.options if _is_table(value)]
        return f"{self.name}({', '.join(details)})" if details else self.name

    @property
    def tables(self) -> dict[str, Any]:
        """The options that are tables."""
        return {name: value for name, value in self.options if _is_table(value)}

    @property
    def others(self) -> dict[str, Any]:
        """The options that are none."""
        return {name: value for name, value in self.options if not _is_table(value)}

    def load(self, platform: Platform) -> NamedWorkload:
        """Makes the workload.

        Raises:
            ArchgymError: The name or an option is not known, or does not fit.
        """
        return platform.workload(self.name, dict(self.options))


def _is_table(value: Any) -> bool:
    return hasattr(value, "to_mapping")


@dataclass(frozen=True)
class AgentSpec:
    """An agent of a study.

    Attributes:
        label: What the study calls it; several may be the same agent with other settings.
        agent: The registered name.
        hyperparameters: The settings that are not at their defaults.
        budget: Evaluations per trial, if others than the study's.
        seeds: Trials on each problem, if others than the study's.
    """

    label: str
    agent: str
    hyperparameters: Mapping[str, Any]
    budget: int | None = None
    seeds: int | None = None
