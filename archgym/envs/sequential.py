"""Environments whose steps each settle one parameter, such as `archgym/DRAMSequential-v0`."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from archgym.envs.arguments import check_options, check_render_mode
from archgym.envs.design import choose_problem
from archgym.envs.interface import Interface
from archgym.envs.lockstep import LockstepVectorEnv, Mode, Observations, Step
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.problem import Evaluation, Problem
from archgym.space import DesignSpace


class Choices:
    """Turns a sequence of actions, one per parameter, into designs.

    Every parameter has the same actions, as many as the one with the most values, so that a policy
    needs one head: action `a` of `n` chooses value `floor(a * v / n)` of a parameter with `v`. Each
    action is thus valid, and each value has an equal share of them, give or take one.

    Args:
        space: The design space.

    Attributes:
        length: Steps of an episode: the parameters of the space.
        actions: How many there are.
        action_space: The space of a single action, `Discrete`.
    """

    def __init__(self, space: DesignSpace) -> None:
        self.space = space
        self._parameters = list(space.parameters.values())
        self.length = len(self._parameters)
        self.actions = max(len(parameter.values) for parameter in self._parameters)
        self.action_space: gymnasium.Space[Any] = gymnasium.spaces.Discrete(self.actions)

    def settle(self, design: Design, action: int, step: int) -> dict[str, Any]:
        """Returns the design with parameter number `step` as the action chooses it.

        Raises:
            ArchgymError: There is no such action.
        """
        if not 0 <= action < self.actions:
            raise ArchgymError(f"actions are 0 to {self.actions - 1}, there is no {action}")
        parameter = self._parameters[step]
        index = int(action) * len(parameter.values) // self.actions
        return {**design, parameter.name: parameter.values[index]}

    def observe_like(
        self, first: Observations, designs: Sequence[Design], step: int
    ) -> Observations:
        """Returns the observations before parameter number `step` is chosen; `[n, columns]`.

        Args:
            first: The observation of an episode's beginning, as `Turns` makes it; `[columns]`.
            designs: What is settled so far.
            step: The number of the parameter.
        """
        seen = np.repeat(first[None], len(designs), axis=0)
        seen[:, : self.length] = [self.space.to_unit(design) for design in designs]
        seen[:, -self.length - 1] = step / self.length
        seen[:, -self.length :] = np.eye(self.length)[step]
        return seen


class Turns(Choices):
    """The choices of a problem, and what an agent sees meanwhile.

    An observation has the columns of `archgym.envs.interface.Interface`, with the design as settled
    so far (the rest at their defaults) for the last design, the default's metrics until the last
    step, and the share of steps done; and behind them which parameter is next, one-hot over the
    `d` parameters, all 0 at the end. The names of these begin with `next.`.

    Args:
        problem: The problem to solve.
        version: That of the interface's columns.

    Attributes:
        interface: That of whole designs.
        observation_space: The space of a single observation, float32.
        observation_names: The names of its columns.
    """

    def __init__(self, problem: Problem, version: int = 0) -> None:
        super().__init__(problem.space)
        self.interface = Interface(problem, self.length, version)
        whole = self.interface.observation_space
        self.observation_names = sequential_names(self.interface.observation_names, problem.space)
        turn = np.zeros(self.length, dtype=np.float32)
        self.observation_space = gymnasium.spaces.Box(
            np.concatenate([whole.low, turn]), np.concatenate([whole.high, turn + 1])
        )
        self._first = np.append(self.interface.observe([problem.default], 0)[0], turn)

    def mask(self, design: Design, step: int) -> NDArray[np.bool_]:
        """Flags the actions after which a design can still become a feasible one.

        Args:
            design: What is settled so far.
            step: The number of the parameter that is next; after the last one nothing is flagged
                off, since no action has any effect.
        """
        if step == self.length:
            return np.ones(self.actions, dtype=np.bool_)
        parameter = self._parameters[step]
        values = self.interface.masks.following(design, parameter.name)
        return values[np.arange(self.actions) * len(parameter.values) // self.actions]

    def observe_partial(self, designs: Sequence[Design], step: int) -> Observations:
        """Returns the observations before parameter number `step` is chosen; `[n, columns]`."""
        return self.observe_like(self._first, designs, step)

    def observe_final(self, evaluations: Sequence[Evaluation]) -> Observations:
        """Returns the observations after the last step; shape `[n, columns]`."""
        turn = np.zeros((len(evaluations), self.length), dtype=np.float32)
        return np.concatenate([self.interface.observe(evaluations, self.length), turn], axis=1)


def sequential_names(names: tuple[str, ...], space: DesignSpace) -> tuple[str, ...]:
    """Returns the names of the columns of `Turns`, given those of the interface."""
    return (*names, *(f"next.{name}" for name in space.parameters))


class SequentialEnv(gymnasium.Env[NDArray[np.float32], np.int64]):
    """Tune hardware parameter by parameter; an episode makes up one design.

    - Action: `Discrete`, which `Turns` maps to a value of the parameter that is next, in the order
      of the space.
    - Observation: `Box`; `Turns` lists the columns, whose names are `observation_names`. Those of
      `archgym/DRAMSequential-v0` and `-v1` are of versions 0 and 1 (see `DesignEnv`).
    - Reward: 0 until the last step, which evaluates the design: -log(cost / the default design's).
    - `terminated` at the last step; `truncated` there too if it spent the budget, after which the
      last step of an episode raises `BudgetExhausted`.
    - `info`: at the last step that of `DesignEnv`, without a mask; else `action_mask`: which
      actions can still lead to a feasible design.

    The environment is deterministic: a seed changes nothing.

    Args:
        version: That of the observations' columns.
        render_mode: `None`, since nothing is rendered.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.assembly.assemble`.

    Attributes:
        observation_names: The names of an observation's columns.

    Raises:
        ArchgymError: A name is not known, the default design can't be simulated, or the version
            does not show what the objective is about.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self,
        *,
        version: int = 0,
        render_mode: str | None = None,
        problem: Problem | None = None,
        **arguments: Any,
    ) -> None:
        check_render_mode(render_mode)
        self.problem = choose_problem(problem, arguments)
        self.render_mode = None
        self._turns = Turns(self.problem, version)
        self.observation_names = self._turns.observation_names
        self._step = 0
        self._design = dict(self.problem.space.default)
        self.observation_space = self._turns.observation_space
        self.action_space = self._turns.action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begins an episode at the default design, with no parameter settled.

        Raises:
            ArchgymError: There are options.
        """
        check_options(options)
        super().reset(seed=seed)
        self._step = 0
        self._design = dict(self.problem.space.default)
        return self._turns.observe_partial([self._design], 0)[0], self._next_info()

    def step(
        self, action: np.int64
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Settles one parameter, and at the last one evaluates the design.

        Raises:
            ArchgymError: The action is not in the action space, or the episode has ended.
            BudgetExhausted: The design is complete and the budget had been spent.
        """
        if self._step == self._turns.length:
            raise ArchgymError("the episode has ended: reset() begins the next one")
        design = self._turns.settle(self._design, int(action), self._step)
        if self._step + 1 < self._turns.length:
            self._design = design
            self._step += 1
            observation = self._turns.observe_partial([design], self._step)[0]
            return observation, 0.0, False, False, self._next_info()
        (evaluation,) = self.problem.evaluate([design])
        self._design = design
        self._step += 1
        return (
            self._turns.observe_final([evaluation])[0],
            self._turns.interface.reward(evaluation),
            True,
            self.problem.remaining == 0,
            self._turns.interface.outcome(evaluation),
        )

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags the actions that can still lead to a feasible design; shape `[actions]`."""
        return self._turns.mask(self._design, self._step)

    def _next_info(self) -> dict[str, Any]:
        return {"action_mask": self.action_masks().astype(np.int8)}


class SequentialVectorEnv(LockstepVectorEnv):
    """Tune hardware parameter by parameter, several designs at once.

    The sub-environments are those of `SequentialEnv`, in step with each other: they share one
    problem and its budget, and the last step evaluates all designs in one batch.
    `LockstepVectorEnv` says how they are reset.

    `truncated` once the budget has fewer than `num_envs` designs left.

    Args:
        num_envs: How many sub-environments.
        version: That of the observations' columns.
        autoreset_mode: How episodes that have ended are reset.
        render_mode: `None`, since nothing is rendered.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.assembly.assemble`.

    Attributes:
        observation_names: The names of an observation's columns.

    Raises:
        ArchgymError: A name is not known, the default design can't be simulated, the version does
            not show what the objective is about, or the budget does not last for an episode.
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        version: int = 0,
        autoreset_mode: Mode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        problem: Problem | None = None,
        **arguments: Any,
    ) -> None:
        problem = choose_problem(problem, arguments)
        self._turns = Turns(problem, version)
        super().__init__(
            num_envs,
            problem,
            self._turns.observation_space,
            self._turns.action_space,
            autoreset_mode,
            render_mode,
        )
        self.observation_names = self._turns.observation_names
        self._step = 0
        self._designs: list[dict[str, Any]] = [dict(problem.space.default)] * num_envs

    def action_masks(self) -> NDArray[np.bool_]:
        """Returns those of `SequentialEnv`; shape `[num_envs, actions]`."""
        return np.stack([self._turns.mask(design, self._step) for design in self._designs])

    def _begin(self) -> tuple[Observations, dict[str, Any]]:
        self._step = 0
        self._designs = [dict(self.problem.space.default)] * self.num_envs
        return self._turns.observe_partial(self._designs, 0), self._mask_infos()

    def _play(self, actions: NDArray[np.int64]) -> Step:
        self._designs = [
            self._turns.settle(design, action, self._step)
            for design, action in zip(self._designs, actions.tolist(), strict=True)
        ]
        self._step += 1
        if self._step < self._turns.length:
            observations = self._turns.observe_partial(self._designs, self._step)
            return Step(observations, np.zeros(self.num_envs), False, False, self._mask_infos())
        interface = self._turns.interface
        evaluations = self.problem.evaluate(self._designs)
        return Step(
            self._turns.observe_final(evaluations),
            np.array([interface.reward(evaluation) for evaluation in evaluations]),
            True,
            self._is_spent(),
            self._everywhere([interface.outcome(evaluation) for evaluation in evaluations]),
        )
