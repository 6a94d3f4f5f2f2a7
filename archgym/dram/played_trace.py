"""A trace, played on a memory system: what its controllers are asked for."""

from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from archgym.dram.system import Locations, System
from archgym.errors import ArchgymError
from archgym.traces.player import Player
from archgym.traces.trace import Trace


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


class PlayedTrace:
    """A trace on a memory system, decoded once.

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

    def __len__(self) -> int:
        """Number of requests."""
        return len(self.trace)

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
