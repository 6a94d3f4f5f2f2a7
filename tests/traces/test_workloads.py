import hashlib
from importlib import resources

import numpy as np
import pytest

from archgym import traces
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces import workloads


@pytest.mark.parametrize("name", workloads.names())
def test_recordings_are_what_the_manifest_says(name):
    entry = workloads.manifest()[name]
    content = (resources.files("archgym.traces.workloads") / f"{name}.npz").read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["file_sha256"]
    assert len(content) < 2_000_000
    trace = traces.load(name)
    assert trace.name == name
    assert trace.sha256 == entry["trace_sha256"]
    assert len(trace) == entry["statistics"]["requests"]
    assert int((~trace.is_write).sum()) == entry["statistics"]["reads"]


@pytest.mark.parametrize("name", workloads.names())
def test_recordings_fit_headline_studies(name):
    """At least 50,000 requests over 128 refresh intervals, on any device of the bundle."""
    trace = traces.load(name)
    assert len(trace) >= 50_000
    assert trace.duration_ps > 128 * 7_800_000
    for device in Device.names():
        Workload(System.load(device), trace)


def test_recordings_have_no_options():
    with pytest.raises(ArchgymError, match="sqlite is a recording and has no option 'seed'"):
        traces.load("sqlite", seed=1)


def test_lines_are_read_before_they_are_written_back():
    trace = traces.load("sqlite")
    _, first = np.unique(trace.address, return_index=True)
    assert not trace.is_write[first].any()
    assert 0.1 < trace.is_write.mean() < 0.5
