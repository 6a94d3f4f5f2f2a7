"""Vector environments whose sub-environments are in step: their episodes end together."""

from abc import abstractmethod
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from archgym.envs.arguments import check_options, check_render_mode
from archgym.errors import ArchgymError
from archgym.problem import Problem

Observations = NDArray[np.float32]
Flags = NDArray[np.bool_]
Mode = AutoresetMode | str

_MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)


class Step(NamedTuple):
    """What comes of a step; episodes end in all sub-environments or in none."""

    observations: Observations
    rewards: NDArray[np.float64]
    terminated: bool
    truncated: bool
    infos: dict[str, Any]


class LockstepVectorEnv(VectorEnv[Observations, NDArray[np.int64], NDArray[Any]]):
    """Sub-environments that share a problem and its budget, and begin and end episodes together.

    Episodes that have ended are reset in either of two ways, those of
    `gymnasium.vector.SyncVectorEnv`:

    - `AutoresetMode.NEXT_STEP` (or `"NextStep"`), the default: the next step ignores its actions,
      takes nothing from the budget, and returns the first observations of the next episodes and
      rewards of 0. What gymnasium's own wrappers of vector environments count on.
    - `AutoresetMode.SAME_STEP` (or `"SameStep"`): the last step itself returns the first
      observations of the next episodes; `infos` has the last ones as `final_obs`, and its own
      content as `final_info`.

    Args:
        num_envs: How many sub-environments.
        problem: The problem.
        observation_space: That of one.
        action_space: That of one.
        autoreset_mode: How episodes that have ended are reset.
        render_mode: `None`, since nothing is rendered.

    Raises:
        ArchgymError: An argument is impossible, or the budget does not last for an evaluation in
            every sub-environment.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        num_envs: int,
        problem: Problem,
        observation_space: gymnasium.Space[Any],
        action_space: gymnasium.Space[Any],
        autoreset_mode: Mode,
        render_mode: str | None,
    ) -> None:
        check_render_mode(render_mode)
        if not 1 <= num_envs <= problem.remaining:
            raise ArchgymError(
                f"num_envs must be at least 1 and within the budget of "
                f"{problem.remaining}, not {num_envs}"
            )
        self.problem = problem
        self.num_envs = num_envs
        self.render_mode = None
        self.autoreset_mode = _mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = observation_space
        self.single_action_space = action_space
        self.observation_space = batch_space(observation_space, num_envs)
        self.action_space = batch_space(action_space, num_envs)
        self._has_ended = False

    @abstractmethod
    def action_masks(self) -> Flags:
        """Flags the actions that can be part of a feasible design, of each sub-environment."""

    @abstractmethod
    def _begin(self) -> tuple[Observations, dict[str, Any]]:
        """Begins an episode in every sub-environment."""

    @abstractmethod
    def _play(self, actions: NDArray[np.int64]) -> Step:
        """Takes a step in every sub-environment."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begins an episode in every sub-environment; shape `[num_envs, columns]`.

        Raises:
            ArchgymError: There are options.
        """
        check_options(options)
        super().reset(seed=seed)
        self._has_ended = False
        return self._begin()

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[Observations, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Takes a step in every sub-environment, or begins the next episodes.

        Args:
            actions: Shape `[num_envs, ...]`.

        Raises:
            ArchgymError: An action is not in the action space.
            BudgetExhausted: Fewer than `num_envs` evaluations are left, and the step needs them.
        """
        if self._has_ended:
            self._has_ended = False
            observations, infos = self._begin()
            step = Step(observations, np.zeros(self.num_envs), False, False, infos)
        else:
            step = self._play(actions)
            if step.terminated or step.truncated:
                if self.autoreset_mode is AutoresetMode.SAME_STEP:
                    step = self._begin_at_once(step)
                else:
                    self._has_ended = True
        return (
            step.observations,
            step.rewards,
            np.full(self.num_envs, step.terminated),
            np.full(self.num_envs, step.truncated),
            step.infos,
        )

    def _begin_at_once(self, last: Step) -> Step:
        """Begins the next episodes in the step that ended the ones before."""
        everywhere = np.ones(self.num_envs, dtype=np.bool_)
        final = np.empty(self.num_envs, dtype=object)
        final[:] = list(last.observations)
        infos = last.infos | {
            "final_info": last.infos.copy(),
            "_final_info": everywhere,
            "final_obs": final,
            "_final_obs": everywhere.copy(),
        }
        observations, first = self._begin()
        return last._replace(observations=observations, infos=infos | first)

    def _everywhere(self, infos: list[dict[str, Any]]) -> dict[str, Any]:
        """Joins the infos of all sub-environments as gymnasium does."""
        joined: dict[str, Any] = {}
        for index, info in enumerate(infos):
            joined = self._add_info(joined, info, index)
        return joined

    def _mask_infos(self) -> dict[str, Any]:
        """Returns the masks as infos have them."""
        everywhere = np.ones(self.num_envs, dtype=np.bool_)
        return {"action_mask": self.action_masks().astype(np.int8), "_action_mask": everywhere}

    def _is_spent(self) -> bool:
        """Tells whether the budget does not last for a further evaluation everywhere."""
        return self.problem.remaining < self.num_envs


def _mode(mode: Mode) -> AutoresetMode:
    if mode not in [name for each in _MODES for name in (each, each.value)]:
        names = " or ".join(each.value for each in _MODES)
        raise ArchgymError(f"autoreset_mode is {names}, not {getattr(mode, 'value', mode)!r}")
    return AutoresetMode(mode)
