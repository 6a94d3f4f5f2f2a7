"""The native core does exactly what the plain model does, command by command."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.testing.strategies import designs, make_workload, runs
from archgym.dram.workload import Workload
from archgym.simulators.native import COMMANDS, Native
from archgym.traces.trace import Trace

DEFAULTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
OF_NO_ROW = {"PREPB", *COMMANDS[COMMANDS.index("REFPB") :]}


def run_plain(model, workload, design, dramsys_quirks):
    """Plays a workload through the plain model."""
    device, organization = workload.system.device, workload.system.device.organization
    timing = model.timing_of(
        device.standard,
        device.timing,
        organization.banks,
        organization.bank_groups,
        ranks=workload.system.ranks,
        stacks=organization.stacks,
        burst_length=organization.burst_length,
        dramsys_quirks=dramsys_quirks,
    )
    bursts, locations = workload.bursts(), workload.locations()
    arrivals = [-(-int(ps) // device.clock_ps) for ps in bursts.arrival_ps]
    if dramsys_quirks:
        arrivals[0] = 0
    requests = [
        model.Request(
            arrival, bool(write), int(bank), int(row), int(address), int(channel), int(who)
        )
        for arrival, write, bank, row, address, channel, who in zip(
            arrivals,
            bursts.is_write,
            locations.bank,
            locations.row,
            bursts.address,
            locations.channel,
            np.unique(bursts.initiator, return_inverse=True)[1],
            strict=True,
        )
    ]
    full = {**DEFAULTS, **design}
    for direction in ("RequestBufferSizeRead", "RequestBufferSizeWrite"):
        full[direction] = design.get(direction, full["RequestBufferSize"])
    return model.simulate(timing, full, requests, organization.channels)


def by_request(workload, values):
    """Groups the values of bursts into a list for each request."""
    groups = [[] for _ in range(len(workload))]
    for request, value in zip(workload.bursts().request, values, strict=True):
        groups[request].append(value)
    return groups


def check_equal(model, workload, design, dramsys_quirks):
    run = run_plain(model, workload, design, dramsys_quirks)
    device = workload.system.device
    native = Native(dramsys_quirks=dramsys_quirks)

    issued = native.command_trace(design, workload)
    names = np.array(COMMANDS)[issued["command"]]
    for channel in range(workload.system.channels):
        here = issued["channel"] == channel
        expected = [c for c in run.commands if c.channel == channel]
        times = issued["time_ps"][here].tolist()
        assert [*zip(times, names[here], issued["bank"][here], strict=True)] == [
            (c.time * device.clock_ps, c.name, c.bank) for c in expected
        ]
        of_rows = here & ~np.isin(names, list(OF_NO_ROW))
        rows = [c.row for c in expected if c.name not in OF_NO_ROW]
        assert issued["row"][of_rows].tolist() == rows

    (metrics,) = native.evaluate([design], workload)
    counted = Counter(f"commands_{c.name.lower()}" for c in run.commands)
    assert {name: metrics[name] for name in metrics if name.startswith("commands_")} == {
        name: counted[name] for name in metrics if name.startswith("commands_")
    }
    clock_ns = device.clock_ps / 1000
    assert metrics["runtime_ns"] == pytest.approx(run.end * clock_ns, rel=1e-12)
    finished = by_request(workload, [r.finished for r in run.requests])
    arrivals = workload.trace.arrival_ps.copy()
    if dramsys_quirks:
        arrivals[0] = 0
    latency = sorted(
        max(times) * clock_ns - arrival / 1000
        for times, arrival in zip(finished, arrivals, strict=True)
    )
    answered = by_request(workload, [r.resp_end for r in run.requests])
    begun = by_request(workload, [r.req_begin for r in run.requests])
    service = sorted(
        (max(times) - first[0]) * clock_ns for times, first in zip(answered, begun, strict=True)
    )
    for prefix, values in (("latency", latency), ("service_latency", service)):
        assert metrics[f"{prefix}_ns"] == pytest.approx(np.mean(values))
        assert metrics[f"{prefix}_max_ns"] == pytest.approx(values[-1])
        # Of a histogram.
        p99 = values[int(0.99 * (len(values) - 1))]
        assert metrics[f"{prefix}_p99_ns"] == pytest.approx(p99, rel=1e-4)
    p95 = latency[int(0.95 * (len(latency) - 1))]
    assert metrics["latency_p95_ns"] == pytest.approx(p95, rel=1e-4)
    reads = sorted(
        max(times) * clock_ns - arrival / 1000
        for times, arrival, is_write in zip(
            finished, arrivals, workload.trace.is_write, strict=True
        )
        if not is_write
    )
    if reads:
        p99 = reads[int(0.99 * (len(reads) - 1))]
        assert metrics["read_latency_p99_ns"] == pytest.approx(p99, rel=1e-4)


@settings(max_examples=60, deadline=None)
@given(runs(Device.names()), st.booleans())
def test_native_equals_the_plain_model(reference_model, run, dramsys_quirks):
    workload = make_workload(run.device, run.accesses)
    check_equal(reference_model, workload, run.design, dramsys_quirks)


@settings(max_examples=20, deadline=None)
@given(runs(Device.names(), max_size=8), st.data(), st.booleans())
def test_long_idleness_equals_the_plain_model(reference_model, run, data, dramsys_quirks):
    # Some hundred intervals where refreshes are frequent, thirty of a device as it is.
    index = data.draw(st.integers(0, len(run.accesses) - 1))
    gap = data.draw(st.integers(280_000, 600_000)) * run.device.clock_ps
    accesses = [
        access._replace(arrival_ps=access.arrival_ps + gap * (i >= index))
        for i, access in enumerate(run.accesses)
    ]
    check_equal(reference_model, make_workload(run.device, accesses), run.design, dramsys_quirks)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(runs(Device.names(), max_size=150), st.booleans())
def test_native_equals_the_plain_model_on_many_runs(reference_model, run, dramsys_quirks):
    workload = make_workload(run.device, run.accesses)
    check_equal(reference_model, workload, run.design, dramsys_quirks)


@st.composite
def shared_workloads(draw, device):
    """A few initiators that ask for bursts in both channels of a device."""
    system = System(Device.load(device))
    count = draw(st.integers(1, 60))

    def column(values, dtype=np.int64):
        return np.array(draw(st.lists(values, min_size=count, max_size=count)), dtype)

    gap = st.one_of(st.just(0), st.integers(0, 20_000), st.integers(0, 300_000))
    organization = system.device.organization
    address = system.mapping.encode(
        {
            "channel": column(st.integers(0, 1)),
            "bankgroup": column(st.integers(0, 1)),
            "bank": column(st.integers(0, 1)),
            "row": column(st.integers(0, 2)),
            "column": column(st.integers(0, 3)) * organization.burst_length,
        }
    )
    trace = Trace(
        arrival_ps=np.cumsum(column(gap)),
        address=address,
        is_write=column(st.booleans(), bool),
        size=np.full(count, organization.bytes_per_burst, np.uint32),
        initiator=column(st.integers(0, draw(st.integers(0, 2))), np.uint16),
    )
    return Workload(system, trace)


@settings(max_examples=60, deadline=None)
@given(
    shared_workloads("ddr4-2400-2channel"),
    designs(Device.load("ddr4-2400-2channel")),
    st.booleans(),
)
def test_channels_and_initiators_equal_the_plain_model(
    reference_model, workload, design, dramsys_quirks
):
    check_equal(reference_model, workload, design, dramsys_quirks)
