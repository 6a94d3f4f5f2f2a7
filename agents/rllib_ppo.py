"""Independent PPO by RLlib: a policy for each parameter of the controller."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.policy.policy import PolicySpec

from archgym.agents._isolation import isolated
from archgym.agents._rllib_env import PROBLEMS, NumberedTeamEnv
from archgym.agents.base import Agent, OnUpdate, tunable
from archgym.space import DesignSpace

if TYPE_CHECKING:
    from archgym.problem import Problem


class RLlibPPO(Agent):
    """RLlib's PPO, on its new API stack, in `archgym.envs.design_parallel_env`: a policy per agent.

    It is what `ippo` is, with the same settings and shapes of networks, by a library made for
    clusters: slower here, and a second opinion. It runs in this process, for which it starts Ray,
    and keeps to the budget. Each search learns from the beginning.

    Attributes:
        on_update: Called after each update with the number of evaluations so far and, by name, what
            there is to plot, as by `ippo`; see `archgym.analysis.tensorboard`.

    Liang et al., "RLlib: Abstractions for Distributed Reinforcement Learning", ICML 2018.

    Example:
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=25)
        >>> agents.make("rllib_ppo", problem.space, seed=0).search(problem)
        >>> problem.evaluations
        25
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the training."""

        learning_rate: float = tunable(0.02, 1e-6, 1.0, "step size of Adam")
        rollout: int = tunable(32, 2, 4096, "designs tried between two updates")
        horizon: int = tunable(1, 1, 64, "steps of an episode, each of which tries a design")
        epochs: int = tunable(12, 1, 100, "passes over a rollout in an update")
        clip: float = tunable(0.2, 0.01, 1.0, "how far an update may move a policy's probabilities")
        ent_coef: float = tunable(0.05, 0.0, 1.0, "weight of the entropy bonus")
        gamma: float = tunable(0.9, 0.0, 1.0, "discount factor of rewards")
        gae_lambda: float = tunable(0.95, 0.0, 1.0, "lambda of generalised advantage estimation")
        hidden: int = tunable(16, 1, 1024, "width of the networks' hidden layer")

    hyperparameters: Hyperparameters

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.on_update: OnUpdate | None = None

    def search(self, problem: "Problem") -> None:
        """Trains on the problem until its budget is spent."""
        if not problem.remaining:
            return
        seed = int(self.rng.integers(2**31))
        name = uuid4().hex
        PROBLEMS[name] = problem
        try:
            with isolated(seed):
                _start_ray()
                algorithm = self._configure(name, list(problem.space.parameters), seed).build_algo()
                while problem.remaining:
                    result = algorithm.train()
                    if self.on_update:
                        self.on_update(problem.evaluations, self._scalars(result))
                algorithm.stop()
        finally:
            del PROBLEMS[name]

    def _scalars(self, result: Mapping[str, Any]) -> dict[str, float]:
        """Returns what there is to plot of an update."""
        played = result["env_runners"]
        policies = [result["learners"][name] for name in self.space.parameters]
        return {
            "reward": float(
                np.mean(list(played["agent_episode_returns_mean"].values()))
                / played["episode_len_mean"]
            ),
            "entropy": float(np.mean([each["entropy"] for each in policies])),
            "policy loss": float(np.sum([each["policy_loss"] for each in policies])),
            "value loss": float(np.sum([each["vf_loss"] for each in policies])),
        }

    def _configure(self, problem: str, agents: list[str], seed: int) -> Any:
        settings = self.hyperparameters
        # Not a set, whose order depends on the process.
        policies = {name: PolicySpec() for name in agents}  # type: ignore[no-untyped-call]
        return (
            PPOConfig()  # type: ignore[no-untyped-call]
            .environment(
                NumberedTeamEnv,
                env_config={"problem": problem, "horizon": settings.horizon},
                disable_env_checking=True,  # It would cost an evaluation.
            )
            .env_runners(num_env_runners=0, rollout_fragment_length=settings.rollout)
            .learners(num_learners=0)
            .training(
                train_batch_size_per_learner=settings.rollout,
                minibatch_size=None,
                num_epochs=settings.epochs,
                lr=settings.learning_rate,
                gamma=settings.gamma,
                lambda_=settings.gae_lambda,
                clip_param=settings.clip,
                entropy_coeff=settings.ent_coef,
                use_kl_loss=False,
            )
            .multi_agent(policies=policies, policy_mapping_fn=lambda agent, *_, **__: agents[agent])
            .rl_module(
                model_config=DefaultModelConfig(
                    fcnet_hiddens=[settings.hidden],
                    fcnet_activation="tanh",
                    vf_share_layers=False,
                )
            )
            .debugging(seed=seed, log_level="ERROR")
        )


def _start_ray() -> None:
    """Starts Ray for this process alone, unless it is there."""
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(
        "local",  # Whatever cluster there is, it is not meant.
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
