"""What a proxy knows of a workload, so that it can tell how a new one differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """A workload in numbers.

    Attributes:
        id: Its name in logs.
        anchor: The metrics of the space's default design on it, which place the workload better
            than any description, and cost one simulation; empty if not known.
        features: What it is like, see `archgym.problem.Workload`; empty if not known.
        system: The memory system that it is for; empty if not known.
        lacks: Why the features are not known, if that can be said.
    """

    id: str
    anchor: Mapping[str, float]
    features: tuple[float, ...] = ()
    system: str = ""
    lacks: str = ""

    def to_document(self) -> dict[str, Any]:
        """Returns it as JSON has it."""
        return {
            "anchor": dict(self.anchor),
            "features": list(self.features),
            "system": self.system,
        }

    @classmethod
    def from_document(cls, name: str, document: Mapping[str, Any]) -> "Facts":
        """Makes one of what `to_document` returned."""
        anchor = {str(metric): float(value) for metric, value in document["anchor"].items()}
        features = tuple(float(value) for value in document["features"])
        return cls(name, anchor, features, str(document["system"]), document.get("lacks", ""))


@dataclass(frozen=True)
class Context:
    """Turns facts into what a model sees of a workload: standardised, outliers held back.

    Attributes:
        metrics: The metrics of the default design that are looked at, all above 0.
        mean: By number, features first.
        deviation: Likewise.
    """

    metrics: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    # Beyond what was seen in training, a network goes astray.
    FARTHEST = 2.5

    @classmethod
    def of(cls, facts: Sequence[Facts], metrics: Sequence[str]) -> "Context":
        """Finds out what is usual among workloads."""
        above = tuple(name for name in metrics if all(each.anchor[name] > 0 for each in facts))
        raw = np.array([_raw(each, above) for each in facts])
        deviation = raw.std(axis=0)
        # What is the same of all workloads says nothing, and must not say anything later.
        deviation[deviation < 1e-6] = np.inf
        return cls(above, tuple(raw.mean(axis=0).tolist()), tuple(deviation.tolist()))

    def __call__(self, facts: Facts) -> Floats:
        """Returns what a model sees of a workload, shape `[context]`."""
        numbers = (_raw(facts, self.metrics) - np.array(self.mean)) / np.array(self.deviation)
        clipped: Floats = np.clip(numbers, -self.FARTHEST, self.FARTHEST)
        return clipped

    def to_document(self) -> dict[str, Any]:
        """Returns it as JSON has it, `null` for infinity."""
        deviation = [each if np.isfinite(each) else None for each in self.deviation]
        return {"metrics": list(self.metrics), "mean": list(self.mean), "deviation": deviation}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Context":
        """Makes one of what `to_document` returned."""
        return cls(
            tuple(document["metrics"]),
            tuple(float(each) for each in document["mean"]),
            tuple(float("inf") if each is None else float(each) for each in document["deviation"]),
        )


def _raw(facts: Facts, metrics: Sequence[str]) -> Floats:
    anchors = np.log([facts.anchor[name] for name in metrics])
    return np.concatenate([np.array(facts.features, np.float64), anchors])
