"""The contracts of agents: all can `search` a problem, and most can be asked and told instead."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from archgym.documents import is_there
from archgym.errors import ArchgymError, unknown
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.space import DesignSpace

if TYPE_CHECKING:
    from archgym.problem import Problem

H = TypeVar("H", bound="Agent.Hyperparameters")

# Names that hyperparameters had -> those that the field gives them.
_RENAMED = {
    "discount": "gamma",
    "entropy": "ent_coef",
    "mixing": "tau",
    "trace": "gae_lambda",
    "updates": "gradient_steps",
}

OnUpdate = Callable[[int, Mapping[str, float]], None]
"""Told of each update of a policy: the evaluations so far, and what there is to plot, by name."""


def tunable(default: float, low: float, high: float, doc: str) -> Any:
    """Declares a numeric hyperparameter of the range `low` to `high`, both included."""
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "doc": doc})


def choice(default: str, options: Sequence[str], doc: str) -> Any:
    """Declares a hyperparameter that takes one of `options`."""
    return dataclasses.field(default=default, metadata={"options": tuple(options), "doc": doc})


def file(doc: str) -> Any:
    """Declares a hyperparameter that is the path of a file, or empty for none."""
    return dataclasses.field(default="", metadata={"file": True, "doc": doc})


def worst_if_nan(cost: float) -> float:
    """Returns the cost, or `inf` for NaN, which would compare with nothing."""
    return math.inf if math.isnan(cost) else cost


class Agent(ABC):
    """Searches a design space for the design of least cost.

    Its choices depend only on the space, the seed, its hyperparameters and the calls made to it. An
    agent that can also be asked for designs and told what became of them is an `AskTellAgent`.

    Attributes:
        space: The space it searches.
        hyperparameters: Its settings.
        rng: Its only source of randomness.

    Args:
        space: The space to search.
        seed: Equal seeds make equal searches.
        hyperparameters: The settings, an instance of the class's `Hyperparameters`; by default
            those of its defaults.
    """

    @dataclass(frozen=True)
    class Hyperparameters:
        """The settings of an agent, declared with `tunable`, `choice` or `file`; here, none."""

        def __post_init__(self) -> None:
            """Refuses a value outside its declared range."""
            for field in dataclasses.fields(self):
                _check(field, getattr(self, field.name))

    hyperparameters: Hyperparameters
    # How often `sample` and `neighbour` redraw a design that the space declares infeasible.
    _REDRAWS: ClassVar[int] = 100

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        self.space = space
        self.hyperparameters = hyperparameters or type(self).Hyperparameters()
        self.rng = np.random.default_rng(seed)

    @abstractmethod
    def search(self, problem: "Problem") -> None:
        """Spends the whole budget of a problem, which keeps the best design found."""

    def sample(self, n: int) -> list[Design]:
        """Draws `n` designs uniformly from those that the space does not declare infeasible.

        A space's own rules are known before any simulation, so trying them teaches nothing. Where
        feasible designs are so rare that `_REDRAWS` draws find none, an infeasible one is returned.
        """
        return [self._sample_feasible() for _ in range(n)]

    def neighbour(self, design: Design) -> Design:
        """Returns a neighbour that is not ruled out, or else a design drawn by `sample`."""
        try:
            for _ in range(self._REDRAWS):
                neighbour = self.space.neighbour(design, self.rng)
                if self.space.infeasibility(neighbour) is None:
                    return neighbour
        except ArchgymError:  # No parameter that has an effect has a second value.
            pass
        return self.sample(1)[0]

    def _sample_feasible(self) -> Design:
        design: Design
        for _ in range(self._REDRAWS):
            (design,) = self.space.sample(self.rng, 1)
            if self.space.infeasibility(design) is None:
                break
        return design


class AskTellAgent(Agent):
    """An agent that proposes designs and learns from what it is told of them, whoever evaluates.

    It sees no metrics and no simulator. Neither call waits for the other: an agent can be asked
    again before it is told, be told only some of what it proposed, or be told of designs it never
    proposed.

    Attributes:
        batch_size: How many designs `search` asks for at once: as many as the algorithm would
            propose without learning in between.
    """

    batch_size: int = 1

    @abstractmethod
    def ask(self, n: int = 1) -> list[Design]:
        """Proposes the next `n` designs to evaluate, exactly as many."""

    @abstractmethod
    def tell(self, evaluations: Sequence[Evaluated]) -> None:
        """Learns what became of any designs of the space."""

    def search(self, problem: "Problem") -> None:
        """Asks, evaluates and tells until the budget is spent."""
        while problem.remaining:
            designs = self.ask(min(self.batch_size, problem.remaining))
            self.tell(problem.disclose(problem.evaluate(designs)))


def configure(agent: type[Agent], values: Mapping[str, Any]) -> Agent.Hyperparameters:
    """Makes the hyperparameters of an agent from their names and values.

    Raises:
        ArchgymError: A name is not one of the agent's, or a value is out of its range.
    """
    names = [field.name for field in dataclasses.fields(agent.Hyperparameters)]
    for name in values:
        if name not in names:
            if not names:
                raise ArchgymError(f"{agent.__name__} has no hyperparameter {name!r}, nor any")
            if _RENAMED.get(name) in names:
                raise ArchgymError(
                    f"hyperparameter {name!r} of {agent.__name__} is now called {_RENAMED[name]!r}"
                )
            raise unknown(f"hyperparameter of {agent.__name__}", name, names)
    return agent.Hyperparameters(**values)


def _check(field: "dataclasses.Field[Any]", value: Any) -> None:
    options = field.metadata.get("options")
    if options is not None:
        if value not in options:
            raise unknown(f"value of hyperparameter {field.name}", value, options)
        return
    if "file" in field.metadata:
        if not isinstance(value, str):
            raise ArchgymError(f"hyperparameter {field.name} must be a path, not {value!r}")
        if value and not (is_there(value) and Path(value).is_file()):
            raise ArchgymError(f"hyperparameter {field.name}: there is no file {value}")
        return
    low, high = field.metadata["low"], field.metadata["high"]
    whole = isinstance(field.default, int)
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else (int, float))
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        kind = "a whole number" if whole else "a number"
        raise ArchgymError(
            f"hyperparameter {field.name} must be {kind} from {low} to {high}, not {value!r}"
        )
