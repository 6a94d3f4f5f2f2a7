"""The table that says who won."""

import math
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from archgym.analysis.results import Results, TrialResult

if TYPE_CHECKING:
    from rich.table import Table

# An agent has reached the target at a cost of at most this many times the least that any agent
# found on that problem within the study.
TARGET = 1.01


def summary(results: Results) -> pd.DataFrame:
    """Compares the agents on each problem, after equal budgets.

    Returns:
        One row per workload, objective, budget and agent that has as much, in the study's order,
        with

        - `seeds`: complete trials;
        - `cost_median`, `cost_min`, `cost_max`: of the best cost over the seeds, as multiples of
          the default design's; below 1 is better than the default;
        - `best_cost`: the least cost over the seeds, in the objective's own unit;
        - `evaluations_to_target`: median over the seeds of the evaluations until the cost was
          within 1 % of the least that any agent found on this problem; NaN if fewer than half of
          the seeds got there within the budget;
        - `reached_target`: how many seeds did;
        - `simulations`: median of the distinct designs simulated; NaN, as are the next two, for an
          agent that went on after this budget;
        - `simulator_seconds`, `agent_seconds`: median wall time of a trial spent in the simulator
          and in everything else;
        - `won`: whether its `cost_median` is the least on this problem after this budget.
    """
    rows = []
    for problem, budget in product(results.trials, results.budgets):
        target = TARGET * results.best(problem).best_so_far[-1]
        agents = results.after(problem, budget)
        medians = {agent: _best(trials, budget)[0] for agent, trials in agents.items()}
        for agent, trials in agents.items():
            median, least, most = _best(trials, budget)
            to_target = np.array([_evaluations_to(target, trial, budget) for trial in trials])
            middle = float(np.median(to_target))
            rows.append(
                {
                    "workload": problem.workload,
                    "objective": problem.objective,
                    "budget": budget,
                    "agent": agent,
                    "seeds": len(trials),
                    "cost_median": median,
                    "cost_min": least,
                    "cost_max": most,
                    "best_cost": min(float(trial.costs[:budget].min()) for trial in trials),
                    "evaluations_to_target": middle if math.isfinite(middle) else math.nan,
                    "reached_target": int(np.isfinite(to_target).sum()),
                    "simulations": _median(trials, "simulations", budget),
                    "simulator_seconds": _median(trials, "simulator_seconds", budget),
                    "agent_seconds": _median(trials, "agent_seconds", budget),
                    "won": median <= min(medians.values()),
                }
            )
    return pd.DataFrame(rows)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns the rows of a table as JSON takes them: what is not finite becomes None."""
    return [
        {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def cells(row: Mapping[Any, Any]) -> dict[str, str]:
    """Returns a row of the summary in words, by heading; for a terminal or a page."""
    to_target = row["evaluations_to_target"]
    evaluations = "never" if math.isnan(to_target) else f"{to_target:.0f}"
    return {
        "best cost": multiple(row["cost_median"]),
        "range": f"{multiple(row['cost_min'])}\N{EN DASH}{multiple(row['cost_max'])}",
        "to target": f"{evaluations} ({row['reached_target']}/{row['seeds']})",
        "runs": "" if math.isnan(row["simulations"]) else f"{row['simulations']:.0f}",
        "simulator time": seconds(row["simulator_seconds"]),
        "agent time": seconds(row["agent_seconds"]),
    }


def multiple(value: float) -> str:
    """Returns a multiple of the default's cost with three digits, or three decimals from 0.1."""
    return f"{value:.3f}" if value >= 0.1 else f"{value:.3g}"


def seconds(value: float) -> str:
    """Returns a time in s or ms, or nothing for none."""
    if math.isnan(value):
        return ""
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def rich_table(frame: pd.DataFrame) -> "Table":
    """Returns the summary for a terminal of 80 columns, the winner of each problem in bold."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    page = Table.grid()
    width = int(frame["agent"].str.len().max())
    problems = frame.groupby(["workload", "objective", "budget"], sort=False)
    several = frame["budget"].nunique() > 1
    for (workload, objective, budget), group in problems:
        rows = group.to_dict("records")
        table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
        table.add_column("agent", min_width=width)
        for heading in cells(rows[0]):
            table.add_column(heading, justify="right")
        for row in rows:
            style = "bold" if row["won"] else ""
            line = (row["agent"], *cells(row).values())
            table.add_row(*(Text(cell, style=style) for cell in line))
        after = f", after {budget:,} evaluations" if several else ""
        page.add_row(Text(f"{workload}: {objective}{after}", style="italic"))
        page.add_row(table)
        page.add_row("")
    page.add_row(
        "best cost: median over the seeds, as a multiple of the default design's\n"
        f"to target: evaluations (median) until within {100 * (TARGET - 1):g} % of the best that "
        "anyone found,\nand how many seeds got there\n"
        "runs: distinct designs simulated; times: median of a trial"
    )
    return page


def _best(trials: list[TrialResult], budget: int) -> tuple[float, float, float]:
    """Median, least and greatest of the best costs after a budget."""
    costs = np.array([trial.best_after(budget) for trial in trials])
    return float(np.median(costs)), float(costs.min()), float(costs.max())


def _evaluations_to(target: float, trial: TrialResult, budget: int) -> float:
    """Number of the first evaluation at or below the target; `inf` if the budget has none."""
    reached: NDArray[np.intp] = np.flatnonzero(trial.best_so_far[:budget] <= target)
    return float(reached[0] + 1) if reached.size else math.inf


def _median(trials: list[TrialResult], name: str, budget: int) -> float:
    """Median of what is known of whole trials only; NaN if they went on after the budget."""
    if any(len(trial.best_so_far) > budget for trial in trials):
        return math.nan
    return float(np.median([trial.summary[name] for trial in trials]))
