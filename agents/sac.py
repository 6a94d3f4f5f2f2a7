"""Soft actor-critic over a relaxation: designs as points of a box."""

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import stable_baselines3
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from archgym.agents._stable_baselines import WholeDesigns
from archgym.agents.base import Agent, tunable


class SAC(WholeDesigns):
    """Stable-Baselines3's SAC in `archgym/DRAM-v0`, whose actions it treats as continuous.

    An action is a point of the box from -1 to 1, with one coordinate per parameter. The range of a
    coordinate is divided into cells of equal width, one for each value of the parameter in order,
    and the value is that of the cell; values that the space rules out by themselves have none. So a
    uniform action is a uniform design, and the policy sees no more of the cells than that.

    Haarnoja et al., "Soft Actor-Critic: Off-Policy Maximum Entropy Deep Reinforcement Learning
    with a Stochastic Actor", ICML 2018.

    Example:
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=25)
        >>> agents.make("sac", problem.space, seed=0, environments=10).search(problem)
        >>> problem.evaluations
        25
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the training."""

        learning_rate: float = tunable(0.001, 1e-6, 1.0, "step size of Adam")
        environments: int = tunable(8, 1, 4096, "designs tried at once, in a batch")
        horizon: int = tunable(2, 1, 64, "steps of an episode, each of which tries a design")
        initial: int = tunable(20, 1, 1_000_000, "steps with uniform actions first")
        gradient_steps: int = tunable(4, 1, 1_000, "gradient steps per step of all environments")
        batch: int = tunable(64, 1, 65_536, "steps drawn from the memory for a gradient step")
        tau: float = tunable(0.01, 1e-6, 1.0, "update rate of the target critics")
        gamma: float = tunable(0.9, 0.0, 1.0, "discount factor of rewards")
        hidden: int = tunable(32, 1, 4096, "width of the networks' two hidden layers")

    hyperparameters: Hyperparameters

    def _action_space(self) -> gymnasium.Space[Any]:
        return gymnasium.spaces.Box(-1.0, 1.0, (len(self.space),))

    def _translate(self, actions: NDArray[Any]) -> NDArray[np.int64]:
        lengths = np.array([len(values) for values in self._allowed()])
        cells = (np.asarray((actions + 1) / 2, dtype=np.float64) * lengths).astype(np.int64)
        return super()._translate(np.clip(cells, 0, lengths - 1))

    def _make_model(self, environments: VecEnv, seed: int) -> stable_baselines3.SAC:
        settings = self.hyperparameters
        return stable_baselines3.SAC(
            "MlpPolicy",
            environments,
            learning_rate=settings.learning_rate,
            buffer_size=100_000,
            learning_starts=settings.initial,
            batch_size=settings.batch,
            tau=settings.tau,
            gamma=settings.gamma,
            train_freq=1,
            gradient_steps=settings.gradient_steps,
            policy_kwargs={"net_arch": [settings.hidden] * 2},
            device="cpu",
            seed=seed,
        )
