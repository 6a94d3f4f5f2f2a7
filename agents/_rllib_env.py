"""The team's environment as RLlib wants it."""

from collections.abc import Iterable, Mapping
from typing import Any

from ray.rllib.env.multi_agent_env import MultiAgentEnv

from archgym.envs.columns import sufficient_version
from archgym.envs.parallel import TeamEnv
from archgym.problem import Problem

PROBLEMS: dict[str, Problem] = {}
"""What there is to solve, by name: RLlib copies its settings, and a copy counts for itself."""


class NumberedTeamEnv(MultiAgentEnv):
    """`archgym.envs.parallel.TeamEnv` on the problem that the settings name.

    Agents are numbers, in the order of the space's parameters: RLlib keeps them in sets, whose
    order would depend on the process if they were texts. Once the budget is spent, episodes go on
    without any evaluation and reward, as RLlib can't be stopped within an update.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._problem = PROBLEMS[config["problem"]]
        self._env = TeamEnv(
            problem=self._problem,
            horizon=config["horizon"],
            version=sufficient_version(self._problem),
        )
        self._names = list(self._env.possible_agents)
        self.possible_agents: list[Any] = list(range(len(self._names)))
        self.agents = self.possible_agents
        self.observation_spaces = self._numbered(self._env.observation_spaces)
        self.action_spaces = self._numbered(self._env.action_spaces)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, Any]:
        """Begins an episode."""
        observations, infos = self._env.reset(seed=seed, options=options)
        self._seen = self._numbered(observations)
        return self._seen, self._numbered(infos)

    def step(self, action_dict: dict[Any, Any]) -> tuple[Any, Any, Any, Any, Any]:
        """Evaluates the team's design, unless the budget is spent."""
        if not self._problem.remaining:
            ended = dict.fromkeys([*self.agents, "__all__"], True)
            nothing: dict[Any, dict[str, Any]] = {agent: {} for agent in self.agents}
            return self._seen, dict.fromkeys(self.agents, 0.0), ended, ended, nothing
        actions = {self._names[agent]: action for agent, action in action_dict.items()}
        told: Iterable[Mapping[str, Any]] = self._env.step(actions)
        self._seen, rewards, terminated, truncated, infos = map(self._numbered, told)
        for ended in (terminated, truncated):
            ended["__all__"] = all(ended.values())
        return self._seen, rewards, terminated, truncated, infos

    def _numbered(self, by_name: Mapping[str, Any]) -> dict[Any, Any]:
        return {number: by_name[name] for number, name in enumerate(self._names)}
