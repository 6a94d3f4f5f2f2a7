"""Deep Q-learning: the worth of each value of a parameter, given those settled before."""

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import stable_baselines3
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from archgym.agents._stable_baselines import StableBaselines
from archgym.agents.base import Agent, tunable
from archgym.envs.sequential import Choices, SequentialVectorEnv
from archgym.parameter import Design
from archgym.problem import Problem
from archgym.space import DesignSpace


class DQN(StableBaselines):
    """Stable-Baselines3's DQN in `archgym/DRAMSequential-v0`: one parameter per step.

    A value for every whole design would take as many outputs as there are designs; here there are
    as many as the longest parameter has values. Values that the space rules out by themselves are
    no actions.

    Mnih et al., "Human-Level Control through Deep Reinforcement Learning", Nature 518, 2015.

    Example:
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=25)
        >>> agents.make("dqn", problem.space, seed=0, environments=10).search(problem)
        >>> problem.evaluations
        25
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the training."""

        learning_rate: float = tunable(0.003, 1e-6, 1.0, "step size of Adam")
        environments: int = tunable(4, 1, 4096, "designs made up at once, evaluated in a batch")
        initial: int = tunable(20, 0, 1_000_000, "designs of uniform actions first")
        gradient_steps: int = tunable(4, 1, 1_000, "gradient steps per step of all environments")
        batch: int = tunable(64, 1, 65_536, "steps drawn from the memory for a gradient step")
        exploration: float = tunable(
            0.5, 0.0, 1.0, "share of the budget over which random actions become rare"
        )
        rare: float = tunable(0.03, 0.0, 1.0, "share of random actions from then on")
        renewal: int = tunable(20, 1, 100_000, "steps between two copies of the target network")
        gamma: float = tunable(1.0, 0.0, 1.0, "discount factor of rewards")
        hidden: int = tunable(64, 1, 4096, "width of the network's two hidden layers")

    hyperparameters: Hyperparameters

    @property
    def _steps_per_design(self) -> int:
        return len(self.space)

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self._choices = Choices(space)

    def _make_environments(self, problem: Problem, n: int, version: int) -> SequentialVectorEnv:
        self._parameter = 0  # That the next actions are for.
        return SequentialVectorEnv(
            n, version=version, autoreset_mode=AutoresetMode.SAME_STEP, problem=problem
        )

    def _action_space(self) -> gymnasium.Space[Any]:
        return self._choices.action_space

    def _make_model(self, environments: VecEnv, seed: int) -> stable_baselines3.DQN:
        settings = self.hyperparameters
        return stable_baselines3.DQN(
            "MlpPolicy",
            environments,
            learning_rate=settings.learning_rate,
            buffer_size=100_000,
            learning_starts=settings.initial * len(self.space),
            batch_size=settings.batch,
            gamma=settings.gamma,
            train_freq=1,
            gradient_steps=settings.gradient_steps,
            target_update_interval=settings.renewal * settings.environments,
            exploration_fraction=settings.exploration,
            exploration_final_eps=settings.rare,
            policy_kwargs={"net_arch": [settings.hidden] * 2},
            device="cpu",
            seed=seed,
        )

    def _propose(self, n: int) -> list[Design]:
        assert self._first is not None
        designs = [dict(self.space.default) for _ in range(n)]
        for step in range(len(self.space)):
            actions = self._choose(self._choices.observe_like(self._first, designs, step))
            chosen = self._translate_for(actions, step).tolist()
            designs = [
                self._choices.settle(design, action, step)
                for design, action in zip(designs, chosen, strict=True)
            ]
        return list(designs)

    def _translate(self, actions: NDArray[Any]) -> NDArray[np.int64]:
        translated = self._translate_for(actions, self._parameter)
        self._parameter = (self._parameter + 1) % len(self.space)
        return translated

    def _translate_for(self, actions: NDArray[Any], step: int) -> NDArray[np.int64]:
        """Turns actions, which share out the allowed values evenly, into the environment's."""
        total = self._choices.actions
        allowed = self._allowed()[step]
        indices = allowed[actions * len(allowed) // total]
        length = len(list(self.space.parameters.values())[step].values)
        # The first of the environment's actions that choose the value.
        return np.asarray(-(-indices * total // length), dtype=np.int64)
