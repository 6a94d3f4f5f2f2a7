"""The contract of every simulator: designs and a workload in, one outcome per design out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from archgym.parameter import Design, Parameter

Metrics = dict[str, float]
"""What a run measured, by metric name with its unit; a metric that was not measured is absent."""


FailureKind = Literal["invalid", "unsupported", "crash", "timeout"]


@dataclass(frozen=True)
class Failure:
    """Stands in the place of the metrics of a design that could not be simulated.

    Attributes:
        kind: `invalid` (a parameter or value the simulator does not know), `unsupported` (a
            workload it cannot play), `crash` or `timeout`.
        reason: One sentence for the user.
    """

    kind: FailureKind
    reason: str

    def to_text(self) -> str:
        """Returns what logs and tables have, such as `timeout: it ran for more than 60 s`."""
        return f"{self.kind}: {self.reason}"

    @classmethod
    def from_text(cls, text: str) -> "Failure | None":
        """Returns the failure with a text; `None` if it is of none but says something else."""
        kind, mark, reason = text.partition(": ")
        return cls(kind, reason) if mark and kind in get_args(FailureKind) else None  # type: ignore[arg-type]


Outcome = Metrics | Failure


class Simulator(ABC):
    """Evaluates designs on a workload, deterministically.

    Attributes:
        name: How it is selected, e.g. `native`.
        argument: What its constructor takes first and its name is followed by, after a colon, e.g.
            `FOLDER` in `tabular:FOLDER`; `None` if there is no such thing.
        version: Recorded in every log; equal versions give equal metrics.
        parameters: The parameters it understands, by name, with their values and defaults.
        metrics: The names of the metrics it can report.
    """

    name: ClassVar[str]
    argument: ClassVar[str | None] = None
    version: str
    parameters: Mapping[str, Parameter]
    metrics: frozenset[str]

    @abstractmethod
    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        """Simulates every design on one workload.

        Args:
            designs: Any number of designs; each may name any subset of `parameters`.
            workload: What to evaluate them on.

        Returns:
            One outcome per design, in order. A design that can't be run gives a `Failure` in its
            place; the batch is never lost.
        """

    @classmethod
    def status(cls) -> str:
        """Says whether what it needs besides archgym is there; nothing if it needs nothing."""
        return ""

    def reported(self, workload: Any) -> frozenset[str]:
        """Returns the metrics that it can report for a workload, as far as nothing has to be run.

        Args:
            workload: What designs are to be evaluated on.

        Returns:
            Names among `metrics`; all of them, unless a simulator knows better.
        """
        return self.metrics
