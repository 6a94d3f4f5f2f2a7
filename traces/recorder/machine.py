"""The machine that a recorded program is taken to run on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.errors import ArchgymError, unknown

ALLOCATIONS = ("random", "contiguous")
PAGE_SIZES = {"4k": 4096, "2M": 2**21}

_MULTIPLES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"([0-9]{1,9})([kmgt]?)", re.IGNORECASE)
_LARGEST_CACHE = 2**30
_LARGEST_MEMORY = 2**44


def parse_size(text: str, what: str = "a size") -> int:
    """Reads bytes such as `64`, `32k`, `1M` or `4G`, in powers of 1024.

    Raises:
        ArchgymError: It is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ArchgymError(f"{what} must be bytes such as 64, 32k, 1M or 4G, not {text!r}")
    return int(match[1]) * _MULTIPLES[match[2].lower()]


def print_size(size: int) -> str:
    """Writes bytes as `parse_size` reads them."""
    for suffix, multiple in (("T", 2**40), ("G", 2**30), ("M", 2**20), ("k", 2**10)):
        if size % multiple == 0:
            return f"{size // multiple}{suffix}"
    return str(size)


@dataclass(frozen=True)
class CacheSize:
    """A set-associative cache; written `32k:8`.

    Attributes:
        size_bytes: What it holds, in bytes.
        ways: Lines a set.
    """

    size_bytes: int
    ways: int

    @classmethod
    def parse(cls, text: str, what: str = "a cache") -> "CacheSize":
        """Reads `SIZE:WAYS`.

        Raises:
            ArchgymError: It is not of that form.
        """
        size, _, ways = text.partition(":")
        if not ways.isdecimal():
            raise ArchgymError(f"{what} must be SIZE:WAYS such as 32k:8, not {text!r}")
        return cls(parse_size(size, f"the size of {what}"), int(ways))

    def __str__(self) -> str:
        """Writes it as `parse` reads it."""
        return f"{print_size(self.size_bytes)}:{self.ways}"

    def sets(self, line_bytes: int, what: str = "a cache") -> int:
        """Returns how many sets it has.

        Args:
            line_bytes: Size of a cache line.
            what: What to call it in error messages.

        Raises:
            ArchgymError: There can be no such cache.
        """
        if not 1 <= self.ways <= 1024 or self.size_bytes > _LARGEST_CACHE:
            raise ArchgymError(
                f"{what} {self}: expected 1 to 1024 ways and at most {print_size(_LARGEST_CACHE)}"
            )
        sets, rest = divmod(self.size_bytes, self.ways * line_bytes)
        if rest or sets.bit_count() != 1:
            raise ArchgymError(
                f"{what} {self}: expected a power of two of sets of {self.ways} lines of "
                f"{line_bytes} bytes"
            )
        return sets


def check_line(line_bytes: int) -> None:
    """Checks the size of a cache line.

    Raises:
        ArchgymError: There can be no such line.
    """
    if not (16 <= line_bytes <= 1024 and line_bytes.bit_count() == 1):
        raise ArchgymError(
            f"a cache line has a power of two of bytes, 16 to 1024, not {line_bytes}"
        )


@dataclass(frozen=True)
class Machine:
    """Caches, pages and pace.

    Attributes:
        l1: First-level instruction cache, and likewise the data cache.
        l2: Second-level cache of both, if there is one.
        llc: Last-level cache of both.
        line_bytes: Size of a cache line.
        inclusive: Whether what leaves a cache also leaves those before it.
        prefetch: Whether the line after each one that the last level is asked for is fetched into
            it too, within a page.
        page_bytes: Size of a page.
        memory_bytes: Memory that the pages come from.
        allocation: How a page's frame is chosen when it is first touched: `random`, as on a machine
            that has run for a while, or `contiguous`, the lowest one free.
        seed: Seed of the random frames.
        ipc: Instructions that the core executes per cycle.
        clock_ghz: Its clock.

    Raises:
        ArchgymError: There can be no such machine.
    """

    l1: CacheSize = CacheSize(32 * 1024, 8)
    l2: CacheSize | None = None
    llc: CacheSize = CacheSize(1024 * 1024, 16)
    line_bytes: int = 64
    inclusive: bool = False
    prefetch: bool = False
    page_bytes: int = 4096
    memory_bytes: int = 2**30
    allocation: str = "random"
    seed: int = 0
    ipc: float = 1.0
    clock_ghz: float = 3.0

    def __post_init__(self) -> None:
        """Checks the attributes."""
        if self.page_bytes not in PAGE_SIZES.values():
            raise ArchgymError(f"a page has 4k or 2M bytes, not {print_size(self.page_bytes)}")
        check_line(self.line_bytes)
        for name, cache in (("l1", self.l1), ("l2", self.l2), ("llc", self.llc)):
            if cache is not None:
                cache.sets(self.line_bytes, name)
        if self.memory_bytes % self.page_bytes or not 0 < self.memory_bytes <= _LARGEST_MEMORY:
            raise ArchgymError(
                f"memory is a multiple of a page of {print_size(self.page_bytes)} bytes, up to "
                f"{print_size(_LARGEST_MEMORY)}, not {print_size(self.memory_bytes)}"
            )
        if self.allocation not in ALLOCATIONS:
            raise unknown("allocation", self.allocation, ALLOCATIONS)
        if not 0 <= self.seed < 2**64:
            raise ArchgymError(f"a seed is a whole number from 0 to 2^64 - 1, not {self.seed}")
        for name, value in (("ipc", self.ipc), ("clock_ghz", self.clock_ghz)):
            if not 0.001 <= value <= 1000:
                raise ArchgymError(f"{name} must lie in 0.001 to 1000, not {value}")

    @property
    def cache_names(self) -> list[str]:
        """Names of the caches: instructions, data, then each further level."""
        return ["L1I", "L1D", *(["L2"] if self.l2 else []), "LLC"]

    @property
    def ps_per_instruction(self) -> float:
        """Time that an instruction takes."""
        return 1000 / (self.clock_ghz * self.ipc)

    def arrival_ps(self, instruction: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Returns the time at which that many instructions have been executed, in picoseconds."""
        return np.rint(instruction * self.ps_per_instruction).astype(np.int64)

    def to_mapping(self) -> dict[str, Any]:
        """Returns what `from_mapping` takes, as JSON holds it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: str(value) if isinstance(value, CacheSize) else value
            for name, value in values.items()
        }

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Machine":
        """Makes a machine of its attributes, caches written `SIZE:WAYS`."""
        caches = {
            name: CacheSize.parse(values[name], name)
            for name in ("l1", "l2", "llc")
            if values.get(name) is not None
        }
        return cls(**{**values, **caches})
