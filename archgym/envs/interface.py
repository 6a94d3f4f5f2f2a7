"""What an agent does, sees and gets in the environments, be it one or many at once."""

import math
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from archgym.envs.columns import check_shown, columns, goal, names
from archgym.envs.masks import Masks
from archgym.errors import ArchgymError
from archgym.problem import PENALTY, Evaluation, Problem

# Ratios are shown between exp(-LOG_BOUND) and exp(LOG_BOUND).
LOG_BOUND = 10.0


class Interface:
    """Turns actions into designs, and evaluations into observations, rewards and infos.

    An action has the index of its value for each parameter of the space. What columns an
    observation has depends on the version of the environments, on the space and on the number of
    the workload's features, never on the objective. For a space of `d` parameters, a workload of
    `f` features, and `m` metrics and `t` terms of `Domain.columns`, they are in order:

    | columns | names | what | range |
    |---|---|---|---|
    | `d` | `design.` | the last design, in the unit cube | [0, 1] |
    | `m` | `metric.` | log(metric / default's); log(`PENALTY`) without metrics | +-`LOG_BOUND` |
    | `t` | `least.` | which term to minimise, one-hot | {0, 1} |
    | `t` | `limit.` | limit or target of each term over the default's; 0 for none | [0, inf) |
    | `t` | `floor.` | likewise, lower limits; not in version 0 | [0, inf) |
    | `f` | `workload.` | its features | [0, 1], but length and footprint of huge traces |
    | 1 | `step` | step / horizon | [0, 1] |

    After a reset the last design is the default one. A metric that the simulator does not report
    counts as equal to the default's.

    Args:
        problem: The problem to solve; its workload has `features`, a list of floats.
        horizon: Steps of an episode.
        version: That of the columns.

    Attributes:
        action_space: The space of a single action, int64.
        observation_space: The space of a single observation, float32.
        observation_names: The names of its columns.
        masks: Tells which values are part of a feasible design.
        action_mask: Flags them, of all parameters one after the other.

    Raises:
        ArchgymError: The horizon is not positive, the default design can't be simulated, there is
            no such version, or it does not show what the objective is about.
    """

    def __init__(self, problem: Problem, horizon: int, version: int = 0) -> None:
        if horizon < 1:
            raise ArchgymError(f"a horizon is at least 1 step, not {horizon}")
        check_shown(problem, version)
        shown = columns(problem.domain, version)
        reference = problem.default.metrics or {}
        features = list(problem.workload.features)
        self.masks = Masks(problem.space)
        self.action_mask = np.concatenate(self.masks.whole)
        self._problem = problem
        self._horizon = horizon
        self._metrics = shown.metrics
        self._reference = [reference.get(name, 0.0) for name in shown.metrics]
        self._constant = [*goal(shown, problem.objective, reference), *features]
        self.observation_names = names(shown, problem.space, problem.domain.features, len(features))
        ranges = {
            "design": (0.0, 1.0),
            "metric": (-LOG_BOUND, LOG_BOUND),
            "least": (0.0, 1.0),
            "limit": (0.0, math.inf),
            "floor": (0.0, math.inf),
            "workload": (-math.inf, math.inf),
            "step": (0.0, 1.0),
        }
        of_columns = [ranges[name.partition(".")[0]] for name in self.observation_names]
        low, high = np.array(of_columns, dtype=np.float32).T
        self.observation_space = gymnasium.spaces.Box(low.copy(), high.copy())
        self.action_space = gymnasium.spaces.MultiDiscrete(
            [len(parameter.values) for parameter in problem.space.parameters.values()]
        )

    def observe(self, evaluations: Sequence[Evaluation], step: int) -> NDArray[np.float32]:
        """Returns the observations after the given number of steps; shape `[n, columns]`."""
        rows = [
            [
                *self._problem.space.to_unit(evaluation.design).tolist(),
                *self._log_ratios(evaluation),
                *self._constant,
                step / self._horizon,
            ]
            for evaluation in evaluations
        ]
        return np.array(rows, dtype=np.float32)

    def reward(self, evaluation: Evaluation) -> float:
        """Returns -log(cost / the default design's cost), with the penalty for `inf`."""
        return -math.log(self._problem.penalised(evaluation) / self._problem.default.cost)

    def info(self, evaluation: Evaluation) -> dict[str, Any]:
        """Returns what is known of an evaluation.

        Returns:
            `metrics` (empty where there are none), `design`, `cost`, `feasible` (whether the space
            allows the design, and it ran), `within_limits` and `violation` (of the objective's
            limits; see `archgym.problem.Evaluation`), and `action_mask` for the next action: the
            flags of `action_mask` as int8.
        """
        return self.outcome(evaluation) | self.first_info()

    def first_info(self) -> dict[str, Any]:
        """Returns what is known after a reset: the `action_mask`."""
        return {"action_mask": self.action_mask.astype(np.int8)}

    def outcome(self, evaluation: Evaluation) -> dict[str, Any]:
        """Returns what is known of an evaluation, save for what may follow on it."""
        return {
            "metrics": dict(evaluation.metrics or {}),
            "design": dict(evaluation.design),
            "cost": evaluation.cost,
            "feasible": evaluation.metrics is not None,
            "within_limits": evaluation.within_limits,
            "violation": evaluation.violation,
        }

    def _log_ratios(self, evaluation: Evaluation) -> list[float]:
        if evaluation.metrics is None:
            return [math.log(PENALTY)] * len(self._metrics)
        ratios = []
        for name, reference in zip(self._metrics, self._reference, strict=True):
            value = evaluation.metrics.get(name, 0.0)
            known = value > 0 and reference > 0
            ratio = math.log(value / reference) if known else 0.0
            ratios.append(min(max(ratio, -LOG_BOUND), LOG_BOUND))
        return ratios
