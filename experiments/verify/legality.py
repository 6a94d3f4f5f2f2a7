"""Every command of random runs is legal by JEDEC, and no metric beyond physics."""

import time

import numpy as np

from archgym.dram.legality import check
from archgym.dram.workload import Workload
from archgym.parameter import Design
from archgym.simulator import Failure
from archgym.simulators.native import COMMANDS, Native
from experiments.verify.cases import draw_design, draw_workload
from experiments.verify.watchdog import WrongError

_REQUESTS = 20_000
_LIMIT_S = 10.0


def check_case(seed: int, case: int, dramsys_quirks: bool = False) -> tuple[str, int]:
    """Draws and simulates a case, and checks its commands.

    Args:
        seed: Chooses all cases.
        case: The number of this one.
        dramsys_quirks: As for `Native`; not all is legal then.

    Returns:
        The standard, and how many commands were issued.

    Raises:
        WrongError: As `check_run`.
    """
    rng = np.random.default_rng([seed, case])
    workload = draw_workload(rng, _REQUESTS)
    design = draw_design(rng, workload.system.device)
    return check_run(workload, design, dramsys_quirks)


def check_run(workload: Workload, design: Design, dramsys_quirks: bool = False) -> tuple[str, int]:
    """Simulates a design, and checks its commands and metrics.

    Returns:
        The standard, and how many commands were issued.

    Raises:
        WrongError: A command is not legal, the bandwidth above the peak, a metric negative, or the
            run took too long or failed.
    """
    device, native = workload.system.device, Native(dramsys_quirks=dramsys_quirks)
    start = time.perf_counter()
    (outcome,) = native.evaluate([design], workload)
    took_s = time.perf_counter() - start
    if isinstance(outcome, Failure):
        raise WrongError(f"{device.name} fails: {outcome.reason}\n{design}")
    wrong = [f"{name} {value}" for name, value in outcome.items() if value < 0]
    if outcome["bandwidth_gb_per_s"] > device.peak_bandwidth_gb_per_s * (1 + 1e-12):
        wrong.append(f"{outcome['bandwidth_gb_per_s']} of {device.peak_bandwidth_gb_per_s} GB/s")
    if took_s > _LIMIT_S:
        wrong.append(f"takes {took_s:.1f} s")
    if wrong:
        raise WrongError(f"{device.name}: {', '.join(wrong)}\n{design}")
    commands = native.command_trace(design, workload)
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
