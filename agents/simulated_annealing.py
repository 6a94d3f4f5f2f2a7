"""Simulated annealing: a walk that accepts worse designs, ever less readily."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archgym.agents.base import Agent, AskTellAgent, tunable, worst_if_nan
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace

Key = tuple[Any, ...]


class SimulatedAnnealing(AskTellAgent):
    """Steps to a neighbour by Metropolis's rule on the logarithm of the cost, and cools down.

    A neighbour differs in one parameter that has an effect. If it is cheaper it is accepted, else
    with probability exp(-rise / temperature), where the rise is that of log(cost): at temperature
    0.1, a design that costs 10 % more is accepted about every third time, whatever the costs' unit.
    Each step lowers the temperature by the same factor, and one to a design of known cost takes no
    evaluation. Once it is cold, or finds no new neighbour, the walk begins again elsewhere, hot.

    Metropolis et al., "Equation of State Calculations by Fast Computing Machines", Journal of
    Chemical Physics 21, 1953; Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated
    Annealing", Science 220, 1983.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> space = archgym.make_space("archgym")
        >>> agent = agents.make("simulated_annealing", space, seed=0, cooling=0.9)
        >>> agent.tell(list(map(agents.Evaluated, agent.ask(1), [2.0])))
        >>> len(agent.ask(2))
        2
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the schedule and of the steps."""

        hot: float = tunable(0.03, 1e-6, 100.0, "temperature at the start, in units of log(cost)")
        cold: float = tunable(0.0003, 1e-9, 100.0, "temperature at which the walk begins again")
        cooling: float = tunable(0.97, 0.01, 0.999999, "factor of the temperature each step")
        reach: float = tunable(
            0.25, 0.0, 1.0, "furthest step of an ordered parameter, as a share of its range"
        )

    hyperparameters: Hyperparameters
    # How many steps to known or infeasible designs are tried for a proposal.
    _TRIES = 30

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.temperature = self.hyperparameters.hot
        self._position: Design | None = None  # In canonical form.
        self._energy = math.inf  # log(cost) there.
        self._energies: dict[Key, float] = {}
        self._pending: set[Key] = set()

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes `n` neighbours, or designs to begin at."""
        return [self._propose() for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Decides on a step to each of the designs, one after the other."""
        for evaluated in evaluations:
            canonical = self.space.canonical(evaluated.design)
            key = tuple(canonical.values())
            self._pending.discard(key)
            self._energies[key] = math.log(max(worst_if_nan(evaluated.cost), math.ulp(0.0)))
            self._decide(canonical, self._energies[key])

    def _propose(self) -> Design:
        for _ in range(self._TRIES):
            if self._position is None:
                break
            design = self.space.reset_inactive(self._neighbour(self._position))
            key = tuple(design.values())
            if key in self._energies:
                self._decide(design, self._energies[key])
            elif key not in self._pending and self.space.infeasibility(design) is None:
                self._pending.add(key)
                return design
        self._begin_again()
        return self.sample(1)[0]

    def _decide(self, design: Design, energy: float) -> None:
        rise = energy - self._energy
        # Without a position, any is better.
        if energy <= self._energy or self.rng.random() < math.exp(-rise / self.temperature):
            self._position, self._energy = design, energy
        self.temperature *= self.hyperparameters.cooling
        if self.temperature < self.hyperparameters.cold:
            self._begin_again()

    def _begin_again(self) -> None:
        self.temperature = self.hyperparameters.hot
        self._position, self._energy = None, math.inf

    def _neighbour(self, design: Design) -> dict[str, Any]:
        """Changes one active parameter: an ordered one within its reach, any other to any value."""
        movable = [
            parameter
            for name, parameter in self.space.parameters.items()
            if len(parameter.values) > 1 and self.space.is_active(name, design)
        ]
        if not movable:
            return dict(design)
        parameter = movable[self.rng.integers(len(movable))]
        last = len(parameter.values) - 1
        index = parameter.index(design[parameter.name])
        reach = max(1, round(self.hyperparameters.reach * last)) if parameter.ordered else last
        low, high = max(0, index - reach), min(last, index + reach)
        moved = int(self.rng.integers(low, high))
        moved += moved >= index
        return dict(design) | {parameter.name: parameter.values[moved]}
