"""The recorder's native half: bytes of lackey's in, columns of requests out."""

import numpy as np
import numpy.typing as npt

class Recorder:
    """Turns the text of lackey's into requests to memory.

    Shapes of caches are (sets, ways), both whole numbers, sets a power of two.
    """

    def __init__(
        self,
        *,
        line_bits: int,
        page_bits: int,
        first: tuple[int, int],
        second: tuple[int, int] | None,
        last: tuple[int, int],
        inclusive: bool,
        prefetch: bool,
        frames: int,
        random: bool,
        seed: int,
        skip: int,
        limit: int,
    ) -> None: ...
    def feed(self, piece: npt.NDArray[np.uint8]) -> bool:
        """Takes the next bytes; returns whether it wants more."""

    def requests(
        self,
    ) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
        """Returns columns (instruction, address, is_write) of the requests since the last call."""

    @property
    def counts(self) -> list[tuple[int, int, int]]:
        """(accesses, misses, fills) of each cache, in the region: L1I, L1D, further levels."""

    @property
    def instructions(self) -> int:
        """Executed so far, skipped ones too."""

    @property
    def emitted(self) -> int:
        """Requests so far."""

    @property
    def pages(self) -> int:
        """Pages touched so far."""

    @property
    def fault(self) -> str:
        """What was wrong; empty if nothing was."""

    @property
    def in_line(self) -> bool:
        """Whether the last line has not ended yet."""

    @property
    def ended(self) -> bool:
        """Whether the program has ended by itself."""
