"""Timing that no controller can keep to, or that leaves accesses no room, ends in a sentence."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archgym
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.testing.strategies import accesses, designs, make_workload, one_channel
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, SimulationError
from archgym.simulator import Failure
from archgym.simulators.native import Native
from archgym.simulators.native.conduct import jedec


def with_timing(name, **timing):
    data = copy.deepcopy(one_channel(Device.load(name)).data)
    data["memspec"]["memtimingspec"] |= timing
    return Device.from_dict(data)


def random_reads(device, requests=200):
    workload = Workload.load("random", requests=requests)
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
        (with_timing("ddr4-2400", REFI=(1 << 20) + 1), "has REFI 1048577"),
        (with_timing("ddr4-2400", RFC1=9_358), "little but refresh"),
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
@pytest.mark.parametrize("cycles", [5_000, 9_359])
def test_power_down_may_last_almost_an_interval(tmp_path, cycles, dramsys_quirks):
    # A refresh can wait so long for the rank to wake up that the next one falls due.
    file = tmp_path / "device.json"
    file.write_text(json.dumps(with_timing("ddr4-2400", CKE=cycles).data))
    workload = archgym.Workload.load("compile", file)
    limits = {"RefreshMaxPostponed": 8, "RefreshMaxPulledin": 8}
    design = {"PowerDownPolicy": "Staggered"}
    outcomes = Native(dramsys_quirks=dramsys_quirks).evaluate([design, design | limits], workload)
    served = [sum(o[f"commands_{cas}"] for cas in ("rd", "rda", "wr", "wra")) for o in outcomes]
    assert served == 2 * [workload.bursts().address.size]


ONE_OF_EACH_STANDARD = {Device.load(name).standard: name for name in Device.names()}


@pytest.mark.parametrize("name", ONE_OF_EACH_STANDARD.values())
def test_an_access_never_outlasts_many_refreshes(name):
    refreshes = jedec(Device.load(name)).rules.refreshes
    runs = 0
    for key, cycles in Device.load(name).timing.items():
        for factor in (3, 30, 1000, 10_000):
            try:
                device = with_timing(name, **{key: cycles * factor})
            except ArchgymError:
                continue
            workload = random_reads(device, requests=20)
            for policy, refresh in refreshes.items():
                design = {"RefreshPolicy": policy, "PowerDownPolicy": "Staggered"}
                (outcome,) = Native().evaluate([design], workload)
                if not isinstance(outcome, Failure):
                    issued = outcome[f"commands_{refresh.command.lower()}"]
                    assert issued <= 10 * refresh.per_interval * len(workload)
                    runs += 1
    assert runs > 10


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
