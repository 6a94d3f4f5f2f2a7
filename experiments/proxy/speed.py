"""How fast a proxy is, beside the simulator that it stands in for, and DRAMSys if there is one."""

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from archgym import proxy, simulators
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.simulator import Failure, Simulator
from archgym.simulators.dramsys import Dramsys
from archgym.simulators.proxy import ProxySimulator
from archgym.study.parts import WorkloadSpec
from archgym.table import Table

ROUNDS = 5
FEW = 20
"""Designs that are simulated a round."""


def measure(path: Path, folder: Path) -> dict[str, Any]:
    """Returns medians over `ROUNDS` rounds, in which all take turns; times are of the CPU.

    DRAMSys, if `ARCHGYM_DRAMSYS` names it, runs as the simulator `dramsys` does: with the record
    that latencies come from. Designs with which it runs longer than it takes are left out.

    Args:
        path: A proxy.
        folder: A table of a workload that it knows.
    """
    table = Table(folder)
    workload = WorkloadSpec.of_table(table.header).load(table.header.make_platform())
    simulator = ProxySimulator(path, fallback=None, widest=1e9)
    bound = proxy.load(path).on(workload.id)
    native = simulators.make("native")
    rng = np.random.default_rng(0)
    numbers = rng.integers(len(table), size=400_000)
    indices = table.designs.indices(numbers)
    designs = [
        each for each in table.designs.designs(numbers[:1000]) if each["RefreshPolicy"] == "AllBank"
    ]
    simulated = [each for each in designs if each["Arbiter"] == "Simple"][:FEW]
    dramsys = Dramsys(workers=1) if Dramsys.find() else None
    rounds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        found = {
            "one_design_us": _cpu(lambda: [bound.one(each, 0.9, 1e9) for each in designs])
            / len(designs)
            * 1e6,
            "one_design_as_a_simulator_us": _cpu(
                lambda: [simulator.evaluate([each], workload) for each in designs]
            )
            / len(designs)
            * 1e6,
            "batch_one_thread_ns": _cpu(lambda: bound.predict_indices(indices))
            / len(indices)
            * 1e9,
            "batch_two_threads_wall_ns": _wall(lambda: _two(bound, indices)) / len(indices) * 1e9,
            "native_us": _cpu(lambda: native.evaluate(simulated, workload)) / FEW * 1e6,
        }
        if dramsys:
            found["dramsys_us"] = _cpu(lambda: _all(dramsys, simulated, workload)) / FEW * 1e6
        for name, value in found.items():
            rounds.setdefault(name, []).append(value)
    found = {name: float(f"{median(values):.4g}") for name, values in rounds.items()}
    ratios = {
        "native_over_one_design": round(found["native_us"] / found["one_design_us"], 1),
        "native_over_batch": round(found["native_us"] * 1e3 / found["batch_one_thread_ns"]),
    }
    if dramsys:
        ratios |= {
            "dramsys_over_native": round(found["dramsys_us"] / found["native_us"], 1),
            "dramsys_over_one_design": round(found["dramsys_us"] / found["one_design_us"]),
            "dramsys_over_batch": round(found["dramsys_us"] * 1e3 / found["batch_one_thread_ns"]),
        }
    return {
        "workload": workload.id,
        "requests": len(workload),
        **found,
        "designs_per_cpu_second": round(1e9 / found["batch_one_thread_ns"]),
        "designs_per_second_two_threads": round(1e9 / found["batch_two_threads_wall_ns"]),
        **ratios,
    }


def _all(simulator: Simulator, designs: list[Design], workload: Workload) -> None:
    for outcome in simulator.evaluate(designs, workload):
        if isinstance(outcome, Failure):
            raise ArchgymError(outcome.reason)


def _two(bound: proxy.Bound, indices: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bound.predict_indices, np.array_split(indices, 2)))


def _cpu(call: Any) -> float:
    began = process_time() + _children()
    call()
    return process_time() + _children() - began


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _wall(call: Any) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began
