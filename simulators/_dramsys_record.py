"""What DRAMSys says of a run: what it prints, and the databases in which it records every phase."""

import math
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.simulator import Metrics
from archgym.simulators import _measures
from archgym.simulators._dramsys_configuration import ID, NAME
from archgym.simulators._external import Job, UnreadableError

# It records power-down and self-refresh as phases, by their entries.
_PHASES = {"PDEA": "PDNA", "PDEP": "PDNP", "SREFEN": "SREF"}
EXITS = {"PDXA", "PDXP", "SREFEX"}

# Units as SystemC and DRAMSys print them.
_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}
_NJ = {"J": 1e9, "mJ": 1e6, "uJ": 1e3, "nJ": 1.0, "pJ": 1e-3}
_PRINTED = re.compile(
    r"^\S*?(?P<channel>\d+)\s+(?P<name>Total Time|Total Energy|Core Energy):\s*"
    r"(?P<value>\S+)\s+(?P<unit>[a-zA-Z]+)\s*$",
    re.MULTILINE,
)

_REFRESHES = {"AllBank": "REFAB", "PerBank": "REFPB", "Per2Bank": "REFP2B", "SameBank": "REFSB"}

Times = npt.NDArray[np.int64]


def read_printed(text: str) -> dict[str, list[float]]:
    """Returns what DRAMSys printed by name, one value per channel: times in ns, energies in nJ.

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
    """The databases of one run, one per channel.

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
            job.folder / f"DRAMSys_{ID}_{NAME}_ch{channel}.tdb"
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
            if phase not in EXITS:
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
