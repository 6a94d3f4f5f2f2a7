"""Every command of random runs is legal by JEDEC."""

import numpy as np

from archgym.simulators.native import COMMANDS, Native
from archgym.testing.legality import check
from experiments.verify.cases import draw_design, draw_workload
from experiments.verify.watchdog import WrongError

_REQUESTS = 20_000


def check_case(seed: int, case: int, dramsys_quirks: bool = False) -> tuple[str, int]:
    """Draws and simulates a case, and checks its commands.

    Args:
        seed: Chooses all cases.
        case: The number of this one.
        dramsys_quirks: As for `Native`; not all is legal then.

    Returns:
        The standard, and how many commands were issued.

    Raises:
        WrongError: A command is not legal.
    """
    rng = np.random.default_rng([seed, case])
    workload = draw_workload(rng, _REQUESTS)
    device = workload.system.device
    design = draw_design(rng, device)
    commands = Native(dramsys_quirks=dramsys_quirks).command_trace(design, workload)
    refreshes = design["RefreshPolicy"] != "NoRefresh"
    for channel in range(workload.system.channels):
        issued = commands[commands["channel"] == channel]
        found = check(issued, device, names=COMMANDS, refreshes=refreshes)
        if found:
            first = min(found, key=lambda violation: violation.time_ps)
            raise WrongError(
                f"{len(found)} violations in channel {channel} of {device.name}, the first:\n"
                f"{first}\n{design}"
            )
    return device.standard, len(commands)
