"""What is tried of each agent: values to draw its settings from."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from archgym import agents

_RATES = (0.001, 0.003, 0.01, 0.03)
_POLICY_GRADIENT = {
    "learning_rate": (0.003, 0.01, 0.02, 0.05),
    "environments": (10, 20, 32, 64),
    "horizon": (1, 2),
    "ent_coef": (0.01, 0.05, 0.1, 0.2),
    "hidden": (16, 32, 64),
}
_PPO = _POLICY_GRADIENT | {"epochs": (3, 6, 12), "clip": (0.1, 0.2, 0.4)}
_VALUE_BASED = {
    "learning_rate": _RATES,
    "environments": (2, 4, 8),
    "initial": (10, 20, 40),
    "gradient_steps": (1, 4, 8),
    "batch": (32, 64, 128),
    "hidden": (32, 64, 128),
}


class Candidates(NamedTuple):
    """What is tried of an agent.

    Attributes:
        agent: Its registered name.
        fixed: What all its settings have in common.
        choices: Values to draw from, by hyperparameter.
        budget: Evaluations per trial.
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
        "sac",
        {},
        _VALUE_BASED
        | {
            # Fewer gradient steps per design than DQN's, each of which takes longer.
            "environments": (8, 16, 32),
            "gradient_steps": (2, 4, 8),
            "horizon": (1, 2),
            "tau": (0.005, 0.01, 0.05),
        },
        1000,
    ),
    "ippo": Candidates("ippo", {}, _PPO, 1000),
    "mappo": Candidates("mappo", {}, _PPO, 1000),
}


def settings(label: str, n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Returns the defaults and at most `n` other settings, drawn without repeats, each in full."""
    candidates = CHOICES[label]
    agent = agents.registry.load(candidates.agent)
    fields = dataclasses.fields(agent.Hyperparameters)
    defaults = {field.name: field.default for field in fields} | dict(candidates.fixed)
    rng = np.random.default_rng(seed)
    names = list(candidates.choices)
    grid = [len(values) for values in candidates.choices.values()]
    total = int(np.prod(grid))
    drawn = [defaults]
    for point in rng.choice(total, size=min(n, total), replace=False):
        indices = np.unravel_index(point, grid)
        values = [candidates.choices[name][i] for name, i in zip(names, indices, strict=True)]
        setting = defaults | dict(zip(names, values, strict=True))
        if setting != defaults:
            drawn.append(setting)
    return drawn
