"""How the choice of a design is shared out among the agents of a team, and its reward."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from archgym.errors import ArchgymError, unknown
from archgym.parameter import Design
from archgym.space import DesignSpace


class Team:
    """Agents that each choose the values of some parameters of a space.

    Args:
        space: The space.
        groups: For each agent that chooses several parameters, its name and theirs; by default
            none. Every other parameter has an agent of its own, named after it. Agents come in the
            order of their first parameters.

    Attributes:
        members: The parameters of each agent, by its name.

    Raises:
        ArchgymError: A group is empty, names a parameter that there is not or that another one has,
            or has the name of a parameter that is not its own.
    """

    members: dict[str, tuple[str, ...]]

    def __init__(
        self, space: DesignSpace, groups: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._space = space
        agent_of: dict[str, str] = {}
        for agent, parameters in (groups or {}).items():
            if not parameters or isinstance(parameters, str):
                raise ArchgymError(f"group {agent} must be a list of one parameter or more")
            for name in parameters:
                if name not in space.parameters:
                    raise unknown(f"parameter of space {space.name}", name, space.parameters)
                if name in agent_of:
                    raise ArchgymError(f"{name} is in two groups, {agent_of[name]} and {agent}")
                agent_of[name] = agent
        for agent in groups or {}:
            if agent in space.parameters and agent_of.get(agent) != agent:
                raise ArchgymError(f"group {agent} has the name of a parameter that it leaves out")
        names: dict[str, list[str]] = {}
        for parameter in space.parameters:
            names.setdefault(agent_of.get(parameter, parameter), []).append(parameter)
        self.members = {agent: tuple(parameters) for agent, parameters in names.items()}

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        """Returns a new space of an agent's actions: the index of its parameter's value.

        An agent of several parameters has one index for each, in the order of the space.
        """
        lengths = [len(self._space.parameters[name].values) for name in self.members[agent]]
        if len(lengths) == 1:
            return gymnasium.spaces.Discrete(lengths[0])
        return gymnasium.spaces.MultiDiscrete(lengths)

    def design(self, actions: Mapping[str, ArrayLike]) -> dict[str, Any]:
        """Returns the design that the actions of all agents make up.

        Raises:
            ArchgymError: An action is not in its agent's action space.
        """
        chosen: dict[str, NDArray[np.int64]] = {}
        for agent, parameters in self.members.items():
            action = np.atleast_1d(np.asarray(actions[agent]))
            if action.shape != (len(parameters),):
                raise ArchgymError(
                    f"agent {agent} chooses {len(parameters)} values, not {action.shape}"
                )
            chosen |= dict(zip(parameters, action, strict=True))
        return self._space.decode(np.array([chosen[name] for name in self._space.parameters]))

    def without_each(self, design: Design) -> list[dict[str, Any]]:
        """Returns for each agent the design with its parameters at their defaults."""
        default = self._space.default
        return [
            {**design, **{name: default[name] for name in parameters}}
            for parameters in self.members.values()
        ]
