"""Adapts a proxy to a new workload by a few designs that were measured on it, the *probes*.

Designs that would do alike on the known workloads do alike on a new one, though not equally well.
So what the model predicts for a design on each known workload, and on the new one by its facts, is
the design's *fingerprint*; and a Gaussian process from fingerprints to a metric, one per metric, is
fitted to the probes (Rasmussen, Williams: "Gaussian Processes for Machine Learning", 2006). Its
covariance has three parts of equal weight: any constant; linear in the same metric on other
workloads, as of tasks that have much in common (Bonilla, Chai, Williams: "Multi-task Gaussian
Process Prediction", NIPS 2007); and a smooth function of all metrics.

The same probes tell how far off it is. Each is predicted from the others, in closed form, and
the errors make intervals as in the jackknife+ (Barber, Candès, Ramdas, Tibshirani: "Predictive
Inference with the Jackknife+", Annals of Statistics 2021). Errors are relative to what the process
expects and to those of similar probes (Papadopoulos, Vovk, Gammerman: "Regression Conformal
Prediction with Nearest Neighbours", JAIR 2011): most designs are easily predicted, and those are
hard for which a queue is about to overflow.
"""

import numpy as np
from numpy.typing import NDArray

from archgym.proxy.scores import spearman

Floats = NDArray[np.float64]

NOISES = (1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0)
"""What the process may leave unexplained, as shares of the variance of either part."""

CONSTANT = 1e3
"""The variance of the constant part: so large that nothing is supposed of it."""


class Adaptation:
    """Predicts standardised metrics on a workload some of whose designs were measured.

    Args:
        fingerprints: Of the probes, shape `[probes, workloads, metrics]`.
        measured: Their metrics on the model's scale, shape `[probes, metrics]`.

    Attributes:
        ranks: By metric, the rank correlation of the probes' measurements with what is predicted
            for each from the others.
    """

    def __init__(self, fingerprints: Floats, measured: Floats) -> None:
        self._mean = fingerprints.mean(axis=0)
        # The floor is for a metric that never changes.
        self._deviation = np.maximum(fingerprints.std(axis=0).mean(axis=0), 1e-3)
        self._probes = self._standardise(fingerprints)
        self._processes = [
            _Process(self._probes, column, values) for column, values in enumerate(measured.T)
        ]
        self.ranks = tuple(process.rank for process in self._processes)

    def predict(self, fingerprints: Floats, coverage: float) -> tuple[Floats, Floats]:
        """Predicts the metrics of designs.

        Args:
            fingerprints: Of the designs, shape `[n, workloads, metrics]`.
            coverage: How often the truth shall be as near as the margin says.

        Returns:
            The metrics and their margins, shape `[n, metrics]` each. Margins are infinite where
            there are too few probes for this coverage.
        """
        designs = self._standardise(fingerprints)
        nearness = _nearness(designs, self._probes)
        found = [each.predict(designs, nearness, coverage) for each in self._processes]
        outputs, margins = zip(*found, strict=True)
        return np.column_stack(outputs), np.column_stack(margins)

    def _standardise(self, fingerprints: Floats) -> Floats:
        standardised: Floats = (fingerprints - self._mean) / self._deviation
        return standardised


class _Process:
    """The Gaussian process of one metric.

    Args:
        probes: Their standardised fingerprints.
        column: The metric.
        measured: What was measured of it, shape `[probes]`.
    """

    def __init__(self, probes: Floats, column: int, measured: Floats) -> None:
        self._column = column
        self._probes = probes[:, :, column].copy()
        count = len(measured)
        self._scale = max(float(np.square(self._probes).sum()) / count, 1e-9)
        nearness = _nearness(probes, probes)
        covariance = self._covariance(probes, nearness)
        candidates = [
            (_evidence(covariance + noise * np.eye(count), measured), noise) for noise in NOISES
        ]
        self._noise = max(candidates)[1]
        system = covariance + self._noise * np.eye(count)
        self._inverse = np.asarray(np.linalg.inv(system), np.float64)
        self._weights: Floats = self._inverse @ measured
        # Rasmussen and Williams, section 5.4.2: each probe, predicted from the others.
        variance = 1 / np.diag(self._inverse)
        self._errors = self._weights * variance
        self._surprise = np.abs(self._errors) / np.sqrt(variance)
        self.rank = spearman(measured, measured - self._errors)
        others = nearness - np.eye(count)
        self._relative = self._surprise / np.maximum(self._local(others), 1e-12)

    def predict(self, designs: Floats, nearness: Floats, coverage: float) -> tuple[Floats, Floats]:
        """Returns the metric of designs, given their nearness to the probes, and its margins."""
        covariance = self._covariance(designs, nearness)
        outputs = _product(covariance, self._weights[None])[:, 0]
        rank = int(np.ceil((self._errors.size + 1) * coverage))
        if rank > self._errors.size:
            return outputs, np.full(len(designs), np.inf)
        gain = _product(covariance, self._inverse)
        own = designs[:, :, self._column].copy()
        before = CONSTANT + np.einsum("ij,ij->i", own, own) / self._scale + 1
        variance = before + self._noise - np.einsum("ij,ij->i", gain, covariance)
        width = np.sqrt(np.maximum(variance, self._noise)) * self._local(nearness)
        # Without a probe, a prediction would be another one, and its margin as wide as the error
        # that was made at this probe.
        reach = np.abs(gain * self._errors) + width[:, None] * self._relative
        return outputs, np.partition(reach, rank - 1, axis=1)[:, rank - 1]

    def _covariance(self, designs: Floats, nearness: Floats) -> Floats:
        alike = _product(designs[:, :, self._column].copy(), self._probes) / self._scale
        covariance: Floats = CONSTANT + alike + nearness
        return covariance

    def _local(self, nearness: Floats) -> Floats:
        """Returns by how much errors of similar probes are larger than expected, at least a bit."""
        weights = nearness**3
        squares = np.square(self._surprise)
        # All probes together count as much as one that is the same.
        total = _product(weights, np.stack([squares, np.ones_like(squares)]))
        local: Floats = np.sqrt((total[:, 0] + squares.mean()) / (total[:, 1] + 1))
        return local


def _nearness(designs: Floats, probes: Floats) -> Floats:
    """Returns the smooth part of the covariance: 1 for equal fingerprints, less for others."""
    a, b = (each.reshape(len(each), -1) for each in (designs, probes))
    lengths = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b)
    squares = lengths - 2 * _product(a, b)
    nearness: Floats = np.exp(-np.maximum(squares, 0) / (2 * a.shape[1]))
    return nearness


def _product(a: Floats, b: Floats) -> Floats:
    """Returns `a @ b.T`, each row by itself: of BLAS, a row's last bits depend on the others."""
    product: Floats = np.einsum("ij,kj->ik", a, b)
    return product


def _evidence(covariance: Floats, measured: Floats) -> float:
    """Returns how likely the measurements are, on a scale of their own, as a logarithm."""
    square = float(measured @ np.linalg.solve(covariance, measured)) / measured.size
    logarithm = float(np.linalg.slogdet(covariance)[1])
    return -measured.size * float(np.log(max(square, 1e-300))) - logarithm
