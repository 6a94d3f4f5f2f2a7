"""Compares settings of the agents on the development workloads, so as to choose the defaults.

Usage: python -m experiments.defaults OUT [--agents NAME ...] [--tables FOLDER] [--seeds N]
                                         [--settings N] [--workers N]

Each agent has its defaults as they are and some settings drawn at random from `CHOICES`, all with
100 evaluations, and agents that learn by reinforcement, which could do nothing with so few, with
1,000. The workloads are the four that no published figure is about: nothing is tuned on what is
reported. With `--tables`, designs are looked up in the tables FOLDER/mixed, FOLDER/bursty,
FOLDER/zipf and FOLDER/json, as `archgym enumerate` makes them of these workloads; without, they are
simulated. Runtime is no objective: nearly all agents are at its optimum soon.

OUT/WORKLOAD/AGENT are folders of studies, which are resumed if they were stopped. OUT/defaults.json
lists the settings of each agent, best first, by the median of their regrets and then by the mean.
The regret of a trial is (f - f*) / (f_default - f*), where f* is the least cost that any trial of
any agent has found on the problem, and at most 1: no worse than keeping the default design.
"""

import argparse
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from archgym import agents
from archgym.analysis import Results
from archgym.errors import ArchgymError
from archgym.study import AgentSpec, Study
from archgym.study.trial import replace_text
from experiments.enumeration.workloads import DEVELOPMENT as WORKLOADS

OBJECTIVES = ("latency", "edp", "power with runtime <= 1.05")
SPACE = "archgym-pow2"

_RATES = (0.001, 0.003, 0.01, 0.03)
_POLICY_GRADIENT = {
    "learning_rate": (0.003, 0.01, 0.02, 0.05),
    "environments": (10, 20, 32, 64),
    "horizon": (1, 2),
    "entropy": (0.01, 0.05, 0.1, 0.2),
    "hidden": (16, 32, 64),
}
_PPO = _POLICY_GRADIENT | {"epochs": (3, 6, 12), "clip": (0.1, 0.2, 0.4)}
_VALUE_BASED = {
    "learning_rate": _RATES,
    "environments": (2, 4, 8),
    "initial": (10, 20, 40),
    "updates": (1, 4, 8),
    "batch": (32, 64, 128),
    "hidden": (32, 64, 128),
}


class Candidates(NamedTuple):
    """What is tried of an agent.

    Attributes:
        agent: Its registered name.
        fixed: What all its settings have in common.
        choices: Values to draw from, by hyperparameter.
        budget: Evaluations a trial.
    """

    agent: str
    fixed: Mapping[str, Any]
    choices: Mapping[str, Sequence[Any]]
    budget: int = 100


CHOICES = {
    "grid": Candidates("grid", {}, {"levels": (2, 3, 4, 8)}),
    "genetic_algorithm": Candidates(
        "genetic_algorithm",
        {},
        {
            "population": (8, 12, 20, 30),
            "elites": (1, 2, 4, 8),
            "tournament": (2, 3, 5),
            "crossover": (0.5, 0.9, 1.0),
            "mutations": (0.5, 1.0, 2.0),
        },
    ),
    "ant_colony": Candidates(
        "ant_colony",
        {},
        {
            "ants": (4, 6, 10, 16),
            "elites": (0, 1, 2, 4),
            "evaporation": (0.1, 0.2, 0.4, 0.6),
            "spread": (0.0, 0.05, 0.1, 0.2),
            "wandering": (0.02, 0.05, 0.1, 0.2),
        },
    ),
    "simulated_annealing": Candidates(
        "simulated_annealing",
        {},
        {
            "hot": (0.03, 0.1, 0.3),
            "cold": (0.0003, 0.001, 0.01),
            "cooling": (0.9, 0.94, 0.97, 0.99),
            "reach": (0.0, 0.15, 0.25, 0.5, 1.0),
        },
    ),
    "bayesian_optimization": Candidates(
        "bayesian_optimization",
        {},
        {
            "surrogate": ("extra_trees", "random_forest"),
            "acquisition": (
                "expected_improvement",
                "confidence_bound",
                "probability_of_improvement",
            ),
            "initial": (5, 10, 20),
            "trees": (20, 40),
            "leaf": (1, 2, 3),
            "fresh": (25, 50, 100),
            "varied": (25, 50, 100),
            "exploration": (0.0, 0.01, 0.1),
            "confidence": (0.5, 1.0, 1.96),
        },
    ),
    "gaussian_process": Candidates(
        "bayesian_optimization",
        {"surrogate": "gaussian_process"},
        {
            "acquisition": ("expected_improvement", "confidence_bound"),
            "initial": (5, 10, 20),
            "fresh": (25, 50, 100),
            "varied": (25, 50, 100),
        },
    ),
    "optuna_tpe": Candidates(
        "optuna", {"sampler": "tpe"}, {"initial": (5, 10, 20), "candidates": (12, 24, 48, 96)}
    ),
    "optuna_cmaes": Candidates("optuna", {"sampler": "cmaes"}, {"population": (6, 8, 11, 16, 24)}),
    "optuna_nsga2": Candidates(
        "optuna",
        {"sampler": "nsga2"},
        {"population": (6, 8, 12, 16, 24), "crossover": (0.5, 0.9, 1.0)},
    ),
    "ppo": Candidates("ppo", {}, _PPO, 1000),
    "a2c": Candidates("a2c", {}, _POLICY_GRADIENT, 1000),
    "dqn": Candidates("dqn", {}, _VALUE_BASED | {"exploration": (0.3, 0.5, 0.8)}, 1000),
    "sac": Candidates(
        "sac", {}, _VALUE_BASED | {"horizon": (1, 2), "mixing": (0.005, 0.01, 0.05)}, 1000
    ),
    "ippo": Candidates("ippo", {}, _PPO, 1000),
    "mappo": Candidates("mappo", {}, _PPO, 1000),
}


def settings(candidates: Candidates, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Returns the defaults and at most `n` other settings, drawn without repeats."""
    rng = np.random.default_rng(seed)
    drawn: list[dict[str, Any]] = [{}]
    names = list(candidates.choices)
    grid = [len(values) for values in candidates.choices.values()]
    total = int(np.prod(grid))
    for point in rng.choice(total, size=min(n, total), replace=False):
        indices = np.unravel_index(point, grid)
        drawn.append(
            {
                name: candidates.choices[name][index]
                for name, index in zip(names, indices, strict=True)
            }
        )
    return [{**candidates.fixed, **setting} for setting in drawn]


def study(label: str, workload: str, options: argparse.Namespace) -> Study:
    """Makes the study of one agent on one workload: an agent's setting is an agent of its own."""
    candidates = CHOICES[label]
    specs = [
        AgentSpec(f"{label}-{number}", candidates.agent, setting)
        for number, setting in enumerate(settings(candidates, options.settings))
    ]
    table = f"tabular:{options.tables / workload}" if options.tables else "native"
    found = Study(
        name=f"defaults-{workload}-{label}",
        budget=candidates.budget,
        seeds=options.seeds,
        workloads=(WORKLOADS[workload],),
        agents=tuple(specs),
        objectives=OBJECTIVES,
        space=SPACE,
        simulator=table,
    )
    found.check(found.name)
    return found


def costs(results: Results) -> Iterator[tuple[str, str, float]]:
    """Yields the problem, agent's label and least cost of every trial, over the default's."""
    for problem, of_agents in results.trials.items():
        for label, trials in of_agents.items():
            for trial in trials:
                yield f"{problem.workload}: {problem.objective}", label, trial.best_so_far[-1]


def ranking(found: Sequence[tuple[str, str, float]]) -> dict[str, tuple[float, float]]:
    """Returns the median and mean regret of every label.

    Args:
        found: Problem, label and least cost (over the default design's) of every trial.
    """
    optimum: dict[str, float] = {}
    for problem, _, cost in found:
        optimum[problem] = min(cost, optimum.get(problem, 1.0))
    regrets: dict[str, list[float]] = {}
    for problem, label, cost in found:
        gain = 1.0 - optimum[problem]
        # Where nobody beats the default design, all that is no worse is as good.
        regret = (cost - optimum[problem]) / gain if gain > 0 else float(cost > 1.0)
        regrets.setdefault(label, []).append(min(regret, 1.0))
    return {
        label: (float(np.median(values)), float(np.mean(values)))
        for label, values in regrets.items()
    }


def tabulate(labels: Sequence[str], out: Path, n: int) -> dict[str, list[dict[str, Any]]]:
    """Returns the settings of each agent, best first, from all results that are in `out`."""
    found = [
        row
        for folder in sorted(out.glob("*/*"))
        if (folder / "spec.toml").exists()
        for row in costs(Results.load(folder))
    ]
    ranks = ranking(found)
    tables = {}
    for label in labels:
        tried = [
            {
                "settings": setting,
                "is_default": number == 0,
                "median_regret": ranks[f"{label}-{number}"][0],
                "mean_regret": ranks[f"{label}-{number}"][1],
            }
            for number, setting in enumerate(settings(CHOICES[label], n))
            if f"{label}-{number}" in ranks
        ]
        tables[label] = sorted(tried, key=lambda row: (row["median_regret"], row["mean_regret"]))
    return tables


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description="Compares settings of the agents.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--agents", nargs="+", choices=CHOICES, default=list(CHOICES))
    parser.add_argument("--tables", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--settings", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs what is left of the studies, writes the ranking and prints the best of each agent."""
    options = parse(arguments)
    for workload in WORKLOADS:
        for label in options.agents:
            failures = study(label, workload, options).run(
                options.out / workload / label, options.workers
            )
            for failure in failures:
                raise ArchgymError(f"trial {failure.trial.name} failed: {failure.reason}")
    tables = tabulate(options.agents, options.out, options.settings)
    document = {
        "budgets": {label: CHOICES[label].budget for label in tables},
        "seeds": options.seeds,
        "space": SPACE,
        "workloads": [spec.label for spec in WORKLOADS.values()],
        "objectives": OBJECTIVES,
        "agents": tables,
    }
    replace_text(options.out / "defaults.json", json.dumps(document, indent=1) + "\n")
    for label, rows in tables.items():
        (now,) = (row for row in rows if row["is_default"])
        best = rows[0]
        print(
            f"{label}: defaults {now['median_regret']:.3%}, best {best['median_regret']:.3%} with "
            f"{changes(label, best['settings']) or 'the defaults'}"
        )


def changes(label: str, setting: Mapping[str, Any]) -> dict[str, Any]:
    """Returns those settings that are not at the agent's defaults."""
    agent = agents.registry.load(CHOICES[label].agent)
    defaults = {field.name: field.default for field in dataclasses.fields(agent.Hyperparameters)}
    fixed = CHOICES[label].fixed
    return {
        name: value
        for name, value in setting.items()
        if name not in fixed and value != defaults[name]
    }


if __name__ == "__main__":
    main()
