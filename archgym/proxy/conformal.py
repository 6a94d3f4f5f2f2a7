"""Intervals that hold the truth as often as they say, whatever the model.

Split-conformal prediction (Lei, G'Sell, Rinaldo, Tibshirani, Wasserman: "Distribution-Free
Predictive Inference for Regression", JASA 2018): the errors on samples that the model was not
trained on are sorted, and a share of them is not exceeded by as large a share of new designs drawn
in the same way. Where predictions are high the errors may be others than where they are low, so
each quarter of the predictions has errors of its own (Vovk's Mondrian categories).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError, unknown

Floats = NDArray[np.float64]

COVERAGES = (0.5, 0.8, 0.9, 0.95, 0.99)
"""Shares of designs whose metrics an interval can be asked to hold."""

QUARTERS = 4
FEWEST = 20
"""The fewest samples that a quarter has; of fewer in all there is one part only."""


@dataclass(frozen=True)
class Margins:
    """How far to both sides of a prediction of one metric its interval reaches.

    Attributes:
        edges: Predictions that divide the parts, ascending.
        widths: By coverage, a margin a part, on the model's scale; infinite where there are too
            few samples to tell.
    """

    edges: tuple[float, ...]
    widths: Mapping[float, tuple[float, ...]]

    @classmethod
    def calibrate(cls, predicted: Floats, true: Floats) -> "Margins":
        """Finds the margins from samples that the model has not seen, shape `[n]` each."""
        edges = np.unique(np.quantile(predicted, np.arange(1, QUARTERS) / QUARTERS))
        part = np.searchsorted(edges, predicted, side="right")
        # Where many predictions are the same, quarters are none.
        if np.bincount(part, minlength=edges.size + 1).min() < FEWEST:
            edges, part = edges[:0], np.zeros(len(predicted), np.int64)
        errors = [
            np.sort(np.abs(predicted - true)[part == number]) for number in range(edges.size + 1)
        ]
        return cls(
            tuple(edges.tolist()),
            {c: tuple(_quantile(each, c) for each in errors) for c in COVERAGES},
        )

    def at(self, predicted: Floats, coverage: float) -> Floats:
        """Returns the margin of each prediction, shape `[n]`."""
        return np.array(self.widths[coverage])[np.searchsorted(self.edges, predicted, "right")]

    def to_document(self) -> dict[str, Any]:
        """Returns it as JSON has it, `null` for infinity."""
        widths = {
            str(c): [width if np.isfinite(width) else None for width in each]
            for c, each in self.widths.items()
        }
        return {"edges": list(self.edges), "widths": widths}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Margins":
        """Makes one of what `to_document` returned."""
        return cls(
            tuple(document["edges"]),
            {
                float(c): tuple(np.inf if width is None else float(width) for width in each)
                for c, each in document["widths"].items()
            },
        )


def check_coverage(coverage: float) -> float:
    """Returns a coverage that there are margins for.

    Raises:
        ArchgymError: It is none of `COVERAGES`.
    """
    if coverage not in COVERAGES:
        raise unknown("coverage", coverage, map(str, COVERAGES))
    return coverage


def coverage(true: Floats, low: Floats, high: Floats) -> float:
    """Returns the share of true values within their intervals, ends included."""
    return float(((low <= true) & (true <= high)).mean())


def _quantile(errors: Sequence[float] | Floats, coverage: float) -> float:
    """Returns the error that a new one exceeds with a probability of at most 1 - coverage."""
    rank = int(np.ceil((len(errors) + 1) * coverage))
    return float(errors[rank - 1]) if rank <= len(errors) else float("inf")


__all__ = ["COVERAGES", "ArchgymError", "Margins", "check_coverage", "coverage"]
