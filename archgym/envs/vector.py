"""`archgym/DRAM-v0` many times at once: all designs of a step are simulated in one batch."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from archgym.envs.dram import choose_problem
from archgym.envs.interface import Interface
from archgym.errors import ArchgymError
from archgym.problem import Evaluation, Problem

Observations = NDArray[np.float32]
Flags = NDArray[np.bool_]


class DramVectorEnv(VectorEnv[Observations, NDArray[np.int64], NDArray[Any]]):
    """Tune a DRAM controller, several designs a step.

    The sub-environments are those of `archgym.envs.dram.DramEnv`, in step with each other: they
    share one problem and its budget, and their episodes end together. An episode that ends is reset
    in the same step (`AutoresetMode.SAME_STEP`): the observations are the first of the next
    episode, and `infos` has the last ones as `final_obs` and its own content as `final_info`.

    `truncated` once the budget has fewer than `num_envs` designs left, after which a step raises
    `BudgetExhausted`: let `num_envs` divide the budget.

    Args:
        num_envs: How many sub-environments.
        horizon: Steps of an episode.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.envs.dram.make_problem`.

    Raises:
        ArchgymError: A name is not known, the default design can't be simulated, or the budget
            does not last for a step.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self,
        num_envs: int = 1,
        *,
        horizon: int = 1,
        problem: Problem | None = None,
        **arguments: Any,
    ) -> None:
        self.problem = choose_problem(problem, arguments)
        if not 1 <= num_envs <= self.problem.remaining:
            raise ArchgymError(
                f"num_envs must be at least 1 and within the budget of "
                f"{self.problem.remaining}, not {num_envs}"
            )
        self.num_envs = num_envs
        self.horizon = horizon
        self._interface = Interface(self.problem, horizon)
        self._step = 0
        self.single_observation_space = self._interface.observation_space
        self.single_action_space = self._interface.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begins an episode in every sub-environment; shape `[num_envs, columns]`."""
        super().reset(seed=seed)
        self._step = 0
        first = [self.problem.default] * self.num_envs
        return self._interface.observe(first, 0), {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[Observations, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Evaluates a design in every sub-environment.

        Args:
            actions: Indices, shape `[num_envs, len(space)]`.

        Raises:
            ArchgymError: An action is not in the action space.
            BudgetExhausted: Fewer than `num_envs` evaluations are left.
        """
        designs = [self.problem.space.decode(action) for action in actions]
        evaluations = self.problem.evaluate(designs)
        self._step += 1
        observations = self._interface.observe(evaluations, self._step)
        rewards = np.array([self._interface.reward(evaluation) for evaluation in evaluations])
        terminated = self._step >= self.horizon
        truncated = self.problem.remaining < self.num_envs
        infos = self._infos(evaluations)
        if terminated or truncated:
            final = np.empty(self.num_envs, dtype=object)
            final[:] = list(observations)
            everywhere = np.ones(self.num_envs, dtype=np.bool_)
            infos |= {"final_info": infos.copy(), "_final_info": everywhere}
            infos |= {"final_obs": final, "_final_obs": everywhere}
            observations, _ = self.reset()
        return (
            observations,
            rewards,
            np.full(self.num_envs, terminated),
            np.full(self.num_envs, truncated),
            infos,
        )

    def _infos(self, evaluations: list[Evaluation]) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for index, evaluation in enumerate(evaluations):
            infos = self._add_info(infos, self._interface.info(evaluation), index)
        return infos
