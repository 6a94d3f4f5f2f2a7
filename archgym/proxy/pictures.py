"""Pictures of how good proxies are; they need the extra `report`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from archgym.errors import ArchgymError
from archgym.extras import needed_by, unusable
from archgym.proxy.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 4
"""The most metrics that are drawn, the first ones."""

DOTS = 2000
"""The most designs of a workload that are drawn."""


def draw_predictions(evaluation: Evaluation) -> "Figure":
    """Draws predictions over measurements, a row per workload and a column per metric."""
    figure_class = _figure()
    metrics = evaluation.parts[0].metrics[:SHOWN]
    size = (3.0 * len(metrics), 2.8 * len(evaluation.parts))
    figure = figure_class(figsize=size, layout="constrained")
    panels = figure.subplots(len(evaluation.parts), len(metrics), squeeze=False)
    for row, part in zip(panels, evaluation.parts, strict=True):
        chosen = np.random.default_rng(0).permutation(len(part.true))[:DOTS]
        for axes, metric in zip(row, metrics, strict=True):
            column = part.metrics.index(metric)
            true, predicted = part.true[chosen, column], part.predicted[chosen, column]
            axes.plot([true.min(), true.max()], [true.min(), true.max()], color="0.7", zorder=1)
            axes.scatter(true, predicted, s=3, linewidths=0, rasterized=True, zorder=2)
            if true.min() > 0:
                axes.set(xscale="log", yscale="log")
            error = part.scores[metric]["rmse_percent"]
            axes.set_title(
                f"{part.workload.partition('@')[0]}: {metric}\nRMSE {error:.2f} % of mean",
                parse_math=False,
            )
            axes.title.set_fontsize(9)
            axes.set(xlabel="measured", ylabel="predicted")
            axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_curves(curves: Mapping[str, Mapping[int, Sequence[float]]], ylabel: str) -> "Figure":
    """Draws learning curves.

    Args:
        curves: By label, the errors of all workloads by the number of training designs.
        ylabel: What the errors are.
    """
    figure = _figure()(figsize=(5, 3.6), layout="constrained")
    axes = figure.subplots()
    for label, errors in curves.items():
        sizes = sorted(errors)
        axes.plot(sizes, [float(np.median(errors[size])) for size in sizes], "o-", label=label)
        low, high = ([float(pick(errors[size])) for size in sizes] for pick in (min, max))
        axes.fill_between(sizes, low, high, alpha=0.15)
    axes.set(xscale="log", yscale="log", xlabel="training designs", ylabel=ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    for text in axes.legend(frameon=False).get_texts():
        text.set_parse_math(False)
    return figure


def write(figure: "Figure", path: str | Path) -> None:
    """Writes a picture in the format that its name ends with.

    Raises:
        ArchgymError: The file can't be written, there is no such format, or what writes
            it can't be imported.
    """
    try:
        figure.savefig(path)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise ArchgymError(f"can't write {path}: {error}") from error
    except ImportError as error:  # Of what writes this format.
        raise unusable(error, "a picture") from error


def _figure() -> "type[Figure]":
    with needed_by("a picture"):
        from matplotlib.figure import Figure
    return Figure
