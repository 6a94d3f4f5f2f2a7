"""Initiators and channels do not keep each other waiting, unless DRAMSys is to be reproduced."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.testing.strategies import designs, one_channel
from archgym.dram.workload import Workload
from archgym.simulators.native import Native
from archgym.traces.trace import Trace


def with_channels(name, channels):
    """A bundled device in so many channels, interleaved by the burst."""
    data = copy.deepcopy(one_channel(Device.load(name)).data)
    burst = data["bytes_per_request"].bit_length() - 1
    bits = channels.bit_length() - 1

    def moved(field):
        if isinstance(field, list):
            return [moved(bit) for bit in field]
        return field + bits if field >= burst else field

    mapping = {level: moved(field) for level, field in data["addressmapping"].items()}
    if bits:
        mapping["CHANNEL_BIT"] = [burst + bit for bit in range(bits)]
    data["addressmapping"] = mapping
    data["memspec"]["memarchitecturespec"]["nbrOfChannels"] = channels
    return System(Device.from_dict(data))


def reads(system, address, arrival_ps=None, initiator=None):
    count = len(address)
    size = system.device.organization.bytes_per_burst
    none = np.zeros(count, np.int64)
    return Trace(
        arrival_ps=none if arrival_ps is None else arrival_ps,
        address=np.asarray(address, np.uint64) * np.uint64(size),
        is_write=np.zeros(count, bool),
        size=np.full(count, size, np.uint32),
        initiator=np.zeros(count, np.uint16) if initiator is None else initiator,
    )


@pytest.mark.parametrize("arbiter", ["Simple", "Fifo", "Reorder"])
@pytest.mark.parametrize("name", ["ddr4-2400", "lpddr5-6400", "gddr6-14000", "hbm2", "hbm3-6400"])
def test_more_channels_are_never_slower(name, arbiter):
    design = {"RequestBufferSize": 32, "Arbiter": arbiter, "MaxActiveTransactions": 4096}
    rng = np.random.default_rng(0)
    for addresses in (np.arange(8000), rng.integers(0, 1 << 20, 8000)):
        workloads = []
        for channels in (1, 2, 4, 8):
            system = with_channels(name, channels)
            workloads.append(Workload(system, reads(system, addresses)))
        runtimes = [Native().evaluate([design], each)[0]["runtime_ns"] for each in workloads]
        assert runtimes == sorted(runtimes, reverse=True)
        assert runtimes[0] > 4 * runtimes[-1]


def test_in_dramsys_an_initiator_is_a_bottleneck():
    system = with_channels("hbm2", 2)
    workload = Workload(system, reads(system, np.arange(8000)))
    design = {"RequestBufferSize": 64}
    (fast,), (slow,) = (
        Native(dramsys_quirks=quirks).evaluate([design], workload) for quirks in (False, True)
    )
    assert fast["bandwidth_gb_per_s"] > 3 * slow["bandwidth_gb_per_s"]


@settings(max_examples=60, deadline=None)
@given(
    designs(Device.load("ddr4-2400-2channel")),
    st.lists(st.integers(0, 60_000), min_size=1, max_size=80),
    st.integers(0, 1000),
)
def test_an_initiator_is_as_good_as_one_a_channel(design, gaps, seed):
    system = System.load("ddr4-2400-2channel")
    address = np.random.default_rng(seed).integers(0, 1 << 18, len(gaps))
    arrival_ps = np.cumsum(gaps)
    alone = reads(system, address, arrival_ps)
    channel = system.locate(alone.address).channel.astype(np.uint16)
    each = reads(system, address, arrival_ps, channel)
    design |= {"Arbiter": "Simple"}
    outcomes = [Native().evaluate([design], Workload(system, trace)) for trace in (alone, each)]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("RespQueue", ["Fifo", "Reorder"]),
        ("Arbiter", ["Simple", "Fifo", "Reorder"]),
        ("MaxActiveTransactions", [1, 8, 32]),
    ],
)
def test_responses_and_arbiters_still_matter(name, values):
    workload = Workload.load("random", "ddr4-2400", requests=500)
    common = {"Arbiter": "Fifo", "MaxActiveTransactions": 32, "Scheduler": "FrFcfs"}
    outcomes = Native().evaluate([common | {name: value} for value in values], workload)
    assert len({outcome["latency_ns"] for outcome in outcomes}) == len(values)
