"""DRAMSys (Steiner et al., SAMOS 2020; Fraunhofer IESE), through its command line.

Of release 5, times come from the database in which it records every phase of every request,
energies from what it prints. Its model of energy needs a build with DRAMPower; without it there is
none.
"""

import json
import math
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from archgym.dram.controller import PARAMETERS
from archgym.dram.standards import COMMANDS, STANDARDS
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.simulator import Failure, Metrics, Outcome
from archgym.simulators import _dramsys4, _measures
from archgym.simulators._external import (
    Defect,
    External,
    Job,
    UnreadableError,
    fingerprint,
    mapped,
    on_path,
)
from archgym.simulators._process import Printed
from archgym.space import Parameter
from archgym.traces.trace import Trace

ROW_CYCLE = Defect(
    "DDR4 row cycle",
    "with DDR4 devices, activates of one bank may follow each other after tRCD instead of tRC",
    "reported; rows closed by a precharge command are not concerned, since tRAS + tRP is tRC",
)
STRICT = Defect(
    "strict deadlock",
    "with CmdMux Strict, a run can stand still",
    "requests without an answer are told from its record, and make the run a crash",
)
STAGGERED = Defect(
    "staggered livelock",
    "with PowerDownPolicy Staggered, a run can stand still and yet be busy",
    "the limit of time stops it: a timeout",
)
ENDLESS = Defect(
    "endless runs",
    "with Arbiter Fifo or Reorder, a run goes on for ever once all is answered",
    "the simulated time is bounded, and what comes after the last response is not counted",
)
FIRST = Defect(
    "first request at once",
    "the first request is presented at time 0, whatever the trace says",
    "its latency is counted from 0",
)
COARSE_ENERGY = Defect(
    "six digits of energy",
    "energies are printed with six digits",
    "reported",
)

# It records power-down and self-refresh as phases, by their entries.
_PHASES = {"PDEA": "PDNA", "PDEP": "PDNP", "SREFEN": "SREF"}
_EXITS = {"PDXA", "PDXP", "SREFEX"}

# Units as SystemC and DRAMSys print them.
_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}
_NJ = {"J": 1e9, "mJ": 1e6, "uJ": 1e3, "nJ": 1.0, "pJ": 1e-3}
_PRINTED = re.compile(
    r"^\S*?(?P<channel>\d+)\s+(?P<name>Total Time|Total Energy|Core Energy):\s*"
    r"(?P<value>\S+)\s+(?P<unit>[a-zA-Z]+)\s*$",
    re.MULTILINE,
)
_WALL_TIME = re.compile(r"^Simulation took .*$", re.MULTILINE)
_CUT_SHORT = "Simulation stopped without explicit sc_stop()"
_ID, _NAME = "run", "archgym"
# What takes a fraction of a second, unless it goes on for ever.
_PROBE_LIMIT_S = 5.0
# No controller takes longer for one access, refreshes apart: in times of tRAS.
_ACCESS_IN_ROW_TIMES = 8

_REFRESHES = {"AllBank": "REFAB", "PerBank": "REFPB", "Per2Bank": "REFP2B", "SameBank": "REFSB"}

Times = npt.NDArray[np.int64]


class Dramsys(External):
    """DRAMSys, a simulator in SystemC of which `native` is the image.

    Release 5 has everything that `native` has, on DDR3, DDR4, LPDDR4 and HBM2, and energy where it
    was built with DRAMPower. Release 4.0, as ArchGym ships it, has less: see `_dramsys4`. Traces
    are played on a clock of 1 ps, so that arrivals are exact.
    """

    name: ClassVar[str] = "dramsys"
    title = "DRAMSys"
    variable = "ARCHGYM_DRAMSYS"
    expects = "its program, DRAMSys"
    page = "https://github.com/tukl-msd/DRAMSys#basic-setup"
    sources = (__name__, _dramsys4.__name__)
    defects: Sequence[Defect] = (ROW_CYCLE, STRICT, STAGGERED, ENDLESS, FIRST, COARSE_ENERGY)
    parameters: Mapping[str, Parameter] = PARAMETERS
    standards = frozenset({"DDR3", "DDR4", "LPDDR4", "HBM2"})
    metrics = frozenset(
        {
            "runtime_ns", "bandwidth_gb_per_s", "bus_bandwidth_gb_per_s",
            "latency_ns", "latency_p50_ns", "latency_p99_ns", "latency_max_ns",
            "read_latency_ns", "read_latency_p99_ns", "write_latency_ns",
            "service_latency_ns", "service_latency_p99_ns", "service_latency_max_ns",
            "energy_nj", "power_mw", "refreshes_owed", "refresh_debt_ns", "queue_entries",
        }
        | {f"commands_{name.lower()}" for name in COMMANDS if name not in _EXITS}
    )  # fmt: skip

    def __init__(self, workers: int | None = None, limit_s: float | None = None) -> None:
        super().__init__(workers, limit_s)
        self._is_release_4 = self.version.startswith("4")
        if self._is_release_4:
            self.title = "DRAMSys 4.0"
            self.parameters = _dramsys4.PARAMETERS
            self.standards = _dramsys4.STANDARDS
            self.metrics = _dramsys4.METRICS
            self.defects = (FIRST,)

    @classmethod
    def find(cls) -> Path | None:
        """Returns DRAMSys's program; see `External.find`."""
        return on_path(cls.variable, "DRAMSys")

    @classmethod
    def identify(cls, program: Path) -> str:
        """Returns the release and the program's fingerprint.

        Release 5 is not told apart further, since it does not say.
        """
        release = "4.0" if _dramsys4.BANNER in program.read_bytes() else "5"
        return f"{release} {fingerprint(program)}"

    def detected(self) -> list[Defect]:
        """Runs what shows three of the defects, and adds those that no short run shows."""
        if self._is_release_4:
            return list(self.defects)
        shown = {ROW_CYCLE: self._row_cycle(), STAGGERED: self._staggered()}
        shown[ENDLESS] = self._endless()
        return [defect for defect in self.defects if shown.get(defect, True)]

    def _row_cycle(self) -> bool:
        """Reads two rows of a bank, closing each with its read."""
        system = System.load("ddr4-2400")
        row = system.mapping.encode({"row": 1}).item()
        workload = Workload(system, Trace([0, 0], [0, row], [False, False]))
        (outcome,) = self.evaluate([{"PagePolicy": "Closed"}], workload)
        device = system.device
        least = sum(device.timing[name] for name in ("RC", "RCD", "RL"))
        return (
            not isinstance(outcome, Failure)
            and outcome["runtime_ns"] * 1e3 < least * device.clock_ps
        )

    def _staggered(self) -> bool:
        """Lets two ranks go to sleep between reads."""
        every_ps, count = 70_000, 200
        arrival, address = np.arange(count) * every_ps, np.arange(count) * 64
        trace = Trace(arrival, address, np.zeros(count, bool))
        hasty = Dramsys(workers=1, limit_s=min(self.limit_s, _PROBE_LIMIT_S))
        design = {"PowerDownPolicy": "Staggered"}
        (outcome,) = hasty.evaluate([design], Workload(System.load("ddr3-1600-2rank"), trace))
        return isinstance(outcome, Failure)

    def _endless(self) -> bool:
        """Reads once, through an arbiter."""
        system = System.load("ddr3-1600")
        workload = Workload(system, Trace([0], [0], [False]))
        design = self.complete({"Arbiter": "Fifo"}, system)
        assert not isinstance(design, Failure)
        with tempfile.TemporaryDirectory(prefix="archgym-") as name:
            shared = Path(name)
            job = Job(design, workload, system, shared, shared / "run")
            job.folder.mkdir()
            self.share(workload, shared)
            printed = self._play(job, _time_enough_s(job))
        return isinstance(printed, Printed) and _CUT_SHORT in printed.text

    def unsupported(self, workload: Workload) -> str | None:
        """Says why DRAMSys can't play a workload; `None` if it can."""
        if workload.player.mode != "open":
            return f"{self.title} plays traces open, not closed"
        return None

    def contradiction(self, design: Mapping[str, Any], system: System) -> Failure | None:
        """Says what is wrong with a complete design; see `External.contradiction`."""
        if self._is_release_4:
            refusal = _dramsys4.refusal(mapped(system, design["AddressMapping"]))
            if refusal is not None:
                return Failure("unsupported", refusal)
        return super().contradiction(design, system)

    def share(self, workload: Workload, folder: Path) -> None:
        """Writes one trace an initiator, in picoseconds."""
        bursts = workload.bursts()
        for number in np.unique(bursts.initiator).tolist():
            chosen = bursts.initiator == number
            rows = zip(
                bursts.arrival_ps[chosen].tolist(),
                np.where(bursts.is_write[chosen], "write", "read").tolist(),
                bursts.address[chosen].tolist(),
                strict=True,
            )
            (folder / f"initiator-{number}.stl").write_text(
                "".join(f"{when}: {what} {address:#x}\n" for when, what, address in rows),
                encoding="ascii",
            )

    def simulate(self, job: Job) -> Outcome:
        """Runs one design; see `External.simulate`."""
        printed = self._play(job, _time_enough_s(job))
        if isinstance(printed, Failure):
            return printed
        try:
            told = read_printed(printed.text)
            if self._is_release_4:
                return _dramsys4.measured(told, job)
            record = Record(job)
            is_cut_short = _CUT_SHORT in printed.text
            times_ps = {round(time_ns * 1e3) for time_ns in told.get("Total Time", ())}
            if not is_cut_short and times_ps != {record.runtime_ps}:
                raise UnreadableError(
                    f"its last response is at {record.runtime_ps} ps by its record, "
                    f"but it printed {sorted(times_ps)} as the total time"
                )
            if not is_cut_short or "Core Energy" not in told:
                return record.metrics(told.get("Core Energy"))
        except UnreadableError as error:
            return printed.failure(f"{self.title} gave no result that can be read: {error}")
        return self._until_end(job, record)

    def _until_end(self, job: Job, record: "Record") -> Outcome:
        """Runs a design again up to its last response alone, so that its energy is counted to it.

        Args:
            job: What was run for longer.
            record: What was recorded then.
        """
        printed = self._play(job, record.runtime_ps * 1e-12)
        if isinstance(printed, Failure):
            return printed
        try:
            return record.metrics(read_printed(printed.text).get("Core Energy"))
        except UnreadableError as error:
            return printed.failure(f"{self.title} gave no result that can be read: {error}")

    def _play(self, job: Job, simulated_s: float) -> Printed | Failure:
        if self._is_release_4:
            _dramsys4.write(job, _traces(job.shared))
            printed = self.execute(job, *_dramsys4.ARGUMENTS)
        else:
            content = json.dumps(configuration(job, simulated_s))
            (job.folder / "run.json").write_text(content, encoding="utf-8")
            printed = self.execute(job, "run.json")
        if isinstance(printed, Failure):
            return printed
        # It differs from run to run, and failures that quote it are compared.
        return replace(printed, text=_WALL_TIME.sub("", printed.text))


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
            "simulationid": _ID,
            "addressmapping": levels,
            "mcconfig": design | {"RefreshManagement": False},
            "memspec": device.data["memspec"],
            "simconfig": {
                "AddressOffset": 0,
                "DatabaseRecording": True,
                "Debug": False,
                "EnableWindowing": False,
                "PowerAnalysis": bool(device.currents),
                "SimulationName": _NAME,
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
                    # 1 ps a cycle.
                    "clkMhz": 1_000_000,
                    "dataLength": device.bytes_per_request,
                }
                for path in _traces(job.shared)
            ],
        }
    }


def read_printed(text: str) -> dict[str, list[float]]:
    """Returns what DRAMSys printed by name, a value a channel: times in ns, energies in nJ.

    DRAMSys chooses units as it likes: they are read, and one that is not known is an error.

    Raises:
        UnreadableError: A number or its unit can't be read.
    """
    told: dict[str, list[float]] = {}
    for found in _PRINTED.finditer(text):
        units = _NS if found["name"] == "Total Time" else _NJ
        try:
            value = float(found["value"]) * units[found["unit"]]
        except (ValueError, KeyError):
            raise UnreadableError(f"can't read {found[0].strip()!r}") from None
        told.setdefault(found["name"], []).append(value)
    return told


class Record:
    """The databases of one run, one a channel.

    Args:
        job: What was run; the databases lie in its folder.

    Attributes:
        runtime_ps: When the last response had reached its initiator, in picoseconds.

    Raises:
        UnreadableError: They are missing, damaged, or leave requests unanswered.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        bursts = job.workload.bursts()
        self._begin_ps = np.zeros(bursts.address.size, np.int64)
        self._end_ps = np.zeros(bursts.address.size, np.int64)
        threads = np.unique(bursts.initiator, return_inverse=True)[1]
        channels = job.system.locate(bursts.address).channel
        self._paths = [
            job.folder / f"DRAMSys_{_ID}_{_NAME}_ch{channel}.tdb"
            for channel in range(job.system.channels)
        ]
        for channel, path in enumerate(self._paths):
            of_thread, begin_ps, end_ps = _requests(path)
            for thread in range(int(threads.max()) + 1):
                # An initiator's requests to one channel arrive there in order.
                asked = np.flatnonzero((channels == channel) & (threads == thread))
                found = of_thread == thread
                if found.sum() != asked.size:
                    raise UnreadableError(
                        f"{found.sum()} of {asked.size} requests were answered on channel {channel}"
                    )
                self._begin_ps[asked], self._end_ps[asked] = begin_ps[found], end_ps[found]
        self._delivered_ps = self._deliver()
        self.runtime_ps = int(self._delivered_ps.max())

    def metrics(self, energy_nj: list[float] | None) -> Metrics:
        """Returns all metrics of the run.

        Args:
            energy_nj: The energy of each channel's DRAM, if there is any.

        Raises:
            UnreadableError: A database is damaged.
        """
        job, workload, design = self._job, self._job.workload, self._job.design
        issued: Counter[str] = Counter()
        self_refresh_ps = left_self_refresh = 0
        for path in self._paths:
            # Nothing that comes after the last response counts.
            issued.update(dict(_rows(path, _COMMANDS, self.runtime_ps)))
            for begin, end in _rows(path, _SELF_REFRESHES, self.runtime_ps):
                is_over = begin <= end <= self.runtime_ps
                left_self_refresh += is_over
                self_refresh_ps += (end if is_over else self.runtime_ps) - begin
        runtime_ns = self.runtime_ps / 1e3
        refresh = _REFRESHES.get(design["RefreshPolicy"], "")
        bursts = workload.bursts()
        arrival_ps = bursts.arrival_ps.copy()
        # What every initiator asks first is presented at once.
        arrival_ps[np.unique(bursts.initiator, return_index=True)[1]] = 0
        result = (
            _measures.throughput(workload, runtime_ns)
            | _measures.latencies(workload, arrival_ps, self._delivered_ps)
            | _measures.service_latencies(workload, self._begin_ps, self._end_ps)
            | _measures.refresh_debt(
                job.system,
                design["RefreshPolicy"],
                runtime_ns,
                # A REFAB follows every self-refresh.
                issued[refresh] - (left_self_refresh if refresh == "REFAB" else 0),
                self_refresh_ps / 1e3,
            )
            | _measures.queue_entries(design, job.system)
        )
        for command in _measures.commands(job.system):
            phase = _PHASES.get(command, command)
            if phase not in _EXITS:
                result[f"commands_{command.lower()}"] = float(issued[phase])
        if energy_nj is not None and all(map(math.isfinite, energy_nj)):
            result["energy_nj"] = sum(energy_nj)
            result["power_mw"] = sum(energy_nj) / runtime_ns * 1e3
        return result

    def _deliver(self) -> Times:
        """Returns when responses have reached their initiators.

        The record is made between arbiter and controller. The simple arbiter hands responses
        through; the others hand an initiator one every other cycle, in the order in which they
        come or in that of the requests.
        """
        design, clock_ps = self._job.design, self._job.system.device.clock_ps
        if design["Arbiter"] == "Simple":
            return self._end_ps
        sent_ps = self._end_ps + design["ArbitrationDelayBw"] * clock_ps
        delivered_ps: Times = np.zeros(sent_ps.size, np.int64)
        initiators = self._job.workload.bursts().initiator
        for number in np.unique(initiators):
            asked = np.flatnonzero(initiators == number)
            times = sent_ps[asked]
            if design["Arbiter"] == "Reorder":
                times = np.maximum.accumulate(times)
            order = np.argsort(times, kind="stable")
            spacing = 2 * clock_ps * np.arange(asked.size)
            delivered_ps[asked[order]] = np.maximum.accumulate(times[order] - spacing) + spacing
        return delivered_ps


_PHASES_OF_REQUESTS = """
    SELECT Transact, PhaseBegin, PhaseEnd FROM Phases WHERE PhaseName IN ('REQ', 'RESP')
"""
_THREADS = "SELECT ID, Thread FROM Transactions"
_COMMANDS = """
    SELECT PhaseName, COUNT(*) FROM Phases
    WHERE PhaseName NOT IN ('REQ', 'RESP') AND PhaseBegin <= ? GROUP BY PhaseName
"""
_SELF_REFRESHES = """
    SELECT PhaseBegin, PhaseEnd FROM Phases WHERE PhaseName = 'SREF' AND PhaseBegin <= ?
"""


def _requests(path: Path) -> tuple[Times, Times, Times]:
    """Returns thread, begin and end of the requests answered on one channel, as they arrived."""
    phases = _numbers(path, _PHASES_OF_REQUESTS, 3)
    identity, first, count = np.unique(phases[:, 0], return_index=True, return_counts=True)
    order = np.argsort(phases[:, 0], kind="stable")
    starts = np.cumsum(count) - count
    ends = np.maximum.reduceat(phases[order, 2], starts) if count.size else count
    thread_of = _numbers(path, _THREADS, 2)
    thread_of = thread_of[np.argsort(thread_of[:, 0])]
    if not np.isin(identity, thread_of[:, 0]).all():
        raise UnreadableError(f"{path.name} has phases of unknown requests")
    answered = count == 2
    threads: Times = thread_of[np.searchsorted(thread_of[:, 0], identity), 1]
    return threads[answered], phases[first, 1][answered], ends[answered]


def _numbers(path: Path, query: str, columns: int) -> Times:
    try:
        return np.array(_rows(path, query), np.int64).reshape(-1, columns)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnreadableError(f"{path.name}: {error}") from None


def _rows(path: Path, query: str, *values: int) -> list[Any]:
    if not path.is_file():
        raise UnreadableError(f"there is no {path.name}")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as base:
            return base.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise UnreadableError(f"{path.name}: {error}") from None


def _time_enough_s(job: Job) -> float:
    """Returns by when any controller has answered everything, in seconds."""
    device, bursts = job.system.device, job.workload.bursts()
    rules = STANDARDS[device.standard].rules(device.timing, device.organization)
    refreshing = max(
        refresh.duration / refresh.interval / refresh.round_size
        for refresh in rules.refreshes.values()
    )
    delays: int = sum(value for name, value in job.design.items() if "Delay" in name)
    access = _ACCESS_IN_ROW_TIMES * rules.row_active_min + delays
    cycles = (bursts.address.size + 100) * access / (1 - refreshing)
    return (int(bursts.arrival_ps.max()) + cycles * device.clock_ps) * 1e-12


def _traces(folder: Path) -> list[Path]:
    paths = folder.glob("initiator-*.stl")
    return sorted(paths, key=lambda path: int(path.stem.removeprefix("initiator-")))
