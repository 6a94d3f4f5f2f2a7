"""Random systems, traces and designs."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from archgym.dram.address_mapping import AddressMapping
from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.traces.player import OPEN, Player
from archgym.traces.trace import Trace

Rng = np.random.Generator


def draw_workload(rng: Rng, requests: int) -> Workload:
    """Returns a random trace on a bundled device, with its own or a random address mapping."""
    system = _system(str(rng.choice(Device.names())))
    if rng.random() < 0.5:
        system = System(system.device, draw_mapping(rng, system))
    return Workload(system, draw_trace(rng, system, requests), draw_player(rng))


def draw_mapping(rng: Rng, system: System) -> AddressMapping:
    """Returns a random invertible mapping that leaves bursts whole.

    Every bit of a level is an address bit of its own, XORed with some of those that come later in
    a random order: a triangular matrix, which is invertible.
    """
    inside = system.device.organization.bytes_per_burst.bit_length() - 1
    own = rng.permutation(range(inside, system.mapping.width)).tolist()
    density = rng.choice([0.0, 0.02, 0.2])

    def draw() -> list[int]:
        bit = own.pop()
        return [bit, *(other for other in own if rng.random() < density)]

    return AddressMapping(
        {
            level: [list(bits) if max(bits) < inside else draw() for bits in all_bits]
            for level, all_bits in system.mapping.levels.items()
        }
    )


def draw_trace(rng: Rng, system: System, requests: int) -> Trace:
    """Returns requests to few or many places, each a stream or not, in bursts or spread out.

    Some traces have requests of several bursts, not aligned to them, or several initiators.
    """
    burst = system.device.bytes_per_request
    size = burst * int(rng.choice([1, 1, 1, 4]))
    places = rng.integers(system.capacity // burst, size=_log_uniform(rng, requests))
    stride = rng.choice([0, 1, 1, 64])
    line = places[rng.integers(len(places), size=requests)] + stride * np.arange(requests)
    address = line * burst + (rng.integers(burst) if size > burst else 0)
    gap_ns = rng.exponential(10 ** rng.uniform(-1, 2.5), size=requests)
    idle = rng.random(requests) < rng.choice([0.0, 0.001, 0.05])
    gap_ns[idle] += rng.exponential(20_000, size=np.count_nonzero(idle))
    return Trace(
        np.cumsum(gap_ns * 1000).astype(np.int64),
        (address % (system.capacity - size)).astype(np.uint64),
        rng.random(requests) < rng.random(),
        size,
        rng.integers(rng.choice([1, 1, 4]), size=requests),
    )


def draw_player(rng: Rng) -> Player:
    """Returns the open player, or less often a closed one."""
    if rng.random() < 0.7:
        return OPEN
    return Player(
        "closed",
        max_outstanding=_log_uniform(rng, 64),
        think_time_ps=int(rng.integers(100_000)),
        dependent=bool(rng.integers(2)),
    )


def draw_design(rng: Rng, device: Device) -> dict[str, Any]:
    """Returns a controller with a random value for each parameter, small numbers being likelier."""
    design = {
        name: parameter.values[_log_uniform(rng, len(parameter.values)) - 1]
        if isinstance(parameter.values, range)
        else parameter.values[int(rng.integers(len(parameter.values)))]
        for name, parameter in PARAMETERS.items()
    }
    design["RefreshPolicy"] = str(rng.choice(_refresh_policies(device)))
    low, highest = design["LowWatermark"], PARAMETERS["HighWatermark"].values[-1]
    design["HighWatermark"] = low + _log_uniform(rng, highest - low)
    if design["Scheduler"] != "Fifo":
        design["CmdMux"] = "Oldest"
    return design


def _log_uniform(rng: Rng, most: int) -> int:
    """Returns a number from 1 to `most`, each order of magnitude equally likely."""
    return int((most + 1) ** rng.random())


@cache
def _refresh_policies(device: Device) -> Sequence[str]:
    rules = device.rules()
    return ("NoRefresh", *rules.refreshes)


@cache
def _system(device: str) -> System:
    return System.load(device)
