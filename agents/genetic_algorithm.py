"""Genetic algorithm: breed designs from the best found, with a little mutation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archgym.agents.base import Agent, AskTellAgent, tunable, worst_if_nan
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace


class GeneticAlgorithm(AskTellAgent):
    """Tournament selection, uniform crossover, mutation by parameter, elitism.

    The first generation is drawn uniformly. A child takes each parameter from either of two
    parents, each the winner of a tournament, and then some parameters mutate. A child already
    proposed is bred again, since repeating a deterministic simulation teaches nothing. A new
    generation begins whenever enough children have been told, in whatever batches.

    Goldberg and Deb, "A Comparative Analysis of Selection Schemes Used in Genetic Algorithms",
    FOGA 1991 (tournaments); Syswerda, "Uniform Crossover in Genetic Algorithms", ICGA 1989.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> space = archgym.make_space("archgym")
        >>> agent = agents.make("genetic_algorithm", space, seed=0, population=4)
        >>> agent.tell(list(map(agents.Evaluated, agent.ask(4), [4.0, 3.0, 2.0, 1.0])))
        >>> len(agent.ask(2))
        2
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the evolution."""

        population: int = tunable(12, 2, 10_000, "parents of a generation")
        elites: int = tunable(
            8, 0, 10_000, "best parents that stay parents; at least one child always joins them"
        )
        tournament: int = tunable(
            5, 1, 100, "parents drawn to choose one, the best of them: selection pressure"
        )
        crossover: float = tunable(
            1.0, 0.0, 1.0, "probability that a child has two parents instead of one"
        )
        mutations: float = tunable(
            1.0, 0.0, 100.0, "expected number of parameters of a child that are redrawn"
        )

    hyperparameters: Hyperparameters
    # How often a child that was already proposed, or is infeasible, is bred again, to change more.
    _REBREEDS = 20

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.batch_size = self.hyperparameters.population
        self._parents: list[tuple[float, Design]] = []  # By cost, best first.
        self._children: list[tuple[float, Design]] = []  # Of this generation, as told.
        self._seen: set[tuple[Any, ...]] = set()

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes `n` children of the current parents, or random designs before there are any."""
        return [self._propose() for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Adds designs to the generation and starts the next one when it is complete."""
        self._seen.update(self.space.key(evaluated.design) for evaluated in evaluations)
        self._children += [
            (worst_if_nan(evaluated.cost), evaluated.design) for evaluated in evaluations
        ]
        settings = self.hyperparameters
        while True:
            elites = self._parents[: min(settings.elites, settings.population - 1)]
            needed = settings.population - len(elites)
            if len(self._children) < needed:
                return
            generation = elites + self._children[:needed]
            self._parents = sorted(generation, key=lambda individual: individual[0])
            self._children = self._children[needed:]

    def _propose(self) -> Design:
        for attempt in range(self._REBREEDS):
            design = self._breed(attempt) if self._parents else self.sample(1)[0]
            key = tuple(self.space.reset_inactive(design).values())
            if self.space.infeasibility(design) is None and key not in self._seen:
                break
        self._seen.add(key)
        return design

    def _breed(self, attempt: int) -> Design:
        """Makes a child, which changes the more the more attempts were no news."""
        mother, father = self._select(), self._select()
        crossed = self.rng.random() < self.hyperparameters.crossover
        inherits = self.rng.random(len(self.space)) < (0.5 if crossed else 0.0)
        mutation = (self.hyperparameters.mutations + attempt) / len(self.space)
        mutates = self.rng.random(len(self.space)) < mutation
        child = {
            name: (father if other else mother)[name]
            for name, other in zip(self.space.parameters, inherits, strict=True)
        }
        if mutates.any():
            (fresh,) = self.space.sample(self.rng, 1)
            names = zip(fresh, mutates, strict=True)
            child |= {name: fresh[name] for name, changed in names if changed}
        return child

    def _select(self) -> Design:
        # Parents are in order of cost, so the lowest of the drawn positions wins.
        drawn = self.rng.integers(len(self._parents), size=self.hyperparameters.tournament)
        return self._parents[int(drawn.min())][1]
