"""How many simulations a search from a proxy needs, beside searches without one.

Agents search for the least latency, and for the least power while the runtime is at most 1.05
times the default's, by the tables, so that the true optimum is known. `known` starts from a proxy
of the workload itself, whose designs were simulated before; `transfer` from a proxy of the other
eleven workloads of the tables, which has seen nothing of this one. Problems that are too easy are
left out.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from archgym import agents, domain, proxy
from archgym.proxy.samples import Samples
from archgym.study.trial import replace_text
from experiments.enumeration.workloads import REPORT, WORKLOADS
from experiments.generalist.__main__ import OBJECTIVES, Tabulated
from experiments.proxy.data import SHARE, keeping_data

BUDGET = 100
SEEDS = 10
TARGETS = (0.05, 0.01)
"""Regrets to reach: 0 is the optimum, 1 the default design."""

DIRECT: dict[str, tuple[str, dict[str, Any]]] = {
    "bayesian_optimization": ("bayesian_optimization", {}),
    "simulated_annealing": ("simulated_annealing", {}),
    "tpe": ("optuna", {"sampler": "tpe"}),
}
ON_PROXIES = ("known", "transfer", "without")

DESIGNS = 1000
"""Designs of each other workload that the proxy for `transfer` has seen."""

EFFORT = 0.25
"""How long that is trained; eleven workloads have eleven times the samples."""

Curve = list[tuple[int, float]]
"""The improvements of a search: after how many simulations the regret was how much."""


def run(tables: Path, work: Path, only: Sequence[str] = ()) -> None:
    """Runs the searches that have not been run yet, and keeps their curves in a folder.

    Args:
        tables: Folder of the tables.
        work: Folder for curves and proxies.
        only: Names of the ways to search; by default all.
    """
    for objective in OBJECTIVES:
        for workload in REPORT:
            missing = [
                name
                for name in only or (*DIRECT, *ON_PROXIES)
                if not _path(work, objective, workload, name).exists()
            ]
            if not missing:
                continue
            tabulated = Tabulated(tables, workload, objective)
            for name in missing:
                curves = []
                if not tabulated.landscape.is_too_easy:
                    agent, settings = DIRECT.get(name) or _on_proxy(tables, work, workload, name)
                    curves = [_search(tabulated, agent, settings, seed) for seed in range(SEEDS)]
                path = _path(work, objective, workload, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_text(path, json.dumps(curves) + "\n")


def _search(tabulated: Tabulated, agent: str, settings: Mapping[str, Any], seed: int) -> Curve:
    problem = tabulated.problem(BUDGET)
    curve: Curve = []
    evaluate = problem.evaluate

    def recorded(designs: Any) -> Any:
        evaluations = evaluate(designs)
        for evaluation in evaluations:
            if math.isfinite(evaluation.cost):
                regret = tabulated.landscape.regret(evaluation.cost)
                if not curve or regret < curve[-1][1]:
                    curve.append((evaluation.step + 1, regret))
        return evaluations

    problem.evaluate = recorded  # type: ignore[method-assign]
    agents.make(agent, problem.space, seed, **settings).search(problem)
    return curve


def _path(work: Path, objective: str, workload: str, name: str) -> Path:
    return work / objective.split()[0] / f"{workload}_{name}.json"


def _on_proxy(tables: Path, work: Path, workload: str, name: str) -> tuple[str, dict[str, Any]]:
    """Returns the agent and its settings, once there is the proxy that it starts from."""
    if name == "without":
        return "proxy_search", {}
    path = work / f"{workload}_{name}.proxy"
    if not path.exists():
        proxy.save((_train_known if name == "known" else _train_transfer)(tables, workload), path)
    return "proxy_search", {"proxy": str(path)}


def _train_known(tables: Path, workload: str) -> proxy.Proxy:
    samples = keeping_data(tables / workload)
    known = samples.draw(round(SHARE * len(samples)), np.random.default_rng(0))
    return proxy.train(known, transfer=False)


def _train_transfer(tables: Path, workload: str) -> proxy.Proxy:
    others = [_described(tables, name) for name in WORKLOADS if name != workload]
    return proxy.train(proxy.join(others), transfer=True, effort=EFFORT)


def _described(tables: Path, name: str) -> Samples:
    """Returns some designs of a workload with its features, other ones of each."""
    samples = keeping_data(tables / name)
    (facts,) = samples.facts
    features = tuple(WORKLOADS[name].load(domain.load().platform({})).features)
    rng = np.random.default_rng([0, list(WORKLOADS).index(name)])
    return replace(samples, facts=(replace(facts, features=features),)).draw(DESIGNS, rng)


def summarise(work: Path) -> dict[str, Any]:
    """Returns what the searches in a folder needed; problems that lack some are left out.

    Of the searches of each way, that is the median over seeds; `None` for more than `BUDGET`.
    """
    found: dict[str, Any] = {}
    for objective in OBJECTIVES:
        for workload in REPORT:
            paths = {
                name: _path(work, objective, workload, name) for name in (*DIRECT, *ON_PROXIES)
            }
            if not all(path.exists() for path in paths.values()):
                continue
            curves: dict[str, list[Curve]] = {
                name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items()
            }
            if all(curves.values()):
                found.setdefault(objective, {})[workload] = _needs(curves)
    return found


def _needs(curves: Mapping[str, list[Curve]]) -> dict[str, Any]:
    after = {
        name: float(np.median([each[-1][1] if each else math.inf for each in curves[name]]))
        for name in curves
    }
    level = min(after[name] for name in DIRECT)
    targets = {"best_direct": level} | {f"{target:g}": target for target in TARGETS}
    rows = {}
    for label, target in targets.items():
        needed = {
            name: float(np.median([_steps_until(target, curve) for curve in each]))
            for name, each in curves.items()
        }
        direct = min(needed[name] for name in DIRECT)
        rows[label] = {
            "regret": target,
            "needed": {name: _finite(count) for name, count in needed.items()},
            # Where no direct agent gets there, it takes more than the budget.
            "times_fewer": {
                name: round(min(direct, BUDGET) / needed[name], 2) for name in ON_PROXIES
            },
        }
    return {f"regret_after_{BUDGET}": after, "targets": rows}


def _steps_until(target: float, curve: Curve) -> float:
    return next((step for step, regret in curve if regret <= target), math.inf)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def markdown(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns the page."""
    lines = ["# Simulations that a search needs", ""]
    lines += [
        f"Made by `python -m experiments.proxy search`. Medians of {SEEDS} seeds of {BUDGET} "
        f"simulations each; `-` stands for more. Best direct: the least of {', '.join(DIRECT)}. "
        f"Times fewer: the simulations of that one, at most {BUDGET}, for each of the search on "
        f"a proxy. What proxies were trained on is not counted: for `known`, {SHARE:.0%} of the "
        "workload's own designs, 7,834, with which no search on it takes fewer; for `transfer`, "
        f"{DESIGNS:,} of each of the other 11 workloads.",
        "",
    ]
    for objective, workloads in found.items():
        lines += [f"## {objective[0].upper()}{objective[1:]}", ""]
        for target in next(iter(workloads.values()))["targets"]:
            if target == "best_direct":
                title = f"What the best direct agent has after {BUDGET}"
            else:
                title = f"Regret of {float(target):.0%}"
            lines += [f"### {title}", ""]
            columns = ("Workload", "Regret", "Best direct", *ON_PROXIES, "Times fewer: known")
            lines += [f"| {' | '.join((*columns, 'transfer', 'without'))} |"]
            lines += [f"|{' --- |' * (len(columns) + 2)}"]
            lines += [_line(name, row["targets"][target]) for name, row in workloads.items()]
            rows = [row["targets"][target]["times_fewer"] for row in workloads.values()]
            counts = [f"{sum(row[name] >= 5 for row in rows)} ({name})" for name in ON_PROXIES]
            lines += ["", f"5 times fewer on {', '.join(counts)} of {len(workloads)}.", ""]
    return "\n".join(lines)


def _line(workload: str, row: Mapping[str, Any]) -> str:
    needed = row["needed"]
    direct = [needed[name] for name in DIRECT if needed[name] is not None]
    counts = [min(direct, default=None), *(needed[name] for name in ON_PROXIES)]
    cells = [
        f"`{workload}`",
        f"{row['regret']:.2%}",
        *("-" if count is None else f"{count:g}" for count in counts),
        *(f"{row['times_fewer'][name]:.1f}" if needed[name] else "-" for name in ON_PROXIES),
    ]
    return f"| {' | '.join(cells)} |"
