"""Sobol's sequence: points that fill the space more evenly than random ones."""

from collections.abc import Sequence
from typing import Any

from scipy.stats import qmc

from archgym.agents.base import Agent, AskTellAgent
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace


class Sobol(AskTellAgent):
    """Takes designs from a scrambled Sobol sequence over the unit cube, and learns nothing.

    A point stands for the design in whose cell it lies. The sequence goes on past designs that are
    infeasible or were proposed before.

    Sobol', "On the Distribution of Points in a Cube and the Approximate Evaluation of Integrals",
    USSR Computational Mathematics and Mathematical Physics 7, 1967; Owen, "Scrambling Sobol' and
    Niederreiter-Xing Points", Journal of Complexity 14, 1998.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> agent = agents.make("sobol", archgym.make_space("archgym"), seed=0)
        >>> len(agent.ask(3))
        3
    """

    batch_size = 32
    # Points are drawn so many at a time: powers of two are what the sequence is balanced over.
    _BLOCK = 64
    # How many points are passed over for a proposal; in a space with little left, a repeat is due.
    _PASSED = 100

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Agent.Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self._sequence = qmc.Sobol(len(space), scramble=True, bits=60, rng=self.rng)
        self._points: list[Any] = []  # The rest of the block, last first.
        self._proposed: set[tuple[Any, ...]] = set()

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes the next `n` designs of the sequence."""
        return [self._propose() for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Learns nothing."""

    def _propose(self) -> Design:
        for _ in range(self._PASSED):
            if not self._points:
                self._points = list(self._sequence.random(self._BLOCK)[::-1])
            design = self.space.from_unit(self._points.pop())
            key = self.space.key(design)
            if key not in self._proposed and self.space.infeasibility(design) is None:
                self._proposed.add(key)
                return design
        return self.sample(1)[0]
