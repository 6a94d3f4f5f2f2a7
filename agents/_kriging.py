"""Kriging over coded designs: what is known of some designs says what to expect of others."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from archgym.parameter import Parameter
from archgym.proxy.coding import Coding

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Kriging:
    """A Gaussian process with an exponential kernel over the parameters of a design.

    The correlation of two designs is the product, over the parameters, of exp(-w d), where d is how
    far two values are apart: for sizes by their logarithm, 1 for different values without order. A
    parameter without effect counts as its default. The weights w are those of greatest posterior
    density, and the variance has an inverse gamma prior.

    Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 5.

    Args:
        coding: How designs are coded.
    """

    # Beside the kernel's 1: what measurements differ by that no smooth function explains.
    _NUGGET = 1e-4
    # The logarithms of the weights are normal beforehand; their bounds keep matrices regular.
    _WEIGHT, _SPREAD, _BOUNDS = math.log(0.5), 1.5, (-8.0, 5.0)
    # More designs than these tell no more of the weights, and take long.
    _FITTED = 150

    def __init__(self, coding: Coding) -> None:
        self._groups = coding.groups
        parameters = list(coding.space.parameters.values())
        self._ordered = [parameter.ordered for parameter in parameters]
        self._places = [
            np.column_stack(
                [
                    _places(parameters[column])[level]
                    for column, level in zip(columns, levels.T, strict=True)
                ]
            )
            for columns, levels in zip(coding.groups, coding.levels, strict=True)
        ]
        self._weights = np.full(len(parameters), self._WEIGHT)
        self._fitted = 0

    def fit(self, codes: Ints, trend: Floats, values: Floats, expected: float) -> None:
        """Learns the values of some designs.

        Args:
            codes: The designs, shape `[n, groups]`.
            trend: What values may be linear in, by coefficients that are about as large as the
                process; shape `[n, terms]`.
            values: Their values, shape `[n]`, 0 give or take `expected`.
            expected: The standard deviation that is expected, which counts like one value.
        """
        # The weights change little as designs are added one by one.
        if len(values) > 1.1 * self._fitted + 2:
            self._fitted = len(values)
            rows = np.linspace(0, len(values) - 1, min(len(values), self._FITTED)).astype(np.int64)
            self._fit_weights(codes[rows], trend[rows], values[rows], expected)
        self._trend = trend
        self._tables = [self._table(group, code) for group, code in enumerate(codes.T)]
        covariance = self._covariance(codes, trend)
        covariance[np.diag_indices(len(values))] += self._NUGGET
        self._root = np.linalg.cholesky(covariance)
        self._solution = cho_solve((self._root, True), values)
        squares = float(values @ self._solution) + expected**2
        self._scale = math.sqrt(squares / (len(values) + 1))

    def predict(self, codes: Ints, trend: Floats) -> tuple[Floats, Floats]:
        """Returns means and standard deviations of designs by what was learned last.

        Args:
            codes: The designs, shape `[n, groups]`.
            trend: As for `fit`, shape `[n, terms]`.
        """
        covariance = self._covariance(codes, trend)
        explained = solve_triangular(self._root, covariance.T, lower=True, check_finite=False)
        variance = 1 + np.square(trend).sum(axis=1) - np.square(explained).sum(axis=0)
        deviation = self._scale * np.sqrt(np.maximum(variance, self._NUGGET))
        return covariance @ self._solution, deviation

    def _covariance(self, codes: Ints, trend: Floats) -> Floats:
        """Returns the covariances with the designs that were learned, shape `[n, learned]`."""
        covariance = self._tables[0][codes[:, 0]]
        for table, code in zip(self._tables[1:], codes.T[1:], strict=True):
            covariance *= table[code]
        covariance += trend @ self._trend.T
        return covariance

    def _table(self, group: int, code: Ints) -> Floats:
        """Returns a group's part of the correlations of each of its codes with those of designs."""
        exponent = np.zeros((len(self._places[group]), len(code)))
        for column, place in zip(self._groups[group], self._places[group].T, strict=True):
            exponent -= math.exp(self._weights[column]) * self._apart(column, place, place[code])
        return np.exp(exponent)

    def _apart(self, column: int, places: Floats, others: Floats) -> Floats:
        difference = np.abs(places[:, None] - others)
        return difference if self._ordered[column] else np.sign(difference)

    def _fit_weights(self, codes: Ints, trend: Floats, values: Floats, expected: float) -> None:
        """Finds the logarithms of the weights of greatest posterior density."""
        count = len(values)
        apart = np.empty((len(self._weights), count, count))
        for columns, places, code in zip(self._groups, self._places, codes.T, strict=True):
            for column, place in zip(columns, places[code].T, strict=True):
                apart[column] = self._apart(column, place, place)
        fixed = trend @ trend.T + self._NUGGET * np.eye(count)

        def loss(weights: Floats) -> tuple[float, Floats]:
            factors = np.exp(weights)
            correlation = np.exp(-np.tensordot(factors, apart, 1))
            root = np.linalg.cholesky(correlation + fixed)
            inverse = cho_solve((root, True), np.eye(count))
            solution = inverse @ values
            squares = float(values @ solution) + expected**2
            distance = (weights - self._WEIGHT) / self._SPREAD
            likelihood = 0.5 * (count + 1) * math.log(squares) + np.log(np.diag(root)).sum()
            slope = 0.5 * inverse - 0.5 * (count + 1) / squares * np.outer(solution, solution)
            gradient = -factors * np.tensordot(apart, slope * correlation, 2)
            return (
                float(likelihood + 0.5 * distance @ distance),
                gradient + distance / self._SPREAD,
            )

        found = minimize(
            loss,
            self._weights,
            jac=True,
            method="L-BFGS-B",
            bounds=[self._BOUNDS] * len(self._weights),
            options={"maxiter": 30},
        )
        self._weights = found.x


def _places(parameter: Parameter) -> Floats:
    """Returns where each value of a parameter lies from 0 to 1, and last where it has no effect."""
    count = len(parameter.values)
    places = np.arange(float(count))
    if parameter.ordered and count > 1:
        if not isinstance(parameter.values[0], str):
            # Of sizes, the ratio matters.
            values = np.array([float(value) for value in parameter.values])
            places = np.log2(np.abs(values - values[0]) / np.abs(np.diff(values)).min() + 1)
        places /= places[-1]
    return np.append(places, places[parameter.index(parameter.default)])
