"""No design, mapping or trace makes the native simulator crash, hang or return nonsense."""

import math
from collections import Counter
from typing import Any

import numpy as np

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.simulator import Failure, Outcome
from archgym.simulators.native import Native
from experiments.verify.cases import Rng, draw_design, draw_workload
from experiments.verify.watchdog import WrongError

DESIGNS_A_CASE = 32
"""Designs of a case, which share its mapping and trace."""

_MOST_REQUESTS = 64
_IMPOSSIBLE = (None, -1, 0, 2.5, 10**30, True, "", "Fifo", (), float("nan"))


def play_case(seed: int, case: int) -> Counter[str]:
    """Draws and simulates a case.

    Returns:
        How many designs ended how: `simulated`, or a failure's kind.

    Raises:
        WrongError: An outcome is neither a failure nor finite metrics.
    """
    rng = np.random.default_rng([seed, case])
    workload = draw_workload(rng, int(rng.integers(1, _MOST_REQUESTS + 1)))
    designs = [_draw(rng, workload.system.device) for _ in range(DESIGNS_A_CASE)]
    outcomes = Native().evaluate(designs, workload)
    for design, outcome in zip(designs, outcomes, strict=True):
        if not is_sound(outcome):
            raise WrongError(f"{design}\non {workload.id} gave\n{outcome}")
    return Counter(o.kind if isinstance(o, Failure) else "simulated" for o in outcomes)


def _draw(rng: Rng, device: Device) -> dict[str, Any]:
    """Returns a design that can be simulated, or one with something that can't be."""
    design = draw_design(rng, device)
    if rng.random() < 0.1:
        name = str(rng.choice([*PARAMETERS, "NoSuchParameter"]))
        design[name] = _IMPOSSIBLE[rng.integers(len(_IMPOSSIBLE))]
    return design


def is_sound(outcome: Outcome) -> bool:
    """Whether an outcome is finite metrics, or a failure that says what is not possible."""
    if isinstance(outcome, Failure):
        return outcome.kind in ("invalid", "unsupported")
    return outcome["runtime_ns"] > 0 and all(map(math.isfinite, outcome.values()))
