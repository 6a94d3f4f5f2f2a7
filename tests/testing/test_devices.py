import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.device import Device
from archgym.dram.testing.devices import with_other_timing
from archgym.dram.testing.strategies import Access, make_workload, one_channel
from archgym.simulator import Failure
from archgym.simulators.native import Native


@given(st.sampled_from(Device.names()), st.integers(0, 2**32 - 1))
def test_devices_with_other_timing_load_and_run(name, seed):
    rng = np.random.default_rng(seed)
    bundled = one_channel(Device.load(name))
    device = with_other_timing(bundled, lambda low, high: int(rng.integers(low, high + 1)))
    assert device.organization == bundled.organization
    assert device.timing != bundled.timing
    (outcome,) = Native().evaluate([{}], make_workload(device, [Access(0, 0, 0)]))
    assert not isinstance(outcome, Failure)
