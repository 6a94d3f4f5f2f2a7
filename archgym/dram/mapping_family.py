"""A family of address mappings that any memory system can have, for controllers to choose from.

A name gives the order of the fields, highest address bits first; `Bank` stands for rank, stack,
bank and bank group, in this order. Below all of them are the channel and pseudo channel, so that
bursts take turns over them, and the place inside a burst.

With `Xor`, each bit of the bank group and bank is XORed with one of the lowest row bits, so that
rows which would meet in one bank are spread over all (permutation-based interleaving; Zhang, Zhu
and Zhang, MICRO 2000).
"""

from itertools import chain, islice
from typing import TYPE_CHECKING

from archgym.dram.address_mapping import AddressMapping

if TYPE_CHECKING:
    from archgym.dram.system import System

OWN = "Device"
"""The mapping that a system comes with, as its device's data have it."""

Field = str | tuple[str, int]
"""All bits of a level that are left, or so many of them."""

_BANK = ("BANKGROUP_BIT", "BANK_BIT", "STACK_BIT", "RANK_BIT")
_PERMUTED = ("BANKGROUP_BIT", "BANK_BIT")

# Four bursts of a row follow each other before the next bank's turn, as in Kaseridis, Stuecheli and
# John, "Minimalist Open-page", MICRO 2011.
_FOUR_COLUMNS = ("COLUMN_BIT", 2)

# Fields from the lowest address bits up.
_ORDERS: dict[str, tuple[Field, ...]] = {
    "RowBankColumn": ("COLUMN_BIT", *_BANK, "ROW_BIT"),
    "RowBankColumnGroup": ("BANKGROUP_BIT", "COLUMN_BIT", *_BANK, "ROW_BIT"),
    "RowColumnBank": (*_BANK, "COLUMN_BIT", "ROW_BIT"),
    "RowColumnBankColumn": (_FOUR_COLUMNS, *_BANK, "COLUMN_BIT", "ROW_BIT"),
    "BankRowColumn": ("COLUMN_BIT", "ROW_BIT", *_BANK),
}
_XOR = "Xor"

NAMES: tuple[str, ...] = (OWN, *chain.from_iterable((name, name + _XOR) for name in _ORDERS))
"""Every name of the family."""


def mappings(system: "System") -> dict[str, AddressMapping]:
    """Returns the family for a system, by name; all cover the same addresses.

    Names that differ in what the system lacks, such as bank groups, give equal mappings.
    """
    family = {OWN: system.mapping}
    for name, order in _ORDERS.items():
        levels = _in_order(system, order)
        family[name] = AddressMapping(levels)
        family[name + _XOR] = AddressMapping(_permuted(levels))
    return family


def _in_order(system: "System", order: tuple[Field, ...]) -> dict[str, list[int]]:
    """Returns levels whose bits are address bits in ascending order, field by field."""
    left = {level: len(bits) for level, bits in system.mapping.levels.items()}
    # Without BURST_BIT, a burst consists of bytes and of the first columns.
    first_columns = system.device.organization.burst_length.bit_length() - 1
    if "BURST_BIT" in left:
        first_columns = 0
    inside: tuple[Field, ...] = ("BYTE_BIT", "BURST_BIT", ("COLUMN_BIT", first_columns))
    levels: dict[str, list[int]] = {level: [] for level in left}
    position = 0
    for field in (*inside, "CHANNEL_BIT", "PSEUDOCHANNEL_BIT", *order):
        level, most = field if isinstance(field, tuple) else (field, left.get(field, 0))
        count = min(most, left.get(level, 0))
        if count > 0:
            levels[level] += range(position, position + count)
            left[level] -= count
            position += count
    return levels


def _permuted(levels: dict[str, list[int]]) -> dict[str, list[int | list[int]]]:
    """Returns the levels with bank bits XORed, the lowest with the lowest row bit and so on."""
    rows = iter(levels.get("ROW_BIT", ()))
    permuted: dict[str, list[int | list[int]]] = {level: [*bits] for level, bits in levels.items()}
    for level in _PERMUTED:
        for index, bit in enumerate(levels.get(level, ())):
            permuted[level][index] = [bit, *islice(rows, 1)]
    return permuted
