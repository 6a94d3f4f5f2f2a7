"""What the agents of Stable-Baselines3 share: environments, seeds, and a budget kept to the last.

Raffin et al., "Stable-Baselines3: Reliable Reinforcement Learning Implementations", JMLR 22, 2021.
"""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from archgym.agents._isolation import isolated, unchecked
from archgym.agents._saving import check_version, loading, save
from archgym.agents._stable_baselines_state import (
    check,
    observation_space,
    restore,
    state_of,
    without_steps,
)
from archgym.agents._state import check_observation
from archgym.agents.base import Agent, OnUpdate
from archgym.envs.columns import sufficient_version
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.problem import BudgetExhausted, Problem
from archgym.space import DesignSpace

if TYPE_CHECKING:
    from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

# Turns the actions of a policy into those of an environment; shape `[n, ...]` both.
Translate = Callable[[NDArray[Any]], NDArray[np.int64]]


class StableBaselines(Agent):
    """Trains a policy in a vectorised environment, one evaluation of the budget per design.

    Observations and rewards are normalised by running statistics. What is left of the budget when
    it does not last for one more step of all environments goes to designs of the policy. A second
    search goes on with the policy of the first; the two problems must have observations alike. What
    it has learnt can be saved, and a search go on from there (`save`, `load`).

    Attributes:
        on_update: Called after each update with the number of evaluations so far and, by name, what
            there is to plot; see `archgym.analysis.tensorboard`.
        model: The algorithm with its policy; `None` before the first search.
        environments: Its environments, which know how observations are normalised; likewise.
    """

    model: BaseAlgorithm | None = None
    environments: VecNormalize | None = None
    # That of the observations' columns: a policy sees the same ones in every search.
    _version: int | None = None

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Agent.Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self._in_parallel: int = self.hyperparameters.environments  # type: ignore[attr-defined]
        self.on_update: OnUpdate | None = None
        self._first: NDArray[np.float32] | None = None  # What is seen when an episode begins.

    @abstractmethod
    def _make_environments(
        self, problem: Problem, n: int, version: int
    ) -> VectorEnv[Any, Any, Any]:
        """Makes `n` environments over a problem, with columns of a version."""

    @abstractmethod
    def _action_space(self) -> gymnasium.Space[Any]:
        """Makes the space of the policy's actions."""

    @abstractmethod
    def _translate(self, actions: NDArray[Any]) -> NDArray[np.int64]:
        """Turns actions of the policy into those of the environments."""

    @abstractmethod
    def _make_model(self, environments: VecEnv, seed: int) -> BaseAlgorithm:
        """Makes the algorithm with the agent's hyperparameters."""

    @abstractmethod
    def _propose(self, n: int) -> list[Design]:
        """Draws `n` designs from the policy that was trained."""

    @property
    def _steps_per_design(self) -> int:
        """How many steps of an environment take one evaluation."""
        return 1

    def draw(self, n: int) -> list[Design]:
        """Draws `n` designs: from the policy after a search, uniformly before."""
        if self.model is None or n == 0:
            return self.sample(n)
        with isolated(self._draw_seed()):
            return self._propose(n)

    def search(self, problem: Problem) -> None:
        """Trains on the problem until its budget is spent."""
        n = self._in_parallel
        if problem.remaining >= n:
            steps = problem.remaining // n * n * self._steps_per_design
            seed = self._draw_seed()
            with isolated(seed), unchecked():
                self._prepare(problem, n, seed)
                assert self.model is not None
                # The budget may end in the middle of a rollout.
                with suppress(BudgetExhausted):
                    self.model.learn(steps, _Updates(problem, self.on_update))
        if problem.remaining:
            problem.evaluate(self.draw(problem.remaining))

    def _prepare(self, problem: Problem, n: int, seed: int) -> None:
        """Makes the model, or gives it other environments."""
        before = self.environments
        if self._version is None:
            self._version = sufficient_version(problem)
        environments = self._make_environments(problem, n, self._version)
        self._first = environments.reset()[0][0]
        self.environments = self._normalised(environments)
        if self.model is None or before is None:
            self.model = self._make_model(self.environments, seed)
        else:
            self.environments.obs_rms, self.environments.ret_rms = before.obs_rms, before.ret_rms
            self.model.set_env(self.environments)

    def _normalised(self, environments: VectorEnv[Any, Any, Any]) -> VecNormalize:
        return VecNormalize(Vectorised(environments, self._action_space(), self._translate))

    def save(self, path: str | Path) -> None:
        """Saves what it has learnt and where its random numbers are, all at once.

        Raises:
            ArchgymError: It has learnt nothing yet, or the file can't be written.
        """
        if self.model is None or self.environments is None:
            raise ArchgymError("an agent that has not searched has nothing to save")
        learnt = state_of(self.model, self.environments)
        learnt |= {"version": self._version, "first": torch.as_tensor(self._first)}
        save(path, self, learnt)

    def load(self, path: str | Path) -> None:
        """Goes on from where an agent of the same settings and values was saved.

        Raises:
            ArchgymError: The file can't be read, or is not of such an agent.
        """
        with loading(path, self) as learnt, isolated(seed=0):
            check_version(learnt["version"])
            for name in ("low", "high", "first"):
                check_observation(learnt[name], name)
            environments = without_steps(self._in_parallel, observation_space(learnt))
            normalised = self._normalised(environments)
            model = self._make_model(normalised, seed=0)
            check(learnt, model, normalised)
            restore(model, normalised, learnt)
            self.model, self.environments = model, normalised
            self._version, self._first = learnt["version"], learnt["first"].numpy()

    def _choose(self, observations: NDArray[np.float32]) -> NDArray[Any]:
        """Draws the policy's actions for observations as the environment has them."""
        assert self.model is not None
        assert self.environments is not None
        normalised = self.environments.normalize_obs(observations)
        actions, _ = self.model.predict(normalised, deterministic=False)
        return actions

    def _draw_seed(self) -> int:
        return int(self.rng.integers(2**31))

    def _allowed(self) -> list[NDArray[np.int64]]:
        """Returns, for each parameter, the positions of the values that are not ruled out."""
        return [np.flatnonzero(self.space.allowed(name)) for name in self.space.parameters]


class WholeDesigns(StableBaselines):
    """The agents whose actions are whole designs, in the environment `archgym/DRAM-v0`.

    Values that the space rules out by themselves are no actions.
    """

    def _make_environments(
        self, problem: Problem, n: int, version: int
    ) -> VectorEnv[Any, Any, Any]:
        from archgym.envs.vector import DesignVectorEnv

        return DesignVectorEnv(
            n,
            horizon=self.hyperparameters.horizon,  # type: ignore[attr-defined]
            version=version,
            autoreset_mode=AutoresetMode.SAME_STEP,
            problem=problem,
        )

    def _action_space(self) -> gymnasium.Space[Any]:
        return gymnasium.spaces.MultiDiscrete([len(values) for values in self._allowed()])

    def _translate(self, actions: NDArray[Any]) -> NDArray[np.int64]:
        """Turns actions into indices, shape `[n, len(space)]`."""
        columns = zip(self._allowed(), actions.T, strict=True)
        return np.stack([values[column] for values, column in columns], axis=1)

    def _propose(self, n: int) -> list[Design]:
        assert self._first is not None
        actions = self._choose(np.repeat(self._first[None], n, axis=0))
        return [self.space.decode(row) for row in self._translate(actions)]


class _Updates(BaseCallback):
    """Tells of every update of the policy: the mean reward since the last, and what it computed.

    Args:
        problem: Whose evaluations count.
        on_update: Whom to tell.
    """

    def __init__(self, problem: Problem, on_update: OnUpdate | None) -> None:
        super().__init__()
        self._problem = problem
        self._on_update = on_update
        self._rewards: list[float] = []

    def _on_step(self) -> bool:
        if self._on_update:
            environments = self.model.get_vec_normalize_env()
            assert environments is not None
            self._rewards.append(float(environments.get_original_reward().mean()))
        return True

    # An update comes before the next rollout, and after the last one.
    def _on_rollout_start(self) -> None:
        self._tell()

    def _on_training_end(self) -> None:
        self._tell()

    def _tell(self) -> None:
        computed = {
            name.removeprefix("train/").replace("_", " "): float(value)
            for name, value in self.logger.name_to_value.items()
            if name.startswith("train/") and name != "train/n_updates" and np.isfinite(value)
        }
        if self._on_update and self._rewards and computed:
            self._on_update(
                self._problem.evaluations, {"reward": float(np.mean(self._rewards)), **computed}
            )
            self._rewards.clear()


class Vectorised(VecEnv):
    """A vector environment of gymnasium, as Stable-Baselines3 wants it.

    Args:
        environments: With episodes that are reset in the step that ends them.
        action_space: What the policy chooses from.
        translate: Turns its actions into those of the environments.
    """

    def __init__(
        self,
        environments: VectorEnv[Any, Any, Any],
        action_space: gymnasium.Space[Any],
        translate: Translate,
    ) -> None:
        self.render_mode = None
        super().__init__(environments.num_envs, environments.single_observation_space, action_space)
        self._environments = environments
        self._translate = translate

    def reset(self) -> "VecEnvObs":
        """Begins an episode in all environments."""
        observations: NDArray[np.float32] = self._environments.reset()[0]
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Takes the actions."""
        self._actions = actions

    def step_wait(self) -> "VecEnvStepReturn":
        """Steps all environments."""
        actions = self._translate(self._actions)
        observations, rewards, terminated, truncated, info = self._environments.step(actions)
        dones = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index in np.flatnonzero(dones):
            infos[index] = {
                "terminal_observation": info["final_obs"][index],
                "TimeLimit.truncated": bool(truncated[index] and not terminated[index]),
            }
        return observations, rewards, dones, infos

    def close(self) -> None:
        """Closes the environments."""
        self._environments.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns an attribute, which all have in common."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refuses: the environments are one."""
        raise NotImplementedError

    def env_method(self, method_name: str, *arguments: Any, **keywords: Any) -> list[Any]:
        """Refuses: the environments are one."""
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Returns that no environment is wrapped."""
        return [False for _ in self._get_indices(indices)]
