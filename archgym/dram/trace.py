"""Memory traces: what is asked of a memory system, and when."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.errors import ArchgymError


@dataclass(frozen=True, eq=False)
class Trace:
    """Requests in the order in which they arrive. All arrays have one element a request.

    The arrays are copied and made read-only.

    Attributes:
        arrival_ps: When each request arrives, in picoseconds; ascending, 0 or more.
        address: First byte of each request.
        is_write: Whether it writes (or reads).
        size: Bytes of each request, 1 or more; one number stands for all.
        initiator: Who asks, from 0; one number stands for all.
        name: What the trace is called.
        path: The file it was read from, for error messages.
        line: Line of each request in that file, from 1.
    """

    arrival_ps: npt.NDArray[np.int64]
    address: npt.NDArray[np.uint64]
    is_write: npt.NDArray[np.bool_]
    size: npt.NDArray[np.uint32] = field(default=64)  # type: ignore[assignment]
    initiator: npt.NDArray[np.uint16] = field(default=0)  # type: ignore[assignment]
    name: str = "trace"
    path: str | None = None
    line: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Checks the arrays and makes them read-only.

        Raises:
            ArchgymError: The trace is empty, its arrays differ in length, a value does not fit
                its type, a size is 0, or arrivals are negative or not ascending.
        """
        requests = np.size(self.arrival_ps)
        if requests == 0:
            raise ArchgymError(f"trace {self.path or self.name} is empty")
        for attribute, dtype in _TYPES.items():
            array = _as(dtype, getattr(self, attribute), requests, f"{self.name}: {attribute}")
            array.flags.writeable = False
            object.__setattr__(self, attribute, array)
        if self.arrival_ps[0] < 0:
            raise ArchgymError(f"{self.where(0)}: arrives before time 0")
        later = self.arrival_ps[1:] < self.arrival_ps[:-1]
        if later.any():
            index = int(np.argmax(later)) + 1
            raise ArchgymError(f"{self.where(index)}: arrives before the request before it")
        if not self.size.all():
            raise ArchgymError(f"{self.where(int(np.argmin(self.size)))}: has size 0")

    def __len__(self) -> int:
        """Number of requests."""
        return self.arrival_ps.size

    def where(self, index: int) -> str:
        """Says where request `index` stands, for error messages: `file:line` where known."""
        if self.path is not None and self.line is not None:
            return f"{self.path}:{self.line[index]}"
        return f"trace {self.name}, request {index}"

    @cached_property
    def sha256(self) -> str:
        """Hash of all requests; the name is not part of it."""
        digest = hashlib.sha256()
        for attribute, dtype in _TYPES.items():
            digest.update(getattr(self, attribute).astype(dtype, copy=False).data)
        return digest.hexdigest()

    @property
    def duration_ps(self) -> int:
        """Arrival of the last request, in picoseconds."""
        return int(self.arrival_ps[-1])


_TYPES = {
    "arrival_ps": np.dtype("<i8"),
    "address": np.dtype("<u8"),
    "is_write": np.dtype("?"),
    "size": np.dtype("<u4"),
    "initiator": np.dtype("<u2"),
}


def _as(dtype: np.dtype[Any], values: Any, length: int, what: str) -> npt.NDArray[Any]:
    """Returns values as a contiguous array of its own, broadcast to `length` if a scalar."""
    array = np.asarray(values)
    if array.ndim == 0:
        array = np.full(length, array)
    if array.shape != (length,):
        raise ArchgymError(f"trace {what} has shape {array.shape}, expected ({length},)")
    if array.dtype != dtype and dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if array.dtype.kind not in "iu":
            raise ArchgymError(f"trace {what} must be whole numbers, is {array.dtype}")
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            raise ArchgymError(f"trace {what} must lie in {limits.min} to {limits.max}")
    return np.array(array, dtype=dtype, order="C")
