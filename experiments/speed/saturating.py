"""Traces that keep a controller busy: all requests are there at time 0."""

from pathlib import Path

import numpy as np

from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.traces.trace import Trace

NAMES = ("stream", "random", "mixed")

_FOOTPRINT = 2**30
_STREAMS = 16


def saturating(name: str, device: str, requests: int) -> Workload:
    """Makes a workload of one-burst requests over 1 GiB of a device.

    Args:
        name: `stream` is sequential, two reads to a write; `random` is uniform with 30 % writes;
            `mixed` is 16 interleaved sequential streams with 33 % writes.
        device: A bundled device's name.
        requests: How many.
    """
    system = System.load(device)
    burst = system.device.bytes_per_request
    lines = min(_FOOTPRINT, system.capacity) // burst
    rng = np.random.default_rng(NAMES.index(name))
    index = np.arange(requests)
    if name == "stream":
        line, is_write = index % lines, index % 3 == 2
    elif name == "random":
        line, is_write = rng.integers(lines, size=requests), rng.random(requests) < 0.30
    else:
        start = rng.integers(lines, size=_STREAMS)
        line = (start[index % _STREAMS] + index // _STREAMS) % lines
        is_write = rng.random(requests) < 0.33
    arrival_ps = np.zeros(requests, np.int64)
    return Workload(system, Trace(arrival_ps, line * burst, is_write, burst, name=name))


def write_stl(workload: Workload, path: Path) -> None:
    """Writes such a trace as an `.stl` file that leaves the size to the device, as most do."""
    bursts = workload.bursts()
    path.write_text(
        "".join(
            f"0: {'write' if is_write else 'read'} {address:#x}\n"
            for is_write, address in zip(bursts.is_write, bursts.address.tolist(), strict=True)
        ),
        encoding="ascii",
    )
