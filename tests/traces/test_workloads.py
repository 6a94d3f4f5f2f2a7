import hashlib
import shutil
from importlib import resources

import numpy as np
import pytest

from archgym import traces
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces import workloads
from archgym.traces.workloads.caches import Cache, Caches
from archgym.traces.workloads.record import PROGRAMS, Machine, record


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


def test_cache_throws_out_the_least_recently_used():
    cache = Cache(lines=4, ways=2)
    assert cache.access(0, dirty=True) == (False, None)
    assert cache.access(2, dirty=False) == (False, None)
    assert cache.access(1, dirty=False) == (False, None)
    assert cache.access(0, dirty=False) == (True, None)
    assert cache.access(4, dirty=False) == (False, None)  # 2, which is clean
    assert cache.access(2, dirty=False) == (False, 0)  # 0, which stays dirty after a read


def test_caches_leave_line_fills_and_write_backs():
    machine = Machine(l1_bytes=64, l1_ways=1, llc_bytes=128, llc_ways=2)
    caches = Caches(machine)
    assert caches.access(1, "L") == [(1, False)]
    assert caches.access(1, "S") == []
    # Line 1 leaves the first level dirty and stays in the last.
    assert caches.access(2, "L") == [(2, False)]
    assert caches.access(3, "L") == [(3, False)]
    assert caches.access(4, "L") == [(4, False), (1, True)]
    assert caches.access(9, "I") == [(9, False)]


def test_lines_are_read_before_they_are_written_back():
    trace = traces.load("sqlite")
    _, first = np.unique(trace.address, return_index=True)
    assert not trace.is_write[first].any()
    assert 0.1 < trace.is_write.mean() < 0.5


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("valgrind") is None or shutil.which("sqlite3") is None,
    reason="needs valgrind and sqlite3",
)
def test_recording_again_gives_requests_of_the_same_kind():
    """Not the same bytes: that takes the versions of the manifest."""
    arrays, instructions = record(PROGRAMS["sqlite"], Machine())
    statistics = workloads.manifest()["sqlite"]["statistics"]
    assert instructions == pytest.approx(statistics["instructions"], rel=0.3)
    assert arrays["line"].size == pytest.approx(statistics["requests"], rel=0.3)
