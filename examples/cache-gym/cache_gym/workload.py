"""The workloads: loads and stores of real programs, recorded before any cache."""

import hashlib
from functools import cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from archgym.workload import NamedWorkload

PROGRAMS = {
    "bfs": "breadth-first search on a graph of 131,072 vertices",
    "convolution": "a 5 x 5 blur of an image of 1536 x 1024 numbers",
    "hash-join": "hash join of 65,536 and 131,072 rows",
    "pagerank": "PageRank, by pulling, on the same graph as bfs",
    "sort": "merge sort of 65,536 records of 16 bytes",
    "sqlite": "SQLite: look-ups in a database of 30 MB",
}

FEATURES = {
    "write_share": "share of the accesses that write",
    "footprint": "log2(bytes of the distinct lines of 64 bytes) / 40",
    "reuse": "share of the accesses to a line of 64 bytes accessed before",
    "nearby": "share of the accesses to the line of the access before, or to one beside it",
}


class AccessTrace(NamedWorkload):
    """Loads and stores: columns `address` (virtual, of the first byte), `size` and `is_write`.

    The first quarter, `warm_up` accesses, warms the caches up. The rest is measured, in which
    `instructions` were executed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        with (files(__package__) / f"{name}.npz").open("rb") as file:
            stored = np.load(file, allow_pickle=False)
            steps = np.ascontiguousarray(stored["step"].T).view(np.int64).ravel()
            self.address = np.cumsum(steps).astype(np.uint64)
            self.size, self.is_write = stored["size"], stored["is_write"]
            self.instructions = int(stored["instructions"])
        self.warm_up = self.address.size // 4

    @cached_property
    def sha256(self) -> str:
        """Hash of the accesses."""
        columns = (self.address, self.size, self.is_write, np.int64(self.instructions))
        return hashlib.sha256(b"".join(column.tobytes() for column in columns)).hexdigest()

    @property
    def id(self) -> str:
        """Names the program, with the first digits of `sha256`."""
        return f"{self.name}@core#{self.sha256[:8]}"

    @cached_property
    def features(self) -> NDArray[np.float64]:
        """One number for each of `FEATURES`."""
        lines = (self.address // np.uint64(64)).astype(np.int64)
        distinct = np.unique(lines).size
        nearby = (np.abs(np.diff(lines)) <= 1).mean()
        reuse = 1 - distinct / lines.size
        return np.array([self.is_write.mean(), np.log2(64 * distinct) / 40, reuse, nearby])
