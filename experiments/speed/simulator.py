"""The speed of the native simulator by standard, scheduler and buffer, and what it is spent on."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

from archgym.dram.workload import Workload
from archgym.parameter import Design
from archgym.simulators.native import Native
from experiments.speed.clock import cpu, in_turn, median
from experiments.speed.saturating import NAMES, saturating

DESIGN: dict[str, object] = {
    "PagePolicy": "Open",
    "Scheduler": "FrFcfs",
    "SchedulerBuffer": "Bankwise",
    "RequestBufferSize": 8,
    "RespQueue": "Fifo",
    "RefreshPolicy": "AllBank",
    "Arbiter": "Simple",
}
DEVICES = (
    "ddr3-1600",
    "ddr4-2400",
    "ddr5-4800",
    "lpddr4-3200",
    "lpddr5-6400",
    "gddr6-16000",
    "hbm2",
    "hbm3-6400",
)
"""One of each standard."""
SCHEDULERS: dict[str, dict[str, object]] = {
    "Fifo": {},
    "FrFcfs": {},
    "FrFcfsGrp": {},
    "GrpFrFcfs": {},
    "GrpFrFcfsWm": {"LowWatermark": 16, "HighWatermark": 48},
    "FrFcfsCap": {"RowHitCap": 4},
}
BUFFERS: dict[str, dict[str, object]] = {
    "Shared 64": {"SchedulerBuffer": "Shared", "RequestBufferSize": 64},
    "Bankwise 8": {"SchedulerBuffer": "Bankwise", "RequestBufferSize": 8},
}

Rates = dict[str, float]
"""Requests per CPU second by trace."""


def by_standard(requests: int, repeats: int) -> dict[str, Rates]:
    """Returns the rates of one design on a device of each standard."""
    return {device: _rates(device, {"": DESIGN}, requests, repeats)[""] for device in DEVICES}


def by_scheduler(requests: int, repeats: int) -> dict[str, dict[str, Rates]]:
    """Returns the rates of every scheduler on DDR4-2400 by kind of buffer, 64 entries or more."""
    return {
        name: _rates(
            "ddr4-2400",
            {
                scheduler: DESIGN | buffer | {"Scheduler": scheduler} | options
                for scheduler, options in SCHEDULERS.items()
            },
            requests,
            repeats,
        )
        for name, buffer in BUFFERS.items()
    }


def _rates(
    device: str, designs: dict[str, dict[str, object]], requests: int, repeats: int
) -> dict[str, Rates]:
    rates: dict[str, Rates] = {name: {} for name in designs}
    for trace in NAMES:
        workload = saturating(trace, device, requests)
        simulator = Native()
        simulate(simulator, DESIGN, workload)  # decodes the trace
        works = {
            name: cpu(partial(simulate, simulator, design, workload))
            for name, design in designs.items()
        }
        for name, seconds in in_turn(works, repeats).items():
            rates[name][trace] = requests / median(seconds)
    return rates


def simulate(simulator: Native, design: Design, workload: Workload) -> dict[str, float]:
    """Simulates one design; returns its metrics.

    Raises:
        RuntimeError: It can't be simulated.
    """
    (outcome,) = simulator.evaluate([design], workload)
    if not isinstance(outcome, dict):
        raise RuntimeError(outcome.reason)
    return outcome


def costs(requests: int, repeats: int) -> dict[str, float]:
    """Returns what else takes time, as shares of the time of a simulation.

    Percentiles and energy are always measured and can't be left out, so their share is unknown.

    Returns:
        `command_trace`: what it adds to record every command. `first_use`: what it adds to split
        and decode the trace, once for all designs of a workload.
    """
    workload = saturating("mixed", "ddr4-2400", requests)
    simulator = Native()
    simulate(simulator, DESIGN, workload)

    def first_use() -> None:
        simulate(simulator, DESIGN, Workload(workload.system, workload.trace))

    seconds = in_turn(
        {
            "simulation": cpu(partial(simulate, simulator, DESIGN, workload)),
            "command_trace": cpu(partial(simulator.command_trace, DESIGN, workload)),
            "first_use": cpu(first_use),
        },
        repeats,
    )
    bare = seconds.pop("simulation")
    return {name: median(taken / bare) - 1 for name, taken in seconds.items()}


# In a process of its own, since memory that was used once can be used again unseen: what decoding
# freed is given back first, and writing 5 to clear_refs sets the peak back to what is in use.
_PEAK = """
import ctypes, json
from pathlib import Path
from archgym.simulators.native import Native
from experiments.speed.saturating import saturating
from experiments.speed.simulator import DESIGN, simulate

def megabytes(field):
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split(field + ":")[1].split()[0]) / 1024

simulator = Native()
simulate(simulator, DESIGN, saturating("mixed", "ddr4-2400", 100))
workload = saturating("mixed", "ddr4-2400", REQUESTS)
simulator._decode(workload).requests(workload, "Device")
ctypes.CDLL(None).malloc_trim(0)
Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
before = megabytes("VmRSS")
simulate(simulator, DESIGN, workload)
print(json.dumps({"before": before, "run": megabytes("VmHWM") - before}))
"""


def peak_memory_mb(requests: int) -> dict[str, float] | None:
    """Returns the peak memory of a process that has decoded a trace, and what one run adds, in MB.

    None where Linux's /proc is missing.
    """
    if not Path("/proc/self/clear_refs").exists():
        return None
    done = subprocess.run(
        [sys.executable, "-c", _PEAK.replace("REQUESTS", str(requests))],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    memory: dict[str, float] = json.loads(done.stdout)
    return memory
