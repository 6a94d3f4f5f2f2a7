"""Holds a proxy against measurements that it has not seen."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError, OtherVersionWarning
from archgym.proxy.conformal import coverage as covered
from archgym.proxy.proxy import Proxy
from archgym.proxy.samples import Samples
from archgym.proxy.scores import scores

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """What is found on one workload.

    Attributes:
        workload: Its id.
        is_known: Whether the proxy was trained on it.
        metrics: What is predicted.
        true: As measured, shape `[n, metrics]`.
        predicted: As predicted, of the same shape.
        scores: By metric.
        coverage: By metric, the share of designs whose interval holds the truth.
    """

    workload: str
    is_known: bool
    metrics: tuple[str, ...]
    true: Floats
    predicted: Floats
    scores: Mapping[str, Mapping[str, float]]
    coverage: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What is found.

    Attributes:
        parts: By workload.
        seen_before: Samples left out since the proxy has learned from them.
    """

    parts: tuple[Part, ...]
    seen_before: int


def evaluate(proxy: Proxy, samples: Samples, coverage: float = 0.9) -> Evaluation:
    """Predicts what was measured, and compares.

    Args:
        proxy: The proxy.
        samples: The measurements; those of designs that it has seen on a workload are left out.
        coverage: How often intervals shall hold the truth.

    Warns:
        OtherVersionWarning: The samples are of another version of the proxy's simulator.

    Raises:
        ArchgymError: The samples are of another space or simulator, or there are none that it has
            not seen.
    """
    own, given = proxy.coding.space, samples.coding.space
    if own.name != given.name or list(own.parameters) != list(given.parameters):
        raise ArchgymError(f"the proxy is of space {own.name}, the data are of {given.name}")
    if samples.simulator != proxy.simulator:
        said = f"the proxy is of {proxy.simulator}, the data are of {samples.simulator}"
        if proxy.simulator.partition(" ")[0] != samples.simulator.partition(" ")[0]:
            raise ArchgymError(f"{said}, another simulator")
        warnings.warn(
            f"{said}: errors may be those of another version", OtherVersionWarning, stacklevel=2
        )
    parts, seen = [], 0
    wanted = samples.only(proxy.metrics)
    for facts in samples.facts:
        part = wanted.of(facts.id)
        known = proxy.known.get(facts.id)
        if known:
            fresh = ~known.has_seen(part.keys)
            seen += int((~fresh).sum())
            part = part.take(fresh)
        if not len(part):
            continue
        bound = proxy.on(facts.id) if known else proxy.on_new(facts)
        found = bound.interval(part.codes, coverage)
        parts.append(
            Part(
                facts.id,
                known is not None,
                proxy.metrics,
                part.values,
                found.values,
                {
                    name: scores(true, predicted)
                    for name, true, predicted in zip(
                        proxy.metrics, part.values.T, found.values.T, strict=True
                    )
                },
                {
                    name: covered(true, low, high)
                    for name, true, low, high in zip(
                        proxy.metrics, part.values.T, found.low.T, found.high.T, strict=True
                    )
                },
            )
        )
    if not parts:
        raise ArchgymError("the proxy has seen all of these designs, so they prove nothing")
    return Evaluation(tuple(parts), seen)
