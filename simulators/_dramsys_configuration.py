"""What DRAMSys 5 is told to do."""

from pathlib import Path
from typing import Any

from archgym.simulators._external import Job

ID, NAME = "run", "archgym"
"""What its files are named after."""

# No controller takes longer for one access, refreshes apart: in times of tRAS.
_ACCESS_IN_ROW_TIMES = 8


def configuration(job: Job, simulated_s: float) -> dict[str, Any]:
    """Returns what DRAMSys 5 is to do, with the traces in the folder above.

    Args:
        job: What is to be run.
        simulated_s: How much time to simulate at most, in seconds.
    """
    device = job.system.device
    design = {name: value for name, value in job.design.items() if name != "AddressMapping"}
    levels = {
        level: [list(bits) if len(bits) > 1 else bits[0] for bits in all_bits]
        for level, all_bits in job.system.mapping.levels.items()
    }
    if design["SchedulerBuffer"] == "ReadWrite":
        del design["RequestBufferSize"]
    return {
        "simulation": {
            "simulationid": ID,
            "addressmapping": levels,
            "mcconfig": design | {"RefreshManagement": False},
            "memspec": device.data["memspec"],
            "simconfig": {
                "AddressOffset": 0,
                "DatabaseRecording": True,
                "Debug": False,
                "EnableWindowing": False,
                "PowerAnalysis": bool(device.currents),
                "SimulationName": NAME,
                "SimulationProgressBar": False,
                "SimulationTime": simulated_s,
                "StoreMode": "NoStorage",
                # Of the interface, whose energy is left out; DRAMSys wants them all the same.
                "TogglingRate": {
                    "togglingRateRead": 0.5,
                    "togglingRateWrite": 0.5,
                    "dutyCycleRead": 0.5,
                    "dutyCycleWrite": 0.5,
                    "idlePatternRead": "L",
                    "idlePatternWrite": "L",
                },
                "UseMalloc": False,
                "WindowSize": 1000,
            },
            "tracesetup": [
                {
                    "type": "player",
                    "name": f"../{path.name}",
                    # 1 ps per cycle.
                    "clkMhz": 1_000_000,
                    "dataLength": device.bytes_per_request,
                }
                for path in traces(job.shared)
            ],
        }
    }


def time_enough_s(job: Job) -> float:
    """Returns by when any controller has answered everything, in seconds."""
    device, bursts = job.system.device, job.workload.bursts()
    rules = device.rules()
    refreshing = max(
        refresh.duration / refresh.interval / refresh.round_size
        for refresh in rules.refreshes.values()
    )
    delays: int = sum(value for name, value in job.design.items() if "Delay" in name)
    access = _ACCESS_IN_ROW_TIMES * rules.row_active_min + delays
    cycles = (bursts.address.size + 100) * access / (1 - refreshing)
    return (int(bursts.arrival_ps.max()) + cycles * device.clock_ps) * 1e-12


def traces(folder: Path) -> list[Path]:
    """Returns the traces in a folder, one of each initiator, in order."""
    paths = folder.glob("initiator-*.stl")
    return sorted(paths, key=lambda path: int(path.stem.removeprefix("initiator-")))
