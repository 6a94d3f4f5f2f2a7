"""Optuna and scikit-optimize, as their documentation has one call them."""

import warnings
from typing import Any

import optuna
import skopt
from optuna.samplers import BaseSampler, GPSampler, TPESampler
from skopt.space import Categorical, Integer

from archgym.parameter import Design
from archgym.problem import Problem
from archgym.space import DesignSpace


def optuna_tpe(problem: Problem, seed: int) -> None:
    """Spends a problem's budget with Optuna's tree-structured Parzen estimator."""
    _optimize(problem, TPESampler(seed=seed))


def optuna_gp(problem: Problem, seed: int) -> None:
    """Spends a problem's budget with Optuna's Gaussian process."""
    _optimize(problem, GPSampler(seed=seed))


def skopt_gp(problem: Problem, seed: int) -> None:
    """Spends a problem's budget with scikit-optimize's `gp_minimize`."""
    asked = _asked(problem.space)
    ordered = [name for name in asked if problem.space.parameters[name].ordered]
    dimensions = [
        Integer(0, len(values) - 1, name=name)
        if name in ordered
        else Categorical(values, name=name)
        for name, values in asked.items()
    ]

    def cost(point: list[Any]) -> float:
        answers = zip(asked, point, strict=True)
        return _cost(
            problem,
            {name: asked[name][int(each)] if name in ordered else each for name, each in answers},
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It says whenever it repeats a design.
        skopt.gp_minimize(cost, dimensions, n_calls=problem.remaining, random_state=seed)


def _optimize(problem: Problem, sampler: BaseSampler) -> None:
    asked = _asked(problem.space)

    def cost(trial: optuna.Trial) -> float:
        return _cost(
            problem,
            {
                name: values[trial.suggest_int(name, 0, len(values) - 1)]
                if problem.space.parameters[name].ordered
                else trial.suggest_categorical(name, values)
                for name, values in asked.items()
            },
        )

    # It says how each of its trials went.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    optuna.create_study(sampler=sampler).optimize(cost, n_trials=problem.remaining)


def _asked(space: DesignSpace) -> dict[str, list[Any]]:
    """Returns the values to choose from, of every parameter where there is a choice."""
    allowed = {
        name: [
            value
            for value, possible in zip(parameter.values, space.allowed(name), strict=True)
            if possible
        ]
        for name, parameter in space.parameters.items()
    }
    return {name: values for name, values in allowed.items() if len(values) > 1}


def _cost(problem: Problem, design: Design) -> float:
    (evaluation,) = problem.evaluate([design])
    return problem.penalised(evaluation)
