"""Grid search: every combination of a few values of each parameter, ever finer."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archgym.agents.base import Agent, AskTellAgent, tunable
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace


class Grid(AskTellAgent):
    """Goes through a grid in an order that spreads from the start, and learns nothing.

    The grid has every value of a parameter, but of an ordered one only so many, evenly spaced with
    both ends. Its points come in the order of a random stride, so that each of the first has other
    values than the one before. A grid that has been gone through gives way to one twice as fine,
    until every design that is feasible has been proposed once; then it begins again.

    How little a grid tells of the few parameters that matter: Bergstra and Bengio, "Random Search
    for Hyper-Parameter Optimization", JMLR 13, 2012.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> agent = agents.make("grid", archgym.make_space("archgym"), seed=0, levels=2)
        >>> sorted({design["MaxActiveTransactions"] for design in agent.ask(100)})
        [1, 128]
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the grid."""

        levels: int = tunable(3, 2, 10_000, "values of an ordered parameter in the first grid")

    hyperparameters: Hyperparameters
    batch_size = 32

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self._designs = self._walk()

    def ask(self, n: int = 1) -> list[Design]:
        """Proposes the next `n` designs of the grid."""
        return [next(self._designs) for _ in range(n)]

    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Learns nothing."""

    def _walk(self) -> Iterator[Design]:
        while True:
            proposed: set[tuple[Any, ...]] = set()
            levels, size = self.hyperparameters.levels, 0
            while size < self.space.size:
                grid = self._grid(levels)
                size = math.prod(map(len, grid))
                for point in self._stride(size):
                    design = _design(self.space, grid, point)
                    key = self.space.key(design)
                    if key not in proposed and self.space.infeasibility(design) is None:
                        proposed.add(key)
                        yield design
                levels = 2 * levels - 1  # Keeps the old values, and adds those between.

    def _grid(self, levels: int) -> list[list[int]]:
        """Returns the positions of the values of each parameter that are on the grid."""
        grid = []
        for parameter in self.space.parameters.values():
            last = len(parameter.values) - 1
            if parameter.ordered and last >= levels:
                grid.append([round(last * level / (levels - 1)) for level in range(levels)])
            else:
                grid.append(list(range(last + 1)))
        return grid

    def _stride(self, size: int) -> Iterator[int]:
        """Yields 0 to `size - 1`, each once, in steps of the same random length modulo `size`."""
        point, step = (int(number) % size for number in self.rng.integers(2**62, size=2))
        while math.gcd(step, size) > 1:
            step += 1
        for _ in range(size):
            yield point
            point = (point + step) % size


def _design(space: DesignSpace, grid: list[list[int]], point: int) -> dict[str, Any]:
    """Returns the design of a point, a number in mixed radix with one digit per parameter."""
    indices = []
    for values in grid:
        point, digit = divmod(point, len(values))
        indices.append(values[digit])
    return space.decode(indices)
