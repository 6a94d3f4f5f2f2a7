"""How a recording is kept: arrays that compress well, in an `.npz` file.

Pages and the lines in them are apart, since a program comes back to pages and goes through the
lines of each; and so are the four bytes of the number of instructions between two requests.
"""

import io
from typing import IO

import numpy as np

from archgym.traces.recorder import Machine
from archgym.traces.trace import Trace


def pack(trace: Trace, machine: Machine) -> bytes:
    """Turns a recording of one initiator into the content of a file.

    Args:
        trace: The recording.
        machine: What it was recorded on; the file is read with it.
    """
    instruction = np.rint(trace.arrival_ps / machine.ps_per_instruction).astype(np.int64)
    gap = np.diff(instruction, prepend=0).astype("<u4")
    frame, inside = np.divmod(trace.address, np.uint64(machine.page_bytes))
    line = inside // np.uint64(machine.line_bytes)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        gap=gap.view(np.uint8).reshape(-1, gap.itemsize).T,
        frame=frame.astype(np.min_scalar_type(frame.max())),
        line=line.astype(np.min_scalar_type(line.max())),
        is_write=np.packbits(trace.is_write),
    )
    return file.getvalue()


def unpack(file: IO[bytes], machine: Machine, name: str) -> Trace:
    """Reads what `pack` has made."""
    with np.load(file) as arrays:
        gap = np.ascontiguousarray(arrays["gap"].T).view("<u4")[:, 0]
        frame, line = arrays["frame"].astype(np.uint64), arrays["line"]
        return Trace(
            arrival_ps=machine.arrival_ps(np.cumsum(gap, dtype=np.int64)),
            address=frame * np.uint64(machine.page_bytes) + line * np.uint64(machine.line_bytes),
            is_write=np.unpackbits(arrays["is_write"], count=line.size).view(np.bool_),
            size=machine.line_bytes,
            name=name,
        )
