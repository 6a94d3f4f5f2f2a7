import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archgym import agents, domain, simulators, traces
from archgym.dram.device import Device
from archgym.dram.metrics import METRICS
from archgym.dram.spaces import SPACES

KINDS = {
    "agents": agents.registry.names,
    "simulators": simulators.registry.names,
    "workloads": traces.names,
    "devices": Device.names,
    "spaces": lambda: list(SPACES),
    "objectives": lambda: domain.load().vocabulary.names(),
    "metrics": lambda: list(METRICS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_lists_every_name(archgym, kind):
    names = KINDS[kind]()
    assert len(names) > 0
    entries = json.loads(archgym("list", kind, "--json")[0])
    assert [entry["name"] for entry in entries] == names
    lines = archgym("list", kind)[0].splitlines()
    assert len(lines) == len(names) + 1
    for line, entry in zip(lines[1:], entries, strict=True):
        assert line.startswith(entry["name"])
        assert entry["description"] in line


def test_spaces_are_told_by_their_sizes(archgym):
    out, _ = archgym("list", "spaces")
    assert "28,311,552 points" in out
    assert "442,368 points, 166,464 distinct, 156,672 of them feasible" in out
    assert "feasible (controller-v1@ddr4-2400)" in out


def test_simulators_say_where_they_are_or_what_to_set(archgym, monkeypatch, tmp_path):
    program = tmp_path / "DRAMSys"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program))
    monkeypatch.setenv("ARCHGYM_DRAMSIM3", str(tmp_path / "nothing"))
    monkeypatch.setenv("ARCHGYM_RAMULATOR2", str(tmp_path / "nothing"))
    entries = {
        entry["name"]: entry["description"]
        for entry in json.loads(archgym("list", "simulators", "--json")[0])
    }
    assert f"{program} (5 sha256:" in entries["dramsys"]
    for name, variable in (
        ("dramsim3", "ARCHGYM_DRAMSIM3"),
        ("ramulator2", "ARCHGYM_RAMULATOR2"),
    ):
        assert f"set {variable} to" in entries[name]
        assert "is not here: install it as https://github.com/" in entries[name]


def test_objectives_explain_how_they_are_written(archgym):
    entries = {
        entry["name"]: entry["description"]
        for entry in json.loads(archgym("list", "objectives", "--json")[0])
    }
    assert all(entries.values())
    assert "1.05 times the default design's" in entries["power with runtime <= 1.05x"]
    assert "mW or W" in entries["power with latency_p99 <= 200ns"]
    several = "energy with runtime <= 1.02x and power <= 2500mW and queue_entries <= 64"
    assert "several limits" in entries[several]


BROKEN = [
    ("raise OSError(5, 'Input/output error')", "OSError: [Errno 5] Input/output error"),
    ("import sys; sys.exit()", "SystemExit"),
    ("raise ImportError('libtorch.so is\\n of another world')", "ImportError: libtorch.so is of"),
    ("import json; json.no_such_thing", "AttributeError: module 'json' has no attribute"),
    ("import no_such_dependency", "ModuleNotFoundError: No module named 'no_such_dependency'"),
    ("def (", "SyntaxError: invalid syntax"),
    ("class Half: pass", "ImportError: cannot import name 'Tensor' from 'torch'"),
]


def in_a_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line with a folder of packages that come before those installed."""
    return subprocess.run(
        [sys.executable, "-c", "from archgym.cli import main; main()", *arguments],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [*BROKEN[:2], *(pytest.param(*each, marks=pytest.mark.slow) for each in BROKEN[2:])],
)
def test_a_package_that_fails_to_import_is_told_beside_what_needs_it(source, reason, tmp_path):
    (tmp_path / "torch.py").write_text(source)
    done = in_a_process(tmp_path, "list", "agents", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    entries = {entry["name"]: entry["description"] for entry in json.loads(done.stdout)}
    assert list(entries) == agents.registry.names()
    assert entries["random_search"].startswith("Draws designs uniformly")
    for name in ("ippo", "mappo"):
        assert entries[name].startswith(f"agent '{name}' ")
        assert f"fails to import: {reason}" in entries[name]
        assert "\n" not in entries[name]
    if source not in ("def (", "class Half: pass"):  # Which leave no trace of where they failed.
        assert entries["ppo"].startswith("agent 'ppo' needs torch, which fails to import: ")


def test_what_fails_to_import_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "torch.py").write_text("raise OSError('no such library')")
    done = in_a_process(
        tmp_path, "compare", "--agents", "ippo", "--workloads", "stream", "--budget", "5"
    )
    assert done.returncode == 2
    assert done.stderr.endswith(
        "agent 'ippo' needs torch, which fails to import: OSError: no such library\n"
    )
    assert done.stderr.count("\n") == 1
