"""Convergence: how good a design each agent had after how many evaluations."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archgym.analysis.results import TrialResult
from archgym.extras import needed_by
from archgym.objectives import Limited, Objective
from archgym.texts import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which the colour-blind can tell apart, by contrast on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LONGEST_LABEL = 40
"""The most characters of a name in a picture, which a longer one would leave no room."""
# From so many evaluations on, what happens to the first hundred would not be seen.
_LONG = 500
_DASHES = ("-", "--", "-.", (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))


class Curve(NamedTuple):
    """Best cost so far over the seeds of an agent, each float64, shape `[evaluations]`.

    Attributes:
        median: Its median.
        least: Its least.
        greatest: Its greatest.
    """

    median: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]


def curve(trials: list[TrialResult]) -> Curve:
    """Returns the best cost so far over trials, as multiples of the default design's.

    It is that of designs within the limits of the objective, and `inf` before there is one. A trial
    that ended before the others keeps its last value.
    """
    length = max(len(trial.best_so_far) for trial in trials)
    costs = np.array(
        [
            np.pad(trial.best_so_far, (0, length - len(trial.best_so_far)), mode="edge")
            for trial in trials
        ]
    )
    return Curve(np.median(costs, axis=0), costs.min(axis=0), costs.max(axis=0))


def axis_label(objective: Objective) -> str:
    """Returns what the curves of a problem show."""
    if isinstance(objective, Limited):
        return f"least {objective.term.name} within limits so far / default's"
    return "best cost so far / default's"


def convergence_plot(agents: dict[str, list[TrialResult]], name: str, objective: Objective) -> str:
    """Draws the curves of agents on one problem: medians as lines, ranges as bands.

    Args:
        agents: The trials of each agent.
        name: A name for the plot that no other on the page has.
        objective: The problem's.

    Returns:
        An `svg` element without any reference to outside.

    Raises:
        MissingExtraError: Matplotlib is not installed or fails to import.
    """
    with needed_by("the report"):
        import matplotlib as mpl
        import matplotlib.backends.backend_svg
        from matplotlib.figure import Figure

    style: Any = {
        "svg.hashsalt": name,  # Ids that repeat across the page's plots would clash.
        "svg.fonttype": "none",
        "text.parse_math": False,  # Labels come from outside: `$` in them is a `$`.
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(6.4, 3.9), layout="constrained")
        axes = figure.add_subplot()
        draw_curves(axes, agents, objective)
        axes.legend(
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(0, 1.01),
            ncols=2,
            borderaxespad=0,
            fontsize=9,
        )
        return _svg(figure)


def draw_curves(axes: "Axes", agents: dict[str, list[TrialResult]], objective: Objective) -> None:
    """Draws the curves of agents on one problem into `axes`, without a legend."""
    curves = {agent: curve(trials) for agent, trials in agents.items()}
    for index, (agent, (median, least, greatest)) in enumerate(curves.items()):
        steps = np.arange(1, len(median) + 1)
        colour = COLOURS[index % len(COLOURS)]
        axes.fill_between(
            steps, least, _finite(greatest), step="post", color=colour, alpha=0.11, linewidth=0
        )
        axes.step(
            steps,
            median,
            where="post",
            color=colour,
            linestyle=_DASHES[index % len(_DASHES)],
            linewidth=2,
            label=shorten(agent.replace("_", " "), LONGEST_LABEL),
        )
    _dress(axes, curves)
    axes.set_ylabel(axis_label(objective))


def _dress(axes: "Axes", curves: dict[str, Curve]) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

    axes.axhline(1.0, color="#555555", linewidth=1, linestyle=(0, (2, 2)), zorder=1)
    axes.annotate(
        "default\ndesign", (1, 1), (4, 0), ("axes fraction", "data"), "offset points",
        va="center", color="#555555", fontsize=9,
    )  # fmt: skip
    low, high = _limits(curves)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    # Within less than a decade, powers of ten and their multiples are too few ticks.
    narrow = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10])
    axes.yaxis.set_major_locator(narrow if high < 5 * low else LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    longest = max(len(found.median) for found in curves.values())
    axes.set_xlim(1, longest)
    if longest > _LONG:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_xlabel("evaluations")
    axes.grid(axis="y", color="#e3e6ea", linewidth=0.8)
    axes.set_axisbelow(True)


def _limits(curves: dict[str, Curve]) -> tuple[float, float]:
    """Leaves out how bad the first few designs were, which would flatten all the rest."""
    least = [found.least[-1] for found in curves.values()]
    settled = [_first_finite(found.median[len(found.median) // 20 :]) for found in curves.values()]
    low = min([1.0, *filter(np.isfinite, least)])
    high = max([1.0, *filter(np.isfinite, settled)])
    margin = (high / low) ** 0.06 * 1.005
    return low / margin, high * margin


def _first_finite(values: NDArray[np.float64]) -> float:
    """What a curve begins with, where it has to wait for a design within the limits."""
    finite = values[np.isfinite(values)]
    return float(finite[0]) if len(finite) else np.inf


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a seed had no design to count yet, the band ends far above the plot."""
    return np.where(np.isfinite(values), values, 1e9)


@contextmanager
def unknown_letters() -> Iterator[None]:
    """Keeps Matplotlib from a warning for each letter of a name that its font lacks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph ")
        yield


def _svg(figure: "Figure") -> str:
    file = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with unknown_letters():
        figure.savefig(file, format="svg", metadata=nothing)
    _, start, svg = file.getvalue().partition("<svg")
    # Inside a page, names of namespaces mean nothing and look like links; the page sets the font.
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", start + svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # Numbered alike in each plot, referred to by none.
    return re.sub(r"font: ([0-9.]+px) [^;\"]*", r"font-size: \1", svg)
