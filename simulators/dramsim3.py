"""DRAMsim3 (Li et al., IEEE CAL 2020), through its command line.

Its controller holds requests in one queue per bank. A queue of transactions lies before these; with
one place it is where the head request is stalled, so that `RequestBufferSize` counts what
`SchedulerBuffer` Bankwise counts.
"""

import json
import math
import re
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from archgym.dram.device import Device
from archgym.dram.mapping_family import NAMES
from archgym.dram.reference_simulator import Defect
from archgym.dram.workload import Workload
from archgym.simulator import Failure, Metrics, Outcome
from archgym.simulators import _measures
from archgym.simulators._external import (
    External,
    Job,
    UnreadableError,
    fingerprint,
    narrowed,
    on_path,
)

FIXED_CYCLES = Defect(
    "fixed cycle count",
    "it simulates as many cycles as it is told to, and does not say when it had finished",
    "the least number of cycles in which all is served is searched for, at a dozen runs a design",
)
LAST_REQUEST = Defect(
    "last request",
    "the last request of a trace is lost, or repeated as a read, depending on its last line break",
    "a request that is never due ends the trace",
)
ENERGY_UNIT = Defect(
    "energies in cycles",
    "energies that are called pJ are in mW times cycles",
    "they are multiplied by the length of a cycle",
)
POSTED_WRITES = Defect(
    "posted writes",
    "a write is answered at once, and one to an address that still waits is dropped",
    "the runtime ends with the data of the last command, and no latencies are told",
)
ONE_RANK = Defect(
    "simultaneous refresh",
    "refreshing all ranks at once refreshes the first alone",
    "ranks are refreshed in turn",
)
HIT_LIMIT = Defect(
    "four row hits",
    "a conflicting request closes a row after four hits, whatever waits",
    "reported; it is how its FR-FCFS works",
)

T = TypeVar("T")

# Its names of the timings, where a device has them.
_TIMING: dict[str, str | tuple[str, ...]] = {
    "AL": "AL", "CL": "RL", "CWL": "WL", "tRCD": "RCD", "tRP": "RP", "tRAS": "RAS",
    "tRFC": ("RFC1", "RFC"), "tREFI": "REFI", "tRPRE": "RPRE", "tWPRE": "WPRE",
    "tRRD_S": ("RRD_S", "RRD"), "tRRD_L": ("RRD_L", "RRD"), "tWTR_S": ("WTR_S", "WTR"),
    "tWTR_L": ("WTR_L", "WTR"), "tCCD_S": ("CCD_S", "CCD"), "tCCD_L": ("CCD_L", "CCD"),
    "tFAW": "FAW", "tWR": "WR", "tRTP": "RTP", "tCKE": "CKE", "tCKESR": "CKESR", "tXS": "XS",
    "tXP": "XP", "tRTRS": "RTRS",
}  # fmt: skip
# Its names of the currents, in mA.
_CURRENTS: dict[str, str | tuple[str, ...]] = {
    "IDD0": "idd0", "IDD2P": ("idd2p", "idd2p1"), "IDD2N": "idd2n", "IDD3N": "idd3n",
    "IDD4W": "idd4w", "IDD4R": "idd4r", "IDD5AB": ("idd5B", "idd5"), "IDD6x": ("idd6n", "idd6"),
}  # fmt: skip

# Its fields, highest address bits first.
_FIELDS = ("ch", "ro", "ra", "ba", "bg", "co")
_PAGES = {"Open": "OPEN_PAGE", "Closed": "CLOSE_PAGE"}
# Cycles between two reports of progress.
_EPOCH = 1 << 10
_NEVER = 1 << 62
_COUNTERS = (
    "num_cycles", "num_reads_done", "num_writes_done", "num_write_cmds", "num_act_cmds",
    "num_pre_cmds", "num_ref_cmds", "total_energy", "read_energy", "write_energy", "ref_energy",
)  # fmt: skip


class Dramsim3(External):
    """DRAMsim3, a simulator that goes from cycle to cycle.

    FR-FCFS with one queue per bank, rows left open or closed with every access, on DDR3 and DDR4.
    No latency from arrival on, since it does not tell when it accepts what.
    """

    name: ClassVar[str] = "dramsim3"
    title = "DRAMsim3"
    variable = "ARCHGYM_DRAMSIM3"
    expects = "its program, dramsim3main"
    page = "https://github.com/umd-memsys/DRAMsim3#building-and-running-the-simulator"
    sources = (__name__,)
    defects = (FIXED_CYCLES, LAST_REQUEST, ENERGY_UNIT, POSTED_WRITES, ONE_RANK, HIT_LIMIT)
    parameters = narrowed(
        AddressMapping=NAMES,
        PagePolicy=("Open", "Closed"),
        Scheduler=("FrFcfs",),
        SchedulerBuffer=("Bankwise",),
        RequestBufferSize=range(1, 65537),
        CmdMux=("Oldest",),
        RespQueue=("Fifo",),
        RefreshPolicy=("AllBank",),
        PowerDownPolicy=("NoPowerDown",),
        Arbiter=("Simple",),
    )
    standards = frozenset({"DDR3", "DDR4"})
    metrics = frozenset(
        {
            "runtime_ns", "bandwidth_gb_per_s", "bus_bandwidth_gb_per_s",
            "energy_nj", "power_mw", "energy_read_nj", "energy_write_nj", "energy_refresh_nj",
            "energy_background_nj", "commands_act", "commands_prepb", "commands_refab",
            "refreshes_owed", "refresh_debt_ns", "refresh_debt_nj", "queue_entries",
        }
    )  # fmt: skip

    @classmethod
    def find(cls) -> Path | None:
        """Returns DRAMsim3's program; see `External.find`."""
        return on_path(cls.variable, "dramsim3main")

    @classmethod
    def identify(cls, program: Path) -> str:
        """Returns the program's fingerprint, since it knows no version."""
        return fingerprint(program)

    def unsupported(self, workload: Workload) -> str | None:
        """Says why DRAMsim3 can't play a workload; `None` if it can."""
        if workload.player.mode != "open":
            return "DRAMsim3 plays traces open, not closed"
        if len(set(workload.trace.initiator.tolist())) > 1:
            return "DRAMsim3 plays traces of one initiator"
        if workload.system.channels > 1:
            return "DRAMsim3 is run with one channel"
        return None

    def share(self, workload: Workload, folder: Path) -> None:
        """Does nothing: the trace depends on the address mapping."""

    def simulate(self, job: Job) -> Outcome:
        """Runs one design; see `External.simulate`."""
        (job.folder / "run.ini").write_text(configuration(job), encoding="ascii")
        (job.folder / "trace").write_text(trace(job), encoding="ascii")
        runs = _Runs(self, job)
        try:
            return measured(runs.until_end(), job)
        except _FailedError as failed:
            return failed.failure


class _FailedError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class _Runs:
    """Runs of one design for various numbers of cycles."""

    def __init__(self, simulator: Dramsim3, job: Job) -> None:
        self._simulator = simulator
        self._job = job

    def until_end(self) -> dict[str, Any]:
        """Returns the statistics of a run that ends with the last response."""
        bursts, device = self._job.workload.bursts(), self._job.system.device
        reads = int((~bursts.is_write).sum())
        writes = bursts.is_write.size - reads
        last = -(-int(bursts.arrival_ps.max()) // device.clock_ps)
        cycles = last + 4 * _EPOCH + 8 * bursts.address.size
        limit = 4 * _EPOCH + last + 1000 * bursts.address.size
        while True:
            final = self.run(cycles)
            epochs = self._epochs()
            answered = final["num_reads_done"] == reads and final["num_writes_done"] == writes
            # Writes that wait when they have been answered show in commands that still come.
            if answered and epochs[-2:] == [epochs[-1]] * 2:
                break
            if cycles > limit:
                raise _FailedError(
                    Failure("crash", f"DRAMsim3 has not served all within {cycles} cycles")
                )
            cycles *= 2
        burst = device.organization.burst_length // 2
        # What is done in tick n has happened when n + 1 cycles are simulated.
        end = self._first("num_reads_done", epochs) - 1
        write_end = self._first("num_write_cmds", epochs) - 1
        if final["num_write_cmds"]:
            end = max(end, write_end + device.timing.get("AL", 0) + device.timing["WL"] + burst)
        return self.run(end)

    def run(self, cycles: int) -> dict[str, Any]:
        printed = self._simulator.execute(self._job, "run.ini", "-c", str(cycles), "-t", "trace")
        if isinstance(printed, Failure):
            raise _FailedError(printed)
        try:
            return read_statistics(self._job.folder / "dramsim3.json")
        except UnreadableError as error:
            raise _FailedError(
                printed.failure(f"DRAMsim3 gave no result that can be read: {error}")
            ) from None

    def _epochs(self) -> list[tuple[int, int]]:
        """Returns the reads done and write commands issued by the end of each epoch."""
        path = self._job.folder / "dramsim3epoch.json"
        try:
            text = path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            raise UnreadableError(f"there is no {path.name}") from None
        counts = [
            [int(value) for value in re.findall(rf'"{name}":(\d+)', text)]
            for name in ("num_reads_done", "num_write_cmds")
        ]
        if not counts[0] or len(counts[0]) != len(counts[1]):
            raise UnreadableError(f"{path.name} does not count reads and writes")
        return list(zip(accumulate(counts[0]), accumulate(counts[1]), strict=True))

    def _first(self, name: str, epochs: list[tuple[int, int]]) -> int:
        """Returns the least number of cycles after which a count has reached its last value."""
        column = ("num_reads_done", "num_write_cmds").index(name)
        target = epochs[-1][column]
        reached = next(n for n, counts in enumerate(epochs) if counts[column] == target)
        low, high = reached * _EPOCH, (reached + 1) * _EPOCH
        while high - low > 1:
            middle = (low + high) // 2
            if self.run(middle)[name] == target:
                high = middle
            else:
                low = middle
        return high


def configuration(job: Job) -> str:
    """Returns the device and controller as an `.ini` file."""
    device, organization = job.system.device, job.system.device.organization
    sections: dict[str, dict[str, object]] = {
        "dram_structure": {
            "protocol": device.standard,
            "bankgroups": organization.bank_groups,
            "banks_per_group": organization.banks_per_group,
            "rows": organization.rows,
            "columns": organization.columns,
            "device_width": organization.width,
            "BL": organization.burst_length,
        },
        "timing": {"tCK": device.clock_ps / 1e3, **_timing(device)},
        "power": {**_power(device)},
        "system": {
            "channel_size": job.system.capacity >> 20,
            "channels": 1,
            "bus_width": 8 * organization.bytes_per_beat,
            "address_mapping": "".join(_FIELDS),
            "queue_structure": "PER_BANK",
            "refresh_policy": "RANK_LEVEL_STAGGERED",
            "row_buf_policy": _PAGES[job.design["PagePolicy"]],
            "cmd_queue_size": job.design["RequestBufferSize"],
            "unified_queue": "true",
            "trans_queue_size": 1,
        },
        "other": {"output_level": 1, "epoch_period": _EPOCH},
    }
    return "\n".join(
        line
        for section, values in sections.items()
        for line in (f"[{section}]", *(f"{key} = {value}" for key, value in values.items()))
    )


def trace(job: Job) -> str:
    """Returns the trace, in cycles, with addresses that DRAMsim3 maps to where they lie."""
    organization, bursts = job.system.device.organization, job.workload.bursts()
    where = job.system.locate(bursts.address)
    group, bank = np.divmod(where.bank, organization.banks_per_group)
    fields = {
        "ro": (where.row, organization.rows),
        "ra": (where.rank, organization.ranks),
        "ba": (bank, organization.banks_per_group),
        "bg": (group % organization.bank_groups, organization.bank_groups),
        "co": (
            where.column // organization.burst_length,
            organization.columns // organization.burst_length,
        ),
    }
    address = np.zeros(bursts.address.size, np.int64)
    for name in _FIELDS:
        if name in fields:
            value, count = fields[name]
            address = address * count + value
    address *= organization.bytes_per_burst
    cycles = -(-bursts.arrival_ps // job.system.device.clock_ps)
    rows = zip(address.tolist(), bursts.is_write.tolist(), cycles.tolist(), strict=True)
    lines = [f"{where:#x} {'WRITE' if write else 'READ'} {when}\n" for where, write, when in rows]
    return "".join(lines) + f"0x0 READ {_NEVER}\n"


def read_statistics(path: Path) -> dict[str, Any]:
    """Returns what DRAMsim3 wrote of its one channel.

    Raises:
        UnreadableError: The file is missing or damaged.
    """
    try:
        statistics = json.loads(path.read_text(encoding="ascii"))["0"]
        numbers = [statistics[name] for name in _COUNTERS]
    except FileNotFoundError:
        raise UnreadableError(f"there is no {path.name}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"{path.name}: {error!r}") from None
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise UnreadableError(f"{path.name} holds values that are no numbers")
    return dict(statistics)


def measured(statistics: Mapping[str, Any], job: Job) -> Metrics:
    """Returns the metrics of a run that ended with the last response."""
    device = job.system.device
    clock_ns = device.clock_ps / 1e3
    runtime_ns = statistics["num_cycles"] * clock_ns
    refreshes = float(statistics["num_ref_cmds"])
    result = (
        _measures.throughput(job.workload, runtime_ns)
        | _measures.refresh_debt(job.system, "AllBank", runtime_ns, refreshes)
        | _measures.queue_entries(job.design, job.system)
        | {
            "commands_act": float(statistics["num_act_cmds"]),
            "commands_prepb": float(statistics["num_pre_cmds"]),
            "commands_refab": refreshes,
        }
    )
    if not device.currents:
        return result
    # Its unit is mW times cycles; a mW for a ns is a pJ.
    unit = clock_ns * 1e-3
    refresh = statistics["ref_energy"] * unit
    background = sum(
        sum(statistics[name].values()) for name in ("act_stb_energy", "pre_stb_energy")
    )
    result |= {
        "energy_nj": statistics["total_energy"] * unit,
        "power_mw": statistics["total_energy"] * unit / runtime_ns * 1e3,
        "energy_read_nj": statistics["read_energy"] * unit,
        "energy_write_nj": statistics["write_energy"] * unit,
        "energy_refresh_nj": refresh,
        "energy_background_nj": background * unit,
        # By the device, even if the run was too short for any refresh.
        "refresh_debt_nj": result["refreshes_owed"] * _refresh_energy(device),
    }
    return result


def _timing(device: Device) -> dict[str, int]:
    return _named(_TIMING, device.timing)


def _power(device: Device) -> dict[str, float]:
    if not device.currents:
        return {}
    currents = _named(_CURRENTS, device.currents)
    return {
        "VDD": device.currents["vdd"],
        **{name: 1e3 * value for name, value in currents.items()},
    }


def _named(names: Mapping[str, str | tuple[str, ...]], values: Mapping[str, T]) -> dict[str, T]:
    """Returns values by DRAMsim3's names, each by the first of ours that a device has."""
    alternatives = {
        theirs: (ours,) if isinstance(ours, str) else ours for theirs, ours in names.items()
    }
    return {
        theirs: next(values[name] for name in ours if name in values)
        for theirs, ours in alternatives.items()
        if any(name in values for name in ours)
    }


def _refresh_energy(device: Device) -> float:
    """Returns what one refresh takes by DRAMsim3's formula, in nJ."""
    power = _power(device)
    duration_ns = _timing(device)["tRFC"] * device.clock_ps / 1e3
    devices = device.organization.devices
    return power["VDD"] * (power["IDD5AB"] - power["IDD3N"]) * duration_ns * devices * 1e-3
