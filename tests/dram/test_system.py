import json
from importlib import resources

import numpy as np
import pytest

from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.errors import ArchgymError


@pytest.mark.parametrize("name", Device.names())
def test_locations_lie_within_the_organization(name):
    system = System.load(name)
    organization = system.device.organization
    last = {
        level.removesuffix("_BIT").lower(): (1 << len(bits)) - 1
        for level, bits in system.mapping.levels.items()
    }
    rng = np.random.default_rng(0)
    addresses = rng.integers(system.capacity, size=2000, dtype=np.uint64)
    addresses[0] = system.mapping.encode(last)
    found = system.locate(addresses)
    limits = (
        organization.channels,
        system.ranks,
        system.ranks * organization.bank_groups,
        system.banks,
        organization.rows,
        organization.columns,
    )
    for values, limit in zip(found, limits, strict=True):
        assert values.dtype == np.int32
        assert 0 <= int(values.min()) <= int(values.max()) == values[0] == limit - 1
    np.testing.assert_array_equal(found.bank // organization.banks, found.rank)
    np.testing.assert_array_equal(found.bank // organization.banks_per_group, found.bank_group)


@pytest.mark.parametrize("name", Device.names())
def test_capacity_is_the_product_of_the_organization(name):
    system = System.load(name)
    o = system.device.organization
    # HBM counts its columns in bursts.
    per_column = o.bytes_per_burst if system.device.standard == "HBM2" else o.bytes_per_beat
    units = o.channels * o.ranks * o.pseudo_channels * o.banks * o.rows * o.columns
    assert system.capacity == units * per_column


def test_ranks_and_bank_groups_make_up_the_bank_index():
    system = System.load("ddr4-2400-2rank-xor")
    address = system.mapping.encode({"rank": 1, "bankgroup": 2, "bank": 3, "row": 5, "column": 8})
    found = system.locate(np.array([address]))
    assert [int(values[0]) for values in found] == [0, 1, 4 + 2, 16 + 2 * 4 + 3, 5, 8]


def test_a_mapping_replaces_the_devices_own():
    device = Device.load("ddr4-2400")
    xor = device.address_mapping | {"BANK_BIT": [[15, 17], [16, 18]]}
    system = System(device, xor)
    assert system.locate(np.array([1 << 17], dtype=np.uint64)).bank.tolist() == [1]
    assert system.sha256 != System(device).sha256


def test_a_bad_mapping_names_the_device():
    device = Device.load("ddr4-2400")
    with pytest.raises(ArchgymError, match="device ddr4-2400: address mapping is not invertible"):
        System(device, device.address_mapping | {"BANK_BIT": [15, 15]})


def test_every_bundled_device_states_its_source():
    for path in (resources.files("archgym.dram") / "devices").iterdir():
        data = json.loads(path.read_text())
        assert f"{data['name']}.json" == path.name
        assert len(data["source"]) > 40
