"""Address mappings: which address bits choose the bank, the row, the column, ..."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from archgym.dram.gf2 import LinearMap, SingularMatrixError, UInts, inverse
from archgym.errors import ArchgymError, unknown

if TYPE_CHECKING:
    from archgym.dram.organization import Organization

Bits = Sequence[int | Sequence[int]]
"""A level's bits, lowest first: each an address bit, or a list of address bits that are XORed."""

LEVELS = (
    "BYTE_BIT",
    "BURST_BIT",
    "COLUMN_BIT",
    "BANK_BIT",
    "BANKGROUP_BIT",
    "STACK_BIT",
    "PSEUDOCHANNEL_BIT",
    "RANK_BIT",
    "CHANNEL_BIT",
    "ROW_BIT",
)
"""The levels that a mapping may have. BURST_BIT (bytes of a whole burst) stands for BYTE_BIT and
the columns inside a burst where a device counts its columns in bursts, as HBM does."""


class AddressMapping:
    """An invertible GF(2) matrix from an address's bits to those of its levels.

    A bank bit that XORs in a row bit spreads rows that would otherwise collide over the banks
    (permutation-based interleaving; Zhang, Zhu and Zhang, MICRO 2000).

    Args:
        levels: Level name (one of `LEVELS`) -> its bits.

    Raises:
        ArchgymError: A level is not known, a bit is not a bit number, an address bit below the
            highest is used nowhere, or the matrix is not invertible.
    """

    def __init__(self, levels: Mapping[str, Bits]) -> None:
        for level in levels:
            if level not in LEVELS:
                raise unknown("address mapping level", level, LEVELS)
        self.levels: dict[str, tuple[tuple[int, ...], ...]] = {
            level: _sources(level, levels[level]) for level in LEVELS if level in levels
        }
        outputs = [
            (f"{level}[{index}]", bits)
            for level, all_bits in self.levels.items()
            for index, bits in enumerate(all_bits)
        ]
        self.width = len(outputs)
        used = {bit for _, bits in outputs for bit in bits}
        if used != set(range(self.width)):
            missing = min(set(range(len(used) + 1)) - used)
            raise ArchgymError(
                f"address mapping is not invertible: it has {self.width} bits and uses "
                f"{len(used)} address bits, but address bit {missing} nowhere"
                if missing < max(used, default=0)
                else f"address mapping is not invertible: {len(used)} address bits cannot give "
                f"{self.width} independent bits"
            )
        rows = [sum(1 << bit for bit in bits) for _, bits in outputs]
        try:
            inverted = inverse(rows)
        except SingularMatrixError as error:
            raise ArchgymError(
                f"address mapping is not invertible: {outputs[error.row][0]} is the XOR of others"
            ) from error
        self._to_levels = LinearMap(rows)
        self._to_address = LinearMap(inverted)

    @property
    def capacity(self) -> int:
        """Number of addresses, in bytes."""
        return 1 << self.width

    def __eq__(self, other: object) -> bool:
        """Tells whether another mapping decodes every address to the same levels."""
        return isinstance(other, AddressMapping) and self._sums() == other._sums()

    def __hash__(self) -> int:
        """Hashes what equal mappings share."""
        return hash(self._sums())

    def _sums(self) -> tuple[tuple[str, tuple[frozenset[int], ...]], ...]:
        return tuple(
            (level, tuple(map(frozenset, bits))) for level, bits in self.levels.items() if bits
        )

    def check(self, organization: "Organization") -> None:
        """Checks that the mapping has the bits that an organisation needs at each level.

        Raises:
            ArchgymError: A level has too few or too many bits, or an address bit inside a burst
                chooses more than a place inside that burst.
        """
        counts = {
            "COLUMN_BIT": organization.columns,
            "BANK_BIT": organization.banks_per_group,
            "BANKGROUP_BIT": organization.bank_groups // organization.stacks,
            "STACK_BIT": organization.stacks,
            "PSEUDOCHANNEL_BIT": organization.pseudo_channels,
            "RANK_BIT": organization.ranks,
            "CHANNEL_BIT": organization.channels,
            "ROW_BIT": organization.rows,
        }
        if "BURST_BIT" in self.levels:
            counts |= {"BURST_BIT": organization.bytes_per_burst, "BYTE_BIT": 1}
        else:
            counts |= {"BYTE_BIT": organization.bytes_per_beat}
        for level, count in counts.items():
            bits, expected = len(self.levels.get(level, ())), count.bit_length() - 1
            if bits != expected:
                raise ArchgymError(
                    f"address mapping has {bits} bits at {level}, but {count} of that level "
                    f"need {expected}"
                )
        self._check_burst(organization)

    def _check_burst(self, organization: "Organization") -> None:
        inside = organization.bytes_per_burst.bit_length() - 1
        burst_columns = organization.burst_length.bit_length() - 1
        for level, all_bits in self.levels.items():
            if level in ("BYTE_BIT", "BURST_BIT"):
                continue
            # Beside BURST_BIT, columns are counted in bursts.
            in_burst = level == "COLUMN_BIT" and "BURST_BIT" not in self.levels
            skip = burst_columns if in_burst else 0
            for index, bits in enumerate(all_bits[skip:], start=skip):
                if min(bits) < inside:
                    raise ArchgymError(
                        f"address mapping uses address bit {min(bits)} at {level}[{index}], but "
                        f"address bits 0 to {inside - 1} lie inside a burst"
                    )

    def decode(self, addresses: npt.ArrayLike) -> dict[str, UInts]:
        """Splits addresses into their levels.

        Args:
            addresses: Addresses below `capacity`, of any shape.

        Returns:
            Level name without `_BIT`, lower case (`bank`, `row`, ...) -> its values, each of the
            shape of `addresses`; levels without bits are absent.
        """
        packed = self._to_levels.apply(np.asarray(addresses, dtype=np.uint64))
        levels, shift = {}, 0
        for level, bits in self.levels.items():
            if bits:
                mask = np.uint64((1 << len(bits)) - 1)
                levels[level.removesuffix("_BIT").lower()] = packed >> np.uint64(shift) & mask
            shift += len(bits)
        return levels

    def encode(self, levels: Mapping[str, npt.ArrayLike]) -> UInts:
        """Puts addresses together again; the inverse of `decode`.

        Args:
            levels: As returned by `decode`; a level left out is 0.

        Returns:
            The addresses, of the levels' (broadcast) shape.
        """
        packed: UInts = np.zeros((), dtype=np.uint64)
        shift = 0
        for level, bits in self.levels.items():
            values = levels.get(level.removesuffix("_BIT").lower(), 0)
            packed = packed | np.asarray(values, dtype=np.uint64) << np.uint64(shift)
            shift += len(bits)
        return self._to_address.apply(packed)


def _sources(level: str, bits: Bits) -> tuple[tuple[int, ...], ...]:
    """Returns the address bits that make up each bit of a level."""
    if not isinstance(bits, list | tuple):
        raise ArchgymError(f"address mapping's {level} must be a list of bits, is {bits!r}")
    return tuple(_source(level, bit) for bit in bits)


def _source(level: str, bit: int | Sequence[int]) -> tuple[int, ...]:
    source = tuple(bit) if isinstance(bit, list | tuple) else (bit,)
    valid = all(type(b) is int and 0 <= b < 63 for b in source)
    if not source or not valid or len(set(source)) < len(source):
        raise ArchgymError(
            f"address mapping's {level} holds {bit!r} where an address bit from 0 to 62, or a "
            "list of different ones, was expected"
        )
    return source
