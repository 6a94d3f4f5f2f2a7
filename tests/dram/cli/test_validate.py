"""The report of `archgym validate`; what is in it is tested in tests/dram/test_validation.py."""

import json
from importlib import resources

import pytest

import archgym as library
from archgym.simulators.native import Native

TRACE = "0: read 0x0\n3: write 0x40\n9: read 0x100000\n"
HEADER = (
    "device,design,trace,PagePolicy,RefreshPolicy,total_time_ps,total_energy_pJ,average_power_mW"
)


@pytest.fixture
def folder(tmp_path):
    """Four runs: two exact ones, one twice as slow as it should be, one that can't be run."""
    (tmp_path / "devices").mkdir()
    (tmp_path / "traces").mkdir()
    device = (resources.files("archgym.dram") / "devices/ddr3-1600.json").read_text()
    (tmp_path / "devices/toy.json").write_text(device)
    (tmp_path / "traces/t.stl").write_text(TRACE)
    workload = library.Workload.from_file(tmp_path / "traces/t.stl", device="ddr3-1600")
    lines = [HEADER]
    for design, (policy, factor) in enumerate([("Open", 1), ("Closed", 1), ("Open", 2)]):
        metrics = library.simulate({"PagePolicy": policy}, workload, Native(dramsys_quirks=True))
        time, energy = factor * metrics["runtime_ns"] * 1e3, metrics["energy_nj"] * 1e3
        lines.append(f"toy,{design},t,{policy},,{time:.0f},{energy:.2f},{metrics['power_mw']:.2f}")
    lines.append("toy,3,t,Open,PerBank,1000,1.00,1.00")
    (tmp_path / "archgym_runs.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def test_json(archgym, folder):
    out, err = archgym("validate", folder, "--json")
    summary = json.loads(out)
    assert list(summary) == ["archgym_runs"]
    assert list(summary["archgym_runs"]) == ["toy"]
    entries = summary["archgym_runs"]["toy"]
    assert set(entries) == {"total_time", "total_energy", "average_power"}
    assert entries["total_energy"]["exact"] == 1.0
    assert entries["total_time"]["n"] == 3
    assert entries["total_time"]["skipped"] == 1
    assert entries["total_time"]["exact"] == pytest.approx(2 / 3)
    assert entries["total_time"]["max_rel_err"] == pytest.approx(0.5)
    assert err.startswith("archgym_runs: skipped 1 runs: ")
    assert "toy.json (DDR3) has RefreshPolicy" in err


def test_table(archgym, folder):
    out, err = archgym("validate", folder, "--worst", "3", "--metric", "total_time")
    table, reason, worst = out.splitlines()[1:]
    assert table.split() == [
        *("archgym_runs", "toy", "total_time", "3", "1", "66.66", "%", "0", "50", "%"),
        table.split()[-1],
    ]
    assert "not PerBank" in reason
    assert "design 2 trace t: total_time" in worst
    assert err == ""


def test_needs_a_folder_or_a_simulator(archgym, folder):
    for arguments in ((), (folder, "--against", "dramsys")):
        _, err = archgym("validate", *arguments, code=2)
        assert "either a folder or --against a simulator" in err
    _, err = archgym("validate", folder, "--write", "elsewhere", code=2)
    assert "--write keeps the runs of --against" in err


def test_against_what_is_not_there(archgym, monkeypatch):
    monkeypatch.setenv("ARCHGYM_DRAMSYS", "/nowhere/DRAMSys")
    _, err = archgym("validate", "--against", "dramsys", code=2)
    assert "DRAMSys is not here: install it as https://" in err
    assert "set ARCHGYM_DRAMSYS to" in err
    _, err = archgym("validate", "--against", "native", code=2)
    assert "native is not another project's simulator" in err
