from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.controller import PARAMETERS, complete, contradiction
from archgym.dram.device import Device
from archgym.errors import ArchgymError
from archgym.parameter import Completion
from archgym.simulator import Failure
from archgym.simulators.native.encoding import encode

VALUES = {name: st.sampled_from(parameter.values) for name, parameter in PARAMETERS.items()}


def test_default_design_is_the_documented_one():
    assert {name: parameter.default for name, parameter in PARAMETERS.items()} == {
        "AddressMapping": "Device",
        "PagePolicy": "OpenAdaptive",
        "Scheduler": "FrFcfs",
        "LowWatermark": 2,
        "HighWatermark": 8,
        "RowHitCap": 4,
        "SchedulerBuffer": "Bankwise",
        "RequestBufferSize": 8,
        "RequestBufferSizeRead": 8,
        "RequestBufferSizeWrite": 8,
        "CmdMux": "Oldest",
        "RespQueue": "Fifo",
        "RefreshPolicy": "AllBank",
        "RefreshMaxPostponed": 0,
        "RefreshMaxPulledin": 0,
        "PowerDownPolicy": "NoPowerDown",
        "Arbiter": "Simple",
        "MaxActiveTransactions": 128,
        "ArbitrationDelayFw": 0,
        "ArbitrationDelayBw": 0,
        "ThinkDelayFw": 1,
        "ThinkDelayBw": 0,
        "PhyDelayFw": 0,
        "PhyDelayBw": 0,
    }


@pytest.mark.parametrize("name", list(PARAMETERS))
def test_parameters_are_described(name):
    assert PARAMETERS[name].name == name
    assert PARAMETERS[name].description.endswith(".")


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_a_completed_design_is_in_order_and_keeps_what_is_given(design: dict[str, Any]) -> None:
    full = complete(design)
    assert list(full) == list(PARAMETERS)
    assert {name: full[name] for name in design} == design
    left_out = {name: value for name, value in full.items() if name not in design}
    size = design.get("RequestBufferSize", 8)
    sizes = dict.fromkeys(("RequestBufferSizeRead", "RequestBufferSizeWrite"), size)
    defaults = {name: parameter.default for name, parameter in PARAMETERS.items()} | sizes
    assert left_out == {name: defaults[name] for name in left_out}
    assert complete(full) == full


@given(st.fixed_dictionaries({}, optional=VALUES))
def test_the_core_is_told_values_or_their_positions(design: dict[str, Any]) -> None:
    device = Device.load("ddr4-2400")
    encoded = encode(design, device, PARAMETERS["RefreshPolicy"].values)
    if reason := contradiction(complete(design)):
        assert encoded == Failure("invalid", reason)
        return
    assert not isinstance(encoded, Failure)
    full = complete(design)
    assert encoded.mapping == full.pop("AddressMapping")
    for (name, value), field in zip(full.items(), encoded.fields, strict=True):
        values = PARAMETERS[name].values
        assert (field if isinstance(values, range) else values[field]) == value


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "Other"]), st.integers(0, 9), max_size=3))
def test_completion_takes_what_parameters_take(design: dict[str, Any]) -> None:
    completion = Completion(PARAMETERS)
    try:
        positions = {name: PARAMETERS[name].index(value) for name, value in design.items()}
    except (KeyError, ArchgymError):
        with pytest.raises(ArchgymError):
            completion.complete(design)
        return
    for kind in (int, float, np.int64, np.uint8):
        full = completion.complete({name: kind(value) for name, value in design.items()})
        found = dict(zip(full, completion.positions(full), strict=True))
        assert {name: found[name] for name in design} == positions
