import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.device import Device
from archgym.errors import ArchgymError


@pytest.mark.parametrize(
    ("place", "key", "message"),
    [
        ((), "bytes_per_requests", "unknown key 'bytes_per_requests'; did you mean"),
        (("memspec",), "mempowerSpec", "unknown key in memspec 'mempowerSpec'; did you mean"),
        (
            ("memspec", "memarchitecturespec"),
            "nbrOfRank",
            "unknown key in memspec.memarchitecturespec 'nbrOfRank'; did you mean 'nbrOfRanks'",
        ),
        (("memspec", "memtimingspec"), "FAw", "did you mean 'FAW'"),
        (("memspec", "memtimingspec"), "PL", "unknown key in memspec.memtimingspec 'PL'"),
        (("memspec", "mempowerspec"), "idd5b", "did you mean 'idd5B'"),
        (("memspec", "bankwisespec"), "factrho", "did you mean 'factRho'"),
        (("memspec", "memimpedancespec"), "rdq_r_eq", "did you mean 'rdq_R_eq'"),
        (("memspec", "prepostamble"), "readMinTCCD", "did you mean 'readMinTccd'"),
    ],
)
def test_unknown_keys_are_refused_with_the_closest_known_one(place, key, message):
    data = copy.deepcopy(Device.load("ddr4-2400").data)
    section = data
    for name in place:
        section = section.setdefault(name, {})
    section[key] = 1
    with pytest.raises(ArchgymError, match=f"^mine: .*{message}"):
        Device.from_dict(data, "mine")


@pytest.mark.parametrize(
    ("name", "key", "known"),
    [
        ("hbm2", "idd5Bpb", "idd5bpb"),
        ("hbm3-6400", "ipp_5b", "ipp5b"),
        ("gddr6-16000", "VDD", "vdd"),
        ("lpddr5-6400", "idd02", "idd02h"),
    ],
)
def test_currents_that_no_model_reads_are_known_too(name, key, known):
    data = copy.deepcopy(Device.load(name).data)
    power = data["memspec"]["mempowerspec"] = {}
    power[known] = 0.4
    assert Device.from_dict(data).currents in ({known: 0.4}, {})
    power[key] = power.pop(known)
    with pytest.raises(ArchgymError, match=f"^mine: unknown key in memspec.mempowerspec '{key}'"):
        Device.from_dict(data, "mine")


def test_a_part_of_the_array_is_not_refreshed_alone():
    data = copy.deepcopy(Device.load("lpddr4-3200").data)
    data["memspec"]["bankwisespec"]["hasPASR"] = True
    with pytest.raises(ArchgymError, match=r"bankwisespec\.hasPASR must be false"):
        Device.from_dict(data)


def test_keys_given_twice_are_refused(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(Device.load("ddr4-2400").data).replace('"RP":', '"RP": 10, "RP":'))
    with pytest.raises(ArchgymError, match=r"mine\.json is not JSON: key 'RP' is given twice"):
        Device.load(path)


@given(st.sampled_from(Device.names()), st.data())
def test_no_misspelt_key_goes_unread(name, data):
    device = copy.deepcopy(Device.load(name).data)
    section = device["memspec"]
    while isinstance(section[key := data.draw(st.sampled_from(sorted(section)))], dict):
        section = section[key]
    section[key + "_"] = section.pop(key)
    with pytest.raises(ArchgymError, match=f"{key}_'|{key} is missing"):
        Device.from_dict(device)
