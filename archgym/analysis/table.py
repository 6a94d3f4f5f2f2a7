"""The table that says who won."""

import math
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from archgym.analysis.remarks import remark
from archgym.analysis.results import Results, TrialResult
from archgym.objectives import Least, Limited, Objective

if TYPE_CHECKING:
    from rich.table import Table

# An agent has reached the target at a cost of at most this many times the least that any agent
# found on that problem within the study.
TARGET = 1.01

# In place of a number where there is none.
NONE = "\N{EN DASH}"


def summary(results: Results) -> pd.DataFrame:
    """Compares the agents on each problem, after equal budgets.

    Where the objective has limits, a seed *met* them if it found a design within them, and what is
    said of designs is said of those; costs beyond limits are penalties and appear nowhere.

    Returns:
        One row per workload, objective, budget and agent that has as much, in the study's order,
        with

        - `seeds`: complete trials;
        - `met_limits`: how many of them met the limits; NaN where there are none, as is the next;
        - `violation`: of the seed that came nearest, how far its nearest design is beyond the limit
          that it misses most, as a share of the limit; 0 if it met all;
        - `term`, `unit`: what is minimised and its unit, empty for the formulas of the paper;
        - `cost_median`, `cost_min`, `cost_max`: of the best cost over the seeds, or over those that
          met the limits, as multiples of what the default design has; below 1 is better than the
          default; NaN if there is none;
        - `value_median`, `best_cost`: median and least of the same in the unit;
        - `evaluations_to_target`: median over the seeds of the evaluations until the cost was
          within 1 % of the least that any agent found on this problem; NaN if fewer than half of
          the seeds got there within the budget;
        - `reached_target`: how many seeds did;
        - `simulations`: median of the distinct designs simulated; NaN, as are the next two, for an
          agent that went on after this budget;
        - `simulator_seconds`, `agent_seconds`: median wall time of a trial spent in the simulator
          and in everything else;
        - `remark`: what has to be known of the best design, if anything;
        - `won`: whether its median over all seeds, those that met no limits being the worst, is
          the least on this problem after this budget.
    """
    rows = []
    for problem, budget in product(results.trials, results.budgets):
        objective = results.objective(problem)
        target = TARGET * results.best(problem).best_so_far[-1]
        agents = results.after(problem, budget)
        medians = {
            agent: float(np.median([trial.best_after(budget) for trial in trials]))
            for agent, trials in agents.items()
        }
        for agent, trials in agents.items():
            to_target = np.array([_evaluations_to(target, trial, budget) for trial in trials])
            middle = float(np.median(to_target))
            rows.append(
                {
                    "workload": problem.workload,
                    "objective": problem.objective,
                    "budget": budget,
                    "agent": agent,
                    "seeds": len(trials),
                    **_limits(objective, trials, budget),
                    **_costs(objective, trials, budget),
                    "evaluations_to_target": middle if math.isfinite(middle) else math.nan,
                    "reached_target": int(np.isfinite(to_target).sum()),
                    "simulations": _median(trials, "simulations", budget),
                    "simulator_seconds": _median(trials, "simulator_seconds", budget),
                    "agent_seconds": _median(trials, "agent_seconds", budget),
                    "remark": remark(_best(trials, budget).best_row(budget), results.domain),
                    "won": medians[agent] <= min(medians.values()) < math.inf,
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
    least, greatest = multiple(row["cost_min"]), multiple(row["cost_max"])
    shown = {}
    if not math.isnan(row["met_limits"]):
        shown["met limits"] = f"{row['met_limits']:.0f} of {row['seeds']}"
        shown[row["term"]] = value_of(row)
    return shown | {
        "best cost": multiple(row["cost_median"]),
        "range": NONE if least == NONE else f"{least}\N{EN DASH}{greatest}",
        "to target": f"{evaluations} ({row['reached_target']}/{row['seeds']})",
        "runs": "" if math.isnan(row["simulations"]) else f"{row['simulations']:.0f}",
        "simulator time": seconds(row["simulator_seconds"]),
        "agent time": seconds(row["agent_seconds"]),
    }


def value_of(row: Mapping[Any, Any]) -> str:
    """Returns the median in its unit, or how far beyond the limits the nearest design is."""
    if math.isnan(row["value_median"]):
        return beyond(row["violation"])
    return quantity(row["value_median"], row["unit"])


def quantity(value: float, unit: str) -> str:
    """Returns a value with its unit, in four digits or whole."""
    return f"{value:,.0f} {unit}" if abs(value) >= 1000 else f"{value:.4g} {unit}"


def beyond(violation: float) -> str:
    """Returns in words how far a design is beyond its limits."""
    if not math.isfinite(violation):
        return NONE
    percent = 100 * violation
    return f"{percent:,.0f} % beyond" if percent >= 100 else f"{percent:.3g} % beyond"


def multiple(value: float) -> str:
    """Returns a multiple of the default's cost with three digits, or three decimals from 0.1."""
    if math.isnan(value):
        return NONE
    return f"{value:.3f}" if value >= 0.1 else f"{value:.3g}"


def seconds(value: float) -> str:
    """Returns a time in s or ms, or nothing for none."""
    if math.isnan(value):
        return ""
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def rich_table(frame: pd.DataFrame, default: str = "") -> "Table":
    """Returns the summary for a terminal of 80 columns, the winner of each problem in bold.

    Where there are limits, times make room for what is said of them.

    Args:
        frame: The summary.
        default: A sentence on the default design, to be put below.
    """
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
        limited = "met limits" in cells(rows[0])
        shown = [name for name in cells(rows[0]) if not (limited and name.endswith(" time"))]
        for heading in shown:
            table.add_column(heading.replace(" ", "\n"), justify="right", vertical="bottom")
        for row in rows:
            style = "bold" if row["won"] else ""
            line = [row["agent"], *(cells(row)[heading] for heading in shown)]
            table.add_row(*(Text(cell, style=style) for cell in line))
        after = f", after {budget:,} evaluations" if several else ""
        page.add_row(Text(f"{workload}: {objective}{after}", style="italic"))
        page.add_row(table)
        for text in remarks(rows):
            page.add_row(Text(text))
        page.add_row("")
    limits = (
        "met limits: seeds that found a design within the limits; all values are of these seeds\n"
    )
    page.add_row(
        "best cost: median over the seeds, as a multiple of the default design's\n"
        f"{limits if frame['met_limits'].notna().any() else ''}"
        f"to target: evaluations (median) until within {100 * (TARGET - 1):g} % of the best that "
        "anyone found,\nand how many seeds got there\n"
        "runs: distinct designs simulated; times: median of a trial"
    )
    if default:
        page.add_row(Text(default))
    return page


def remarks(rows: list[dict[Any, Any]]) -> list[str]:
    """Returns the remarks on the best designs of agents, each with whose they are."""
    by_remark: dict[str, list[str]] = {}
    for row in rows:
        if row["remark"]:
            by_remark.setdefault(row["remark"], []).append(row["agent"])
    return [f"{', '.join(agents)}: the best design {text}" for text, agents in by_remark.items()]


def _limits(objective: Objective, trials: list[TrialResult], budget: int) -> dict[str, float]:
    """How many seeds met the limits, and how near the nearest came."""
    if not objective.limits:
        return {"met_limits": math.nan, "violation": math.nan}
    nearest = [trial.nearest_after(budget) for trial in trials]
    return {"met_limits": float(nearest.count(0)), "violation": min(nearest)}


def _costs(objective: Objective, trials: list[TrialResult], budget: int) -> dict[str, Any]:
    """The best costs after a budget, as multiples of the default design's and in their unit."""
    known = {"term": "", "unit": ""}
    if isinstance(objective, Least | Limited):
        known = {"term": objective.term.name, "unit": objective.term.unit}
    values = np.array([trial.values[:budget].min() for trial in trials])
    if objective.limits:
        values = values[np.isfinite(values)]
    if not len(values):
        names = ("cost_median", "cost_min", "cost_max", "value_median", "best_cost")
        return known | dict.fromkeys(names, math.nan)
    ratios = values / trials[0].default_value
    return known | {
        "cost_median": float(np.median(ratios)),
        "cost_min": float(ratios.min()),
        "cost_max": float(ratios.max()),
        "value_median": float(np.median(values)),
        "best_cost": float(values.min()),
    }


def _best(trials: list[TrialResult], budget: int) -> TrialResult:
    """The trial with the best design after a budget, the first of several."""
    return min(trials, key=lambda trial: (trial.best_after(budget), trial.costs[:budget].min()))


def _evaluations_to(target: float, trial: TrialResult, budget: int) -> float:
    """Number of the first evaluation at or below the target; `inf` if the budget has none."""
    best = trial.best_so_far[:budget]
    reached: NDArray[np.intp] = np.flatnonzero((best <= target) & np.isfinite(best))
    return float(reached[0] + 1) if reached.size else math.inf


def _median(trials: list[TrialResult], name: str, budget: int) -> float:
    """Median of what is known of whole trials only; NaN if they went on after the budget."""
    if any(len(trial.best_so_far) > budget for trial in trials):
        return math.nan
    return float(np.median([trial.summary[name] for trial in trials]))
