"""The `native` simulator."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, SimulationError
from archgym.parameter import Design, Parameter
from archgym.simulator import Failure, Outcome, Simulator
from archgym.simulators.native import _core
from archgym.simulators.native.conduct import Conduct, dramsys, jedec
from archgym.simulators.native.decoded import Decoded
from archgym.simulators.native.encoding import encode
from archgym.simulators.native.energy import energy_table, gives_back
from archgym.simulators.native.lowering import impossible, unsupported
from archgym.simulators.native.version import DRAMSYS_VERSION, VERSION

COMMANDS: tuple[str, ...] = _core.COMMANDS
"""Names of the commands in a command trace, by their number."""

_COMMAND_DTYPE = np.dtype(
    [
        ("time_ps", np.int64),
        ("command", np.uint8),
        ("channel", np.uint8),
        ("rank", np.uint8),
        ("bank_group", np.uint8),
        ("bank", np.uint8),
        ("row", np.uint32),
        ("column", np.uint32),
        ("request", np.int64),
    ]
)


class Native(Simulator):
    """The embedded simulator of DRAM controllers, exact to the cycle.

    JEDEC-legal by default. Decoded traces are kept as long as their workload lives, of the address
    mappings used last.

    Args:
        threads: How many designs of a batch to simulate at once.
        dramsys_quirks: Whether to reproduce where DRAMSys 5.5 departs from JEDEC and from the
            trace, for validation against it: `archgym.simulators.native.conduct` and the standards'
            `dramsys_omits` and `dramsys_rules` list how.

    Example:
        >>> import archgym
        >>> workload = archgym.Workload.load("stream", requests=1000)
        >>> metrics, = Native().evaluate([{"PagePolicy": "Closed"}], workload)
        >>> metrics["commands_rda"] + metrics["commands_wra"]
        1000.0
    """

    name: ClassVar[str] = "native"
    version = VERSION
    parameters: Mapping[str, Parameter] = PARAMETERS
    standards = frozenset(STANDARDS)
    metrics = frozenset(_core.METRICS)

    def __init__(self, threads: int = 1, dramsys_quirks: bool = False) -> None:
        if threads < 1:
            raise ArchgymError(f"threads must be at least 1, not {threads}")
        self.threads = threads
        self.dramsys_quirks = dramsys_quirks
        if dramsys_quirks:
            self.version = DRAMSYS_VERSION
        self._decoded: WeakKeyDictionary[Workload, Decoded | Failure] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        """Leaves decoded traces out of a pickle: they are made again where they are needed."""
        return {name: value for name, value in vars(self).items() if name != "_decoded"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes the state over, with no trace decoded yet."""
        vars(self).update(state, _decoded=WeakKeyDictionary())

    def evaluate(self, designs: Sequence[Design], workload: Workload) -> list[Outcome]:
        """Simulates every design on one workload; see `Simulator.evaluate`."""
        decoded = self._decode(workload)
        if isinstance(decoded, Failure):
            return [decoded] * len(designs)
        outcomes: list[Outcome | None] = [None] * len(designs)
        # The core plays many designs on one decoded trace.
        batches: dict[str, list[tuple[int, list[int]]]] = {}
        for position, design in enumerate(designs):
            encoded = encode(design, workload.system.device, decoded.refresh_policies)
            if isinstance(encoded, Failure):
                outcomes[position] = encoded
            else:
                mapping = decoded.canonical(encoded.mapping)
                batches.setdefault(mapping, []).append((position, encoded.fields))
        for mapping, batch in batches.items():
            positions, rows = zip(*batch, strict=True)
            requests = decoded.requests(workload, mapping)
            table = _core.evaluate(decoded.memory, requests, np.array(rows, np.int64), self.threads)
            for position, row in zip(positions, table.tolist(), strict=True):
                # What does not apply to a run is NaN.
                metrics = {
                    name: row[column]
                    for name, column in decoded.metrics.items()
                    if row[column] == row[column]
                }
                if metrics.get("runtime_ns") == inf:
                    outcomes[position] = self._too_long(workload)
                else:
                    outcomes[position] = metrics or self._stuck(workload)
        return [outcome for outcome in outcomes if outcome is not None]

    def reported(self, workload: Workload) -> frozenset[str]:
        """Leaves out the energy of a device without currents, and latencies of what never comes."""
        device = workload.system.device
        left_out: set[str] = set()
        standard = STANDARDS.get(device.standard)
        if standard and energy_table(device, standard, self.conduct(device).rules) is None:
            left_out |= {name for name in self.metrics if name.endswith(("_nj", "_mw"))}
        for direction, any_comes in (
            ("read", not workload.trace.is_write.all()),
            ("write", workload.trace.is_write.any()),
        ):
            if not any_comes:
                left_out |= {name for name in self.metrics if name.startswith(f"{direction}_lat")}
        return self.metrics - left_out

    def command_trace(self, design: Design, workload: Workload) -> npt.NDArray[Any]:
        """Simulates one design and returns every command it issued, in order.

        Returns:
            A structured array: `time_ps`, `command` (index into `COMMANDS`), `channel`, `rank`,
            `bank_group`, `bank` (in the channel; the first of them, where a command addresses
            several), `row`, `column`, and `request` (index into the trace; -1 for commands that
            serve none, such as refreshes).

        Raises:
            SimulationError: The design or the workload is not supported, or too many commands
                serve no request.
        """
        decoded = self._decode(workload)
        if isinstance(decoded, Failure):
            raise SimulationError(decoded.reason)
        device = workload.system.device
        encoded = encode(design, device, decoded.refresh_policies)
        if isinstance(encoded, Failure):
            raise SimulationError(encoded.reason)
        requests = decoded.requests(workload, decoded.canonical(encoded.mapping))
        fields = np.array([encoded.fields], np.int64)
        try:
            columns = _core.command_trace(decoded.memory, requests, fields)
        except _core.StuckError:
            raise SimulationError(self._stuck(workload).reason) from None
        except _core.TooLongError:
            raise SimulationError(self._too_long(workload).reason) from None
        except _core.TooManyCommandsError:
            raise SimulationError(
                f"a command trace lists up to {_core.MAX_MANAGER_COMMANDS:,} commands that serve "
                f"no request, and {workload.trace.name} has more refreshes and power-downs on "
                f"{device.name}: its commands cannot be listed, but it can be simulated"
            ) from None
        time_ps, command, channel, bank, row, column, burst = columns
        organization = device.organization
        trace = np.zeros(len(time_ps), _COMMAND_DTYPE)
        trace["time_ps"] = time_ps
        trace["command"] = command
        trace["channel"] = channel
        trace["rank"] = bank // organization.banks
        trace["bank_group"] = bank // organization.banks_per_group
        trace["bank"] = bank
        trace["row"] = row
        trace["column"] = column
        trace["request"] = np.where(burst < 0, -1, workload.bursts().request[burst])
        return trace

    def conduct(self, device: Device) -> Conduct:
        """Returns what simulations on a device keep to."""
        return dramsys(device) if self.dramsys_quirks else jedec(device)

    def _stuck(self, workload: Workload) -> Failure:
        device = workload.system.device
        return Failure(
            "unsupported",
            f"the timing of {device.label} leaves this design no room for accesses: requests wait "
            "that no command can ever serve",
        )

    def _too_long(self, workload: Workload) -> Failure:
        return Failure(
            "unsupported",
            f"native simulates runs up to {_core.MAX_RUN_PS:.0e} ps, and {workload.trace.name} "
            f"takes {workload.system.device.name} longer",
        )

    def _decode(self, workload: Workload) -> Decoded | Failure:
        decoded = self._decoded.get(workload)
        if decoded is None:
            decoded = self._decoded[workload] = self._decode_anew(workload)
        return decoded

    def _decode_anew(self, workload: Workload) -> Decoded | Failure:
        system = workload.system
        reason = unsupported(workload)
        if reason is None:
            conduct = self.conduct(system.device)
            device, standard = system.device, STANDARDS[system.device.standard]
            reason = impossible(device, conduct.rules) or gives_back(
                device, standard, conduct.rules
            )
            if reason is None:
                return Decoded(system, conduct)
        return Failure("unsupported", reason)
