"""A PettingZoo environment in which each parameter has an agent of its own."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pettingzoo import ParallelEnv

from archgym.envs.arguments import check_options, check_render_mode
from archgym.envs.design import choose_problem
from archgym.envs.interface import Interface
from archgym.envs.team import Team
from archgym.errors import unknown
from archgym.problem import Problem

Observation = NDArray[np.float32]

REWARDS = ("shared", "difference")


class TeamEnv(ParallelEnv[str, Observation, ArrayLike]):  # type: ignore[misc]
    """Tune hardware as a team: each agent chooses the value of one parameter.

    It is `archgym.envs.design.DesignEnv` with the action split up. The agents are named after the
    parameters of the space; an action is the index of the parameter's value. All see the same
    observation, and their episodes end together. A named group of parameters can be one agent's.

    The reward is `shared`: every agent gets that of the design. Or it is a `difference` reward
    (Wolpert and Tumer, "Optimal Payoff Functions for Members of Collectives", 2001): what the
    design earns less what it would with the agent's own parameters at their defaults, so that
    nobody is praised for the others' choices. Finding out takes a further evaluation for each
    agent, which the budget counts like any other.

    After every step, an agent's info has what `DesignEnv` tells of the design, and after a reset
    too an `action_mask`, of the agent's own values.

    Args:
        horizon: Steps of an episode.
        version: That of the observations' columns; see `archgym.envs.design.DesignEnv`.
        groups: For each agent that is to choose several parameters, its name and theirs.
        reward: `shared` or `difference`.
        render_mode: `None`, since nothing is rendered.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.assembly.assemble`.

    Attributes:
        observation_names: The names of an observation's columns.

    Raises:
        ArchgymError: A name is not known, a group is not possible, the default design can't be
            simulated, or the version does not show what the objective is about.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self,
        *,
        horizon: int = 1,
        version: int = 0,
        groups: Mapping[str, Sequence[str]] | None = None,
        reward: str = "shared",
        render_mode: str | None = None,
        problem: Problem | None = None,
        **arguments: Any,
    ) -> None:
        if reward not in REWARDS:
            raise unknown("reward", reward, REWARDS)
        check_render_mode(render_mode)
        self.render_mode = None
        self.problem = choose_problem(problem, arguments)
        self.horizon = horizon
        self.team = Team(self.problem.space, groups)
        self._interface = Interface(self.problem, horizon, version)
        name = f"archgym_{self.problem.domain.name}_v{version}"
        self.metadata = {**self.metadata, "name": name}
        self.observation_names = self._interface.observation_names
        self._by_difference = reward == "difference"
        self._step = 0
        self.possible_agents = list(self.team.members)
        self.agents: list[str] = []
        # A space holds the state of its random generator, so each agent has spaces of its own.
        self.observation_spaces = {
            agent: deepcopy(self._interface.observation_space) for agent in self.possible_agents
        }
        self.action_spaces = {
            agent: self.team.action_space(agent) for agent in self.possible_agents
        }
        self._last = self._interface.observe([self.problem.default], 0)[0]

    def observation_space(self, agent: str) -> gymnasium.Space[Observation]:
        """Returns the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        """Returns the space of an agent's actions: indices of its parameters' values."""
        return self.action_spaces[agent]

    @property
    def evaluations_per_step(self) -> int:
        """How many designs a step takes from the budget."""
        return 1 + len(self.possible_agents) if self._by_difference else 1

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Begins an episode at the default design, at no cost to the budget.

        Raises:
            ArchgymError: There are options.
        """
        check_options(options, "options")  # That one is PettingZoo's own test's.
        self.agents = self.possible_agents[:]
        self._step = 0
        self._last = self._interface.observe([self.problem.default], 0)[0]
        return self._observations(), {agent: self._mask(agent) for agent in self.agents}

    def step(
        self, actions: Mapping[str, ArrayLike]
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
        design = self.team.design(actions)
        others = self.team.without_each(design) if self._by_difference else []
        evaluation, *without = self.problem.evaluate([design, *others])
        self._step += 1
        self._last = self._interface.observe([evaluation], self._step)[0]
        agents = self.agents
        earned = self._interface.reward(evaluation)
        rewards = dict.fromkeys(agents, earned)
        if self._by_difference:
            for agent, other in zip(self.possible_agents, without, strict=True):
                rewards[agent] = earned - self._interface.reward(other)
        terminated = self._step >= self.horizon
        truncated = self.problem.remaining < self.evaluations_per_step
        result = (
            self._observations(),
            rewards,
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            {agent: self._interface.outcome(evaluation) | self._mask(agent) for agent in agents},
        )
        if terminated or truncated:
            self.agents = []
        return result

    def state(self) -> Observation:
        """Returns what all agents see."""
        seen: Observation = self._last.copy()
        return seen

    def _mask(self, agent: str) -> dict[str, NDArray[np.int8]]:
        masks = dict(zip(self.problem.space.parameters, self._interface.masks.whole, strict=True))
        own = [masks[parameter] for parameter in self.team.members[agent]]
        return {"action_mask": np.concatenate(own).astype(np.int8)}

    def _observations(self) -> dict[str, Observation]:
        return {agent: self._last.copy() for agent in self.agents}
