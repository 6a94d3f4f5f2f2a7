"""The environments whose steps each try one design, such as `archgym/DRAM-v0`."""

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from archgym.assembly import assemble
from archgym.envs.arguments import check_options, check_render_mode
from archgym.envs.interface import Interface
from archgym.errors import ArchgymError
from archgym.problem import Problem


def choose_problem(problem: Problem | None, arguments: dict[str, Any]) -> Problem:
    """Returns the problem, or the one that `assemble` makes of the arguments; never both."""
    if problem is None:
        return assemble(**arguments)
    domain = arguments.pop("domain", problem.domain.name)  # Part of an environment's id.
    if domain not in (problem.domain, problem.domain.name):
        raise ArchgymError(f"the problem is of domain {problem.domain.name}, not {domain}")
    if arguments:
        raise ArchgymError(f"give either a problem or {', '.join(arguments)}, not both")
    return problem


class DesignEnv(gymnasium.Env[NDArray[np.float32], NDArray[np.int64]]):
    """Tune hardware: an action is a whole design, the reward says how good it is.

    - Action: `MultiDiscrete`, for each parameter of the space the index of its value.
    - Observation: `Box`; `archgym.envs.interface.Interface` lists the columns, whose names are
      `observation_names`. Which metrics and terms they show is the domain's, and never changes
      within a version.
    - Reward: -log(cost / the default design's); a design that is infeasible or fails costs
      `archgym.problem.PENALTY` times the default's.
    - `terminated` after `horizon` steps; `truncated` once the budget is spent, after which a step
      raises `BudgetExhausted`.
    - `info`: `metrics`, `design` and `cost` of the design tried; whether it is `feasible` (the
      space allows it, and it ran), whether it is `within_limits` of the objective, and how far
      beyond as a number, the `violation` (0.1 is 10 % beyond; `inf` without metrics). After a reset
      too, `action_mask`: which values some feasible design has, those of all parameters one after
      the other.

    The environment is deterministic: a seed changes nothing.

    Args:
        horizon: Steps of an episode.
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
        horizon: int = 1,
        version: int = 0,
        render_mode: str | None = None,
        problem: Problem | None = None,
        **arguments: Any,
    ) -> None:
        check_render_mode(render_mode)
        self.problem = choose_problem(problem, arguments)
        self.horizon = horizon
        self.render_mode = None
        self._interface = Interface(self.problem, horizon, version)
        self.observation_names = self._interface.observation_names
        self._step = 0
        self.observation_space = self._interface.observation_space
        self.action_space: gymnasium.Space[Any] = self._interface.action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begins an episode at the default design, at no cost to the budget.

        Raises:
            ArchgymError: There are options.
        """
        check_options(options)
        super().reset(seed=seed)
        self._step = 0
        first = self._interface.observe([self.problem.default], 0)[0]
        return first, self._interface.first_info()

    def step(
        self, action: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Evaluates a design.

        Raises:
            ArchgymError: The action is not in the action space.
            BudgetExhausted: The budget had been spent.
        """
        (evaluation,) = self.problem.evaluate([self.problem.space.decode(action)])
        self._step += 1
        return (
            self._interface.observe([evaluation], self._step)[0],
            self._interface.reward(evaluation),
            self._step >= self.horizon,
            self.problem.remaining == 0,
            self._interface.info(evaluation),
        )

    def action_masks(self) -> NDArray[np.bool_]:
        """Flags the values that some feasible design has, as sb3-contrib's agents want it.

        Returns:
            Shape `[values of all parameters]`, those of one parameter after those of another.
        """
        return self._interface.action_mask.copy()
