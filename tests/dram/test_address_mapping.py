import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.address_mapping import LEVELS, AddressMapping
from archgym.dram.device import Device
from archgym.dram.gf2 import LinearMap, SingularMatrixError, inverse, transpose
from archgym.errors import ArchgymError


@st.composite
def invertible_matrices(draw, largest=40):
    """A random product of elementary row operations, shuffled: every invertible matrix is one."""
    size = draw(st.integers(1, largest))
    rows = [1 << bit for bit in draw(st.permutations(range(size)))]
    index = st.integers(0, size - 1)
    for target, source in draw(st.lists(st.tuples(index, index), max_size=80)):
        if target != source:
            rows[target] ^= rows[source]
    return rows


@st.composite
def mappings(draw):
    rows = draw(invertible_matrices())
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=len(LEVELS) - 1)))
    edges = [0, *cuts, len(rows)]
    bits = [[bit for bit in range(64) if row >> bit & 1] for row in rows]
    return AddressMapping(
        {level: bits[a:b] for level, a, b in zip(LEVELS, edges, edges[1:], strict=False)}
    )


def parity(word):
    return bin(word).count("1") % 2


@given(invertible_matrices(), st.lists(st.integers(0, 2**40 - 1), min_size=1))
def test_linear_map_is_the_matrix_product(rows, words):
    words = [word % (1 << len(rows)) for word in words]
    expected = [sum(parity(row & word) << i for i, row in enumerate(rows)) for word in words]
    assert LinearMap(rows).apply(np.array(words, dtype=np.uint64)).tolist() == expected


@given(invertible_matrices())
def test_inverse_undoes_the_matrix(rows):
    back, forth = LinearMap(inverse(rows)), LinearMap(rows)
    unit = np.array([1 << bit for bit in range(len(rows))], dtype=np.uint64)
    np.testing.assert_array_equal(back.apply(forth.apply(unit)), unit)
    assert transpose(transpose(rows)) == rows


@given(invertible_matrices(), st.data())
def test_dependent_rows_have_no_inverse(rows, data):
    chosen = data.draw(st.sets(st.integers(0, len(rows) - 1)))
    target = data.draw(st.integers(0, len(rows) - 1))
    rows[target] = 0
    for index in chosen - {target}:
        rows[target] ^= rows[index]
    with pytest.raises(SingularMatrixError):
        inverse(rows)


@given(mappings(), st.data())
def test_encode_undoes_decode(mapping, data):
    addresses = data.draw(st.lists(st.integers(0, mapping.capacity - 1), min_size=1))
    levels = mapping.decode(addresses)
    assert mapping.encode(levels).tolist() == addresses
    for name, values in levels.items():
        assert int(values.max()) < 1 << len(mapping.levels[f"{name.upper()}_BIT"])


@given(mappings())
def test_decode_is_one_to_one(mapping):
    addresses = np.arange(min(mapping.capacity, 4096), dtype=np.uint64)
    levels = mapping.decode(addresses)
    assert len(set(zip(*(values.tolist() for values in levels.values()), strict=True))) == (
        addresses.size
    )


@given(mappings(), st.data())
def test_mappings_are_equal_if_they_decode_alike(mapping, data):
    shuffled = {
        level: [data.draw(st.permutations(bit)) for bit in bits]
        for level, bits in mapping.levels.items()
        if bits or data.draw(st.booleans())
    }
    assert AddressMapping(shuffled) == mapping
    assert hash(AddressMapping(shuffled)) == hash(mapping)
    level = data.draw(st.sampled_from([level for level, bits in mapping.levels.items() if bits]))
    bits = mapping.levels[level]
    if len(bits) > 1:
        assert AddressMapping(mapping.levels | {level: bits[::-1]}) != mapping
    assert mapping != mapping.levels


def test_plain_bits_are_picked_lowest_first():
    mapping = AddressMapping({"COLUMN_BIT": [0, 3], "BANK_BIT": [1], "ROW_BIT": [2, 4]})
    levels = mapping.decode(0b11010)
    assert (levels["column"], levels["bank"], levels["row"]) == (0b10, 1, 0b10)


def test_xor_spreads_rows_over_banks():
    mapping = AddressMapping({"BANK_BIT": [[0, 2], [1, 3]], "ROW_BIT": [2, 3]})
    assert mapping.decode([0b0000, 0b0100, 0b1000, 0b1100])["bank"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ({"BANK_BIT": [0], "ROW_BIT": [0]}, "not invertible"),
        ({"BANK_BIT": [[0, 1]], "ROW_BIT": [[0, 1]]}, r"not invertible: ROW_BIT\[0\]"),
        ({"BANK_BIT": [0], "ROW_BIT": [2]}, "not invertible.*address bit 1"),
        ({"BANK_BIT": [0], "ROW_BIT": [[1, 2]]}, "not invertible"),
        ({"BANKS_BIT": [0]}, "did you mean 'BANK_BIT'"),
        ({"BANK_BIT": ["0"]}, "BANK_BIT"),
        ({"BANK_BIT": [-1]}, "BANK_BIT"),
        ({"BANK_BIT": [63]}, "BANK_BIT"),
        ({"BANK_BIT": [True]}, "BANK_BIT"),
        ({"BANK_BIT": [[]]}, "BANK_BIT"),
        ({"BANK_BIT": [[0, 0]]}, "BANK_BIT"),
        ({"BANK_BIT": 3}, "BANK_BIT"),
        ({"BANK_BIT": None}, "BANK_BIT"),
    ],
)
def test_malformed_mappings_are_refused(levels, message):
    with pytest.raises(ArchgymError, match=message):
        AddressMapping(levels)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"BANK_BIT": [15], "ROW_BIT": list(range(16, 32))}, "1 bits at BANK_BIT.*need 2"),
        ({"BANK_BIT": [15, 16, 17], "ROW_BIT": list(range(18, 32))}, "3 bits at BANK_BIT"),
        ({"BANKGROUP_BIT": [], "ROW_BIT": [6, 7, *range(17, 32)]}, "0 bits at BANKGROUP_BIT"),
        ({"CHANNEL_BIT": [32]}, "1 bits at CHANNEL_BIT"),
        ({"BANKGROUP_BIT": [0, 7], "BYTE_BIT": [6, 1, 2]}, "inside a burst"),
        ({"COLUMN_BIT": [14, 4, 5, 8, 9, 10, 11, 12, 13, 3]}, "inside a burst"),
    ],
)
def test_mappings_that_do_not_fit_the_device_are_refused(change, message):
    device = Device.load("ddr4-2400")
    mapping = AddressMapping(device.address_mapping | change)
    with pytest.raises(ArchgymError, match=message):
        mapping.check(device.organization)


@pytest.mark.parametrize("byte_bits", [{}, {"BYTE_BIT": []}])
def test_a_rank_of_one_byte_needs_no_byte_bits(byte_bits):
    organization = dataclasses.replace(Device.load("ddr4-2400").organization, devices=1)
    levels = {
        "COLUMN_BIT": [0, 1, 2, *range(5, 12)],
        "BANKGROUP_BIT": [3, 4],
        "BANK_BIT": [12, 13],
        "ROW_BIT": list(range(14, 29)),
    }
    AddressMapping(levels | byte_bits).check(organization)
    levels["COLUMN_BIT"][2], levels["BANKGROUP_BIT"] = 3, [2, 4]
    with pytest.raises(ArchgymError, match=r"address bit 2 at BANKGROUP_BIT\[0\], but .*inside"):
        AddressMapping(levels | byte_bits).check(organization)
