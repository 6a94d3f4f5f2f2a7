"""Every command of random runs is legal by JEDEC."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from archgym.dram.workload import Workload
from archgym.simulators.native import COMMANDS, Native
from archgym.testing.legality import Violation, check
from experiments.verify.cases import draw_design, draw_workload

_REQUESTS = 20_000


@dataclass(frozen=True)
class Checked:
    """What came of a case.

    Attributes:
        case: Its number.
        workload: What was played.
        design: Who played it.
        commands: How many commands were issued.
        violations: Those that are not legal.
    """

    case: int
    workload: Workload
    design: dict[str, Any]
    commands: int
    violations: list[Violation]


def cases(seed: int, first: int, simulator: Native) -> Iterator[Checked]:
    """Yields case after case, simulated and checked; without end."""
    for case in count(first):
        rng = np.random.default_rng([seed, case])
        workload = draw_workload(rng, _REQUESTS)
        device = workload.system.device
        design = draw_design(rng, device)
        commands = simulator.command_trace(design, workload)
        refreshes = design["RefreshPolicy"] != "NoRefresh"
        found = [
            violation
            for channel in range(workload.system.channels)
            for violation in check(
                commands[commands["channel"] == channel],
                device,
                names=COMMANDS,
                refreshes=refreshes,
            )
        ]
        yield Checked(case, workload, design, len(commands), found)
