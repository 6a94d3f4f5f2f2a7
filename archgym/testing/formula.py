"""A simulator that is a formula: for testing agents, environments and problems in microseconds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from archgym.parameter import Design
from archgym.simulator import Failure, Metrics, Outcome, Simulator
from archgym.space import DesignSpace


@dataclass(frozen=True)
class FormulaWorkload:
    """What a formula is evaluated on, if it matters at all.

    Attributes:
        id: Its name.
        features: What an environment shows of it.
    """

    id: str = "formula"
    features: tuple[float, ...] = ()


class FormulaSimulator(Simulator):
    """Evaluates a Python function.

    Args:
        space: The designs that it understands.
        formula: Metrics of a design in full; `None` for one that fails.
    """

    name: ClassVar[str] = "formula"
    version = "1"

    def __init__(self, space: DesignSpace, formula: Callable[[Design], Metrics | None]) -> None:
        self.parameters = space.parameters
        self.metrics = frozenset(formula(space.default) or ())
        self._space = space
        self._formula = formula

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        """Evaluates the formula on each design."""
        metrics = [self._formula(self._space.canonical(design)) for design in designs]
        failure = Failure("crash", "the formula has no value here")
        return [failure if measured is None else measured for measured in metrics]
