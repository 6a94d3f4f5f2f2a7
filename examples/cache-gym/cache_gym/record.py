"""Records the bundled traces, with Valgrind: `python -m cache_gym.record FOLDER`."""

import sys
from pathlib import Path

import numpy as np

from archgym.traces.recorder import record_accesses
from archgym.traces.workloads.programs import PROGRAMS
from archgym.traces.workloads.record import prepared

# By program, instructions after it has set up its data, so that it does what it is for.
LATER = {"bfs": 4_000_000, "convolution": 0, "hash-join": 4_000_000, "pagerank": 4_000_000}
LATER |= {"sort": 4_000_000, "sqlite": 0}


def main(folder: Path) -> None:
    """Writes a trace for each program: the steps from address to address, sizes and directions."""
    for name, later in LATER.items():
        with prepared(PROGRAMS[name]) as ready:
            recorded = record_accesses(
                ready.command, skip=ready.skip + later, limit=100_000, **ready.surroundings
            )
        address = recorded.address.astype(np.int64)
        np.savez_compressed(
            folder / f"{name}.npz",
            # The first bytes of all steps, then the second ones, and so on, compress better.
            step=np.diff(address, prepend=0).view(np.uint8).reshape(-1, 8).T.copy(),
            size=recorded.size,
            is_write=recorded.is_write,
            instructions=recorded.instructions - int(recorded.instruction[address.size // 4]),
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
