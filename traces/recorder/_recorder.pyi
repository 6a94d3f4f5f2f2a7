"""The recorder's native half: bytes of lackey's in, columns of requests or accesses out.

Shapes of caches are (sets, ways), both whole numbers, sets a power of two. Counts of a cache are
(accesses, misses, fills, write-backs, prefetches, useful prefetches).
"""

from collections.abc import Sequence
from enum import Enum

import numpy as np
import numpy.typing as npt

CACHES: str
"""Hash of the C++ sources of `Playback`, the same for every build of them."""

class _FromLackey:
    """What all recorders have."""

    def feed(self, piece: npt.NDArray[np.uint8]) -> bool:
        """Takes the next bytes; returns whether it wants more."""

    @property
    def instructions(self) -> int:
        """Executed so far, skipped ones too."""

    @property
    def emitted(self) -> int:
        """Requests or accesses so far."""

    @property
    def fault(self) -> str:
        """What was wrong; empty if nothing was."""

    @property
    def in_line(self) -> bool:
        """Whether the last line has not ended yet."""

    @property
    def ended(self) -> bool:
        """Whether the program has ended by itself."""

class Recorder(_FromLackey):
    """Turns the text of lackey's into requests to memory."""

    def __init__(
        self,
        *,
        line_bits: int,
        page_bits: int,
        first: tuple[int, int],
        shared: Sequence[tuple[int, int]],
        inclusive: bool,
        prefetch: bool,
        frames: int,
        random: bool,
        seed: int,
        skip: int,
        limit: int,
    ) -> None: ...
    def requests(
        self,
    ) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
        """Returns columns (instruction, address, is_write) of the requests since the last call."""

    @property
    def counts(self) -> list[tuple[int, int, int, int, int, int]]:
        """What each cache did in the region: L1I, L1D, further levels."""

    @property
    def pages(self) -> int:
        """Pages touched so far."""

class AccessRecorder(_FromLackey):
    """Takes a program's accesses to its data out of lackey's text."""

    def __init__(self, *, skip: int, limit: int) -> None: ...
    def accesses(
        self,
    ) -> tuple[
        npt.NDArray[np.uint64],
        npt.NDArray[np.uint64],
        npt.NDArray[np.uint16],
        npt.NDArray[np.uint8],
    ]:
        """Returns columns (instruction, address, size, is_write) of those since the last call."""

class Inclusion(Enum):
    """What later levels hold of the lines in those before them: perhaps some, all or none."""

    NON_INCLUSIVE = 0
    INCLUSIVE = 1
    EXCLUSIVE = 2

class Prefetch(Enum):
    """Which lines the last level fetches unasked."""

    NONE = 0
    NEXT_LINE = 1
    STRIDE = 2

class Playback:
    """One cache per level, to which accesses are played."""

    def __init__(
        self,
        *,
        line_bits: int,
        page_bits: int,
        levels: Sequence[tuple[int, int]],
        inclusion: Inclusion,
        prefetch: Prefetch,
        degree: int,
    ) -> None: ...
    def play(
        self,
        address: npt.NDArray[np.uint64],
        size: npt.NDArray[np.uint64],
        is_write: npt.NDArray[np.bool_],
    ) -> None:
        """Plays accesses, on top of those of earlier calls.

        Columns are of one length, each size at least 1, and no access goes beyond 2^64.
        """

    @property
    def counts(self) -> list[tuple[int, int, int, int, int, int]]:
        """What each level did in the last call."""
