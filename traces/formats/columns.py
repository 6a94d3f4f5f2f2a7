"""What a file says of its requests, column by column, before cycles are made times."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from archgym.errors import ArchgymError
from archgym.traces.player import Player

Ints = npt.NDArray[np.int64]


@dataclass
class Columns:
    """Requests in the order of a file; a column that the file lacks is `None`.

    Attributes:
        time: When each is made, in the format's unit.
        address: First byte.
        is_write: Whether it writes.
        size: Bytes; 0 where a request states none.
        initiator: Who asks.
        line: Where it stands in a text file, from 1.
        player: How the trace is meant to be played; `None` where the file does not say.
    """

    time: Ints | None
    address: npt.NDArray[np.uint64]
    is_write: npt.NDArray[np.bool_] | None
    size: npt.NDArray[np.uint32] | None = None
    initiator: npt.NDArray[np.uint16] | None = None
    line: Ints | None = None
    player: Player | None = None

    def __len__(self) -> int:
        """Number of requests."""
        return self.address.size

    def where(self, path: Path, index: int) -> str:
        """Says where request `index` stands, for error messages."""
        return f"{path}: request {index}" if self.line is None else f"{path}:{self.line[index]}"


NOTHING = Columns(
    time=np.empty(0, np.int64), address=np.empty(0, np.uint64), is_write=np.empty(0, np.bool_)
)
"""The columns of no request."""

_ARRAYS = [field.name for field in fields(Columns) if field.name != "player"]


def concatenate(parts: Iterable[Columns], path: Path) -> Columns:
    """Joins the columns of a file's blocks, with little more memory than they need together.

    Raises:
        ArchgymError: There are no requests.
    """
    columns: dict[str, npt.NDArray[Any]] = {}
    count = capacity = 0
    player = None
    for part in parts:
        player = part.player
        start, count = count, count + len(part)
        if count > capacity:
            capacity = count + count // 4
        for name in _ARRAYS:
            values = getattr(part, name)
            if values is not None and name not in columns:
                columns[name] = np.zeros(0, values.dtype)
            if name in columns:
                # Grows in place, with zeros, which also stand for a block that lacks the column.
                columns[name].resize(capacity, refcheck=False)
                columns[name][start:count] = 0 if values is None else values
    if not count:
        raise ArchgymError(f"trace {path} is empty")
    for values in columns.values():
        values.resize(count, refcheck=False)
    arrays: dict[str, Any] = {name: columns.get(name) for name in _ARRAYS}
    return Columns(**arrays, player=player)


def check_ascending(columns: Columns, path: Path, unit: str) -> None:
    """Raises an error that names a request made before time 0, or the one before it.

    Args:
        columns: The requests.
        path: Their file.
        unit: What the times count, in the singular, e.g. `cycle`.
    """
    time = columns.time
    if time is None:
        return
    if time[0] < 0:
        raise ArchgymError(f"{columns.where(path, 0)}: arrives before time 0")
    earlier = time[1:] < time[:-1]
    if earlier.any():
        index = int(np.argmax(earlier)) + 1
        raise ArchgymError(
            f"{columns.where(path, index)}: {unit} {time[index]} comes before {unit} "
            f"{time[index - 1]} of the request before it"
        )


def add_up(gaps: Ints, path: Path) -> Ints:
    """Makes times of the gaps between them.

    Raises:
        ArchgymError: The last time does not fit.
    """
    if gaps.sum(dtype=np.float64) >= 2.0**62:
        raise ArchgymError(f"{path}: ends after cycle {2**62}, beyond what picoseconds hold")
    return np.cumsum(gaps)


def to_numpy(array: Any) -> npt.NDArray[Any]:
    """Views an Arrow array of whole numbers or booleans, none of them missing.

    Arrow's own `to_numpy` imports pandas, which takes longer than to read most traces.
    """
    _, buffer = array.buffers()
    inside = slice(array.offset, array.offset + len(array))
    if pa.types.is_boolean(array.type):
        bits = np.frombuffer(buffer, np.uint8)
        return np.unpackbits(bits, count=inside.stop, bitorder="little")[inside].view(np.bool_)
    return np.frombuffer(buffer, str(array.type))[inside]
