"""Devices that are not bundled: of DRAMSys's configurations, and with random timing."""

from functools import cache
from pathlib import Path

import numpy as np

from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.testing.devices import with_other_timing
from archgym.dram.workload import Workload
from experiments.verify.cases import draw_design, draw_player, draw_trace
from experiments.verify.legality import check_run
from experiments.verify.memspecs import read_folder

_REQUESTS = 5_000


@cache
def systems(configs: Path | None, generated: int) -> tuple[System, ...]:
    """Returns those of the folder's memspecs, if there is one, and `generated` others."""
    found = [] if configs is None else [*read_folder(configs)[0].values()]
    names = Device.names()
    others = (_generate(names[number % len(names)], number) for number in range(generated))
    return (*(system for group in found for system in group), *others)


def _generate(name: str, number: int) -> System:
    rng = np.random.default_rng(number)
    bundled = Device.load(name)
    return System(with_other_timing(bundled, lambda low, high: int(rng.integers(low, high + 1))))


def check_case(seed: int, case: int, configs: Path | None, generated: int) -> tuple[str, int]:
    """Plays a random trace and design on the next of `systems`, and checks what comes of it.

    Args:
        seed: Chooses all cases.
        case: The number of this one.
        configs: A folder of DRAMSys's configurations.
        generated: How many devices with random timing there are.

    Returns:
        The standard, and how many commands were issued.

    Raises:
        WrongError: As `check_run`.
    """
    rng = np.random.default_rng([seed, case])
    pool = systems(configs, generated)
    system = pool[case % len(pool)]
    workload = Workload(system, draw_trace(rng, system, _REQUESTS), draw_player(rng))
    return check_run(workload, draw_design(rng, system.device))
