"""Search algorithms, one readable file each."""

from typing import Any

from archgym.agents.base import Agent, AskTellAgent, choice, configure, tunable
from archgym.evaluation import Evaluated
from archgym.parameter import Design
from archgym.registry import Registry
from archgym.space import DesignSpace

registry = Registry("agent", __name__, Agent)  # type: ignore[type-abstract]


def make(name: str, space: DesignSpace, seed: int, **hyperparameters: Any) -> Agent:
    """Creates the agent called `name`, e.g. `"genetic_algorithm"`.

    Args:
        name: A built-in or an installed agent.
        space: The design space to search.
        seed: Equal seeds make equal searches.
        hyperparameters: The agent's settings; the rest take their defaults.

    Raises:
        ArchgymError: The name or a hyperparameter is not known, a value is out of its range, or
            an optional dependency is missing.
    """
    agent = registry.load(name)
    return agent(space, seed, configure(agent, hyperparameters))


__all__ = [
    "Agent",
    "AskTellAgent",
    "Design",
    "Evaluated",
    "choice",
    "configure",
    "make",
    "registry",
    "tunable",
]
