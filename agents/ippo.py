"""Independent PPO: a team in which each parameter of the controller is one agent's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from archgym.agents._isolation import one_thread
from archgym.agents._saving import check_version, loading, save
from archgym.agents._state import check_like, check_observation, check_optimizer
from archgym.agents.base import Agent, OnUpdate, tunable
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.space import DesignSpace

if TYPE_CHECKING:
    from archgym.envs.vector import DesignVectorEnv
    from archgym.problem import Problem


class IPPO(Agent):
    """One agent per parameter, each with a policy and a critic that it trains on its own.

    All agents see the same observation and are paid the same reward (the team's), as in
    `archgym.envs.design_parallel_env`; nobody sees what the others are about to choose. The designs
    of a rollout are simulated in one batch. Agents never propose a value that the space rules out
    by itself (an action mask), since that is known before any simulation.

    de Witt et al., "Is Independent Learning All You Need in the StarCraft Multi-Agent Challenge?",
    2020; applied to controllers by Krishnan et al., "Multi-Agent Reinforcement Learning for
    Microprocessor Design Space Exploration", 2022 (arXiv 2211.16385). PPO: Schulman et al., 2017;
    action masks: Huang and Ontanon, FLAIRS 2022.

    It learns in `search`, and from nothing but what it observed before it chose. What it has learnt
    can be saved, and a search go on from there (`save`, `load`).

    Attributes:
        team: The networks; `None` before a search.
        on_update: Called after each update with the number of evaluations so far and, by name, what
            there is to plot; see `archgym.analysis.tensorboard`.

    Example:
        >>> import archgym
        >>> from archgym import agents
        >>> from archgym.assembly import assemble
        >>> problem = assemble("stream", budget=40)
        >>> agents.make("ippo", problem.space, seed=0).search(problem)
        >>> problem.evaluations
        40
    """

    @dataclass(frozen=True)
    class Hyperparameters(Agent.Hyperparameters):
        """Settings of the training."""

        learning_rate: float = tunable(0.02, 1e-5, 1.0, "step size of Adam")
        environments: int = tunable(32, 1, 4096, "designs tried at once between two updates")
        horizon: int = tunable(1, 1, 64, "steps of an episode, each of which tries a design")
        epochs: int = tunable(12, 1, 100, "passes over a rollout in an update")
        clip: float = tunable(0.2, 0.01, 1.0, "how far an update may move a policy's probabilities")
        ent_coef: float = tunable(0.05, 0.0, 1.0, "weight of the entropy bonus")
        gamma: float = tunable(0.9, 0.0, 1.0, "discount factor of rewards")
        gae_lambda: float = tunable(0.95, 0.0, 1.0, "lambda of generalised advantage estimation")
        hidden: int = tunable(16, 1, 1024, "width of the networks' hidden layer")

    hyperparameters: Hyperparameters
    _has_one_critic = False

    def __init__(
        self, space: DesignSpace, seed: int, hyperparameters: Hyperparameters | None = None
    ) -> None:
        super().__init__(space, seed, hyperparameters)
        self.team: Team | None = None
        # That of the observations' columns: the networks see the same ones in every search.
        self._version: int | None = None
        self.on_update: OnUpdate | None = None
        self._generator = torch.Generator().manual_seed(int(self.rng.integers(2**63)))

    def draw(self, n: int) -> list[Design]:
        """Draws `n` designs: from the policies after a search, uniformly before."""
        if self.team is None:
            return self.sample(n)
        actions = self.team.act(self._first[None].expand(n, -1), self._generator).action
        return [self.space.decode(row) for row in actions.numpy()]

    def search(self, problem: "Problem") -> None:
        """Trains on the problem until its budget is spent."""
        from gymnasium.vector import AutoresetMode

        from archgym.envs.columns import sufficient_version
        from archgym.envs.vector import DesignVectorEnv

        if self._version is None:
            self._version = sufficient_version(problem)
        horizon = self.hyperparameters.horizon
        with one_thread():
            # The last rollout may have fewer designs.
            while problem.remaining:
                n = min(self.hyperparameters.environments, problem.remaining)
                envs = DesignVectorEnv(
                    n,
                    horizon=horizon,
                    version=self._version,
                    autoreset_mode=AutoresetMode.SAME_STEP,
                    problem=problem,
                )
                seen = torch.as_tensor(envs.reset()[0])
                if self.team is None:
                    self._begin(seen[0].clone())
                while problem.remaining >= n:
                    rollout = self._roll_out(envs, seen, min(horizon, problem.remaining // n))
                    scalars = self._update(rollout)
                    if self.on_update:
                        self.on_update(problem.evaluations, scalars)

    def propose(self, problem: "Problem") -> Design:
        """Returns the most probable design for a problem, at no cost to its budget.

        It need not be one that was searched: observations tell problems apart by the objective and
        the features of the workload, so a policy trained on several may suit another.

        Raises:
            ArchgymError: It has learnt nothing yet.
        """
        from archgym.envs.interface import Interface

        if self.team is None or self._version is None:
            raise ArchgymError("an agent that has not searched has nothing to propose")
        interface = Interface(problem, self.hyperparameters.horizon, self._version)
        seen = torch.as_tensor(interface.observe([problem.default], 0))
        with torch.no_grad():
            action = self.team.logits(seen).argmax(-1)[0]
        return self.space.decode(action.numpy())

    def save(self, path: str | Path) -> None:
        """Saves what it has learnt and where its random numbers are, all at once.

        Raises:
            ArchgymError: It has learnt nothing yet, or the file can't be written.
        """
        if self.team is None:
            raise ArchgymError("an agent that has not searched has nothing to save")
        learnt = {
            "version": self._version,
            "first": self._first,
            "team": self.team.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "generator": self._generator.get_state(),
        }
        save(path, self, learnt)

    def load(self, path: str | Path) -> None:
        """Goes on from where an agent of the same settings and values was saved.

        Raises:
            ArchgymError: The file can't be read, or is not of such an agent.
        """
        with loading(path, self) as learnt:
            check_version(learnt["version"])
            check_observation(learnt["first"], "first")
            team, optimizer = self._make(len(learnt["first"]), torch.Generator())
            check_like(learnt["team"], team.state_dict(), "team")
            check_optimizer(learnt["optimizer"], optimizer, "optimizer")
            generator = torch.Generator()
            generator.set_state(learnt["generator"])
            team.load_state_dict(learnt["team"])
            optimizer.load_state_dict(learnt["optimizer"])
            self.team, self._optimizer, self._generator = team, optimizer, generator
            self._version, self._first = learnt["version"], learnt["first"]

    def _begin(self, first: Tensor) -> None:
        """Makes the networks for observations like the one of every episode's beginning."""
        self._first = first
        self.team, self._optimizer = self._make(len(first), self._generator)

    def _make(self, columns: int, generator: torch.Generator) -> tuple["Team", torch.optim.Adam]:
        settings = self.hyperparameters
        masks = [self.space.allowed(name) for name in self.space.parameters]
        critics = 1 if self._has_one_critic else len(masks)
        team = Team(masks, columns, settings.hidden, critics, generator)
        optimizer = torch.optim.Adam(team.parameters(), lr=settings.learning_rate, fused=True)
        return team, optimizer

    def _roll_out(self, envs: "DesignVectorEnv", seen: Tensor, steps: int) -> "Rollout":
        """Plays one episode, or what the budget leaves of it, in every environment."""
        assert self.team is not None
        observations, rewards, choices = [], [], []
        for _ in range(steps):
            with torch.no_grad():
                choices.append(self.team.act(seen, self._generator))
            observations.append(seen)
            following, reward, *_ = envs.step(choices[-1].action.numpy())
            seen = torch.as_tensor(following)
            rewards.append(torch.as_tensor(reward, dtype=torch.float32))
        advantages, returns = self._estimate(
            torch.stack(rewards), torch.stack([choice.value for choice in choices])
        )
        return Rollout(
            torch.cat(observations),
            torch.cat(rewards),
            torch.cat([choice.action for choice in choices]),
            torch.cat([choice.log_probability for choice in choices]),
            advantages.flatten(0, 1),
            returns.flatten(0, 1),
        )

    def _estimate(self, rewards: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Estimates advantages (Schulman et al., ICLR 2016) and returns of a complete episode.

        Args:
            rewards: Shape `[steps, n]`.
            values: What the critics foresaw, shape `[steps, n, critics]`.

        Returns:
            Both of shape `[steps, n, critics]`.
        """
        settings = self.hyperparameters
        advantages = torch.zeros_like(values)
        following_value = following = torch.zeros_like(values[0])
        for step in reversed(range(len(rewards))):
            surprise = rewards[step, :, None] + settings.gamma * following_value - values[step]
            following = surprise + settings.gamma * settings.gae_lambda * following
            advantages[step], following_value = following, values[step]
        return advantages, advantages + values

    def _update(self, rollout: "Rollout") -> dict[str, float]:
        """Improves policies and critics, each agent by its own clipped objective.

        Returns:
            What there is to plot, by name: of the rollout and of the last epoch.
        """
        assert self.team is not None
        settings = self.hyperparameters
        advantages = rollout.advantages - rollout.advantages.mean(0)
        advantages = advantages / (advantages.std(0, correction=0) + 1e-8)
        for _ in range(settings.epochs):
            log_probability, entropy, value = self.team.judge(rollout.observations, rollout.actions)
            ratio = (log_probability - rollout.log_probabilities).exp()
            clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip)
            gain = torch.minimum(ratio * advantages, clipped * advantages)
            # Sums over agents, so that each one's step is as if it were alone.
            policy_loss = -(gain + settings.ent_coef * entropy).mean(0).sum()
            value_loss = (value - rollout.returns).square().mean(0).sum()
            loss = policy_loss + 0.5 * value_loss
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
        return {
            "reward": rollout.rewards.mean().item(),
            "entropy": entropy.mean().item(),
            "policy loss": policy_loss.item(),
            "value loss": value_loss.item(),
        }


class Choice(NamedTuple):
    """What a team chose for `n` observations.

    Attributes:
        action: Index of each parameter's value, int64, shape `[n, agents]`.
        log_probability: Of each agent's action, shape `[n, agents]`.
        value: What the critics foresee, shape `[n, critics]`.
    """

    action: Tensor
    log_probability: Tensor
    value: Tensor


class Rollout(NamedTuple):
    """What an update learns from, a row for every design tried."""

    observations: Tensor
    rewards: Tensor
    actions: Tensor
    log_probabilities: Tensor
    advantages: Tensor
    returns: Tensor


class Team(nn.Module):
    """The policies and critics of all agents, as two stacks of networks that share no weight.

    Args:
        masks: For each agent, which of its actions are allowed.
        columns: Length of an observation.
        hidden: Width of the hidden layers.
        critics: One per agent, or a single one for all.
        generator: Draws the initial weights.
    """

    masks: Tensor

    def __init__(
        self,
        masks: Sequence[np.ndarray],
        columns: int,
        hidden: int,
        critics: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        most = max(len(mask) for mask in masks)
        padded = np.stack([np.pad(mask, (0, most - len(mask))) for mask in masks])
        self.register_buffer("masks", torch.as_tensor(padded))
        self.policies = Stack(len(masks), columns, hidden, most, 0.01, generator)
        self.critics = Stack(critics, columns, hidden, 1, 1.0, generator)

    def logits(self, observations: Tensor) -> Tensor:
        """Returns log-probabilities of all actions, `[n, agents, actions]`; -inf if not allowed."""
        scores = self.policies(observations).masked_fill(~self.masks, -torch.inf)
        return torch.log_softmax(scores, dim=-1)

    def act(self, observations: Tensor, generator: torch.Generator) -> Choice:
        """Draws an action of every agent for observations of shape `[n, columns]`."""
        logits = self.logits(observations)
        flat = logits.flatten(0, 1).exp()
        action = torch.multinomial(flat, 1, generator=generator).view(logits.shape[:2])
        return Choice(action, _of(logits, action), self.critics(observations).squeeze(-1))

    def judge(self, observations: Tensor, actions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns log-probabilities of actions and entropies, `[n, agents]`, and values."""
        logits = self.logits(observations)
        entropy = -(logits.exp() * logits.masked_fill(~self.masks, 0.0)).sum(-1)
        return _of(logits, actions), entropy, self.critics(observations).squeeze(-1)


class Stack(nn.Module):
    """Several perceptrons with one hidden layer, of equal shape, run as one.

    Args:
        networks: How many.
        columns: Length of the input, which all share.
        hidden: Width of the hidden layer.
        outputs: Length of each one's output.
        gain: Scale of the last layer's initial weights.
        generator: Draws the initial weights.
    """

    def __init__(
        self,
        networks: int,
        columns: int,
        hidden: int,
        outputs: int,
        gain: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.first = nn.Parameter(_orthogonal(networks, columns, hidden, 2**0.5, generator))
        self.first_bias = nn.Parameter(torch.zeros(networks, 1, hidden))
        self.last = nn.Parameter(_orthogonal(networks, hidden, outputs, gain, generator))
        self.last_bias = nn.Parameter(torch.zeros(networks, 1, outputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """Maps `[n, columns]` to `[n, networks, outputs]`."""
        hidden = torch.tanh(inputs @ self.first + self.first_bias)
        outputs: Tensor = hidden @ self.last + self.last_bias
        return outputs.transpose(0, 1)


def _orthogonal(
    networks: int, rows: int, columns: int, gain: float, generator: torch.Generator
) -> Tensor:
    weights = torch.empty(networks, rows, columns)
    for matrix in weights:
        nn.init.orthogonal_(matrix, gain, generator=generator)
    return weights


def _of(logits: Tensor, actions: Tensor) -> Tensor:
    """Picks the actions' log-probabilities out of `[n, agents, actions]`."""
    return logits.gather(-1, actions[..., None]).squeeze(-1)
