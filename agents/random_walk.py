"""Random walk: each design a neighbour of the one before; the baseline for local search."""

from collections.abc import Sequence
from dataclasses import dataclass

from archgym.agents.base import Agent, AskTellAgent, tunable
from archgym.evaluation import Evaluated
from archgym.parameter import Design


class RandomWalk(AskTellAgent):
    """Changes one parameter per step, whatever the cost, and restarts now and then.

    It tells how much of a local search's success is owed to judging its steps. ArchGym's random
    walker is one of the five agents of Krishnan et al., "ArchGym: An Open-Source Gymnasium for
    Machine Learning Assisted Architecture Design", ISCA 2023.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> agent = agents.make("random_walk", archgym.make_space("archgym"), seed=0, restart=0.1)
        >>> len(agent.ask(3))
        3
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the walk."""

        restart: float = tunable(
            0.05, 0.0, 1.0, "probability that a step jumps to a uniformly drawn design instead"
        )

    hyperparameters: Hyperparameters
    batch_size = 32
    _position: Design | None = None

    def ask(self, n: int = 1) -> list[Design]:
        """Takes the next `n` steps."""
        return [self._step() for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Learns nothing."""

    def _step(self) -> Design:
        if self._position is None or self.rng.random() < self.hyperparameters.restart:
            self._position = self.sample(1)[0]
        else:
            self._position = self.neighbour(self._position)
        return self._position
