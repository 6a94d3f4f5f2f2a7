"""The committed figures of `experiments/agreement.py`, and how they are made."""

import json
import shutil
from pathlib import Path

import pytest

from archgym import simulators
from archgym.dram.workload import Workload
from archgym.simulators._external import External
from experiments import agreement
from experiments.agreement_overhead import overhead

FIGURES = json.loads(agreement.OUT.read_text(encoding="utf-8"))


def builds(name: str) -> list[dict]:
    return [entry for build, entry in FIGURES.items() if build.startswith(name)]


def test_there_are_figures_of_every_simulator():
    assert {build.split()[0] for build in FIGURES} == set(agreement.NAMES)
    assert len(builds("dramsys 5")) == 2
    assert len(builds("dramsys 4.0")) == 1


@pytest.mark.parametrize("build", FIGURES)
def test_studies_repeat(build):
    assert FIGURES[build]["compare_repeats"]["identical"]
    assert FIGURES[build]["compare_repeats"]["evaluations"] == 2 * 2 * 2 * 20


@pytest.mark.parametrize("build", [build for build in FIGURES if "ramulator" not in build])
def test_adapters_of_command_lines_add_little(build):
    assert FIGURES[build]["overhead"]["overhead_ms"] <= 10


def test_dramsys_is_what_native_reproduces_where_its_defects_do_not_show():
    for entry in builds("dramsys 5"):
        for device, found in entry["devices"].items():
            whole = found.get("agreement_without_defects", found["agreement"])
            for name, figures in whole.items():
                assert figures["exact"] == 1.0, (device, name)
            assert found["agreement"]["total_time"]["n"] >= 590
            assert found["agreement"]["total_time"]["spearman"] >= 0.99
            # What it can't do is told; nothing but the livelock was met.
            assert all("took longer than" in reason for reason in found["failures"])


def test_dramsys_repeats_its_recorded_runs():
    for entry in builds("dramsys"):
        devices = entry["reference"].values()
        assert sum(quantities["total_time"]["n"] for quantities in devices) == 50
        for quantities in devices:
            for name in quantities.keys() - {"average_power"}:
                assert quantities[name]["exact"] == 1.0


def test_ramulator_and_native_know_the_same_memory():
    (entry,) = builds("ramulator2")
    assert set(entry["devices"]) == {"ddr4-2400", "ddr5-4800"}
    for device, found in entry["devices"].items():
        # JEDEC counts DDR5's reads from the second cycle of the command.
        ours_more = 2 if device.startswith("ddr5") else 1
        for theirs, ours in found["unloaded_cycles"].values():
            assert ours - theirs == ours_more
        assert found["stream"]["ratio"] == pytest.approx(1, abs=0.01)


@pytest.fixture
def played(recorded_dramsys, monkeypatch) -> External:
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(recorded_dramsys))
    simulator = simulators.make("dramsys")
    assert isinstance(simulator, External)
    return simulator


@pytest.fixture
def recorded_dramsys(tmp_path) -> Path:
    """A program that plays one trace as DRAMSys 4.0 did."""
    recorded = Path(__file__).parents[1] / "simulators" / "external" / "recorded"
    shutil.copy(recorded / "trace.stl", tmp_path)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n# DRAMSys4.0\ncat '{recorded}/dramsys4/printed.txt'\n")
    program.chmod(0o755)
    return program


def test_overhead_is_of_what_the_adapter_adds(played, recorded_dramsys, tmp_path):
    workload = Workload.from_file(tmp_path / "trace.stl", "ddr3-1600")
    figures = overhead(played, workload)
    assert figures["runs"] == 1
    assert 0 < figures["bare_ms"] < 1000
    assert 0 < figures["overhead_ms"] < 1000


def test_what_is_not_here_is_told_and_other_figures_are_kept(monkeypatch, tmp_path, capsys):
    for name in agreement.NAMES:
        monkeypatch.setenv(f"ARCHGYM_{name.upper()}", str(tmp_path / "nothing"))
    out = tmp_path / "figures.json"
    out.write_text('{"other": {}}')
    monkeypatch.setattr(agreement, "OUT", out)
    agreement.main(designs=1, requests=10, only=None)
    told = capsys.readouterr().err
    for title in ("DRAMSys", "DRAMsim3", "Ramulator 2.1"):
        assert f"{title} is not here" in told
    assert json.loads(out.read_text()) == {"other": {}}


@pytest.mark.slow
@pytest.mark.parametrize("name", agreement.NAMES)
def test_measures(name):
    kind = simulators.registry.load(name)
    assert issubclass(kind, External)
    if kind.find() is None:
        pytest.skip(kind.how_to_find())
    simulator = simulators.make(name, limit_s=60)
    assert isinstance(simulator, External)
    entry = agreement.measure(simulator, designs=2, requests=50)
    assert entry["compare_repeats"]["identical"]
    for found in entry["devices"].values():
        assert found["agreement"]["total_time"]["n"] + sum(found["failures"].values()) == 6
