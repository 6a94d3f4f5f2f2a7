"""The `native` simulator."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from archgym import __version__
from archgym.dram.controller import PARAMETERS
from archgym.dram.standards import STANDARDS
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, SimulationError, unknown
from archgym.simulators.base import Failure, Outcome, Simulator
from archgym.simulators.native import _core
from archgym.simulators.native.channel import make_channel, make_requests, unsupported
from archgym.space import Design, Parameter

COMMANDS: tuple[str, ...] = _core.COMMANDS
"""Names of the commands in a command trace, by their number."""

_COMMAND_DTYPE = np.dtype(
    [
        ("time_ps", np.int64),
        ("command", np.uint8),
        ("rank", np.uint8),
        ("bank_group", np.uint8),
        ("bank", np.uint8),
        ("row", np.uint32),
        ("column", np.uint32),
        ("request", np.int64),
    ]
)

# The fields of a design in the core's order.
_FIELDS = (
    "PagePolicy", "Scheduler", "LowWatermark", "HighWatermark", "SchedulerBuffer",
    "RequestBufferSize", "RequestBufferSizeRead", "RequestBufferSizeWrite",
    "CmdMux", "RespQueue", "RefreshPolicy", "RefreshMaxPostponed", "RefreshMaxPulledin",
    "PowerDownPolicy", "Arbiter", "MaxActiveTransactions",
    "ArbitrationDelayFw", "ArbitrationDelayBw", "ThinkDelayFw", "ThinkDelayBw",
    "PhyDelayFw", "PhyDelayBw",
)  # fmt: skip

class Native(Simulator):
    """The embedded simulator of DDR3 and DDR4 controllers, exact to the cycle.

    JEDEC-legal by default. A decoded trace is kept as long as its workload lives.

    Args:
        threads: How many designs of a batch to simulate at once.
        dramsys_quirks: Whether to reproduce where DRAMSys 5.5 departs from JEDEC and from the
            trace, for validation against it: no WR to PREAB constraint on DDR3, no bound on the
            refreshes postponed, pulled in or issued in a burst but the design's own, and the first
            request presented at time 0.

    Example:
        >>> import archgym
        >>> workload = archgym.Workload.load("stream", requests=1000)
        >>> metrics, = Native().evaluate([{"PagePolicy": "Closed"}], workload)
        >>> metrics["commands_rda"] + metrics["commands_wra"]
        1000.0
    """

    name: ClassVar[str] = "native"
    version = __version__
    parameters: Mapping[str, Parameter] = {name: PARAMETERS[name] for name in _FIELDS}
    standards = frozenset(STANDARDS)
    metrics = frozenset(_core.METRICS)

    def __init__(self, threads: int = 1, dramsys_quirks: bool = False) -> None:
        if threads < 1:
            raise ArchgymError(f"threads must be at least 1, not {threads}")
        self.threads = threads
        self.dramsys_quirks = dramsys_quirks
        self._decoded: WeakKeyDictionary[Workload, tuple[_core.Channel, _core.Requests]] = (
            WeakKeyDictionary()
        )

    def evaluate(self, designs: Sequence[Design], workload: Workload) -> list[Outcome]:
        """Simulates every design on one workload; see `Simulator.evaluate`."""
        reason = unsupported(workload)
        if reason is not None:
            return [Failure("unsupported", reason)] * len(designs)
        outcomes: list[Outcome | None] = []
        rows: list[list[int]] = []
        for design in designs:
            encoded = _encode(design)
            outcomes.append(encoded if isinstance(encoded, Failure) else None)
            if not isinstance(encoded, Failure):
                rows.append(encoded)
        if rows:
            channel, requests = self._decode(workload)
            table = _core.evaluate(channel, requests, np.array(rows, np.int64), self.threads)
            measured = iter(table.tolist())
        return [
            next_outcome if next_outcome is not None else _metrics(next(measured))
            for next_outcome in outcomes
        ]

    def command_trace(self, design: Design, workload: Workload) -> npt.NDArray[Any]:
        """Simulates one design and returns every command it issued, in order.

        Returns:
            A structured array: `time_ps`, `command` (index into `COMMANDS`), `rank`, `bank_group`,
            `bank` (in the channel), `row`, `column`, and `request` (index into the trace; -1 for
            PREAB and REFAB, which address the whole rank).

        Raises:
            SimulationError: The design or the workload is not supported.
        """
        reason = unsupported(workload)
        encoded = Failure("unsupported", reason) if reason else _encode(design)
        if isinstance(encoded, Failure):
            raise SimulationError(encoded.reason)
        columns = _core.command_trace(*self._decode(workload), np.array([encoded], np.int64))
        time_ps, command, bank, row, column, burst = columns
        organization = workload.system.device.organization
        trace = np.zeros(len(time_ps), _COMMAND_DTYPE)
        trace["time_ps"] = time_ps
        trace["command"] = command
        trace["rank"] = bank // organization.banks
        trace["bank_group"] = bank // organization.banks_per_group
        trace["bank"] = bank
        trace["row"] = row
        trace["column"] = column
        trace["request"] = np.where(burst < 0, -1, workload.bursts().request[burst])
        return trace

    def _decode(self, workload: Workload) -> tuple[_core.Channel, _core.Requests]:
        decoded = self._decoded.get(workload)
        if decoded is None:
            decoded = (
                make_channel(workload.system, self.dramsys_quirks),
                make_requests(workload, self.dramsys_quirks),
            )
            self._decoded[workload] = decoded
        return decoded


def _metrics(row: list[float]) -> dict[str, float]:
    return {name: value for name, value in zip(_core.METRICS, row, strict=True) if value == value}


def _encode(design: Design) -> list[int] | Failure:
    """Returns the design's fields as the core wants them: enumerators by number, sizes as such."""
    for name, value in design.items():
        if name not in PARAMETERS:
            return Failure("invalid", str(unknown("parameter", name, PARAMETERS)))
        try:
            PARAMETERS[name].index(value)
        except ArchgymError as error:
            return Failure("invalid", str(error))
        if name not in Native.parameters:
            return Failure("unsupported", f"native has no parameter {name}")
    size = design.get("RequestBufferSize", PARAMETERS["RequestBufferSize"].default)
    fields = []
    for name in _FIELDS:
        parameter = Native.parameters[name]
        is_direction_size = name in ("RequestBufferSizeRead", "RequestBufferSizeWrite")
        value = design.get(name, size if is_direction_size else parameter.default)
        is_number = isinstance(parameter.values, range)
        fields.append(int(value) if is_number else parameter.index(value))
    low, high = fields[_FIELDS.index("LowWatermark")], fields[_FIELDS.index("HighWatermark")]
    if design.get("Scheduler") == "GrpFrFcfsWm" and low >= high:
        return Failure("invalid", f"LowWatermark must be below HighWatermark, {high}, not {low}")
    if design.get("CmdMux") == "Strict" and design.get("Scheduler") != "Fifo":
        return Failure("invalid", "CmdMux Strict needs Scheduler Fifo")
    return fields
