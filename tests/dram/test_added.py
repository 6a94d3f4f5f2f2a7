"""What another package adds to DRAM is used by its name; what is broken in it harms no other."""

import importlib
import json
import sys

import pytest

from archgym import domain as domains
from archgym import simulate
from archgym.dram.domain import Dram
from archgym.errors import MissingExtraError

SOURCE = '''
import numpy as np
from archgym.dram.spaces import Outline
from archgym.objectives import Term
from archgym.traces.formats.columns import Columns
from archgym.traces.formats.format import Format
from archgym.traces.trace import Trace

def make(requests=50):
    """Every other line."""
    n = np.arange(requests)
    return Trace(n * 5000, n * 128, n % 2 == 0, name="others")

SPACE = Outline(
    {"PagePolicy": ("Open", "Closed"), "RefreshPolicy": ("NoRefresh", "AllBank")},
    defaults={"PagePolicy": "Open"},
)
ROWS = Term("acts", "", "activates", ("commands_act",))

def _decode(path, blocks):
    lines = [line for block in blocks for line in block.text.split(b"\\n")[:-1]]
    address = np.array([int(line[1:], 16) for line in lines], np.uint64)
    return Columns(None, address, np.array([line.startswith(b"!") for line in lines]))

def _encode(trace, time, file):
    for address, write in zip(trace.address.tolist(), trace.is_write.tolist()):
        file.write(b"%c%x\\n" % (b"!" if write else b"?", address))

def _recognizes(line):
    return line[:1] in (b"!", b"?")

MARKS = Format("marks", frozenset(), "cycle", _recognizes, _decode, _encode)
'''
POINTS = """
[archgym.dram.workloads]
others = my_dram:make
broken_trace = my_dram_broken:make
[archgym.dram.spaces]
tiny = my_dram:SPACE
broken_space = my_dram_broken:SPACE
[archgym.dram.objectives]
acts = my_dram:ROWS
broken_term = my_dram_broken:TERM
[archgym.dram.trace_formats]
marks = my_dram:MARKS
broken_format = my_dram_broken:FORMAT
no_format = my_dram:SPACE
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package with entry points, as pip would install it."""
    site = tmp_path / "site"
    (site / "my_dram-1.dist-info").mkdir(parents=True)
    (site / "my_dram.py").write_text(SOURCE)
    (site / "my_dram_broken.py").write_text("import no_such_module\n")
    (site / "my_dram-1.dist-info" / "METADATA").write_text("Name: my-dram\nVersion: 1\n")
    (site / "my_dram-1.dist-info" / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    domains.load.cache_clear()
    yield
    domains.load.cache_clear()
    sys.modules.pop("my_dram", None)


def test_they_are_used_by_name(installed, archgym):
    listed = {}
    for kind in ("workloads", "spaces", "objectives"):
        out, _ = archgym("list", kind, "--json")
        listed[kind] = {row["name"]: row["description"] for row in json.loads(out)}
    assert listed["workloads"]["others"] == "Every other line."
    assert listed["spaces"]["tiny"] == "4 points, 4 distinct, 2 of them feasible"
    assert listed["objectives"]["acts"] == "least activates (a count)"
    assert "no_such_module" in listed["workloads"]["broken_trace"]
    assert "no_such_module" in listed["spaces"]["broken_space"]
    out, _ = archgym(
        *("compare", "--agents", "random_search", "--workloads", "others", "--space", "tiny"),
        *("--objective", "acts", "--budget", 4, "--seeds", 1, "--json"),
    )
    assert json.loads(out)["table"][0]["objective"] == "acts"
    wrong = ("--workload", "others", "--option", "request=3", "--out", "t")
    _, err = archgym("enumerate", *wrong, code=2)
    assert "workload others can't be made: " in err


def test_what_is_broken_is_named_when_it_is_used(installed):
    platform = Dram().platform({})
    with pytest.raises(MissingExtraError, match=r"'broken_trace' of entry points archgym\.dram\.w"):
        platform.workload("broken_trace", {})
    with pytest.raises(MissingExtraError, match=r"'broken_space' of entry points archgym\.dram\.s"):
        platform.space("broken_space")
    with pytest.warns(match=r"'broken_term' of entry points archgym\.dram\.objectives fails to"):
        assert "broken_term" not in Dram().vocabulary.terms


def test_simulate_knows_workloads_by_name(installed, archgym):
    out, _ = archgym("simulate", "--trace", "others", "--json")
    trace = Dram().platform({}).workload("others", {})
    assert json.loads(out)["metrics"] == simulate({}, trace)
    _, err = archgym("simulate", "--trace", "broken_trace", code=2)
    assert "'broken_trace' of entry points archgym.dram.workloads" in err


def test_trace_files_of_another_format(installed, archgym, tmp_path):
    out, _ = archgym("list", "formats", "--json")
    listed = {row["name"]: row["description"] for row in json.loads(out)}
    assert listed["marks"] == "counts in cycles; holds addresses and directions alone"
    assert "no_such_module" in listed["broken_format"]
    assert "is no Format" in listed["no_format"]
    (tmp_path / "a.marks").write_text("?0\n!40\n?80\n")
    # By what is in it; what is broken is none of this file's business.
    (tmp_path / "a.txt").write_text("?0\n!40\n?80\n")
    runs = [json.loads(archgym("simulate", "--trace", f"a.{end}", "--json")[0]) for end in
            ("marks", "txt")]  # fmt: skip
    assert runs[0] == runs[1]
    metrics = runs[0]["metrics"]
    assert (metrics["commands_rd"], metrics["commands_wr"]) == (2, 1)
    archgym("trace", "convert", "a.marks", "b.stl", "--clock-mhz", 1000)
    archgym("trace", "convert", "b.stl", "c.marks", "--clock-mhz", 1000)
    assert (tmp_path / "c.marks").read_text() == (tmp_path / "a.marks").read_text()


@pytest.mark.parametrize("name", ["broken_format", "no_format"])
def test_a_broken_format_is_named_when_it_is_used(installed, archgym, tmp_path, name):
    (tmp_path / f"a.{name}").write_text("?0\n")
    _, err = archgym("simulate", "--trace", f"a.{name}", code=2)
    assert f"trace format {name!r}" in err
    assert len(err.splitlines()) == 1
    (tmp_path / "a.csv").write_text("address,is_write\n0,0\n")
    _, err = archgym("trace", "convert", "a.csv", "b", "--format", name, code=2)
    assert f"trace format {name!r}" in err
    _, err = archgym("trace", "convert", "a.csv", "b", "--format", "mark", code=2)
    assert "unknown trace format 'mark'; did you mean 'marks'" in err
