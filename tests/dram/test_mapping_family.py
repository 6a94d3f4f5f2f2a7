"""Address mappings that any system can have."""

import re
from itertools import groupby

import numpy as np
import pytest

from archgym.dram.device import Device
from archgym.dram.mapping_family import NAMES, OWN, mappings
from archgym.dram.system import System

DEVICES = Device.names()
CHANNELS = ("CHANNEL_BIT", "PSEUDOCHANNEL_BIT")
PLAIN = [name for name in NAMES if name != OWN and not name.endswith("Xor")]


def bursts(system: System, count: int) -> np.ndarray:
    return np.arange(count, dtype=np.uint64) * np.uint64(system.device.organization.bytes_per_burst)


@pytest.mark.parametrize("device", DEVICES)
def test_every_mapping_fits_the_system(device: str) -> None:
    own = System.load(device)
    family = mappings(own)
    assert tuple(family) == NAMES
    assert family[OWN] is own.mapping
    for mapping in family.values():
        assert System(own.device, mapping).capacity == own.capacity


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", PLAIN)
def test_fields_are_in_the_order_of_the_name(device: str, name: str) -> None:
    system = System.load(device)
    fields = {"ROW_BIT": "Row", "COLUMN_BIT": "Column", "BANKGROUP_BIT": "Bank"}
    fields |= dict.fromkeys(("BANK_BIT", "STACK_BIT", "RANK_BIT"), "Bank")
    expected = re.findall("[A-Z][a-z]+", name)
    if expected[-1] == "Group":
        fields["BANKGROUP_BIT"] = "Group"
        if system.device.organization.bank_groups == 1:
            expected.pop()
    mapping = mappings(system)[name]
    field_of = {
        bit: fields.get(level, "") for level in mapping.levels for (bit,) in mapping.levels[level]
    }
    below = system.device.organization.bytes_per_burst.bit_length() - 1
    below += sum(len(mapping.levels.get(level, ())) for level in CHANNELS)
    ordered = [field_of[bit] for bit in reversed(range(below, mapping.width))]
    assert [word for word, _ in groupby(ordered)] == expected


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", PLAIN)
def test_xor_permutes_the_banks_of_each_row(device: str, name: str) -> None:
    system = System.load(device)
    family = mappings(system)
    plain, permuted = (System(system.device, family[key]) for key in (name, f"{name}Xor"))
    rng = np.random.default_rng(0)
    address = rng.integers(0, system.capacity, 5000, dtype=np.uint64)
    before, after = plain.locate(address), permuted.locate(address)
    for field in ("channel", "rank", "row", "column"):
        np.testing.assert_array_equal(getattr(before, field), getattr(after, field))
    # What was in one bank and row stays together, and rows move to other banks.
    places = {
        (channel, row, old): new
        for channel, row, old, new in zip(
            before.channel, before.row, before.bank, after.bank, strict=True
        )
    }
    for channel, row, old, new in zip(
        before.channel, before.row, before.bank, after.bank, strict=True
    ):
        assert places[channel, row, old] == new
    # Rows one after the other in one bank: each in another bank, in as many as a rank has.
    first = np.zeros(system.device.organization.banks, dtype=np.uint64)
    rows = plain.mapping.encode({"row": np.arange(len(first)), "column": first})
    assert len(set(plain.locate(rows).bank.tolist())) == 1
    within = permuted.locate(rows).bank % len(first)
    expected = len(first) // system.device.organization.stacks
    assert len(set(within.tolist())) == expected


def test_how_a_stream_meets_the_banks() -> None:
    system = System.load("ddr4-2400")
    columns = system.device.organization.columns // system.device.organization.burst_length
    banks = system.banks

    def turns(name: str) -> list[int]:
        located = System(system.device, mappings(system)[name]).locate(bursts(system, 4 * columns))
        return located.bank.tolist()

    assert turns("RowBankColumn")[: columns + 1] == [0] * columns + [4]
    assert turns("RowBankColumnGroup")[:4] == [0, 4, 8, 12]
    assert len(set(turns("RowBankColumnGroup")[: 4 * columns])) == 4
    assert sorted(turns("RowColumnBank")[:banks]) == list(range(banks))
    assert turns("RowColumnBankColumn")[:5] == [0, 0, 0, 0, 4]
    assert set(turns("BankRowColumn")) == {0}


@pytest.mark.parametrize(
    ("device", "name"),
    [
        ("ddr3-1600", "RowBankColumn"),
        ("ddr4-2400", "RowBankColumnGroup"),
        ("ddr4-2400-2rank-xor", "RowBankColumnGroupXor"),
        ("hbm2", "RowColumnBank"),
        ("lpddr4-3200", "BankRowColumn"),
    ],
)
def test_bundled_devices_have_mappings_of_the_family(device: str, name: str) -> None:
    family = mappings(System.load(device))
    assert family[OWN] == family[name]
