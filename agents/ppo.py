"""Proximal policy optimisation: a policy for whole designs, improved a little at a time."""

from dataclasses import dataclass

import stable_baselines3
from stable_baselines3.common.vec_env import VecEnv

from archgym.agents._stable_baselines import WholeDesigns
from archgym.agents.base import Agent, tunable


class PPO(WholeDesigns):
    """Stable-Baselines3's PPO in `archgym/DRAM-v0`: one policy chooses all parameters.

    Values that the space rules out by themselves are no actions.

    Schulman et al., "Proximal Policy Optimization Algorithms", 2017 (arXiv 1707.06347).

    Example:
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=25)
        >>> agents.make("ppo", problem.space, seed=0, environments=10).search(problem)
        >>> problem.evaluations
        25
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the training."""

        learning_rate: float = tunable(0.003, 1e-6, 1.0, "step size of Adam")
        environments: int = tunable(10, 2, 4096, "designs tried at once, in a batch")
        horizon: int = tunable(1, 1, 64, "steps of an episode, each of which tries a design")
        epochs: int = tunable(6, 1, 100, "passes over a rollout, one episode, in an update")
        clip: float = tunable(0.1, 0.01, 1.0, "how far an update may move the probabilities")
        ent_coef: float = tunable(0.1, 0.0, 1.0, "weight of the entropy bonus")
        gamma: float = tunable(0.9, 0.0, 1.0, "discount factor of rewards")
        gae_lambda: float = tunable(0.95, 0.0, 1.0, "lambda of generalised advantage estimation")
        hidden: int = tunable(16, 1, 4096, "width of the networks' two hidden layers")

    hyperparameters: Hyperparameters

    def _make_model(self, environments: VecEnv, seed: int) -> stable_baselines3.PPO:
        settings = self.hyperparameters
        return stable_baselines3.PPO(
            "MlpPolicy",
            environments,
            learning_rate=settings.learning_rate,
            n_steps=settings.horizon,
            batch_size=settings.horizon * settings.environments,
            n_epochs=settings.epochs,
            gamma=settings.gamma,
            gae_lambda=settings.gae_lambda,
            clip_range=settings.clip,
            ent_coef=settings.ent_coef,
            policy_kwargs={"net_arch": [settings.hidden] * 2},
            device="cpu",
            seed=seed,
        )
