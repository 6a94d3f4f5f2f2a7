"""Whatever is wrong with a device of a file, the error names the file as it was given."""

import copy
import json

import pytest

from archgym.dram.device import Device
from archgym.dram.spaces import make_space
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.simulator import Failure
from archgym.simulators.native import Native
from archgym.traces.trace import Trace


def set_in(section, **values):
    def change(data):
        (data["memspec"] | {"addressmapping": data["addressmapping"]})[section].update(values)

    return change


@pytest.fixture
def written(tmp_path):
    def write(change=lambda data: None):
        data = copy.deepcopy(Device.load("ddr4-2400").data)
        change(data)
        path = tmp_path / "mine.json"
        path.write_text(json.dumps(data))
        return path

    return write


@pytest.mark.parametrize(
    "change",
    [
        set_in("memtimingspec", RC=1),
        set_in("memtimingspec", RP="16"),
        set_in("memarchitecturespec", nbrOfRows=3),
        set_in("memarchitecturespec", nbrOfRows=65536),
        set_in("mempowerspec", idd0=55),
        set_in("addressmapping", BANK_BIT=[15, 17]),
        set_in("addressmapping", BANK_BIT=["x"]),
    ],
)
def test_a_file_that_is_refused_is_named(written, change):
    path = written(change)
    with pytest.raises(ArchgymError) as raised:
        System.load(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("change", "design"),
    [
        (set_in("memtimingspec", REFI=2**21), {}),
        (set_in("memtimingspec", RAS=0), {}),
        (set_in("memtimingspec", RFC1=9358), {}),
        (set_in("memtimingspec", RP=9000, RC=9039), {}),
        (set_in("mempowerspec", idd4r=0.01), {}),
        (lambda data: data["memspec"].update(memoryType="DDR9"), {}),
        (lambda data: None, {"RefreshPolicy": "PerBank"}),
    ],
)
def test_a_file_that_can_not_be_simulated_is_named(written, change, design):
    path = written(change)
    (outcome,) = Native().evaluate([design], Workload.load("random", path, requests=200))
    assert isinstance(outcome, Failure)
    assert str(path) in outcome.reason


def test_a_file_that_a_trace_does_not_fit_is_named(written):
    system = System.load(written())
    with pytest.raises(ArchgymError, match=r"lie beyond device .*/mine\.json, whose capacity"):
        Workload(system, Trace([0], [2**60], [False]))


def test_a_file_without_a_space_is_named(written):
    path = written(lambda data: data["memspec"].update(memoryType="DDR9"))
    with pytest.raises(ArchgymError, match=r"no controller space for .*/mine\.json: DDR9"):
        make_space("controller-v1", path)


def test_a_bundled_device_goes_by_its_name(written):
    assert Device.load("hbm2").label == "hbm2"
    assert Device.from_dict(Device.load("hbm2").data).label == "hbm2"
    device = Device.load(written())
    assert device.label.endswith("/mine.json")
    assert (device.name, device.sha256) == ("ddr4-2400", Device.load("ddr4-2400").sha256)
