"""`DesignEnv` many times at once: all designs of a step are simulated in one batch."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from archgym.envs.design import choose_problem
from archgym.envs.interface import Interface
from archgym.envs.lockstep import LockstepVectorEnv, Mode, Observations, Step
from archgym.problem import Problem


class DesignVectorEnv(LockstepVectorEnv):
    """Tune hardware, several designs per step.

    The sub-environments are those of `archgym.envs.design.DesignEnv`, in step with each other: they
    share one problem and its budget, and their episodes end together. `LockstepVectorEnv` says how
    they are reset.

    `truncated` once the budget has fewer than `num_envs` designs left, after which a step raises
    `BudgetExhausted`: let `num_envs` divide the budget.

    Args:
        num_envs: How many sub-environments.
        horizon: Steps of an episode.
        version: That of the observations' columns.
        autoreset_mode: How episodes that have ended are reset.
        render_mode: `None`, since nothing is rendered.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.assembly.assemble`.

    Attributes:
        observation_names: The names of an observation's columns.

    Raises:
        ArchgymError: A name is not known, the default design can't be simulated, the version does
            not show what the objective is about, or the budget does not last for a step.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        horizon: int = 1,
        version: int = 0,
        autoreset_mode: Mode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        problem: Problem | None = None,
        **arguments: Any,
    ) -> None:
        problem = choose_problem(problem, arguments)
        self._interface = Interface(problem, horizon, version)
        super().__init__(
            num_envs,
            problem,
            self._interface.observation_space,
            self._interface.action_space,
            autoreset_mode,
            render_mode,
        )
        self.horizon = horizon
        self.observation_names = self._interface.observation_names
        self._step = 0

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns those of `DesignEnv`; shape `[num_envs, values of all parameters]`."""
        return np.tile(self._interface.action_mask, (self.num_envs, 1))

    def _begin(self) -> tuple[Observations, dict[str, Any]]:
        self._step = 0
        first = [self.problem.default] * self.num_envs
        return self._interface.observe(first, 0), self._mask_infos()

    def _play(self, actions: NDArray[np.int64]) -> Step:
        designs = [self.problem.space.decode(action) for action in actions]
        evaluations = self.problem.evaluate(designs)
        self._step += 1
        return Step(
            self._interface.observe(evaluations, self._step),
            np.array([self._interface.reward(evaluation) for evaluation in evaluations]),
            self._step >= self.horizon,
            self._is_spent(),
            self._everywhere([self._interface.outcome(evaluation) for evaluation in evaluations])
            | self._mask_infos(),
        )
