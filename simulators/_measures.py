"""Turns what another simulator recorded, request by request, into metrics."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.dram.standards import COMMANDS
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulator import Metrics

Times = npt.NDArray[np.int64]


def latencies(workload: Workload, arrival_ps: Times, end_ps: Times) -> Metrics:
    """Returns the metrics of latencies from arrival to the end of the response.

    Args:
        workload: What was played.
        arrival_ps: When each burst arrived, in picoseconds.
        end_ps: When its response ended.
    """
    latency = _by_request(workload, end_ps, np.maximum) - _by_request(
        workload, arrival_ps, np.minimum
    )
    metrics = _distribution("latency", latency)
    is_write = workload.trace.is_write
    for name, chosen in (("read", ~is_write), ("write", is_write)):
        if chosen.any():
            metrics[f"{name}_latency_ns"] = float(latency[chosen].mean()) / 1e3
    if not is_write.all():
        metrics["read_latency_p99_ns"] = _quantile(np.sort(latency[~is_write]), 0.99)
    return metrics


def service_latencies(workload: Workload, begin_ps: Times, end_ps: Times) -> Metrics:
    """Returns the metrics of latencies from the controller's acceptance on.

    Args:
        workload: What was played.
        begin_ps: When each burst's acceptance began, in picoseconds.
        end_ps: When its response ended at the controller.
    """
    latency = _by_request(workload, end_ps, np.maximum) - _by_request(
        workload, begin_ps, np.minimum
    )
    metrics = _distribution("service_latency", latency)
    del metrics["service_latency_p50_ns"]
    return metrics


def throughput(workload: Workload, runtime_ns: float) -> Metrics:
    """Returns the runtime and the bandwidths."""
    asked = int(workload.trace.size.sum(dtype=np.int64))
    moved = workload.bursts().address.size * workload.system.device.organization.bytes_per_burst
    return {
        "runtime_ns": runtime_ns,
        "bandwidth_gb_per_s": asked / runtime_ns,
        "bus_bandwidth_gb_per_s": moved / runtime_ns,
    }


def refresh_debt(
    system: System, policy: str, runtime_ns: float, issued: float, self_refresh_ns: float = 0.0
) -> Metrics:
    """Returns how many refreshes were due by the end of a run and not done.

    They are taken to be spread evenly over channels and ranks, which refresh side by side.

    Args:
        system: The memory system.
        policy: The value of RefreshPolicy.
        runtime_ns: How long the run took.
        issued: How many refresh commands it saw, without those that follow self-refresh.
        self_refresh_ns: How long all ranks together were in self-refresh, where none falls due.
    """
    device = system.device
    refreshes = device.rules().refreshes
    if policy not in refreshes:
        return {"refreshes_owed": 0.0, "refresh_debt_ns": 0.0}
    refresh = refreshes[policy]
    ranks = system.channels * system.ranks
    awake = round((runtime_ns - self_refresh_ns / ranks) * 1e3 / device.clock_ps)
    owed = max(0.0, ranks * (awake // refresh.interval) - issued)
    return {
        "refreshes_owed": owed,
        "refresh_debt_ns": math.ceil(owed / ranks) * refresh.duration * device.clock_ps / 1e3,
    }


def queue_entries(design: Mapping[str, Any], system: System) -> Metrics:
    """Returns the hardware cost of a design's request buffers."""
    if design["SchedulerBuffer"] == "Bankwise":
        entries = design["RequestBufferSize"] * system.banks
    elif design["SchedulerBuffer"] == "Shared":
        entries = design["RequestBufferSize"]
    else:
        entries = design["RequestBufferSizeRead"] + design["RequestBufferSizeWrite"]
    return {"queue_entries": float(system.channels * entries)}


def commands(system: System) -> list[str]:
    """Returns the commands that a system's devices have."""
    device = system.device
    rules = device.rules()
    edges = [{*edge.previous, *edge.following} for edge in rules.constraints]
    return [name for name in COMMANDS if any(name in edge for edge in edges)]


def _by_request(workload: Workload, times: Times, first_or_last: np.ufunc) -> Times:
    request = workload.bursts().request
    if request.size == len(workload):
        return times
    starts = np.flatnonzero(np.diff(request, prepend=-1))
    reduced: Times = first_or_last.reduceat(times, starts)
    return reduced


def _distribution(name: str, latency_ps: Times) -> Metrics:
    ordered = np.sort(latency_ps)
    return {
        f"{name}_ns": float(latency_ps.mean()) / 1e3,
        f"{name}_p50_ns": _quantile(ordered, 0.5),
        f"{name}_p99_ns": _quantile(ordered, 0.99),
        f"{name}_max_ns": _quantile(ordered, 1.0),
    }


def _quantile(ordered_ps: Times, share: float) -> float:
    return float(ordered_ps[int(share * (ordered_ps.size - 1))]) / 1e3
