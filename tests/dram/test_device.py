import copy
import json

import pytest

from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.errors import ArchgymError


@pytest.fixture
def data():
    return copy.deepcopy(Device.load("ddr4-2400").data)


def test_reads_the_reference_figures():
    device = Device.load("ddr4-2400")
    assert (device.standard, device.clock_ps, device.timing["CCD_L"]) == ("DDR4", 833, 6)
    assert device.currents["idd0"] == 0.06075
    assert device.organization.banks_per_group == 4
    assert device.bytes_per_request == device.organization.bytes_per_burst == 64
    assert device.peak_bandwidth_gb_per_s == pytest.approx(19.2, rel=1e-3)
    assert "tCK" not in device.timing


def test_vendor_device_saves_power_when_powered_down():
    currents = Device.load("ddr4-2400-mt40a1g8").currents

    def power(state):
        idd, ipp = currents[f"idd{state}"], currents[f"ipp{state}"]
        return currents["vdd"] * idd + currents["vpp"] * ipp

    assert power("2p") < power("2n")
    assert power("3p") < power("3n")
    assert power("2n") < power("3n") < power("4w") < power("4r") < power("5B")


def test_loads_a_path(tmp_path, data):
    path = tmp_path / "mine.json"
    data["name"] = "mine"
    path.write_text(json.dumps(data))
    assert Device.load(path).name == Device.load(str(path)).name == "mine"


def test_hash_is_that_of_the_figures(data):
    same, other = copy.deepcopy(data), copy.deepcopy(data)
    same["name"] = "renamed"
    other["memspec"]["memtimingspec"]["RCD"] += 1
    hashes = [Device.from_dict(d).sha256 for d in (data, same, other)]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize("name", Device.names())
def test_rules_are_those_of_the_standard_in_the_devices_timing(name):
    device = Device.load(name)
    rules = STANDARDS[device.standard].rules(device.timing, device.organization)
    assert device.rules() == rules


def test_rules_of_an_unknown_standard_are_refused(data):
    data["memspec"]["memoryType"] = "DDR9"
    with pytest.raises(ArchgymError, match="unknown standard 'DDR9'"):
        Device.from_dict(data).rules()


def test_power_is_optional(data):
    del data["memspec"]["mempowerspec"]
    assert Device.from_dict(data).currents == {}


def test_unknown_name_gets_a_suggestion():
    with pytest.raises(ArchgymError, match="unknown device 'ddr4-2401'; did you mean 'ddr4-2400'"):
        Device.load("ddr4-2401")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ArchgymError, match=r"can't read .*none\.json"):
        Device.load(tmp_path / "none.json")


@pytest.mark.parametrize("text", ["{", "", "\x00", "[1]", '"x"', "\ud800x", "[" * 10**5])
def test_files_that_are_no_device_are_refused(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ArchgymError, match=r"bad\.json"):
        Device.load(path)


@pytest.mark.parametrize(
    "key",
    [
        "name",
        "player_clock_MHz",
        "bytes_per_request",
        "addressmapping",
        "memspec",
        "memspec.memoryType",
        "memspec.memarchitecturespec.nbrOfRows",
        "memspec.memtimingspec.tCK",
        "memspec.memtimingspec.RCD",
        "memspec.mempowerspec.ipp5B",
    ],
)
def test_missing_keys_are_named_in_full(data, key):
    *path, last = key.split(".")
    section = data
    for part in path:
        section = section[part]
    del section[last]
    with pytest.raises(ArchgymError, match=rf"^mine: .*{key} is missing"):
        Device.from_dict(data, "mine")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("memarchitecturespec", "nbrOfRows", 1000),
        ("memarchitecturespec", "nbrOfRows", 0),
        ("memarchitecturespec", "nbrOfBanks", "16"),
        ("memarchitecturespec", "nbrOfBankGroups", 32),
        ("memtimingspec", "RCD", -1),
        ("memtimingspec", "RCD", 1.5),
        ("memtimingspec", "RCD", None),
        ("memtimingspec", "RCD", True),
        ("memtimingspec", "tCK", 0),
        ("mempowerspec", "idd0", "60 mA"),
        ("mempowerspec", "idd0", float("nan")),
        ("mempowerspec", "idd0", float("inf")),
    ],
)
def test_impossible_values_are_named_in_full(data, section, key, value):
    data["memspec"][section][key] = value
    with pytest.raises(ArchgymError, match=rf"mine: memspec\.{section}\.\w+ must be"):
        Device.from_dict(data, "mine")


def test_clock_in_nanoseconds_is_refused(data):
    data["memspec"]["memtimingspec"]["tCK"] = 0.833
    with pytest.raises(ArchgymError, match="seconds"):
        Device.from_dict(data)


def test_bytes_per_request_must_be_a_burst(data):
    data["bytes_per_request"] = 32
    with pytest.raises(ArchgymError, match="32, but one burst of this device transfers 64"):
        Device.from_dict(data)


@pytest.mark.parametrize("number", [10**400, -(10**400), float("inf"), float("nan")])
@pytest.mark.parametrize("section", ["memarchitecturespec", "memtimingspec", "mempowerspec"])
def test_numbers_that_no_device_has_are_refused(section, number):
    for key in Device.load("ddr4-2400").data["memspec"][section]:
        data = copy.deepcopy(Device.load("ddr4-2400").data)
        data["memspec"][section][key] = number
        with pytest.raises(ArchgymError, match=f"{section}"):
            Device.from_dict(data)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred", "a\u2028b"])
def test_a_name_is_one_line(data, name):
    data["name"] = name
    with pytest.raises(ArchgymError, match=r"^mine: name must be a text in one line, is \"[ -~]*$"):
        Device.from_dict(data, "mine")
