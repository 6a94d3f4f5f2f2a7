"""`archgym/DRAMSequential-v0`: each step settles one parameter of a controller design."""

from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from archgym.envs.dram import choose_problem
from archgym.envs.interface import Interface
from archgym.errors import ArchgymError
from archgym.problem import Evaluation, Problem
from archgym.space import Design

Observations = NDArray[np.float32]
Flags = NDArray[np.bool_]


class Turns:
    """Turns a sequence of actions, one a parameter, into designs and observations.

    Every parameter has the same actions, as many as the one with the most values, so that a policy
    needs one head: action `a` of `n` chooses value `floor(a * v / n)` of a parameter with `v`. Each
    action is thus valid, and each value has an equal share of them, give or take one.

    An observation has the columns of `archgym.envs.interface.Interface`, with the design as settled
    so far (the rest at their defaults) for the last design, the default's metrics until the last
    step, and the share of steps done; and behind them which parameter is next, one-hot over the
    `d` parameters, all 0 at the end.

    Args:
        problem: The problem to solve.

    Attributes:
        length: Steps of an episode: the parameters of the space.
        actions: How many there are.
        action_space: The space of a single action, `Discrete`.
        observation_space: The space of a single observation, float32.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._parameters = list(problem.space.parameters.values())
        self.length = len(self._parameters)
        self.interface = Interface(problem, self.length)
        most = max(len(parameter.values) for parameter in self._parameters)
        self.actions = most
        self.action_space: gymnasium.Space[Any] = gymnasium.spaces.Discrete(most)
        whole = self.interface.observation_space
        turn = np.zeros(self.length, dtype=np.float32)
        self.observation_space = gymnasium.spaces.Box(
            np.concatenate([whole.low, turn]), np.concatenate([whole.high, turn + 1])
        )

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

    def observe_partial(self, designs: list[dict[str, Any]], step: int) -> Observations:
        """Returns the observations before parameter number `step` is chosen; `[n, columns]`."""
        default = self._problem.default
        return self._with_turn([replace(default, design=design) for design in designs], step)

    def observe_final(self, evaluations: list[Evaluation]) -> Observations:
        """Returns the observations after the last step; shape `[n, columns]`."""
        return self._with_turn(evaluations, self.length)

    def _with_turn(self, evaluations: list[Evaluation], step: int) -> Observations:
        turn = np.zeros((len(evaluations), self.length), dtype=np.float32)
        turn[:, step : step + 1] = 1
        return np.concatenate([self.interface.observe(evaluations, step), turn], axis=1)


class DramSequentialEnv(gymnasium.Env[NDArray[np.float32], np.int64]):
    """Tune a DRAM controller parameter by parameter; an episode makes up one design.

    - Action: `Discrete`, which `Turns` maps to a value of the parameter that is next, in the order
      of the space.
    - Observation: `Box`; `Turns` lists the columns.
    - Reward: 0 until the last step, which evaluates the design: -log(cost / the default design's).
    - `terminated` at the last step; `truncated` there too if it spent the budget, after which the
      last step of an episode raises `BudgetExhausted`.
    - `info`: at the last step `metrics`, `design`, `cost` and `feasible`; else empty.

    The environment is deterministic: a seed changes nothing.

    Args:
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.envs.dram.make_problem`.

    Raises:
        ArchgymError: A name is not known, or the default design can't be simulated.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(self, *, problem: Problem | None = None, **arguments: Any) -> None:
        self.problem = choose_problem(problem, arguments)
        self._turns = Turns(self.problem)
        self._step = 0
        self._design = dict(self.problem.space.default)
        self.observation_space = self._turns.observation_space
        self.action_space = self._turns.action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begins an episode at the default design, with no parameter settled."""
        super().reset(seed=seed)
        self._step = 0
        self._design = dict(self.problem.space.default)
        return self._turns.observe_partial([self._design], 0)[0], {}

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
            return self._turns.observe_partial([design], self._step)[0], 0.0, False, False, {}
        (evaluation,) = self.problem.evaluate([design])
        self._design = design
        self._step += 1
        return (
            self._turns.observe_final([evaluation])[0],
            self._turns.interface.reward(evaluation),
            True,
            self.problem.remaining == 0,
            self._turns.interface.info(evaluation),
        )


class DramSequentialVectorEnv(VectorEnv[Observations, NDArray[np.int64], NDArray[Any]]):
    """Tune a DRAM controller parameter by parameter, several designs at once.

    The sub-environments are those of `DramSequentialEnv`, in step with each other: they share one
    problem and its budget, and the last step evaluates all designs in one batch. The ended episodes
    are reset in the same step (`AutoresetMode.SAME_STEP`): the observations are the first of the
    next ones, and `infos` has the last ones as `final_obs` and its own content as `final_info`.

    `truncated` once the budget has fewer than `num_envs` designs left.

    Args:
        num_envs: How many sub-environments.
        problem: The problem to solve; by default, one made of the other arguments.
        arguments: Those of `archgym.envs.dram.make_problem`.

    Raises:
        ArchgymError: A name is not known, the default design can't be simulated, or the budget
            does not last for an episode.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self, num_envs: int = 1, *, problem: Problem | None = None, **arguments: Any
    ) -> None:
        self.problem = choose_problem(problem, arguments)
        if not 1 <= num_envs <= self.problem.remaining:
            raise ArchgymError(
                f"num_envs must be at least 1 and within the budget of "
                f"{self.problem.remaining}, not {num_envs}"
            )
        self.num_envs = num_envs
        self._turns = Turns(self.problem)
        self._step = 0
        self._designs: list[dict[str, Any]] = []
        self.single_observation_space = self._turns.observation_space
        self.single_action_space = self._turns.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begins an episode in every sub-environment; shape `[num_envs, columns]`."""
        super().reset(seed=seed)
        self._step = 0
        self._designs = [dict(self.problem.space.default) for _ in range(self.num_envs)]
        return self._turns.observe_partial(self._designs, 0), {}

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[Observations, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Settles one parameter in every sub-environment, and at the last one evaluates them all.

        Args:
            actions: Shape `[num_envs]`.

        Raises:
            ArchgymError: An action is not in the action space.
            BudgetExhausted: Fewer than `num_envs` evaluations are left for the complete designs.
        """
        designs = [
            self._turns.settle(design, action, self._step)
            for design, action in zip(self._designs, actions.tolist(), strict=True)
        ]
        nobody = np.zeros(self.num_envs, dtype=np.bool_)
        if self._step + 1 < self._turns.length:
            self._designs = designs
            self._step += 1
            observations = self._turns.observe_partial(designs, self._step)
            return observations, np.zeros(self.num_envs), nobody, nobody.copy(), {}
        evaluations = self.problem.evaluate(designs)
        rewards = np.array([self._turns.interface.reward(e) for e in evaluations])
        truncated = np.full(self.num_envs, self.problem.remaining < self.num_envs)
        infos: dict[str, Any] = {}
        for index, evaluation in enumerate(evaluations):
            infos = self._add_info(infos, self._turns.interface.info(evaluation), index)
        final = np.empty(self.num_envs, dtype=object)
        final[:] = list(self._turns.observe_final(evaluations))
        everywhere = ~nobody
        infos |= {"final_info": infos.copy(), "_final_info": everywhere}
        infos |= {"final_obs": final, "_final_obs": everywhere.copy()}
        observations, _ = self.reset()
        return observations, rewards, everywhere.copy(), truncated, infos
