"""What another package adds to DRAM is used by its name; what is broken in it harms no other."""

import importlib
import json
import sys

import pytest

from archgym import domain as domains
from archgym.dram.domain import Dram
from archgym.errors import MissingExtraError

SOURCE = '''
import numpy as np
from archgym.dram.spaces import Outline
from archgym.objectives import Term
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
