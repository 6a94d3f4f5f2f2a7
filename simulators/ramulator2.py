"""Ramulator 2.1 (Luo et al., IEEE CAL 2023), through its own Python package."""

import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from archgym.dram.device import Device
from archgym.dram.mapping_family import NAMES
from archgym.dram.reference_simulator import Defect
from archgym.dram.workload import Workload
from archgym.simulator import Failure, Metrics, Outcome
from archgym.simulators import _measures, _ramulator2_worker
from archgym.simulators._external import (
    External,
    Job,
    UnreadableError,
    fingerprint,
    narrowed,
)
from archgym.simulators._process import run

FORWARDING = Defect(
    "forwarding without addresses",
    "requests of its player ReadWriteTrace have no address, so that every read is answered from "
    "any write that waits",
    "the controller is sent requests with addresses",
)
UNSERVED_END = Defect(
    "unserved end",
    "its trace players ignore when requests arrive, and end when the last is sent, not served",
    "the controller is driven without them, until it has served all",
)
POSTED_WRITES = Defect(
    "posted writes",
    "a write is done when its command issues, and one to an address that still waits vanishes",
    "a write is taken to end with its data; one that vanishes, a cycle after it was accepted",
)
EXTRA_CYCLE = Defect(
    "a cycle between arrival and command",
    "a request that arrives in one cycle is served by a command of the next one at the earliest",
    "reported; it stands for what ThinkDelayFw 1 is elsewhere",
)

_TIMING = {
    "nCL": "RL", "nRCD": "RCD", "nRP": "RP", "nRAS": "RAS", "nRC": "RC", "nWR": "WR",
    "nRTP": "RTP", "nCWL": "WL", "nPPD": "PPD", "nCCD": "CCD", "nCCDS": "CCD_S",
    "nCCDL": "CCD_L", "nCCDS_WR": "CCD_S", "nCCDL_WR": "CCD_L_WR2", "nRRD": "RRD",
    "nRRDS": "RRD_S", "nRRDL": "RRD_L", "nWTR": "WTR", "nWTRS": "WTR_S", "nWTRL": "WTR_L",
    "nFAW": "FAW", "nCS": "RTRS",
}  # fmt: skip
_REFRESH = {"nRFC": ("RFC1", "RFC"), "nREFI": ("REFI1", "REFI")}
_COMMANDS = {
    "ACT": "act", "PREpb": "prepb", "PREab": "preab", "RD": "rd", "RDA": "rda", "WR": "wr",
    "WRA": "wra", "REFab": "refab",
}  # fmt: skip

_ASK_LIMIT_S = 60.0
_ASK = """
import importlib.metadata, ramulator, ramulator._ramulator as core
import ramulator._ramulator_test
try:
    version = importlib.metadata.version("ramulator")
except importlib.metadata.PackageNotFoundError:
    version = ""
print(core.__file__, version, sep="\\n")
"""


class Ramulator2(External):
    """Ramulator 2.1, a simulator that goes from cycle to cycle.

    FR-FCFS over one read and one write buffer with watermarks, rows left open, on DDR3, DDR4 and
    DDR5. It has no energy.
    """

    name: ClassVar[str] = "ramulator2"
    title = "Ramulator 2.1"
    variable = "ARCHGYM_RAMULATOR2"
    expects = "the folder of its Python package, or a Python that can import it"
    page = "https://github.com/CMU-SAFARI/ramulator2#24-installing-the-python-package"
    sources = (__name__, _ramulator2_worker.__name__)
    defects = (FORWARDING, UNSERVED_END, POSTED_WRITES, EXTRA_CYCLE)
    parameters = narrowed(
        AddressMapping=NAMES,
        PagePolicy=("Open",),
        Scheduler=("GrpFrFcfsWm",),
        LowWatermark=range(1, 65536),
        HighWatermark=range(2, 65537),
        SchedulerBuffer=("ReadWrite",),
        RequestBufferSize=range(1, 65537),
        RequestBufferSizeRead=range(1, 65537),
        RequestBufferSizeWrite=range(1, 65537),
        CmdMux=("Oldest",),
        RespQueue=("Fifo",),
        RefreshPolicy=("NoRefresh", "AllBank"),
        PowerDownPolicy=("NoPowerDown",),
        Arbiter=("Simple",),
    )
    standards = frozenset({"DDR3", "DDR4", "DDR5"})
    metrics = frozenset(
        {
            "runtime_ns", "bandwidth_gb_per_s", "bus_bandwidth_gb_per_s",
            "latency_ns", "latency_p50_ns", "latency_p99_ns", "latency_max_ns",
            "read_latency_ns", "read_latency_p99_ns", "write_latency_ns",
            "service_latency_ns", "service_latency_p99_ns", "service_latency_max_ns",
            "row_hits", "row_misses", "row_conflicts",
            "refreshes_owed", "refresh_debt_ns", "queue_entries",
        }
        | {f"commands_{name}" for name in _COMMANDS.values()}
    )  # fmt: skip

    @classmethod
    def find(cls) -> Path | None:
        """Returns the Python that imports Ramulator; see `External.find`."""
        found = _found(os.environ.get(cls.variable))
        return None if found is None else Path(found.python)

    @classmethod
    def identify(cls, program: Path) -> str:
        """Returns its version, if it is installed, and the fingerprint of its library."""
        found = _found(os.environ.get(cls.variable))
        assert found is not None
        return f"{found.version} {fingerprint(found.library)}".strip()

    @classmethod
    def status(cls) -> str:
        """Says where the package is, or what to do if it is not here; see `External.status`."""
        found = _found(os.environ.get(cls.variable))
        if found is None:
            return cls.how_to_find()
        return f"{found.extension.parent} ({cls.identify(found.extension)})"

    def unsupported(self, workload: Workload) -> str | None:
        """Says why Ramulator can't play a workload; `None` if it can."""
        if workload.player.mode != "open":
            return "Ramulator 2.1 plays traces open, not closed"
        if np.unique(workload.trace.initiator).size > 1:
            return "Ramulator 2.1 is sent requests by one initiator"
        return None

    def share(self, workload: Workload, folder: Path) -> None:
        """Does nothing: the requests' places depend on the address mapping."""

    def simulate(self, job: Job) -> Outcome:
        """Runs one design; see `External.simulate`."""
        content = json.dumps(configuration(job))
        (job.folder / "run.json").write_text(content, encoding="ascii")
        found = _found(os.environ.get(self.variable))
        assert found is not None
        worker = str(Path(_ramulator2_worker.__file__).resolve())
        printed = self.execute(job, "-P", worker, environment=found.environment)
        if isinstance(printed, Failure):
            return printed
        try:
            return measured(read_result(job.folder / "result.json"), job)
        except UnreadableError as error:
            return printed.failure(f"Ramulator gave no result that can be read: {error}")


def configuration(job: Job) -> dict[str, Any]:
    """Returns what the worker is to play."""
    device, design = job.system.device, job.design
    organization, bursts = device.organization, job.workload.bursts()
    where = job.system.locate(bursts.address)
    group, bank = np.divmod(where.bank, organization.banks_per_group)
    group %= organization.bank_groups
    levels = [where.channel, where.rank, group, bank, where.row, where.column]
    if device.standard == "DDR3":
        del levels[2]
    arrival = -(-bursts.arrival_ps // device.clock_ps)
    places = np.stack(levels, axis=1).tolist()
    reads, writes = design["RequestBufferSizeRead"], design["RequestBufferSizeWrite"]
    return {
        "standard": device.standard,
        "channels": job.system.channels,
        "organization": _organization(device),
        "timing": _timing(device),
        "scheduler": "FRFCFSRowHit",
        "refresh": design["RefreshPolicy"],
        "controller": {
            "read_buffer_size": reads,
            "write_buffer_size": writes,
            # It compares numbers of writes with shares of the buffer: more than the high one, and
            # less than the low one, which so is half a write above ours.
            "wr_high_watermark": (design["HighWatermark"] + 0.5) / writes,
            "wr_low_watermark": (design["LowWatermark"] + 0.5) / writes,
        },
        # As many requests can wait, those whose row is being opened besides the buffers.
        "slots": reads + writes + job.system.banks + 1,
        "last_cycle": int(arrival[-1]) + (1000 + arrival.size) * 1000,
        "requests": list(zip(arrival.tolist(), bursts.is_write.tolist(), places, strict=True)),
    }


def read_result(path: Path) -> dict[str, Any]:
    """Returns what the worker wrote.

    Raises:
        UnreadableError: The file is missing or damaged.
    """
    try:
        result = json.loads(path.read_text(encoding="ascii"))
        for name in ("accepted", "issued", "forwarded", "coalesced"):
            result[name] = np.array(result[name], np.int64)
        for name in ("commands", "rows"):
            result[name] = {key: float(value) for key, value in result[name].items()}
        return dict(result)
    except FileNotFoundError:
        raise UnreadableError(f"there is no {path.name}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"{path.name}: {error!r}") from None


def measured(result: Mapping[str, Any], job: Job) -> Metrics:
    """Returns the metrics of a run."""
    workload, device = job.workload, job.system.device
    bursts, clock_ps = workload.bursts(), device.clock_ps
    accepted, issued = result["accepted"], result["issued"]
    if not accepted.size == issued.size == bursts.address.size:
        raise UnreadableError(f"{issued.size} of {bursts.address.size} requests are in its result")
    burst = device.organization.burst_length // 2
    timing = device.timing
    end = issued + np.where(bursts.is_write, timing["WL"], timing["RL"]) + burst
    merged = np.concatenate([result["forwarded"], result["coalesced"]])
    end[merged] = accepted[merged] + 1
    runtime_ns = int(end.max()) * clock_ps / 1e3
    commands = result["commands"]
    return (
        _measures.throughput(workload, runtime_ns)
        | _measures.latencies(workload, bursts.arrival_ps, end * clock_ps)
        | _measures.service_latencies(workload, accepted * clock_ps, end * clock_ps)
        | _measures.refresh_debt(
            job.system, job.design["RefreshPolicy"], runtime_ns, commands.get("REFab", 0.0)
        )
        | _measures.queue_entries(job.design, job.system)
        | {f"commands_{ours}": commands.get(theirs, 0.0) for theirs, ours in _COMMANDS.items()}
        | {f"row_{name}": result["rows"][name] for name in ("hits", "misses", "conflicts")}
    )


def _organization(device: Device) -> dict[str, int]:
    organization = device.organization
    bits = organization.banks * organization.rows * organization.columns * organization.width
    levels = {
        "density": bits >> 20,
        "dq": organization.width,
        "channel_width": 8 * organization.bytes_per_beat,
        "rank": organization.ranks,
        "bankgroup": organization.bank_groups,
        "bank": organization.banks_per_group,
        "row": organization.rows,
        "column": organization.columns,
    }
    if device.standard == "DDR3":
        del levels["bankgroup"]
    return levels


def _timing(device: Device) -> dict[str, int]:
    timing = {
        theirs: device.timing[ours] for theirs, ours in _TIMING.items() if ours in device.timing
    }
    for theirs, names in _REFRESH.items():
        timing[theirs] = next(device.timing[name] for name in names if name in device.timing)
    return timing | {
        "rate": round(2e6 / device.clock_ps),
        "nBL": device.organization.burst_length // 2,
        "tCK_ps": device.clock_ps,
    }


@dataclass(frozen=True)
class _Found:
    """A Python that imports Ramulator.

    Attributes:
        python: The interpreter.
        environment: What it needs besides the present environment.
        extension: The package's compiled module.
        version: The installed version; empty if the package is not installed but only there.
    """

    python: str
    environment: Mapping[str, str]
    extension: Path
    version: str

    @property
    def library(self) -> Path:
        """What the simulator itself is in: where it was built, a library beside the package."""
        beside = self.extension.parents[2] / "libramulator.so"
        return beside if beside.is_file() else self.extension


@lru_cache(maxsize=16)
def _found(given: str | None) -> _Found | None:
    """Asks the Python that a variable or else this process names for the package."""
    python, environment = sys.executable, {}
    if given:
        path = Path(given).expanduser().absolute()
        if path.is_dir():
            environment = {"PYTHONPATH": str(path)}
        elif shutil.which(path):
            python = str(path)
        else:
            return None
    elif importlib.util.find_spec("ramulator") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="archgym-") as folder:
        printed = run([python, "-P", "-c", _ASK], Path(folder), _ASK_LIMIT_S, environment)
    if isinstance(printed, Failure) or printed.code:
        return None
    extension, version = (*printed.text.splitlines()[-2:], "")[:2]
    return _Found(python, environment, Path(extension), version)
