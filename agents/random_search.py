"""Random search: every design independent and uniform; the baseline that others must beat."""

from collections.abc import Sequence

from archgym.agents.base import AskTellAgent
from archgym.evaluation import Evaluated
from archgym.parameter import Design


class RandomSearch(AskTellAgent):
    """Draws designs uniformly and learns nothing.

    Few parameters of a controller matter on any one workload, and then random search covers the
    ones that do better than a grid: Bergstra and Bengio, "Random Search for Hyper-Parameter
    Optimization", JMLR 13, 2012.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> agent = agents.make("random_search", archgym.make_space("archgym"), seed=0)
        >>> len(agent.ask(3))
        3
    """

    batch_size = 32

    def ask(self, n: int = 1) -> list[Design]:
        """Draws `n` designs."""
        return self.sample(n)

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Learns nothing."""
