"""Optuna's samplers: the tree-structured Parzen estimator, a Gaussian process, CMA-ES, NSGA-II."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, NSGAIISampler, TPESampler
from optuna.trial import TrialState

from archgym.agents.base import Agent, AskTellAgent, choice, tunable
from archgym.evaluation import Evaluated
from archgym.extras import needed_by
from archgym.parameter import Design, Parameter
from archgym.space import DesignSpace

Key = tuple[Any, ...]


class Optuna(AskTellAgent):
    """Asks one of Optuna's samplers, and tries a neighbour rather than a design a second time.

    An ordered parameter is an integer to Optuna, the position of its value, and any other a
    category, without the values that are ruled out whatever the rest of the design. The tree-
    structured Parzen estimator is asked only for parameters that have an effect; the others model
    one fixed set and are asked for all. CMA-ES knows no categories: it moves in the unit cube, and
    a point stands for the design in whose cell it lies. The samplers are told the logarithm of the
    cost, which changes nothing where only the order matters and tames the rest.

    A proposal whose cost is known is told to the sampler at once, and a design nearby proposed
    instead. CMA-ES and NSGA-II learn nothing from it, nor from any other design that they did not
    propose.

    Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019;
    Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011 (TPE); Hansen and
    Ostermeier, "Completely Derandomized Self-Adaptation in Evolution Strategies", Evolutionary
    Computation 9, 2001 (CMA-ES); Deb et al., "A Fast and Elitist Multiobjective Genetic Algorithm:
    NSGA-II", IEEE Transactions on Evolutionary Computation 6, 2002.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> space = archgym.make_space("archgym")
        >>> agent = agents.make("optuna", space, seed=0, sampler="tpe", initial=4)
        >>> agent.tell(list(map(agents.Evaluated, agent.ask(4), [4.0, 3.0, 2.0, 1.0])))
        >>> len(agent.ask(1))
        1
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the samplers; each uses those that it is named for."""

        sampler: str = choice("tpe", ("tpe", "gp", "cmaes", "nsga2"), "which of Optuna's samplers")
        initial: int = tunable(10, 1, 10_000, "designs drawn at random first (tpe, gp)")
        candidates: int = tunable(24, 1, 10_000, "designs compared for a proposal (tpe)")
        population: int = tunable(6, 3, 10_000, "designs of a generation (cmaes, nsga2)")
        crossover: float = tunable(0.5, 0.0, 1.0, "probability of crossing parents (nsga2)")

    hyperparameters: Hyperparameters

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        if self.hyperparameters.sampler in ("cmaes", "nsga2"):
            self.batch_size = self.hyperparameters.population
        self._conditional = self.hyperparameters.sampler == "tpe"
        self._relaxed = self.hyperparameters.sampler == "cmaes"
        # What may be chosen at all; a parameter left with one value is no question.
        self._values = {
            name: [
                value
                for value, allowed in zip(parameter.values, space.allowed(name), strict=True)
                if allowed
            ]
            for name, parameter in space.parameters.items()
        }
        self._distributions = {
            name: self._distribution(parameter, len(self._values[name]))
            for name, parameter in space.parameters.items()
        }
        with _quiet():
            self._study = optuna.create_study(sampler=self._sampler())
        self._running: dict[Key, optuna.Trial] = {}
        self._costs: dict[Key, float] = {}

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes `n` designs, one after the other."""
        with _quiet():
            return [self._propose() for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Tells the study; a cost that is no number is a failed trial."""
        with _quiet():
            for evaluated in evaluations:
                canonical, cost = self.space.canonical(evaluated.design), evaluated.cost
                key = tuple(canonical.values())
                self._costs[key] = cost
                if key in self._running:
                    self._tell(self._running.pop(key), cost)
                else:
                    self._add(canonical, cost)

    def _propose(self) -> Design:
        trial = self._study.ask()
        design = self._suggest(trial)
        key = tuple(design.values())
        feasible = self.space.infeasibility(design) is None
        if feasible and key not in self._costs and key not in self._running:
            self._running[key] = trial
            return design
        self._tell(trial, self._costs.get(key, math.inf))
        return self._unseen_neighbour(design)

    def _suggest(self, trial: optuna.Trial) -> dict[str, Any]:
        """Returns the sampler's design in canonical form."""
        design = dict(self.space.default)
        for name, values in self._values.items():
            if self._is_asked(name, design):
                answer = _answer(trial, name, self._distributions[name])
                index = min(int(answer * len(values)), len(values) - 1) if self._relaxed else answer
                design[name] = values[int(index)]
            elif len(values) == 1:
                design[name] = values[0]
        return self.space.reset_inactive(design)

    def _is_asked(self, name: str, design: Design) -> bool:
        return len(self._values[name]) > 1 and (
            not self._conditional or self.space.is_active(name, design)
        )

    def _unseen_neighbour(self, design: Design) -> Design:
        """Walks from a design to the first one that is news, if it is not too far."""
        for _ in range(self._REDRAWS):
            design = self.neighbour(design)
            key = self.space.key(design)
            if key not in self._costs and key not in self._running:
                break
        return design

    def _tell(self, trial: optuna.Trial, cost: float) -> None:
        if math.isfinite(cost):
            self._study.tell(trial, _log(cost))
        else:
            self._study.tell(trial, state=TrialState.FAIL)

    def _add(self, design: Design, cost: float) -> None:
        """Adds a design, in canonical form, that the sampler did not propose."""
        names = [name for name in design if self._is_asked(name, design)]
        if not math.isfinite(cost) or any(design[name] not in self._values[name] for name in names):
            return
        answers: dict[str, float] = {name: self._values[name].index(design[name]) for name in names}
        if self._relaxed:
            answers = {name: (answers[name] + 0.5) / len(self._values[name]) for name in names}
        distributions = {name: self._distributions[name] for name in names}
        self._study.add_trial(
            optuna.trial.create_trial(value=_log(cost), params=answers, distributions=distributions)
        )

    def _distribution(self, parameter: Parameter, length: int) -> BaseDistribution:
        if self._relaxed:
            return FloatDistribution(0.0, 1.0)
        if parameter.ordered:
            return IntDistribution(0, length - 1)
        return CategoricalDistribution(range(length))

    def _sampler(self) -> BaseSampler:
        settings = self.hyperparameters
        seed = int(self.rng.integers(2**31))
        if settings.sampler == "tpe":
            return TPESampler(
                n_startup_trials=settings.initial,
                n_ei_candidates=settings.candidates,
                multivariate=True,
                group=True,
                constant_liar=True,
                seed=seed,
            )
        if settings.sampler == "gp":
            with needed_by("sampler 'gp' of agent 'optuna'"):
                import torch  # noqa: F401 - Optuna would import it when asked
            return GPSampler(
                n_startup_trials=settings.initial, deterministic_objective=True, seed=seed
            )
        if settings.sampler == "cmaes":
            return CmaEsSampler(
                popsize=settings.population, warn_independent_sampling=False, seed=seed
            )
        return NSGAIISampler(
            population_size=settings.population, crossover_prob=settings.crossover, seed=seed
        )


def _answer(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> float:
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, range(len(distribution.choices)))
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(name, distribution.low, distribution.high)
    return trial.suggest_float(name, 0.0, 1.0)


def _log(cost: float) -> float:
    return math.log(max(cost, math.ulp(0.0)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Optuna from reporting what is no news, and its settings for whoever else uses it."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)
