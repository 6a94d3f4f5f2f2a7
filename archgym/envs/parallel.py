"""`archgym/DRAM-v0` for teams: a PettingZoo environment with one agent a parameter."""

import copy
from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from archgym.envs.dram import DramEnv
from archgym.problem import Problem

Observation = NDArray[np.float32]


class DramParallelEnv(ParallelEnv[str, Observation, int]):  # type: ignore[misc]
    """Tune a DRAM controller as a team: each agent chooses the value of one parameter.

    It is `archgym.envs.dram.DramEnv` with the action split up. The agents are named after the
    parameters of the space; an action is the index of the parameter's value. All see the same
    observation and get the same reward, and their episodes end together.

    Args:
        horizon: Steps of an episode.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.envs.dram.make_problem`.

    Raises:
        ArchgymError: A name is not known, or the default design can't be simulated.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "archgym_dram_v0", "render_modes": []}

    def __init__(
        self, *, horizon: int = 1, problem: Problem | None = None, **arguments: Any
    ) -> None:
        self._env = DramEnv(horizon=horizon, problem=problem, **arguments)
        self.problem = self._env.problem
        self.possible_agents = list(self.problem.space.parameters)
        self.agents: list[str] = []
        # A space holds the state of its random generator, so each agent has spaces of its own.
        self.observation_spaces = {
            agent: copy.deepcopy(self._env.observation_space) for agent in self.possible_agents
        }
        self.action_spaces = {
            name: gymnasium.spaces.Discrete(len(parameter.values))
            for name, parameter in self.problem.space.parameters.items()
        }
        self._last, _ = self._env.reset()

    def observation_space(self, agent: str) -> gymnasium.Space[Observation]:
        """Returns the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Discrete:
        """Returns the space of an agent's actions: indices of its parameter's values."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Begins an episode at the default design, at no cost to the budget."""
        self.agents = self.possible_agents[:]
        self._last, info = self._env.reset(seed=seed, options=options)
        return self._observations(), {agent: dict(info) for agent in self.agents}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[
        dict[str, Observation],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Evaluates the design that the agents' actions make up.

        Raises:
            ArchgymError: An action is not in its agent's action space.
            BudgetExhausted: The budget had been spent.
        """
        action = np.array([actions[agent] for agent in self.possible_agents])
        self._last, reward, terminated, truncated, info = self._env.step(action)
        agents = self.agents
        result = (
            self._observations(),
            dict.fromkeys(agents, reward),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            {agent: dict(info) for agent in agents},
        )
        if terminated or truncated:
            self.agents = []
        return result

    def state(self) -> Observation:
        """Returns what all agents see."""
        return self._last.copy()

    def _observations(self) -> dict[str, Observation]:
        return {agent: self._last.copy() for agent in self.agents}
