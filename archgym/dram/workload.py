"""A workload: a trace, played on a memory system."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from archgym import traces
from archgym.dram.features import FEATURE_NAMES, features
from archgym.dram.system import Locations, System
from archgym.errors import ArchgymError
from archgym.traces.player import OPEN, Player
from archgym.traces.trace import Trace

__all__ = ["FEATURE_NAMES", "Bursts", "Workload"]


class Bursts(NamedTuple):
    """What a controller is asked for: a trace's requests cut into DRAM bursts, in order.

    Attributes:
        arrival_ps: When the burst's request arrives, in picoseconds; 0 in closed play, in which
            the player decides.
        address: First byte of the burst, a multiple of the burst's size.
        is_write: Whether it writes.
        request: Index of the request in the trace; a request ends with its last burst.
        initiator: Who asks.
    """

    arrival_ps: npt.NDArray[np.int64]
    address: npt.NDArray[np.uint64]
    is_write: npt.NDArray[np.bool_]
    request: npt.NDArray[np.int64]
    initiator: npt.NDArray[np.uint16]


class Workload:
    """A trace on a memory system, decoded once and shared by every design that is tried on it.

    Args:
        system: The memory system.
        trace: What is asked of it.
        player: Whether the trace's arrivals or the responses decide when; by default as the trace
            is meant to be played.

    Attributes:
        system: The memory system.
        trace: What is asked of it; requests that stated no size are the bursts that hold their
            addresses.
        player: How the trace is played.

    Raises:
        ArchgymError: A request of the trace lies beyond the system's capacity.
    """

    def __init__(self, system: System, trace: Trace, player: Player | None = None) -> None:
        burst = system.device.organization.bytes_per_burst
        # Compared so that the sum cannot overflow.
        capacity = np.uint64(system.capacity)
        beyond = (trace.address >= capacity) | (trace.size > capacity - trace.address)
        if beyond.any():
            index = int(np.argmax(beyond))
            raise ArchgymError(
                f"{trace.where(index)}: {trace.size[index] or burst} bytes at address "
                f"{trace.address[index]:#x} lie beyond device {system.device.label}, whose "
                f"capacity is {system.capacity:#x} bytes"
            )
        self.system = system
        self.trace = trace.sized(burst)
        self.player = trace.player if player is None else player

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        device: str | Path = "ddr4-2400",
        clock_mhz: float | None = None,
        player: Player | None = None,
        *,
        size: int | None = None,
        reads_only: bool = False,
    ) -> "Workload":
        """Reads a trace file.

        Args:
            path: An `.stl` file, or any other that `archgym.traces` reads.
            device: A bundled device's name, or the path of a device file.
            clock_mhz: Clock in which an `.stl` file counts; by default that of the device's data.
            player: Whether the trace's arrivals or the responses decide when; by default closed
                with 16 outstanding if the file has no times.
            size: Bytes of a request that states none; by default one burst.
            reads_only: Whether a file that does not say which requests write has reads only.

        Raises:
            ArchgymError: The file is not a trace, or does not fit the device.
        """
        options = {"clock_mhz": clock_mhz, "size": size, "reads_only": reads_only}
        return cls.load(Path(path), device, player, **options)

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        device: str | Path = "ddr4-2400",
        player: Player | None = None,
        **options: object,
    ) -> "Workload":
        """Makes a workload of a bundled trace, a generator or a trace file.

        Args:
            name_or_path: One of `archgym.traces.names()`, or a file.
            device: A bundled device's name, or the path of a device file.
            player: Whether the trace's arrivals or the responses decide when.
            options: The generator's options, such as `requests`, `read_share` and `seed`; or a
                file's, `clock_mhz` (by default that of the device's data), `size` (by default one
                burst) and `reads_only`.

        Raises:
            ArchgymError: The name or an option is not known, or the trace does not fit the device.
        """
        system = System.load(device)
        trace = traces.load(name_or_path, system.device.player_clock_mhz, **options)
        return cls(system, trace, player)

    @property
    def notes(self) -> list[str]:
        """What was assumed of the trace and of how it is played, a sentence each."""
        return self.trace.assumptions(self.player)

    @cached_property
    def sha256(self) -> str:
        """Hash of what the trace and the device contain and of the player."""
        content = f"{self.trace.sha256} {self.system.sha256}"
        if self.player != OPEN:
            content += f" {self.player}"
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def id(self) -> str:
        """Names the trace and the device, with the first digits of `sha256`."""
        return f"{self.trace.name}@{self.system.device.name}#{self.sha256[:8]}"

    @cached_property
    def features(self) -> npt.NDArray[np.float64]:
        """What the workload is like: one float for each of `FEATURE_NAMES`, read-only."""
        array = features(self)
        array.flags.writeable = False
        return array

    def __len__(self) -> int:
        """Number of requests."""
        return len(self.trace)

    def __repr__(self) -> str:
        """Shows the id."""
        return f"Workload({self.id})"

    def bursts(self) -> Bursts:
        """Returns the requests cut into bursts; computed once, read-only."""
        return self._bursts

    def locations(self) -> Locations:
        """Returns where each burst lies in the system; computed once, read-only."""
        return self._locations

    @cached_property
    def _bursts(self) -> Bursts:
        trace = self.trace
        burst = np.uint64(self.system.device.organization.bytes_per_burst)
        first = trace.address // burst
        count = (trace.address + trace.size - np.uint64(1)) // burst - first + np.uint64(1)
        request = np.repeat(np.arange(len(trace)), count.view(np.int64))
        is_open = self.player.mode == "open"
        arrival_ps = trace.arrival_ps if is_open else np.zeros_like(trace.arrival_ps)
        if request.size == len(trace):
            bursts = Bursts(arrival_ps, first * burst, trace.is_write, request, trace.initiator)
        else:
            # Number of each burst within its request.
            ends = np.cumsum(count)
            inside = np.arange(request.size, dtype=np.uint64) - (ends - count)[request]
            bursts = Bursts(
                arrival_ps[request],
                (first[request] + inside) * burst,
                trace.is_write[request],
                request,
                trace.initiator[request],
            )
        return _frozen(bursts)

    @cached_property
    def _locations(self) -> Locations:
        return _frozen(self.system.locate(self._bursts.address))


Arrays = TypeVar("Arrays", Bursts, Locations)


def _frozen(arrays: Arrays) -> Arrays:
    for array in arrays:
        array.flags.writeable = False
    return arrays
