"""Measures how fast the native simulator and the environment are.

Run by `make bench`; prints a table and writes `experiments/speed.json`. Every figure is CPU time of
one thread, the median of several runs; ratios are of figures taken in turn within one run.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from rich.console import Console
from rich.table import Table

import archgym
from archgym.dram.system import System
from archgym.dram.trace import Trace
from archgym.simulators.native import Native

REQUESTS = 200_000
REPEATS = 9
DESIGN = {
    "PagePolicy": "Open",
    "Scheduler": "FrFcfs",
    "SchedulerBuffer": "Bankwise",
    "RequestBufferSize": 8,
    "RespQueue": "Fifo",
    "RefreshPolicy": "AllBank",
    "RefreshMaxPostponed": 0,
    "RefreshMaxPulledin": 0,
    "Arbiter": "Simple",
}
DEVICES = ("ddr4-2400", "ddr3-1600")
SCHEDULERS = ("Fifo", "FrFcfs", "FrFcfsGrp")


def saturating_traces(requests: int = REQUESTS) -> list[Trace]:
    """Returns three traces that all arrive at time 0, over 1 GiB of 64-byte lines.

    `stream` is sequential, two reads to a write; `random` is uniform with 30 % writes; `mixed` is
    16 interleaved sequential streams with 33 % writes.
    """
    rng = np.random.default_rng(0)
    lines = 2**30 // 64
    index = np.arange(requests)
    starts = rng.integers(lines, size=16)
    patterns = {
        "stream": (index % lines, index % 3 == 2),
        "random": (rng.integers(lines, size=requests), rng.random(requests) < 0.30),
        "mixed": ((starts[index % 16] + index // 16) % lines, rng.random(requests) < 0.33),
    }
    return [
        Trace(
            arrival_ps=np.zeros(requests, np.int64),
            address=(line * 64).astype(np.uint64),
            is_write=is_write,
            size=np.full(requests, 64, np.uint32),
            initiator=np.zeros(requests, np.uint16),
            name=name,
        )
        for name, (line, is_write) in patterns.items()
    ]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Returns the CPU time that one call takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def requests_per_second() -> dict[str, dict[str, dict[str, float]]]:
    """Returns requests per CPU second by device, scheduler and trace."""
    simulator = Native()
    result: dict[str, dict[str, dict[str, float]]] = {}
    for device in DEVICES:
        system = System.load(device)
        for trace in saturating_traces():
            workload = archgym.Workload(system, trace)
            simulator.evaluate([DESIGN], workload)  # decodes the trace
            for scheduler in SCHEDULERS:
                design = DESIGN | {"Scheduler": scheduler}
                seconds = statistics.median(
                    cpu_seconds(lambda d=design, w=workload: simulator.evaluate([d], w))
                    for _ in range(REPEATS)
                )
                result.setdefault(device, {}).setdefault(scheduler, {})[trace.name] = (
                    len(trace) / seconds
                )
    return result


def environment_overhead(requests: int = 10_000, steps: int = 200) -> dict[str, float]:
    """Compares environment steps with bare simulations of the same designs, taken in turn."""
    workload = archgym.Workload.load("random", requests=requests)
    environment = gymnasium.make(
        "archgym/DRAM-v0", workload=workload, horizon=steps, disable_env_checker=True
    )
    environment.reset(seed=0)
    environment.action_space.seed(0)
    space = environment.unwrapped.problem.space  # type: ignore[attr-defined]
    simulator = Native()
    simulator.evaluate([{}], workload)
    bare, stepped = [], []
    while len(bare) < steps:
        action = environment.action_space.sample()
        design = space.canonical(space.decode(action))
        if space.infeasibility(design) is not None:
            continue
        bare.append(cpu_seconds(lambda d=design: simulator.evaluate([d], workload)))
        stepped.append(cpu_seconds(lambda a=action: environment.step(a)))
    return {
        "simulation_ms": statistics.mean(bare) * 1e3,
        "step_ms": statistics.mean(stepped) * 1e3,
        "overhead": sum(stepped) / sum(bare) - 1,
    }


def batch_scaling(designs: int = 64, threads: int = 2) -> dict[str, float]:
    """Compares the wall time of a batch on several threads with that on one, taken in turn."""
    workload = archgym.Workload.load("random", requests=20_000)
    space = archgym.make_space("archgym")
    batch = [
        design
        for design in space.sample(np.random.default_rng(0), 2 * designs)
        if space.infeasibility(design) is None
    ][:designs]
    one, several = Native(), Native(threads=threads)
    ratios = []
    for _ in range(REPEATS):
        walls = []
        for simulator in (one, several):
            began = time.perf_counter()
            simulator.evaluate(batch, workload)
            walls.append(time.perf_counter() - began)
        ratios.append(walls[1] / walls[0])
    return {"threads": threads, "wall_time_ratio": statistics.median(ratios)}


def machine() -> dict[str, Any]:
    """Describes the machine that the figures hold for."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "archgym": archgym.__version__,
    }


def main() -> None:
    """Measures, prints and writes everything."""
    speed = requests_per_second()
    environment = environment_overhead()
    scaling = batch_scaling()
    table = Table("device", "scheduler", *(trace.name for trace in saturating_traces(16)))
    for device, by_scheduler in speed.items():
        for scheduler, by_trace in by_scheduler.items():
            table.add_row(device, scheduler, *(f"{v / 1e6:.1f} M/s" for v in by_trace.values()))
    console = Console()
    console.print("Requests per CPU second, one thread, all metrics:", table)
    console.print(
        f"Environment step over the bare simulation of {environment['simulation_ms']:.2f} ms: "
        f"{environment['overhead']:+.1%}"
    )
    console.print(
        f"A batch on {scaling['threads']} threads takes {scaling['wall_time_ratio']:.2f} of one's "
        "time"
    )
    report = {
        "machine": machine(),
        "requests_per_cpu_second": speed,
        "environment": environment,
        "batch": scaling,
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    console.print(f"Written to {path}")


if __name__ == "__main__":
    main()
