"""Memory traces: what is asked of a memory system, and when."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.errors import ArchgymError
from archgym.traces.player import OPEN, WITHOUT_TIMES, Player

_TYPES = {
    "arrival_ps": np.dtype("<i8"),
    "address": np.dtype("<u8"),
    "is_write": np.dtype("?"),
    "size": np.dtype("<u4"),
    "initiator": np.dtype("<u2"),
}


class Trace:
    """Requests in the order in which they arrive.

    The arrays, one element per request, are copied and read-only.

    Args:
        arrival_ps: When each request arrives, in picoseconds; ascending, 0 or more.
        address: First byte of each request.
        is_write: Whether it writes (or reads).
        size: Bytes of each request, or 0 where none are stated: one burst of the device, the one
            that holds the address. One number stands for all.
        initiator: Who asks, from 0; one number stands for all.
        player: How it is meant to be played.
        name: What the trace is called.
        path: The file it was read from, for error messages.
        line: Line of each request in that file, from 1.
        has_times: Whether arrivals are those of the requests; where they are not, they are only
            what an open player makes do with.
        notes: What was assumed when its file was read, a sentence each.

    Raises:
        ArchgymError: The trace is empty, its arrays differ in length, a value does not fit its
            type, or arrivals are negative or not ascending.
    """

    arrival_ps: npt.NDArray[np.int64]
    address: npt.NDArray[np.uint64]
    is_write: npt.NDArray[np.bool_]
    size: npt.NDArray[np.uint32]
    initiator: npt.NDArray[np.uint16]

    def __init__(
        self,
        arrival_ps: npt.ArrayLike,
        address: npt.ArrayLike,
        is_write: npt.ArrayLike,
        size: npt.ArrayLike = 64,
        initiator: npt.ArrayLike = 0,
        *,
        player: Player = OPEN,
        name: str = "trace",
        path: str | Path | None = None,
        line: npt.NDArray[np.int64] | None = None,
        has_times: bool = True,
        notes: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.player = player
        self.has_times = has_times
        self.notes = tuple(notes)
        self._path = path
        self._line = line
        requests = np.size(arrival_ps)
        if requests == 0:
            raise ArchgymError(f"trace {path or name} is empty")
        given = (arrival_ps, address, is_write, size, initiator)
        for (attribute, dtype), values in zip(_TYPES.items(), given, strict=True):
            array = _checked(values, dtype, requests, f"trace {path or name}: {attribute}")
            array.flags.writeable = False
            setattr(self, attribute, array)
        if self.arrival_ps[0] < 0:
            raise ArchgymError(f"{self.where(0)}: arrives before time 0")
        earlier = self.arrival_ps[1:] < self.arrival_ps[:-1]
        if earlier.any():
            index = int(np.argmax(earlier)) + 1
            raise ArchgymError(f"{self.where(index)}: arrives before the request before it")

    def __len__(self) -> int:
        """Number of requests."""
        return self.arrival_ps.size

    def where(self, index: int) -> str:
        """Says where request `index` stands, for error messages: `file:line` where known."""
        if self._path is not None and self._line is not None:
            return f"{self._path}:{self._line[index]}"
        return f"trace {self.name}, request {index}"

    @cached_property
    def sha256(self) -> str:
        """Hash of all requests; the name and the player are not part of it."""
        digest = hashlib.sha256()
        for attribute, dtype in _TYPES.items():
            digest.update(getattr(self, attribute).astype(dtype, copy=False).data)
        return digest.hexdigest()

    def sized(self, burst: int) -> "Trace":
        """Returns the trace with the size of every request stated.

        DRAMSys, DRAMsim3 and Ramulator make a request without a size one burst, too.

        Args:
            burst: Bytes of a burst, a power of two.
        """
        is_open = self.size == 0
        if not is_open.any():
            return self
        return Trace(
            self.arrival_ps,
            np.where(is_open, self.address & ~np.uint64(burst - 1), self.address),
            self.is_write,
            np.where(is_open, np.uint32(burst), self.size),
            self.initiator,
            player=self.player,
            name=self.name,
            path=self._path,
            line=self._line,
            has_times=self.has_times,
            notes=self.notes,
        )

    def assumptions(self, player: Player) -> list[str]:
        """Says what is assumed if it is played by `player`: `notes`, and what times there are."""
        assumed = list(self.notes)
        if not self.has_times:
            without = f"{self.origin}: has no times"
            if player.mode == "open":
                gap_ps = self.duration_ps / max(len(self) - 1, 1)
                assumed.append(f"{without}, a request arrives every {gap_ps:g} ps")
            elif player.max_outstanding == WITHOUT_TIMES.max_outstanding:
                assumed.append(f"{without}, so it is played {player}")
        return assumed

    @property
    def origin(self) -> str:
        """The file it was read from, or else its name."""
        return f"trace {self.name}" if self._path is None else str(self._path)

    @property
    def duration_ps(self) -> int:
        """Arrival of the last request, in picoseconds."""
        return int(self.arrival_ps[-1])


def _checked(
    values: npt.ArrayLike, dtype: np.dtype[Any], requests: int, what: str
) -> npt.NDArray[Any]:
    """Returns a copy of values as a contiguous array, one number repeated for all requests."""
    array = np.asarray(values)
    if array.shape not in ((), (requests,)):
        raise ArchgymError(f"{what} has shape {array.shape}, expected ({requests},)")
    if dtype.kind in "iu" and array.dtype != dtype:
        limits = np.iinfo(dtype)
        if array.dtype.kind not in "iu":
            raise ArchgymError(f"{what} must be whole numbers, is {array.dtype}")
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            raise ArchgymError(f"{what} must lie in {limits.min} to {limits.max}")
    return np.array(np.broadcast_to(array, requests), dtype=dtype, order="C")
