"""The bundled recordings, and the manifest that says how they were made."""

import hashlib
import shutil
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from archgym import traces
from archgym.dram.device import Device
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces import workloads
from archgym.traces.workloads.programs import PROGRAMS
from archgym.traces.workloads.record import recipe, record_program

FOLDER = resources.files("archgym.traces.workloads")


def content(name):
    return (FOLDER / f"{name}.npz").read_bytes()


def test_all_recordings_are_in_the_manifest_and_all_are_small():
    files = {file.name for file in FOLDER.iterdir() if file.name.endswith(".npz")}
    assert files == {f"{name}.npz" for name in workloads.names()}
    assert workloads.names() == sorted(PROGRAMS)
    assert len(files) >= 10
    assert sum(len(content(name)) for name in workloads.names()) <= 25_000_000


def test_a_damaged_recording_is_not_inflated(monkeypatch, tmp_path):
    name = workloads.names()[0]
    (tmp_path / f"{name}.npz").write_bytes(content(name)[:-1] + b"x")
    workloads.manifest()  # Which is kept, and so is not looked for in the other folder.
    monkeypatch.setattr(workloads, "_FOLDER", tmp_path)
    with pytest.raises(ArchgymError, match=f"the recording {name} is damaged"):
        workloads.load(name)
    (tmp_path / f"{name}.npz").unlink()
    with pytest.raises(ArchgymError, match=f"can't read the recording {name}: No such file"):
        workloads.load(name)


@pytest.mark.parametrize("name", workloads.names())
def test_recordings_are_what_the_manifest_says(name):
    entry = workloads.manifest()[name]
    assert hashlib.sha256(content(name)).hexdigest() == entry["file_sha256"]
    trace, said = traces.load(name), entry["statistics"]
    assert trace.name == name
    assert trace.sha256 == entry["trace_sha256"]
    assert len(trace) == said["requests"]
    assert int((~trace.is_write).sum()) == said["reads"] == said["fills"]["LLC"]
    assert trace.duration_ps / 1000 == said["duration_ns"]
    assert np.unique(trace.address).size * 64 == said["footprint_bytes"]
    assert (said["ended"] == "limit") == (len(trace) == PROGRAMS[name].limit)


@pytest.mark.parametrize("name", workloads.names())
def test_the_manifest_says_how_to_record_again(name):
    entry, expected = workloads.manifest()[name], recipe(PROGRAMS[name])
    instructions = entry["setup"]["instructions"]
    expected["setup"]["instructions"] = instructions
    assert {key: entry[key] for key in expected} == expected
    assert (instructions > 0) == bool(PROGRAMS[name].setup)
    assert entry["made_by"] == f"python -m archgym.traces.workloads.record {name}"
    assert len(entry["versions"]) == len(PROGRAMS[name].versions) + 1
    assert entry["versions"][-1].startswith("valgrind-")


@pytest.mark.parametrize("name", workloads.names())
def test_recordings_fit_headline_studies(name):
    """50,000 to 500,000 requests over 128 refresh intervals, on any device of the bundle."""
    trace = traces.load(name)
    assert 50_000 <= len(trace) <= 500_000
    assert trace.duration_ps > 128 * 7_800_000
    for device in Device.names():
        Workload(System.load(device), trace)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_recording_again_gives_much_the_same():
    """Other versions of the compiler and of libraries move it a little."""
    requests = 20_000
    again, _ = record_program(replace(PROGRAMS["sort"], limit=requests), "sort")
    bundled = traces.load("sort", requests=requests)
    assert again.ended == "limit"
    assert again.trace.duration_ps == pytest.approx(bundled.duration_ps, rel=0.1)
    assert again.trace.is_write.mean() == pytest.approx(bundled.is_write.mean(), abs=0.05)


def test_recordings_have_no_options():
    with pytest.raises(ArchgymError, match="sqlite is a recording and has no option 'seed'"):
        traces.load("sqlite", seed=1)


def test_recordings_mix_by_name():
    mixed = traces.load("sqlite+zstd+json")
    assert mixed.name == "sqlite+zstd+json"
    assert (np.diff(mixed.arrival_ps) >= 0).all()
    footprints = []
    for initiator, name in enumerate(("sqlite", "zstd", "json")):
        mine, alone = mixed.initiator == initiator, traces.load(name)
        assert (mixed.arrival_ps[mine] == alone.arrival_ps).all()
        assert (mixed.is_write[mine] == alone.is_write).all()
        assert np.unique(mixed.address[mine] - alone.address).size == 1
        footprints.append(np.unique(mixed.address[mine]))
    assert np.unique(np.concatenate(footprints)).size == sum(map(np.size, footprints))
    Workload.load("sqlite+zstd+json", "ddr4-2400")


def test_lines_are_read_before_they_are_written_back():
    trace = traces.load("sqlite")
    _, first = np.unique(trace.address, return_index=True)
    assert not trace.is_write[first].any()
    assert 0.1 < trace.is_write.mean() < 0.5
