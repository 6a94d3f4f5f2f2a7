"""Runs the studies and ranks the settings; see `experiments.defaults`."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from archgym import domain
from archgym.analysis import Results
from archgym.analysis.landscape import Landscape
from archgym.errors import ArchgymError
from archgym.simulators.tabular import Tabular
from archgym.study import AgentSpec, Study
from archgym.study.trial import replace_text
from experiments.defaults.candidates import CHOICES, settings
from experiments.enumeration.summary import keeps_data
from experiments.enumeration.workloads import DEVELOPMENT as WORKLOADS

OBJECTIVES = ("latency", "edp", "power with runtime <= 1.05x")
SPACE = "archgym-pow2"

Landscapes = Mapping[tuple[str, str], Landscape]


def study(label: str, workload: str, options: argparse.Namespace) -> Study:
    """Makes the study of one agent on one workload: an agent's setting is an agent of its own."""
    candidates = CHOICES[label]
    specs = [
        AgentSpec(f"{label}-{number}", candidates.agent, setting)
        for number, setting in enumerate(settings(label, options.settings))
    ]
    found = Study(
        name=f"defaults-{workload}-{label}",
        budget=candidates.budget,
        seeds=options.seeds,
        workloads=(WORKLOADS[workload],),
        agents=tuple(specs),
        objectives=OBJECTIVES,
        space=SPACE,
        options=tuple(sorted(domain.load().settle({}).items())),
        simulator=f"tabular:{options.tables / workload}",
    )
    found.check(found.name)
    return found


def landscapes(tables: Path) -> dict[tuple[str, str], Landscape]:
    """Returns the costs of all designs that keep their data, by workload's label and objective."""
    found = {}
    for name, workload in WORKLOADS.items():
        table = Tabular(tables / name).table
        for objective in OBJECTIVES:
            landscape = Landscape.of(table, objective).among(keeps_data(table))
            found[workload.label, objective] = landscape
    return found


def regrets(results: Results, known: Landscapes) -> dict[str, dict[str, list[float]]]:
    """Returns the regrets of each setting's trials, by its label and the objective."""
    found: dict[str, dict[str, list[float]]] = {}
    for problem, of_settings in results.trials.items():
        landscape = known[problem.workload, problem.objective]
        for label, trials in of_settings.items():
            own = found.setdefault(label, {}).setdefault(problem.objective, [])
            for trial in trials:
                cost = trial.best_so_far[-1] * landscape.default_cost
                own.append(min(landscape.regret(cost), 1.0))
    return found


def ranking(label: str, options: argparse.Namespace, known: Landscapes) -> list[dict[str, Any]]:
    """Returns the settings of an agent, best first."""
    pooled: dict[str, dict[str, list[float]]] = {}
    for workload in WORKLOADS:
        results = Results.load(options.out / workload / label)
        for name, by_objective in regrets(results, known).items():
            for objective, values in by_objective.items():
                pooled.setdefault(name, {}).setdefault(objective, []).extend(values)
    rows = [
        {
            "settings": setting,
            "was_default": number == 0,
            "mean_regret": float(np.mean(list(pooled[f"{label}-{number}"].values()))),
            "by_objective": {
                objective: {"median": float(np.median(values)), "mean": float(np.mean(values))}
                for objective, values in pooled[f"{label}-{number}"].items()
            },
        }
        for number, setting in enumerate(settings(label, options.settings))
    ]
    return sorted(rows, key=lambda row: row["mean_regret"])


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description="Compares settings of the agents.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--agents", nargs="+", choices=CHOICES, default=list(CHOICES))
    parser.add_argument("--tables", type=Path, default=Path("tables"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--settings", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is left of the studies, adds the ranking to OUT and prints the best settings."""
    options = parse(arguments)
    known = landscapes(options.tables)
    for label in options.agents:
        for workload in WORKLOADS:
            failures = study(label, workload, options).run(
                options.out / workload / label, options.workers
            )
            for failure in failures:
                raise ArchgymError(f"trial {failure.trial.name} failed: {failure.reason}")
        rows = ranking(label, options, known)
        _add(options.out / "results.json", label, rows, options.seeds)
        best, (before,) = rows[0], [row for row in rows if row["was_default"]]
        print(
            f"{label}: defaults {before['mean_regret']:.2%}, best {best['mean_regret']:.2%} with "
            f"{changes(before['settings'], best['settings']) or 'the defaults'}"
        )


def _add(path: Path, label: str, rows: list[dict[str, Any]], seeds: int) -> None:
    """Adds an agent's ranking to those that are in a file, or replaces it."""
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    document |= {
        "space": SPACE,
        "workloads": [spec.label for spec in WORKLOADS.values()],
        "objectives": OBJECTIVES,
    }
    document.setdefault("agents", {})[label] = {
        "agent": CHOICES[label].agent,
        "evaluations": CHOICES[label].budget,
        "seeds": seeds,
        "best_first": rows,
    }
    replace_text(path, json.dumps(document, indent=1) + "\n")


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what differs."""
    return {name: value for name, value in after.items() if value != before[name]}


if __name__ == "__main__":
    main()
