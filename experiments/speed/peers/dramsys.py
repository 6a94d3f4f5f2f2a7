"""DRAMSys 5 (Steiner et al., SAMOS 2020), without its power model and its database."""

import json
import re
from pathlib import Path
from typing import Any

from archgym.dram.workload import Workload
from experiments.speed.peers.peer import Outcome, Peer
from experiments.speed.saturating import write_stl

_DESIGN = {
    "PagePolicy": "OpenAdaptive",
    "Scheduler": "FrFcfs",
    "SchedulerBuffer": "Bankwise",
    "RequestBufferSize": 8,
    "CmdMux": "Oldest",
    "RespQueue": "Fifo",
    "RefreshPolicy": "AllBank",
    "RefreshMaxPostponed": 0,
    "RefreshMaxPulledin": 0,
    "PowerDownPolicy": "NoPowerDown",
    "Arbiter": "Simple",
    "MaxActiveTransactions": 128,
}


def configuration(workload: Workload) -> dict[str, Any]:
    """Returns what DRAMSys is to do, with the trace in `trace.stl`."""
    device = workload.system.device
    return {
        "simulation": {
            "simulationid": "speed",
            "addressmapping": device.address_mapping,
            "mcconfig": _DESIGN | {"RefreshManagement": False},
            "memspec": device.data["memspec"],
            "simconfig": {
                "AddressOffset": 0,
                "DatabaseRecording": False,
                "Debug": False,
                "EnableWindowing": False,
                "PowerAnalysis": False,
                "SimulationName": "speed",
                "SimulationProgressBar": False,
                "StoreMode": "NoStorage",
                "UseMalloc": False,
                "WindowSize": 1000,
            },
            "tracesetup": [
                {
                    "type": "player",
                    "name": "trace.stl",
                    "clkMhz": device.player_clock_mhz,
                    "dataLength": device.bytes_per_request,
                }
            ],
        }
    }


def _prepare(workload: Workload, simulated_ns: float, folder: Path) -> list[str]:
    write_stl(workload, folder / "trace.stl")
    file = folder / "configuration.json"
    file.write_text(json.dumps(configuration(workload)), encoding="utf-8")
    return [str(file)]


def _read(printed: str, folder: Path, workload: Workload) -> Outcome:
    found = re.search(r"Total Time:\s*([0-9.]+) (ps|ns|us|ms)", printed)
    if found is None:
        raise ValueError(f"no total time in what DRAMSys printed: {printed!r}")
    unit_ns = {"ps": 1e-3, "ns": 1.0, "us": 1e3, "ms": 1e6}[found[2]]
    return Outcome(len(workload), float(found[1]) * unit_ns)


DRAMSYS = Peer("DRAMSys 5", "ARCHGYM_DRAMSYS", _DESIGN, _prepare, _read)
