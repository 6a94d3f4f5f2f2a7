"""Caches to which accesses can be played: those of the recorder, by themselves."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from archgym.errors import ArchgymError, unknown
from archgym.fingerprint import DIGITS
from archgym.traces.recorder._recorder import CACHES, Inclusion, Playback, Prefetch
from archgym.traces.recorder.machine import CacheSize, check_line

T = TypeVar("T", bound=np.generic)

INCLUSIONS = {
    "non-inclusive": Inclusion.NON_INCLUSIVE,
    "inclusive": Inclusion.INCLUSIVE,
    "exclusive": Inclusion.EXCLUSIVE,
}
PREFETCHERS = {
    "none": Prefetch.NONE,
    "next-line": Prefetch.NEXT_LINE,
    "stride": Prefetch.STRIDE,
}

PAGE_BYTES = 4096
"""Prefetches stay within a page of so many bytes."""


class CacheCounts(NamedTuple):
    """What a cache did.

    Attributes:
        accesses: Accesses of the core that came to it.
        misses: Those that it did not have all lines of.
        fills: Lines that it fetched for them.
        write_backs: Lines that it wrote to the next level or to memory: modified ones, and, to the
            next level of an exclusive hierarchy, all others that it had to give up.
        prefetches: Lines that it fetched unasked, which are not among `fills`.
        useful_prefetches: Those that were asked for before they were given up.
    """

    accesses: int
    misses: int
    fills: int
    write_backs: int
    prefetches: int
    useful_prefetches: int

    @property
    def hits(self) -> int:
        """Accesses that it had all lines of."""
        return self.accesses - self.misses


class CacheHierarchy:
    """Caches, one per level, that a core's loads and stores pass through until one has the line.

    All are set-associative, write-back and write-allocate, and replace the line used least
    recently. A modified line that has to leave is written to the next level, which takes it in if
    it does not have it. Counts are all there is: nothing takes time, so no prefetch comes too late.

    ```python
    caches = CacheHierarchy(
        [CacheSize.parse("32k:8"), CacheSize.parse("512k:16")], prefetcher="stride", degree=2
    )
    first, last = caches.play(addresses, 8, is_write)
    print(last.misses / first.accesses)
    ```

    Args:
        levels: The caches, from the core's to memory's.
        line_bytes: Size of a cache line, at all levels.
        inclusion: What a level holds of the lines in those before it: `non-inclusive`, perhaps some
            (a miss brings the line to every level, and what leaves one leaves no other);
            `inclusive`, all (what leaves one leaves those before it); or `exclusive`, none (a miss
            brings the line to the first level alone, and what leaves one goes to the next).
        prefetcher: What the last level fetches unasked, within a page of 4096 bytes, when it is
            asked for a line: `none`; `next-line`, those that follow; or `stride`, those at the
            stride that the last three lines asked for in this page have. The last pages are known
            by their number's lowest six bits.
        degree: How many lines it fetches at a time.

    Attributes:
        version: A fingerprint of the rules; equal versions count alike.

    Raises:
        ArchgymError: There can be no such caches, or a name is not known.
    """

    version: ClassVar[str] = CACHES[:DIGITS]

    def __init__(
        self,
        levels: Sequence[CacheSize],
        *,
        line_bytes: int = 64,
        inclusion: str = "non-inclusive",
        prefetcher: str = "none",
        degree: int = 1,
    ) -> None:
        check_line(line_bytes)
        if not 1 <= len(levels) <= 8:
            raise ArchgymError(f"a hierarchy has 1 to 8 levels of caches, not {len(levels)}")
        if inclusion not in INCLUSIONS:
            raise unknown("inclusion", inclusion, INCLUSIONS)
        if prefetcher not in PREFETCHERS:
            raise unknown("prefetcher", prefetcher, PREFETCHERS)
        if not 1 <= degree <= 64:
            raise ArchgymError(f"degree must be a whole number from 1 to 64, not {degree}")
        self._native = Playback(
            line_bits=line_bytes.bit_length() - 1,
            page_bits=PAGE_BYTES.bit_length() - 1,
            levels=[
                (cache.sets(line_bytes, f"level {number}"), cache.ways)
                for number, cache in enumerate(levels, start=1)
            ],
            inclusion=INCLUSIONS[inclusion],
            prefetch=PREFETCHERS[prefetcher],
            degree=degree,
        )

    def play(
        self, address: npt.ArrayLike, size: npt.ArrayLike, is_write: npt.ArrayLike
    ) -> list[CacheCounts]:
        """Plays accesses; the caches hold what earlier calls have left in them.

        Args:
            address: Of the first byte of each access; whole numbers, shape `[n]`.
            size: Bytes of each, 1 to 4096; shape `[n]`, or one number.
            is_write: Whether each writes; bool, shape `[n]`, or one value.

        Returns:
            What each level did in this call.

        Raises:
            ArchgymError: A column has another shape or holds something else.
        """
        addresses = _whole_numbers("address", address)
        if addresses.ndim != 1:
            raise ArchgymError(f"address must have one dimension, not {addresses.ndim}")
        sizes = _spread("size", _whole_numbers("size", size), addresses.size)
        if addresses.size and not 1 <= int(sizes.min()) <= int(sizes.max()) <= 4096:
            raise ArchgymError("size must lie in 1 to 4096 bytes")
        if (addresses + (sizes - np.uint64(1)) < addresses).any():
            raise ArchgymError("an access goes beyond the last address, 2^64 - 1")
        writes = np.asarray(is_write)
        if writes.dtype != np.bool_:
            raise ArchgymError(f"is_write must be bool, not {writes.dtype}")
        self._native.play(addresses, sizes, _spread("is_write", writes, addresses.size))
        return [CacheCounts(*counts) for counts in self._native.counts]


def _whole_numbers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(array.shape, np.uint64)
    if not np.issubdtype(array.dtype, np.integer) or array.min() < 0:
        raise ArchgymError(f"{name} must be whole numbers from 0 to 2^64 - 1")
    return array.astype(np.uint64, copy=False)


def _spread(name: str, values: npt.NDArray[T], count: int) -> npt.NDArray[T]:
    """Makes a column of so many elements of one, or of a single value."""
    if values.shape not in ((), (count,)):
        raise ArchgymError(f"{name} has {values.size} elements, and address {count}")
    return np.ascontiguousarray(np.broadcast_to(values, (count,)))
