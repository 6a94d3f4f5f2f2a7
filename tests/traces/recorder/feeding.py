"""How tests give the native recorder what lackey would, and take what it makes of it."""

import numpy as np

LINE = 64


def listing(accesses):
    """What lackey writes of accesses: kind, address and bytes."""
    lines = (
        f"{'I ' if kind == 'I' else ' ' + kind} {address:08x},{size}\n"
        for kind, address, size in accesses
    )
    return "".join(lines).encode()


def feed(recorder, text, piece=10**9):
    buffer = np.frombuffer(text, dtype=np.uint8)
    return all(
        recorder.feed(buffer[start : start + piece]) for start in range(0, buffer.size, piece)
    )


def requests(recorder):
    """What was asked of memory: instructions before, line and direction."""
    instruction, address, is_write = recorder.requests()
    return list(
        zip(
            instruction.tolist(),
            (address // LINE).tolist(),
            is_write.astype(bool).tolist(),
            strict=True,
        )
    )
