"""What an agent does, sees and gets in the environments, be it one or many at once."""

import math
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError
from archgym.objectives import COSTS
from archgym.problem import PENALTY, Evaluation, Problem

# Metrics shown relative to the default design's; of each, less is better.
METRICS = (
    "runtime_ns",
    "latency_ns",
    "latency_p99_ns",
    "latency_max_ns",
    "energy_nj",
    "power_mw",
)

# Terms of objectives that are shown.
TERMS = ("runtime", "latency", "energy", "edp", "power")

# Ratios are shown between exp(-LOG_BOUND) and exp(LOG_BOUND).
LOG_BOUND = 10.0


class Interface:
    """Turns actions into designs, and evaluations into observations, rewards and infos.

    An action has the index of its value for each parameter of the space. The columns of an
    observation, in order, for a space of `d` parameters and a workload of `f` features:

    | columns | what | range |
    |---|---|---|
    | `d` | the last design, in the unit cube | [0, 1] |
    | 6 + `c` | log(metric / default's); log(`PENALTY`) without metrics | +-`LOG_BOUND` |
    | 5 + `c` | which term to minimise, one-hot | {0, 1} |
    | 5 + `c` | limit or target of each term over the default's; 0 for none | [0, inf) |
    | `f` | features of the workload | [0, 1], but length and footprint of huge traces |
    | 1 | step / horizon | [0, 1] |

    The metrics are `METRICS`, the terms `TERMS`; behind either come the
    `c` of `archgym.objectives.COSTS` that the objective names. What a controller takes to build
    follows from its design, so an agent that is not asked about it is not shown it.

    After a reset the last design is the default one. A metric that the simulator does not report
    counts as equal to the default's.

    Args:
        problem: The problem to solve; its workload has `features`, a list of floats.
        horizon: Steps of an episode.

    Attributes:
        action_space: The space of a single action, int64.
        observation_space: The space of a single observation, float32.

    Raises:
        ArchgymError: The horizon is not positive, or the default design can't be simulated.
    """

    def __init__(self, problem: Problem, horizon: int) -> None:
        if horizon < 1:
            raise ArchgymError(f"a horizon is at least 1 step, not {horizon}")
        reference = problem.default.metrics or {}
        self._problem = problem
        self._horizon = horizon

        least, limits = problem.objective.goal(reference)
        # Costs have the names of the metrics that state them.
        costs = [name for name in COSTS if name in (least, *limits)]
        self._metrics = [*METRICS, *costs]
        self._reference = [reference.get(name, 0.0) for name in self._metrics]
        terms = [*TERMS, *costs]
        features = problem.workload.features
        unit = [0.0] * len(problem.space)
        bound = [LOG_BOUND] * len(self._metrics)
        goal = [float(name == least) for name in terms]
        factors = [limits.get(name, 0.0) for name in terms]
        self._constant = [*goal, *factors, *features]
        low = [*unit, *(-b for b in bound), *(0.0 for _ in (*terms, *terms))]
        high = [*(1.0 for _ in unit), *bound, *(1.0 for _ in terms), *(math.inf for _ in terms)]
        self.observation_space = gymnasium.spaces.Box(
            np.array([*low, *(-math.inf for _ in features), 0.0], dtype=np.float32),
            np.array([*high, *(math.inf for _ in features), 1.0], dtype=np.float32),
        )
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
        """Returns the metrics (empty where there are none), design, cost and feasibility."""
        return {
            "metrics": dict(evaluation.metrics or {}),
            "design": dict(evaluation.design),
            "cost": evaluation.cost,
            "feasible": evaluation.feasible,
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
