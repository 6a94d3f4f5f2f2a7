"""Ant colony optimisation: ants follow the pheromone that good designs left on their values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from archgym.agents.base import Agent, AskTellAgent, tunable, worst_if_nan
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace


class _Ant(NamedTuple):
    """A path through the parameters: a design told, in canonical form.

    Attributes:
        cost: What it costs.
        values: Position of each parameter's value; int64, shape `[len(space)]`.
        active: Which parameters have an effect in it; bool, likewise.
    """

    cost: float
    values: NDArray[np.int64]
    active: NDArray[np.bool_]


class AntColony(AskTellAgent):
    """Draws each parameter by the pheromone of its values, which the best ants renew.

    The pheromone of a parameter's values always adds up to 1. When as many designs have been told
    as a colony has ants, a part of it evaporates, and the best ants of the colony and the best of
    all deposit as much again on the values they chose, the better the more. An ant deposits only on
    parameters that have an effect in its design, and on an ordered one some of it next to its
    value. An ant takes no path already taken, since repeating a deterministic simulation teaches
    nothing.

    Dorigo, Maniezzo and Colorni, "Ant System: Optimization by a Colony of Cooperating Agents",
    IEEE Transactions on Systems, Man, and Cybernetics B 26, 1996; Bullnheimer, Hartl and Strauss,
    "A New Rank Based Version of the Ant System", 1999 (elites by rank); Blum and Dorigo, "The
    Hyper-Cube Framework for Ant Colony Optimization", IEEE SMC B 34, 2004 (pheromone adds up to 1).

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> space = archgym.make_space("archgym")
        >>> agent = agents.make("ant_colony", space, seed=0, ants=4)
        >>> agent.tell(list(map(agents.Evaluated, agent.ask(4), [4.0, 3.0, 2.0, 1.0])))
        >>> len(agent.ask(2))
        2
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the colony."""

        ants: int = tunable(10, 1, 10_000, "designs of a colony")
        elites: int = tunable(4, 0, 10_000, "best of a colony that deposit, beside the best of all")
        evaporation: float = tunable(
            0.4, 0.0, 1.0, "share of the pheromone that each colony replaces"
        )
        spread: float = tunable(
            0.1,
            0.0,
            1.0,
            "standard deviation of a deposit over an ordered parameter's values, "
            "as a share of their range",
        )
        wandering: float = tunable(
            0.2, 0.0, 1.0, "probability that an ant draws a parameter uniformly instead"
        )

    hyperparameters: Hyperparameters
    # How often paths already taken, or infeasible, are drawn again.
    _REDRAWN_PATHS = 20

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.batch_size = self.hyperparameters.ants
        lengths = [len(parameter.values) for parameter in space.parameters.values()]
        self._last = np.array(lengths) - 1
        # One row per parameter, padded with zeros; shape [len(space), most values].
        self._uniform = np.zeros((len(lengths), max(lengths)))
        for row, length in zip(self._uniform, lengths, strict=True):
            row[:length] = 1 / length
        self.pheromone = self._uniform.copy()
        self._deposits = [
            _bumps(length, self.hyperparameters.spread if parameter.ordered else 0.0)
            for length, parameter in zip(lengths, space.parameters.values(), strict=True)
        ]
        self._colony: list[_Ant] = []  # As told so far.
        self._best: _Ant | None = None
        self._taken: set[tuple[Any, ...]] = set()

    def ask(self, n: int = 1) -> list[Design]:
        """Sends `n` ants."""
        designs: list[Design] = []
        for _ in range(self._REDRAWN_PATHS):
            if len(designs) == n:
                return designs
            designs += [path for path in self._draw(n - len(designs)) if self._take(path)]
        # Where the pheromone leaves nothing new, ants stray.
        return designs + self.sample(n - len(designs))

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Adds ants to the colony, and renews the pheromone whenever it is complete."""
        for evaluated in evaluations:
            canonical = self.space.canonical(evaluated.design)
            self._taken.add(tuple(canonical.values()))
            active = [self.space.is_active(name, canonical) for name in canonical]
            self._colony.append(
                _Ant(worst_if_nan(evaluated.cost), self.space.encode(canonical), np.array(active))
            )
            if len(self._colony) == self.hyperparameters.ants:
                self._renew()
                self._colony = []

    def _draw(self, n: int) -> list[dict[str, Any]]:
        """Draws `n` designs by the pheromone."""
        wandering = self.hyperparameters.wandering
        chances = (1 - wandering) * self.pheromone + wandering * self._uniform
        heights = np.cumsum(chances, axis=1)
        drawn = self.rng.random((n, len(heights))) * heights[:, -1]
        values = (heights <= drawn[..., np.newaxis]).sum(axis=-1)
        return [self.space.decode(row) for row in np.minimum(values, self._last)]

    def _take(self, design: dict[str, Any]) -> bool:
        """Takes a path if it is feasible and new."""
        key = self.space.key(design)
        if key in self._taken or self.space.infeasibility(design) is not None:
            return False
        self._taken.add(key)
        return True

    def _renew(self) -> None:
        ranked = sorted(self._colony, key=lambda ant: ant.cost)
        if self._best is None or ranked[0].cost < self._best.cost:
            self._best = ranked[0]
        elites = [self._best, *ranked[: self.hyperparameters.elites]]
        elites = [ant for ant in elites if math.isfinite(ant.cost)]
        for row, (pheromone, bumps) in enumerate(zip(self.pheromone, self._deposits, strict=True)):
            deposit = np.zeros(len(bumps))
            for rank, ant in enumerate(elites):
                if ant.active[row]:
                    deposit += (len(elites) - rank) * bumps[ant.values[row]]
            if deposit.any():
                share = self.hyperparameters.evaporation
                pheromone *= 1 - share
                pheromone[: len(bumps)] += share * deposit / deposit.sum()


def _bumps(length: int, spread: float) -> NDArray[np.float64]:
    """Returns how a deposit on each value is distributed; shape `[length, length]`, rows sum to 1.

    Args:
        length: How many values.
        spread: Standard deviation as a share of the values' range; 0 for no spread.
    """
    if spread == 0.0 or length == 1:
        return np.eye(length)
    values = np.arange(length)
    distance = (values[:, np.newaxis] - values) / (spread * (length - 1))
    bumps = np.exp(-(distance**2) / 2)
    shares: NDArray[np.float64] = bumps / bumps.sum(axis=1, keepdims=True)
    return shares
