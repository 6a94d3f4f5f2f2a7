"""The report of a study: one HTML page with everything inside, to read, mail or archive."""

import math
from pathlib import Path
from typing import Any

from archgym import atomic
from archgym.analysis.curves import COLOURS, convergence_plot
from archgym.analysis.remarks import default_design, remark
from archgym.analysis.results import ProblemKey, Results, TrialResult
from archgym.analysis.table import (
    TARGET,
    beyond,
    cells,
    multiple,
    quantity,
    remarks,
    summary,
)
from archgym.domain import Domain
from archgym.errors import ArchgymError
from archgym.extras import needed_by
from archgym.objectives import Limit, Limited, Metrics, Objective
from archgym.space import DesignSpace
from archgym.version import VERSION


def write_report(results: Results, path: str | Path) -> None:
    """Writes the report of a study as a page that needs no other file and no network.

    Raises:
        ArchgymError: The file can't be written, or an optional dependency can't be imported.
    """
    path = Path(path)
    page = render(results)
    try:
        with atomic.output(path) as temporary:
            temporary.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror}") from error


def render(results: Results) -> str:
    """Returns the page.

    Raises:
        MissingExtraError: Jinja2 or Matplotlib is not installed or fails to import.
    """
    with needed_by("the report"):
        from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("archgym.analysis", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    study, space = results.study, results.space
    rows = summary(results).to_dict("records")
    first = next(results.of_problem(next(iter(results.trials))))
    return environment.get_template("report.html.jinja").render(
        study=study,
        platform=", ".join(
            f"{name} {value}"
            for name, value in study.options
            if results.domain.options[name].is_read
        ),
        spec=study.to_toml(),
        version=VERSION,
        simulator_version=first.summary["simulator_version"],
        feasible_designs=space.count_feasible(),
        default=default_design(space, results.domain),
        target=f"{100 * (TARGET - 1):g} %",
        missing=results.missing,
        complete=len(study.trials) - results.missing,
        agents=[agent.label for agent in study.agents],
        budgets=results.budgets,
        seeds=sorted({agent.seeds or study.seeds for agent in study.agents}),
        colours={
            agent.label: COLOURS[index % len(COLOURS)] for index, agent in enumerate(study.agents)
        },
        problems=[
            _problem(results, problem, rows, number)
            for number, problem in enumerate(results.trials)
        ],
    )


def _problem(
    results: Results, problem: ProblemKey, summary_rows: list[dict[Any, Any]], number: int
) -> dict[str, Any]:
    """Returns what the page says about one problem."""
    rows = [row for row in summary_rows if (row["workload"], row["objective"]) == problem]
    best = results.best(problem)
    objective = results.objective(problem)
    tables = [
        {
            "budget": budget,
            "rows": [
                {"agent": row["agent"], "won": row["won"], "cells": cells(row)} for row in group
            ],
            "winners": [row["agent"] for row in group if row["won"]],
            "median": {row["agent"]: _median(row) for row in group},
            "remarks": remarks(group),
        }
        for budget in results.budgets
        if (group := [row for row in rows if row["budget"] == budget])
    ]
    return {
        "workload": problem.workload,
        "objective": problem.objective,
        "plot": convergence_plot(results.trials[problem], f"problem-{number}", objective),
        "tables": tables,
        **_best(best, objective),
        "found": math.isfinite(best.best_so_far[-1]),
        "finder": best.summary["agent"],
        **_best_design(best, results.space, objective, results.domain),
    }


def _median(row: dict[Any, Any]) -> str:
    """Returns the median of an agent, and how many seeds it is of if some missed the limits."""
    missed = row["met_limits"] < row["seeds"]
    met = f" ({row['met_limits']:.0f} of {row['seeds']})" if missed else ""
    return multiple(row["cost_median"]) + met


def _best(best: TrialResult, objective: Objective) -> dict[str, str]:
    """Returns how good the best design is, for a cell and for a sentence."""
    ratio = float(best.best_so_far[-1])
    if not isinstance(objective, Limited):
        return {"best": multiple(ratio), "as_good_as": f"{multiple(ratio)} of the default's cost"}
    if not math.isfinite(ratio):
        return {"best": beyond(best.nearest_after(len(best.costs))), "as_good_as": ""}
    value = quantity(ratio * best.default_value, objective.term.unit)
    return {
        "best": f"{multiple(ratio)}, {value}",
        "as_good_as": f"{value}, {multiple(ratio)} of the default's {objective.term.name}",
    }


def _best_design(
    best: TrialResult, space: DesignSpace, objective: Objective, domain: Domain
) -> dict[str, Any]:
    """Returns the best design and its metrics, each beside the default design's."""
    row = best.best_row()
    design = space.canonical({name: row[f"param.{name}"] for name in space.parameters})
    default = best.summary["default_metrics"]
    measured = {
        name: row[f"metric.{name}"]
        for name in default
        if f"metric.{name}" in row and not math.isnan(row[f"metric.{name}"])
    }
    return {
        "parameters": [
            {
                "name": name,
                "default": space.default[name],
                "best": design[name] if space.is_active(name, design) else "no effect",
                "changed": design[name] != space.default[name],
            }
            for name in space.parameters
        ],
        "metrics": [
            {
                "description": domain.metrics[name].description,
                "name": name,
                "default": _number(default[name]),
                "best": _number(measured[name]),
                "change": _change(default[name], measured[name]),
            }
            for name in domain.compared
            if name in measured
        ],
        "limits": [
            {
                "name": limit.name,
                "default": _limited(limit, default, default),
                "best": _limited(limit, measured, default),
            }
            for limit in objective.limits
            if measured
        ],
        "remark": remark(row, domain),
    }


def _limited(limit: Limit, metrics: Metrics, reference: Metrics) -> str:
    """Returns what a design has of what is limited, and how far that is beyond the limit."""
    excess = limit.excess(metrics, reference)
    value = quantity(limit.term(metrics), limit.term.unit)
    return f"{value}, {beyond(excess)}" if excess > 0 else value


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _change(before: float, after: float) -> str:
    """Returns a change in per cent."""
    return f"{100 * (after / before - 1):+.1f} %".replace("-", "\N{MINUS SIGN}") if before else ""
