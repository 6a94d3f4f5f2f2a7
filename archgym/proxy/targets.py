"""How metrics are put to a model, and what it says read back as metrics."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError

Floats = NDArray[np.float64]

BEYOND = 0.1
"""How far beyond the samples a prediction may be, in standard deviations."""

LEVELS = 64
"""The most distinct values of a metric that is taken to have no others, such as a count."""


@dataclass(frozen=True)
class Target:
    """One metric on a standardised scale.

    Attributes:
        metric: Its name.
        scale: `log` for metrics above 0, whose relative error matters; `linear` for others;
            `constant` for one that is always `mean`.
        mean: Mean on that scale.
        deviation: Standard deviation on it.
        low: The least value of the samples, standardised, and a little less: models may say
            anything of a design that is like no other, and are not believed.
        high: The greatest value, in the same form.
        levels: The values that the metric can have, sorted, if they are few: predictions are
            rounded to them.
    """

    metric: str
    scale: Literal["log", "linear", "constant"]
    mean: float
    deviation: float
    low: float
    high: float
    levels: tuple[float, ...] = ()

    @classmethod
    def of(cls, metric: str, values: Floats) -> "Target":
        """Chooses the scale for the values that a metric has, shape `[n]`.

        Raises:
            ArchgymError: A value is missing or not finite.
        """
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values)))
            raise ArchgymError(f"metric {metric} is {values[row]} in sample {row}, not a number")
        distinct = np.unique(values)
        if distinct.size == 1:
            return cls(metric, "constant", float(distinct[0]), 1.0, 0.0, 0.0)
        scaled = np.log(values) if distinct[0] > 0 else values
        mean, deviation = float(scaled.mean()), float(scaled.std())
        return cls(
            metric,
            "log" if distinct[0] > 0 else "linear",
            mean,
            deviation,
            (float(scaled.min()) - mean) / deviation - BEYOND,
            (float(scaled.max()) - mean) / deviation + BEYOND,
            tuple(distinct.tolist()) if distinct.size <= min(LEVELS, len(values) // 8) else (),
        )

    def standardise(self, values: Floats) -> Floats:
        """Returns values on the model's scale."""
        if self.scale == "constant":
            return np.zeros_like(values)
        scaled = np.log(values) if self.scale == "log" else values
        return (scaled - self.mean) / self.deviation

    def to_document(self) -> dict[str, Any]:
        """Returns it as JSON has it."""
        return asdict(self) | {"levels": list(self.levels)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Target":
        """Makes one of what `to_document` returned."""
        return cls(**{**document, "levels": tuple(document["levels"])})


class Targets:
    """Several metrics at once, in the order of a model's outputs.

    Args:
        targets: One per metric.

    Attributes:
        targets: As given.
        metrics: Their names.
    """

    def __init__(self, targets: tuple[Target, ...]) -> None:
        self.targets = targets
        self.metrics = tuple(target.metric for target in targets)
        self._mean = np.array([target.mean for target in targets])
        self._deviation = np.array([target.deviation for target in targets])
        self._low = np.array([target.low for target in targets])
        self._high = np.array([target.high for target in targets])
        self._logs = np.array([target.scale == "log" for target in targets])
        self._constants = np.array([target.scale == "constant" for target in targets])
        self._deviation[self._constants] = 0.0
        self._levels = [
            (column, np.array(target.levels))
            for column, target in enumerate(targets)
            if target.levels
        ]

    def standardise(self, values: Floats) -> Floats:
        """Returns values, shape `[n, metrics]`, on the model's scale."""
        columns = zip(self.targets, values.T, strict=True)
        standardised: Floats = np.column_stack(
            [each.standardise(column) for each, column in columns]
        )
        return standardised

    def restore(self, outputs: Floats) -> Floats:
        """Returns the metrics that a model's outputs stand for, shape `[n, metrics]`."""
        values: Floats = np.clip(outputs, self._low, self._high)
        values *= self._deviation
        values += self._mean
        if self._logs.all():
            np.exp(values, out=values)
        else:
            np.exp(values, out=values, where=self._logs)
        values[:, self._constants] = self._mean[self._constants]
        for column, levels in self._levels:
            values[:, column] = _nearest(values[:, column], levels)
        return values

    def relative_to(self, anchor: Mapping[str, float]) -> "Targets":
        """Returns the scales for a workload, where the logarithms are of shares of its anchor."""
        shifted = []
        for target in self.targets:
            if target.scale == "linear":
                shifted.append(target)
                continue
            factor = anchor[target.metric]
            levels = tuple(level * factor for level in target.levels)
            mean = target.mean * factor
            if target.scale == "log":
                mean = target.mean + float(np.log(factor))
            shifted.append(replace(target, mean=mean, levels=levels))
        return Targets(tuple(shifted))

    def reaching(self, values: Floats) -> "Targets":
        """Returns the scales whose range holds these values, shape `[n, metrics]`, too."""
        standardised = self.standardise(values)
        lows, highs = standardised.min(axis=0) - BEYOND, standardised.max(axis=0) + BEYOND
        columns = zip(self.targets, lows.tolist(), highs.tolist(), strict=True)
        return Targets(
            tuple(
                replace(target, low=min(target.low, low), high=max(target.high, high))
                for target, low, high in columns
            )
        )

    def bounds(self, outputs: Floats, margin: Floats) -> tuple[Floats, Floats]:
        """Returns the metrics at a distance below and above a model's outputs.

        Args:
            outputs: Shape `[n, metrics]`.
            margin: On the model's scale, of a shape that fits.
        """
        return self.restore(outputs - margin), self.restore(outputs + margin)


def _nearest(values: Floats, levels: Floats) -> Floats:
    middles = (levels[1:] + levels[:-1]) / 2
    nearest: Floats = levels[np.searchsorted(middles, values)]
    return nearest
