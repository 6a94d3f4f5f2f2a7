"""Draws the convergence of a study, one panel per problem, and saves its table beside the picture.

Usage: python experiments/figure.py RESULTS OUT

RESULTS is the folder of a finished study, e.g. `demo` after `make demo`. OUT becomes a folder with
`convergence.svg` and `table.json`.
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

from archgym import domain
from archgym.analysis import Results, records, summary
from archgym.analysis.curves import draw_curves


def draw(results: Results) -> Figure:
    """Draws one panel per problem, side by side, with one legend for all."""
    figure = Figure(figsize=(4.0 * len(results.trials), 3.4), layout="constrained")
    panels = figure.subplots(1, len(results.trials), squeeze=False)[0]
    for axes, (problem, agents) in zip(panels, results.trials.items(), strict=True):
        draw_curves(axes, agents, domain.load().objective(problem.objective))
        axes.set_title(f"{problem.workload}: {problem.objective}", fontsize=11)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def main() -> None:
    """Reads the arguments, draws and saves."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    results, out = Results.load(Path(sys.argv[1])), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    draw(results).savefig(out / "convergence.svg", metadata={"Date": None})
    table = json.dumps(records(summary(results)), indent=1)
    (out / "table.json").write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
