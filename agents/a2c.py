"""Advantage actor-critic: a policy for whole designs, improved by one gradient step per rollout."""

from dataclasses import dataclass

import stable_baselines3
from stable_baselines3.common.vec_env import VecEnv

from archgym.agents._stable_baselines import WholeDesigns
from archgym.agents.base import Agent, tunable


class A2C(WholeDesigns):
    """Stable-Baselines3's A2C in `archgym/DRAM-v0`: one policy chooses all parameters.

    Values that the space rules out by themselves are no actions.

    Mnih et al., "Asynchronous Methods for Deep Reinforcement Learning", ICML 2016, without the
    asynchrony.

    Example:
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=25)
        >>> agents.make("a2c", problem.space, seed=0, environments=10).search(problem)
        >>> problem.evaluations
        25
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the training."""

        learning_rate: float = tunable(0.01, 1e-6, 1.0, "step size of RMSProp")
        environments: int = tunable(8, 2, 4096, "designs tried at once, in a batch")
        horizon: int = tunable(1, 1, 64, "steps of an episode, each of which tries a design")
        ent_coef: float = tunable(0.01, 0.0, 1.0, "weight of the entropy bonus")
        gamma: float = tunable(0.9, 0.0, 1.0, "discount factor of rewards")
        gae_lambda: float = tunable(1.0, 0.0, 1.0, "lambda of generalised advantage estimation")
        hidden: int = tunable(32, 1, 4096, "width of the networks' two hidden layers")

    hyperparameters: Hyperparameters

    def _make_model(self, environments: VecEnv, seed: int) -> stable_baselines3.A2C:
        settings = self.hyperparameters
        return stable_baselines3.A2C(
            "MlpPolicy",
            environments,
            learning_rate=settings.learning_rate,
            n_steps=settings.horizon,
            gamma=settings.gamma,
            gae_lambda=settings.gae_lambda,
            ent_coef=settings.ent_coef,
            # The rewards' scale is normalised only by and by.
            normalize_advantage=True,
            policy_kwargs={"net_arch": [settings.hidden] * 2},
            device="cpu",
            seed=seed,
        )
