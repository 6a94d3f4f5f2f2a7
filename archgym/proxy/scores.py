"""How good predictions are."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = NDArray[np.float64]

SCORES: "Mapping[str, str]" = {
    "rmse_percent": "root of the mean squared error, % of the mean of the true values",
    "rmse_per_deviation": "the same, as a share of their standard deviation",
    "mape_percent": "mean of the error's share of the true value, %",
    "r2": "1 - squared error / variance",
    "spearman": "rank correlation of predicted and true values",
    "top_recall": "share of the true best 1 % (the lowest) among the predicted best 1 %",
}


def scores(true: Floats, predicted: Floats) -> dict[str, float]:
    """Returns all `SCORES` of the predictions of one metric.

    Args:
        true: The measured values, shape `[n]`.
        predicted: The predictions, shape `[n]`.
    """
    error = predicted - true
    rmse = float(np.sqrt(np.mean(np.square(error))))
    deviation = float(true.std())
    nonzero = true != 0
    relative = np.abs(error[nonzero] / true[nonzero])
    return {
        "rmse_percent": 100 * _ratio(rmse, abs(float(true.mean()))),
        "rmse_per_deviation": _ratio(rmse, deviation),
        "mape_percent": 100 * float(relative.mean()) if relative.size else 0.0,
        "r2": 1 - _ratio(rmse, deviation) ** 2,
        "spearman": spearman(true, predicted),
        "top_recall": top_recall(true, predicted),
    }


def spearman(a: Floats, b: Floats) -> float:
    """Returns the rank correlation, ties having their mean rank; 0 if either is constant."""
    ranks = np.column_stack([_ranks(a), _ranks(b)])
    ranks -= ranks.mean(axis=0)
    norm = float(np.sqrt(np.square(ranks[:, 0]).sum() * np.square(ranks[:, 1]).sum()))
    return float(ranks[:, 0] @ ranks[:, 1]) / norm if norm else 0.0


def top_recall(true: Floats, predicted: Floats, share: float = 0.01) -> float:
    """Returns which share of the best predicted values is as good as the truly best ones.

    As many are taken for the best as make up `share`, at least one; where true values are equal,
    any of them will do.
    """
    count = max(1, round(share * len(true)))
    chosen = np.argsort(predicted, kind="stable")[:count]
    threshold = np.partition(true, count - 1)[count - 1]
    return float((true[chosen] <= threshold).mean())


def _ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[inverse.reshape(-1)]
    return ranks


def _ratio(a: float, b: float) -> float:
    return a / b if b else (0.0 if a == 0 else float("inf"))
