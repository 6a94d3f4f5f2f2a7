"""Timing that no controller can keep to, or that leaves accesses no room, ends in a sentence."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archgym
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, SimulationError
from archgym.simulators.base import Failure
from archgym.simulators.native import Native
from archgym.testing.strategies import accesses, designs, make_workload, one_channel


def with_timing(name, **timing):
    data = copy.deepcopy(one_channel(Device.load(name)).data)
    data["memspec"]["memtimingspec"] |= timing
    return Device.from_dict(data)


def random_reads(device):
    workload = Workload.load("random", requests=200)
    size = System(device).capacity
    trace = workload.trace
    folded = type(trace)(
        trace.arrival_ps, trace.address % size, trace.is_write, trace.size, trace.initiator
    )
    return Workload(System(device), folded)


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        (with_timing("hbm2", FAW=500), "5 refreshes fall due in the window of 500 cycles"),
        (with_timing("ddr4-2400", XP=(1 << 20) + 1), "has XP 1048577"),
        (with_timing("ddr4-2400", RP=100_000, RC=100_039), "little but refresh"),
    ],
)
def test_what_no_controller_could_keep_to_is_refused(device, reason):
    (outcome,) = Native().evaluate([{}], random_reads(device))
    assert isinstance(outcome, Failure)
    assert outcome.kind == "unsupported"
    assert reason in outcome.reason


def test_a_run_that_gets_nowhere_is_a_failure_of_its_design():
    # A row is closed for a refresh before it can be opened and read.
    workload = random_reads(with_timing("ddr4-2400", RP=9000, RC=9039))
    stuck, runs = Native().evaluate([{}, {"RefreshPolicy": "NoRefresh"}], workload)
    assert isinstance(stuck, Failure)
    assert "no room for accesses" in stuck.reason
    assert runs["runtime_ns"] > 0
    with pytest.raises(SimulationError, match="no room for accesses"):
        Native().command_trace({}, workload)


@pytest.mark.parametrize("dramsys_quirks", [False, True])
@pytest.mark.parametrize("cycles", [39_000, 200_000])
def test_power_down_may_last_longer_than_an_interval(tmp_path, cycles, dramsys_quirks):
    # A refresh can wait so long for the rank to wake up that the next one falls due.
    file = tmp_path / "device.json"
    file.write_text(json.dumps(with_timing("ddr4-2400", CKE=cycles).data))
    workload = archgym.Workload.load("compile", file)
    limits = {"RefreshMaxPostponed": 8, "RefreshMaxPulledin": 8}
    design = {"PowerDownPolicy": "Staggered"}
    outcomes = Native(dramsys_quirks=dramsys_quirks).evaluate([design, design | limits], workload)
    served = [sum(o[f"commands_{cas}"] for cas in ("rd", "rda", "wr", "wra")) for o in outcomes]
    assert served == 2 * [workload.bursts().address.size]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.booleans())
def test_any_length_is_simulated_or_refused(data, dramsys_quirks):
    name = data.draw(st.sampled_from(Device.names()))
    parameters = sorted(Device.load(name).timing.keys() - {"REFM"})
    values = st.one_of(st.integers(1, 100_000), st.integers(1, 1 << 21))
    changes = data.draw(
        st.dictionaries(st.sampled_from(parameters), values, min_size=1, max_size=3)
    )
    try:
        device = with_timing(name, **changes)
    except ArchgymError:
        return
    workload = make_workload(device, data.draw(accesses(30)))
    design = data.draw(designs(device))
    (outcome,) = Native(dramsys_quirks=dramsys_quirks).evaluate([design], workload)
    if isinstance(outcome, Failure):
        assert outcome.kind == "unsupported"
    else:
        served = sum(outcome[f"commands_{cas}"] for cas in ("rd", "rda", "wr", "wra"))
        assert served == workload.bursts().address.size
