"""The native core does exactly what the plain model does, command by command."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.dram.controller import PARAMETERS
from archgym.simulators.native import COMMANDS, Native
from archgym.testing.strategies import (
    ONE_RANK,
    TWO_RANKS,
    accesses,
    designs,
    devices,
    make_workload,
)

DEFAULTS = {name: parameter.default for name, parameter in PARAMETERS.items()}


def run_plain(model, device, workload, design, dramsys_quirks):
    """Plays a workload through the plain model."""
    timing = model.timing_of(
        device.standard,
        device.timing,
        device.organization.banks,
        device.organization.bank_groups,
        dramsys_quirks=dramsys_quirks,
        ranks=device.organization.ranks,
    )
    bursts, locations = workload.bursts(), workload.locations()
    arrivals = [-(-int(ps) // device.clock_ps) for ps in bursts.arrival_ps]
    if dramsys_quirks:
        arrivals[0] = 0
    requests = [
        model.Request(arrival, bool(write), int(bank), int(row), int(address))
        for arrival, write, bank, row, address in zip(
            arrivals,
            bursts.is_write,
            locations.bank,
            locations.row,
            bursts.address,
            strict=True,
        )
    ]
    full = {**DEFAULTS, **design}
    for direction in ("RequestBufferSizeRead", "RequestBufferSizeWrite"):
        full[direction] = design.get(direction, full["RequestBufferSize"])
    return model.simulate(timing, full, requests)


def by_request(workload, values):
    """Groups the values of bursts into a list for each request."""
    groups = [[] for _ in range(len(workload))]
    for request, value in zip(workload.bursts().request, values, strict=True):
        groups[request].append(value)
    return groups


def check_equal(model, device, requests, design, dramsys_quirks):
    workload = make_workload(device, requests)
    run = run_plain(model, device, workload, design, dramsys_quirks)
    native = Native(dramsys_quirks=dramsys_quirks)

    issued = native.command_trace(design, workload)
    # A command to a whole rank names the first of its banks.
    banks = device.organization.banks
    expected = [
        (c.time * device.clock_ps, c.name, c.rank * banks if c.name.endswith("AB") else c.bank)
        for c in run.commands
    ]
    names = [COMMANDS[c] for c in issued["command"]]
    assert [*zip(issued["time_ps"], names, issued["bank"], strict=True)] == expected
    rows = [c.row for c in run.commands if c.name not in ("PREPB", "PREAB", "REFAB")]
    assert issued["row"][~np.isin(names, ("PREPB", "PREAB", "REFAB"))].tolist() == rows

    (metrics,) = native.evaluate([design], workload)
    clock_ns = device.clock_ps / 1000
    assert metrics["runtime_ns"] == pytest.approx(run.end * clock_ns, rel=1e-12)
    finished = by_request(workload, [r.finished for r in run.requests])
    latency = sorted(
        max(times) * clock_ns - arrival / 1000
        for times, arrival in zip(finished, workload.trace.arrival_ps, strict=True)
    )
    answered = by_request(workload, [r.resp_end for r in run.requests])
    begun = by_request(workload, [r.req_begin for r in run.requests])
    service = sorted(
        (max(times) - first[0]) * clock_ns for times, first in zip(answered, begun, strict=True)
    )
    for prefix, values in (("latency", latency), ("service_latency", service)):
        assert metrics[f"{prefix}_ns"] == pytest.approx(np.mean(values))
        assert metrics[f"{prefix}_max_ns"] == pytest.approx(values[-1])
        assert metrics[f"{prefix}_p99_ns"] == pytest.approx(values[int(0.99 * (len(values) - 1))])


@settings(max_examples=100, deadline=None)
@given(devices(ONE_RANK + TWO_RANKS), accesses(), designs(), st.booleans())
def test_native_equals_the_plain_model(reference_model, device, requests, design, dramsys_quirks):
    check_equal(reference_model, device, requests, design, dramsys_quirks)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None)
@given(devices(ONE_RANK + TWO_RANKS), accesses(150), designs(), st.booleans())
def test_native_equals_the_plain_model_on_many_runs(
    reference_model, device, requests, design, dramsys_quirks
):
    check_equal(reference_model, device, requests, design, dramsys_quirks)
