"""The report of a study: one HTML page with everything inside, to read, mail or archive."""

import os
from pathlib import Path
from typing import Any

import archgym
from archgym.analysis.curves import COLOURS, convergence_plot
from archgym.analysis.results import ProblemKey, Results, TrialResult
from archgym.analysis.table import TARGET, cells, multiple, summary
from archgym.dram.metrics import METRICS
from archgym.errors import ArchgymError
from archgym.registry import missing_extra
from archgym.space import DesignSpace

# What the best design is compared on with the default design.
_COMPARED = (
    "runtime_ns",
    "latency_ns",
    "latency_p99_ns",
    "bandwidth_gb_per_s",
    "energy_nj",
    "power_mw",
    "queue_entries",
)


def write_report(results: Results, path: str | Path) -> None:
    """Writes the report of a study as a page that needs no other file and no network.

    Raises:
        ArchgymError: The file can't be written, or an optional dependency is missing.
    """
    path = Path(path)
    page = render(results)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def render(results: Results) -> str:
    """Returns the page.

    Raises:
        MissingExtraError: Jinja2 or Matplotlib is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the report") from error

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
        spec=study.to_toml(),
        version=archgym.__version__,
        simulator_version=first.summary["simulator_version"],
        feasible_designs=space.count_feasible(),
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
            _problem(results, problem, space, rows, number)
            for number, problem in enumerate(results.trials)
        ],
    )


def _problem(
    results: Results,
    problem: ProblemKey,
    space: DesignSpace,
    summary_rows: list[dict[Any, Any]],
    number: int,
) -> dict[str, Any]:
    """Returns what the page says about one problem."""
    rows = [row for row in summary_rows if (row["workload"], row["objective"]) == problem]
    best = results.best(problem)
    tables = [
        {
            "budget": budget,
            "rows": [
                {"agent": row["agent"], "won": row["won"], "cells": cells(row)} for row in group
            ],
            "winners": [row["agent"] for row in group if row["won"]],
            "median": {row["agent"]: multiple(row["cost_median"]) for row in group},
        }
        for budget in results.budgets
        if (group := [row for row in rows if row["budget"] == budget])
    ]
    return {
        "workload": problem.workload,
        "objective": problem.objective,
        "plot": convergence_plot(results.trials[problem], f"problem-{number}"),
        "tables": tables,
        "best": multiple(best.best_so_far[-1]),
        "finder": best.summary["agent"],
        **_best_design(best, space),
    }


def _best_design(best: TrialResult, space: DesignSpace) -> dict[str, Any]:
    """Returns the best design and its metrics, each beside the default design's."""
    row = best.log.iloc[int(best.costs.argmin())]
    design = space.canonical({name: row[f"param.{name}"] for name in space.parameters})
    default = best.summary["default_metrics"]
    compared = [name for name in _COMPARED if name in default and f"metric.{name}" in row]
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
                "description": METRICS[name].description,
                "name": name,
                "default": _number(default[name]),
                "best": _number(row[f"metric.{name}"]),
                "change": _change(default[name], row[f"metric.{name}"]),
            }
            for name in compared
        ],
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _change(before: float, after: float) -> str:
    """Returns a change in per cent."""
    return f"{100 * (after / before - 1):+.1f} %".replace("-", "\N{MINUS SIGN}") if before else ""
