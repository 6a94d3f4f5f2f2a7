"""DRAMSys 4.0, the release whose program ArchGym ships: what it knows, and the files that it reads.

It takes every part of its configuration from a file of its own, currents in mA and the clock in
MHz. That program records nothing: all that it tells are the total time, energy and power.
"""

import json
from pathlib import Path
from typing import Any

from archgym.dram.device import Device
from archgym.dram.mapping_family import NAMES
from archgym.dram.system import System
from archgym.simulator import Metrics
from archgym.simulators import _measures
from archgym.simulators._external import Job, UnreadableError, narrowed

BANNER = b"DRAMSys4.0"
"""What tells its program from those of later releases."""

PARAMETERS = narrowed(
    AddressMapping=tuple(name for name in NAMES if not name.endswith("Xor")),
    PagePolicy=("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
    Scheduler=("Fifo", "FrFcfs", "FrFcfsGrp"),
    SchedulerBuffer=("Bankwise", "ReadWrite", "Shared"),
    RequestBufferSize=range(1, 65537),
    CmdMux=("Oldest",),
    RespQueue=("Fifo", "Reorder"),
    RefreshPolicy=("NoRefresh", "AllBank"),
    RefreshMaxPostponed=range(1, 9),
    RefreshMaxPulledin=range(1, 9),
    PowerDownPolicy=("NoPowerDown",),
    Arbiter=("Simple", "Fifo", "Reorder"),
    MaxActiveTransactions=range(1, 65537),
)
"""Those of the ten-parameter space in which it has been compared with its recorded runs."""

STANDARDS = frozenset({"DDR3"})

METRICS = frozenset(
    {
        "runtime_ns", "bandwidth_gb_per_s", "bus_bandwidth_gb_per_s",
        "energy_nj", "power_mw", "queue_entries",
    }
)  # fmt: skip

ARGUMENTS = ("run.json", "./")
"""What its program is given: what to run, and the folder that everything is in."""

_PARTS = {
    "addressmapping": "amconfigs",
    "mcconfig": "mcconfigs",
    "memspec": "memspecs",
    "simconfig": "simulator",
    "thermalconfig": "thermalsim",
}
_FILE, _POWERS = "archgym.json", "powers.json"
# Of its further abilities, none of which is used, it wants to be told all the same.
_FIXED: dict[str, dict[str, Any]] = {
    "simconfig": {
        "simconfig": {
            "AddressOffset": 0,
            "CheckTLM2Protocol": False,
            "DatabaseRecording": False,
            "Debug": False,
            "ECCControllerMode": "Disabled",
            "EnableWindowing": False,
            "ErrorCSVFile": "",
            "ErrorChipSeed": 1,
            "PowerAnalysis": True,
            "SimulationName": "archgym",
            "SimulationProgressBar": False,
            "StoreMode": "NoStorage",
            "ThermalSimulation": False,
            "UseMalloc": False,
            "WindowSize": 1000,
        }
    },
    "thermalconfig": {
        "thermalsimconfig": {
            "TemperatureScale": "Celsius",
            "StaticTemperatureDefaultValue": 89,
            "ThermalSimPeriod": 100,
            "ThermalSimUnit": "us",
            "PowerInfoFile": _POWERS,
            "IceServerIp": "127.0.0.1",
            "IceServerPort": 11880,
            "SimPeriodAdjustFactor": 10,
            "NPowStableCyclesToIncreasePeriod": 5,
            "GenerateTemperatureMap": False,
            "GeneratePowerMap": False,
        }
    },
}


def refusal(system: System) -> str | None:
    """Says why it can't simulate a memory system; `None` if it can."""
    if system.channels > 1:
        return "DRAMSys 4.0 is run with one channel"
    if any(len(bits) > 1 for level in system.mapping.levels.values() for bits in level):
        return "DRAMSys 4.0 has no address mapping with XOR"
    return None


def write(job: Job, traces: list[Path]) -> None:
    """Writes what is to be run into a job's folder.

    Args:
        job: What is to be run.
        traces: One trace per initiator, in picoseconds.
    """
    for part, folder in _PARTS.items():
        path = job.folder / "configs" / folder / _FILE
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(_content(part, job)), encoding="ascii")
    powers = job.folder / "configs" / _PARTS["thermalconfig"] / _POWERS
    die = {"dram_die_channel0": {"init_pow": 0, "threshold": 1.0}}
    powers.write_text(json.dumps({"powerInfo": die}), encoding="ascii")
    # It looks for traces in this folder, wherever else they are.
    (job.folder / "traces").mkdir()
    simulation = dict.fromkeys(_PARTS, _FILE) | {
        "simulationid": "run",
        # 1 ps per cycle.
        "tracesetup": [{"clkMhz": 1_000_000, "name": f"../../{path.name}"} for path in traces],
    }
    content = json.dumps({"simulation": simulation})
    (job.folder / ARGUMENTS[0]).write_text(content, encoding="ascii")


def measured(told: dict[str, list[float]], job: Job) -> Metrics:
    """Returns the metrics of a run.

    Args:
        told: What it printed: the time in ns, the energy in nJ, one value per channel.
        job: What was run.

    Raises:
        UnreadableError: It did not print both.
    """
    try:
        (runtime_ns,), (energy_nj,) = told["Total Time"], told["Total Energy"]
    except (KeyError, ValueError):
        raise UnreadableError("it did not print one total time and energy") from None
    size = job.design["RequestBufferSize"]
    buffers = {"RequestBufferSizeRead": size, "RequestBufferSizeWrite": size}
    return (
        _measures.throughput(job.workload, runtime_ns)
        | _measures.queue_entries({**job.design, **buffers}, job.system)
        | {"energy_nj": energy_nj, "power_mw": energy_nj / runtime_ns * 1e3}
    )


def _content(part: str, job: Job) -> dict[str, Any]:
    """Returns what is in the file of a part."""
    if part == "addressmapping":
        levels = job.system.mapping.levels.items()
        return {"CONGEN": {level: [bit for (bit,) in all_bits] for level, all_bits in levels}}
    if part == "mcconfig":
        design = {name: value for name, value in job.design.items() if name != "AddressMapping"}
        return {part: design}
    if part == "memspec":
        return {part: _memspec(job.system.device)}
    return _FIXED[part]


def _memspec(device: Device) -> dict[str, Any]:
    """Returns a device's data by the names and in the units of this release."""
    memspec: dict[str, Any] = device.data["memspec"]
    organization = dict(memspec["memarchitecturespec"])
    organization["nbrOfDevicesOnDIMM"] = organization.pop("nbrOfDevices")
    currents = {
        name: value if name.startswith("v") else 1e3 * value
        for name, value in memspec["mempowerspec"].items()
    }
    timing = dict(memspec["memtimingspec"])
    timing["clkMhz"] = round(1e-6 / timing.pop("tCK"))
    return memspec | {
        "memarchitecturespec": organization,
        "mempowerspec": currents,
        "memtimingspec": timing,
    }
