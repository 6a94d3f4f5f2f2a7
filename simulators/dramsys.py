"""DRAMSys (Steiner et al., SAMOS 2020; Fraunhofer IESE), through its command line.

Of release 5, times come from the database in which it records every phase of every request,
energies from what it prints. Its model of energy needs a build with DRAMPower; without it there is
none.
"""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from archgym.dram.controller import DRAMSYS_PARAMETERS
from archgym.dram.reference_simulator import Defect
from archgym.dram.standards import COMMANDS
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.parameter import Parameter
from archgym.simulator import Failure, Outcome
from archgym.simulators import _dramsys4, _dramsys_configuration, _dramsys_record
from archgym.simulators._dramsys_configuration import configuration, time_enough_s, traces
from archgym.simulators._dramsys_record import EXITS, Record, read_printed
from archgym.simulators._external import (
    External,
    Job,
    UnreadableError,
    fingerprint,
    mapped,
    on_path,
)
from archgym.simulators._process import Printed
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

_WALL_TIME = re.compile(r"^Simulation took .*$", re.MULTILINE)
_CUT_SHORT = "Simulation stopped without explicit sc_stop()"
# What takes a fraction of a second, unless it never ends.
_PROBE_LIMIT_S = 5.0


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
    sources = (
        __name__,
        _dramsys4.__name__,
        _dramsys_configuration.__name__,
        _dramsys_record.__name__,
    )
    defects: Sequence[Defect] = (ROW_CYCLE, STRICT, STAGGERED, ENDLESS, FIRST, COARSE_ENERGY)
    parameters: Mapping[str, Parameter] = DRAMSYS_PARAMETERS
    standards = frozenset({"DDR3", "DDR4", "LPDDR4", "HBM2"})
    metrics = frozenset(
        {
            "runtime_ns", "bandwidth_gb_per_s", "bus_bandwidth_gb_per_s",
            "latency_ns", "latency_p50_ns", "latency_p99_ns", "latency_max_ns",
            "read_latency_ns", "read_latency_p99_ns", "write_latency_ns",
            "service_latency_ns", "service_latency_p99_ns", "service_latency_max_ns",
            "energy_nj", "power_mw", "refreshes_owed", "refresh_debt_ns", "queue_entries",
        }
        | {f"commands_{name.lower()}" for name in COMMANDS if name not in EXITS}
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
            printed = self._play(job, time_enough_s(job))
        return isinstance(printed, Printed) and _CUT_SHORT in printed.text

    def unsupported(self, workload: Workload) -> str | None:
        """Says why DRAMSys can't play a workload; `None` if it can."""
        if workload.player.mode != "open":
            return f"{self.title} plays traces open, not closed"
        return None

    def refused(self, design: Mapping[str, Any], system: System) -> Failure | None:
        """Says why a complete design can't be run on a system; see `External.refused`."""
        if self._is_release_4:
            refusal = _dramsys4.refusal(mapped(system, design["AddressMapping"]))
            if refusal is not None:
                return Failure("unsupported", refusal)
        return super().refused(design, system)

    def share(self, workload: Workload, folder: Path) -> None:
        """Writes one trace per initiator, in picoseconds."""
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
        printed = self._play(job, time_enough_s(job))
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

    def _until_end(self, job: Job, record: Record) -> Outcome:
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
            _dramsys4.write(job, traces(job.shared))
            printed = self.execute(job, *_dramsys4.ARGUMENTS)
        else:
            content = json.dumps(configuration(job, simulated_s))
            (job.folder / "run.json").write_text(content, encoding="utf-8")
            printed = self.execute(job, "run.json")
        if isinstance(printed, Failure):
            return printed
        # It differs from run to run, and failures that quote it are compared.
        return replace(printed, text=_WALL_TIME.sub("", printed.text))
