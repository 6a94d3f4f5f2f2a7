"""`archgym run` and `archgym compare`."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from archgym import evaluation_log
from archgym.study import lock, projection

PROGRAM = Path(sys.executable).with_name("archgym")
SPEC = """
budget = 6
seeds = 2
workloads = [{ name = "stream", requests = 500 }, { name = "random", requests = 500 }]
objectives = ["latency"]
[agents.random_search]
[agents.genetic_algorithm]
"""


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SPEC)
    return path


def test_run_says_who_won_and_writes_a_page(archgym, spec):
    out, err = archgym("run", spec, "--workers", 2)
    assert err == ""
    for word in ("stream", "random", "random_search", "genetic_algorithm", "latency"):
        assert word in out
    assert out.splitlines()[-1] == "report: runs/small/report.html"
    page = Path("runs/small/report.html").read_text()
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "")


# An agent of somebody else's, which can't be asked and told.
HALVES = """
from archgym.agents import Agent

class Halves(Agent):
    def search(self, problem):
        while problem.remaining:
            problem.evaluate(self.sample(-(-problem.remaining // 2)))
"""


def test_an_agent_of_a_package_that_only_searches(archgym, spec, tmp_path, monkeypatch):
    info = tmp_path / "site" / "halves-1.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "halves.py").write_text(HALVES)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: halves\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[archgym.agents]\nhalves = halves:Halves\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    spec.write_text(SPEC + "[agents.halves]\n")
    found = json.loads(archgym("run", spec, "--out", "out", "--json")[0])
    assert found["failures"] == []
    log = evaluation_log.read(Path("out/trials"))
    assert list(log[log["agent"] == "halves"].groupby("trial")["step"].max()) == [5] * 4


def test_json(archgym, spec):
    found = json.loads(archgym("run", spec, "--out", "out", "--json")[0])
    assert found["out"] == "out"
    assert found["report"] == "out/report.html"
    assert found["failures"] == []
    assert len(found["table"]) == 4
    assert {row["seeds"] for row in found["table"]} == {2}


@pytest.mark.parametrize("device", ["ddr4-2400", "lpddr4-3200"])
def test_the_space_of_a_controller_follows_the_device(archgym, spec, device):
    spec.write_text(f'space = "controller-v1"\ndevice = "{device}"\n' + SPEC)
    found = json.loads(archgym("run", spec, "--out", "out", "--json")[0])
    assert found["failures"] == []
    log = evaluation_log.read("out/trials")
    assert set(log["space"]) == {f"controller-v1@{device}"}
    assert set(log["failure"].dropna()) <= {
        "without refresh the DRAM loses its data",
        "LowWatermark must be below HighWatermark",
    }
    # Columns are those of the device's own commands.
    assert ("metric.commands_refpb" in log) == (device == "lpddr4-3200")
    assert log.loc[log["feasible"], "metric.commands_pdea"].notna().all()


def test_a_second_run_does_nothing_again(archgym, spec):
    first = archgym("run", spec, "--out", "out")
    logs = {path: path.stat().st_mtime_ns for path in Path("out/trials").glob("*.parquet")}
    assert len(logs) == 8
    assert archgym("run", spec, "--out", "out") == first
    assert logs == {path: path.stat().st_mtime_ns for path in Path("out/trials").glob("*.parquet")}


def test_another_study_does_not_go_on_in_the_same_folder(archgym, spec):
    archgym("run", spec, "--out", "out")
    spec.write_text(SPEC.replace("budget = 6", "budget = 7"))
    _, err = archgym("run", spec, "--out", "out", code=2)
    assert "budget" in err
    assert "choose another folder" in err


def test_compare_is_a_study_given_by_options(archgym):
    options = ["--agents", "random_search, random_walk", "--workloads", "stream,zipf"]
    options += ["--objective", "runtime", "--objective", "latency <= 200ns, then power"]
    options += ["--seeds", 1, "--budget", 3]
    found = json.loads(archgym("compare", *options, "--json")[0])
    assert len(found["table"]) == 2 * 2 * 2
    assert found["default"]["space"] == "archgym"
    assert found["default"]["design"]["RefreshMaxPostponed"] == 1
    assert {(row["met_limits"], row["violation"] == 0) for row in found["table"]} <= {
        (None, False), (0, False), (1, True)
    }  # fmt: skip
    assert {row["agent"] for row in found["table"]} == {"random_search", "random_walk"}
    folder = Path(found["out"])
    assert folder.parent == Path("runs")
    assert (folder / "report.html").exists()
    # Its spec is one that `run` understands, and names the same study.
    again = json.loads(archgym("run", folder / "spec.toml", "--json")[0])
    assert again == found
    # Other options never meet these results.
    options[-1] = 4
    assert json.loads(archgym("compare", *options, "--json")[0])["out"] != found["out"]


def test_trace_files_are_told_of_as_in_simulate(archgym, tmp_path):
    (tmp_path / "t.csv").write_text("address\n8\n136\n8\n")
    command = ("compare", "--agents", "random_search", "--workloads", "t.csv,stream")
    command += ("--seeds", 1, "--budget", 2)
    _, err = archgym(*command, code=2)
    assert "there is no column 'is_write'" in err
    options = ("--reads-only", "--clock-mhz", 500, "--player", "closed", "--max-outstanding", 2)
    out, err = archgym(*command, *options, "--json")
    assert err == "note: t.csv: read as csv\n"
    spec = tomllib.loads((Path(json.loads(out)["out"]) / "spec.toml").read_text())
    player = {"mode": "closed", "max_outstanding": 2}
    assert spec["workloads"] == [
        {"name": "t.csv", "clock_mhz": 500.0, "reads_only": True, "player": player},
        {"name": "stream", "player": player},
    ]


def test_what_is_assumed_is_said_once(archgym, spec, tmp_path):
    (tmp_path / "t.loadstore").write_text("LD 0\nLD 64\n")
    (tmp_path / "t.stl").write_text("0: read 0x0\n")
    workloads = 'workloads = ["t.loadstore", "t.stl", { name = "t.stl", clock_mhz = 800 }]'
    spec.write_text(re.sub("workloads = .*", workloads, SPEC))
    out, err = archgym("run", spec, "--workers", 2, "--json")
    json.loads(out)
    assert err == (
        "note: t.loadstore: read as loadstore\n"
        "note: t.loadstore: has no times, so it is played closed, 16 outstanding\n"
        "note: t.stl: read as stl, in cycles of the device's clock, 1200 MHz\n"
    )


def test_options_of_a_trace_file_are_checked(archgym, spec):
    Path("t.stl").write_text("0: read 0x0\n")
    for option, said in (("clock_mhz = 'fast'", "'fast'"), ("reads_only = 1", "true or false")):
        workloads = f'workloads = [{{ name = "t.stl", {option} }}]'
        spec.write_text(re.sub("workloads = .*", workloads, SPEC))
        _, err = archgym("run", spec, code=2)
        assert said in err
        assert err.count("\n") == 1


def test_without_the_report_extra_there_is_still_the_table(archgym, spec, monkeypatch):
    # What a missing module looks like to an import statement.
    monkeypatch.setitem(sys.modules, "jinja2", None)
    out, err = archgym("run", spec, "--out", "out")
    assert "random_search" in out
    assert "archgym[report]" in err
    assert not Path("out/report.html").exists()


def test_compare_keeps_results_of_other_contents_apart(archgym):
    trace = Path("app.stl")
    trace.write_text("0: read 0x0\n3: write 0x40\n")
    options = ["--agents", "random_search", "--workloads", "app.stl", "--seeds", 1, "--budget", 3]
    first = json.loads(archgym("compare", *options, "--json")[0])
    again = json.loads(archgym("compare", *options, "--json")[0])
    assert again == first
    trace.write_text("0: read 0x0\n3000: write 0x40\n")
    other = json.loads(archgym("compare", *options, "--json")[0])
    assert other["out"] != first["out"]
    costs = {str(found["out"]): found["table"][0]["best_cost"] for found in (first, other)}
    assert len(set(costs.values())) == 2
    _, err = archgym("compare", *options, "--out", first["out"], code=2)
    assert "holds other results: workload app.stl was app@ddr4-2400#" in err
    assert [line.split(":")[0] for line in err.splitlines()] == ["note", "error"]


def test_when_every_trial_fails_there_is_nothing_to_report_on(archgym, monkeypatch):
    trace = Path("app.stl")
    trace.write_text("0: read 0x0\n")

    def edit(*_):
        trace.write_text("0: read 0x40\n")

    # Called after the study has begun and before any worker has.
    monkeypatch.setattr(projection, "project", edit)
    options = ["--agents", "random_search", "--workloads", "app.stl", "--seeds", 1, "--budget", 3]
    out, err = archgym("compare", *options, code=1)
    assert out == ""
    assert "failed: workload app.stl was app@ddr4-2400#" in err
    assert err.endswith(": it was changed while the study runs\n")


def test_a_study_that_is_being_run_is_not_run_twice(archgym, spec):
    archgym("run", spec, "--out", "out")
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    with lock.locked(Path("out")):
        _, err = archgym("run", spec, "--out", "out", code=2)
        assert f"out is being run by process {os.getpid()} on " in err
        assert err.count("\n") == 1
        # It can be read meanwhile.
        archgym("dataset", "info", "out")
    assert before == {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_terminated_study_goes_on_at_once(tmp_path, archgym):
    """As `timeout`, a batch system or `docker stop` ends a command."""
    command = ["compare", "--agents", "random_search", "--workloads", "sqlite"]
    command += ["--budget", "200", "--seeds", "1", "--out", "out"]
    first = subprocess.Popen([PROGRAM, *command], stderr=subprocess.PIPE, text=True)
    trials = Path("out/trials")
    while first.poll() is None and not any(trials.glob("*.jsonl")):
        time.sleep(0.01)
    time.sleep(1)
    first.send_signal(signal.SIGTERM)
    archgym(*command)
    _, err = first.communicate(timeout=60)
    assert first.returncode == 143
    assert (
        err.splitlines()[-1] == "what is done is kept in out; the same command goes on from there"
    )
    (log,) = trials.glob("*.parquet")
    assert sorted(pd.read_parquet(log)["step"]) == list(range(200))
    assert {path.suffix for path in trials.iterdir()} == {".parquet", ".json"}


@pytest.mark.slow
def test_an_interrupted_study_goes_on(tmp_path, spec, archgym):
    spec.write_text(SPEC.replace("budget = 6", "budget = 50").replace("seeds = 2", "seeds = 20"))
    process = subprocess.Popen(
        [PROGRAM, "run", spec, "--out", "out", "--workers", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    trials = tmp_path / "out" / "trials"
    while process.poll() is None and not list(trials.glob("*.parquet")):
        time.sleep(0.01)
    # As Ctrl-C at a terminal does: to the program and its workers alike.
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-2:] == [
        "what is done is kept in out; the same command goes on from there",
        "interrupted",
    ]
    done = {path.name for path in trials.glob("*.parquet")}
    assert 0 < len(done) < 80
    assert not list(tmp_path.rglob("*.tmp"))
    archgym("run", spec, "--out", "out", "--workers", 2)
    assert len(list(trials.glob("*.parquet"))) == 80
