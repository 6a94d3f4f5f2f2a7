"""Studies run in processes: reproducible, resumable, and robust against what agents do."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archgym import digest, evaluation_log
from archgym.errors import ArchgymError
from archgym.study import Study, Trial

DOCUMENT = {
    "budget": 12,
    "seeds": 2,
    "workloads": [{"name": "mixed", "requests": 200}, {"name": "stream", "requests": 200}],
    "agents": {"random_walk": {}, "genetic_algorithm": {"population": 4}},
}

# An agent of somebody else's, which misbehaves as long as a file exists.
TROUBLE = """
import os, signal
from pathlib import Path
from archgym.agents.random_search import RandomSearch

class Trouble(RandomSearch):
    batch_size = 4

    def tell(self, evaluations):
        if Path(os.environ["TROUBLE"]).exists():
            kind = Path(os.environ["TROUBLE"]).read_text()
            if kind == "raise":
                raise RuntimeError("lost my way")
            if kind == "once":
                Path(os.environ["TROUBLE"]).unlink()
            os.kill(os.getpid(), signal.SIGABRT if kind == "crash" else signal.SIGKILL)
"""


def make(**changes: object) -> Study:
    return Study.from_mapping({**DOCUMENT, **changes}, "options")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that was run by two workers."""
    out = tmp_path_factory.mktemp("study")
    assert make().run(out, workers=2) == []
    return out


@pytest.fixture
def trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installs the misbehaving agent; returns the file that makes it misbehave."""
    package = tmp_path / "site"
    info = package / "trouble-1.dist-info"
    info.mkdir(parents=True)
    (package / "trouble.py").write_text(TROUBLE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trouble\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[archgym.agents]\ntrouble = trouble:Trouble\n")
    monkeypatch.syspath_prepend(str(package))
    switch = tmp_path / "switch"
    monkeypatch.setenv("TROUBLE", str(switch))
    return switch


def test_one_sealed_log_a_trial(finished: Path) -> None:
    names = [trial.name for trial in make().trials]
    files = {path.name for path in (finished / "trials").iterdir()}
    assert files == {f"{name}.{kind}" for name in names for kind in ("parquet", "json")}
    log = evaluation_log.read(finished / "trials")
    assert len(log) == 8 * 12
    assert set(log["trial"]) == set(names)
    assert set(log["agent"]) == {"random_walk", "genetic_algorithm"}
    assert log.groupby("trial")["step"].apply(list).map(lambda s: s == list(range(12))).all()


def test_agents_share_seeds(finished: Path) -> None:
    log = evaluation_log.read(finished / "trials")
    seeds = log.groupby("agent")["seed"].agg(lambda column: sorted(set(column)))
    assert seeds["random_walk"] == seeds["genetic_algorithm"]
    assert len(seeds["random_walk"]) == 2


def test_summaries(finished: Path) -> None:
    for trial in make().trials:
        summary = json.loads((finished / "trials" / f"{trial.name}.json").read_text())
        log = evaluation_log.read(finished / "trials" / f"{trial.name}.parquet")
        parameters = [name for name in log if name.startswith("param.")]
        assert summary["evaluations"] == 12
        assert summary["simulations"] <= 12
        assert len(log[parameters].drop_duplicates()) >= summary["simulations"]
        assert summary["simulator_seconds"] > 0
        assert summary["agent_seconds"] > 0
        assert summary["default_cost"] == (
            summary["default_metrics"]["runtime_ns"] + summary["default_metrics"]["refresh_debt_ns"]
        )


def test_logs_do_not_depend_on_workers(finished: Path, tmp_path: Path) -> None:
    make().run(tmp_path, workers=1)
    assert evaluation_log.equal(finished / "trials", tmp_path / "trials")


def test_sealed_trials_are_not_run_again(finished: Path) -> None:
    ended: list[Trial] = []
    before = {path: path.stat().st_mtime_ns for path in (finished / "trials").iterdir()}
    assert make().run(finished, on_end=lambda trial, _: ended.append(trial)) == []
    assert ended == []
    assert before == {path: path.stat().st_mtime_ns for path in (finished / "trials").iterdir()}


def test_other_study_is_refused(finished: Path) -> None:
    with pytest.raises(ArchgymError, match="study with other budget: 12, not 13; choose another"):
        make(budget=13).run(finished)


def test_other_version_is_refused(finished: Path, tmp_path: Path) -> None:
    make(seeds=1).run(tmp_path)
    document = json.loads((tmp_path / "inputs.json").read_text())
    document["contents"]["simulator"] = "native 0.0.1"
    (tmp_path / "inputs.json").write_text(json.dumps(digest.stamp(document)))
    with pytest.raises(ArchgymError, match=r"simulator was native 0\.0\.1 and is now native .*;"):
        make(seeds=1).run(tmp_path)


def test_unwritable_output_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(ArchgymError, match="can't write results to"):
            make().run(out)
    assert (tmp_path / "file").read_text() == ""


def test_no_workers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match="at least 1 worker, not 0"):
        make().run(tmp_path / "out", workers=0)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("raise", "RuntimeError: lost my way"),
        ("kill", "its process was killed by SIGKILL, twice"),
        ("crash", "its process was killed by SIGABRT, twice"),
    ],
)
def test_crash_loses_no_other_trial_and_can_be_resumed(
    kind: str, reason: str, trouble: Path, tmp_path: Path
) -> None:
    study = make(agents={"random_walk": {}, "trouble": {}}, seeds=1)
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    assert study.run(whole) == []

    trouble.write_text(kind)
    failures = study.run(resumed)
    assert [failure.trial.agent.label for failure in failures] == ["trouble", "trouble"]
    assert [failure.reason for failure in failures] == [reason] * 2
    assert ("lost my way" in failures[0].details) == (kind == "raise")
    sealed = evaluation_log.read(resumed / "trials")
    assert set(sealed["agent"]) == {"random_walk"}
    # Killed in mid-write: half a row at the end.
    for journal in (resumed / "trials").glob("*.jsonl"):
        assert len(journal.read_text().splitlines()) == 4
        journal.write_text(journal.read_text()[:-30])

    trouble.unlink()
    assert study.run(resumed) == []
    assert evaluation_log.equal(whole / "trials", resumed / "trials")
    assert {path.suffix for path in (resumed / "trials").iterdir()} == {".parquet", ".json"}


def test_a_trial_whose_worker_dies_is_tried_once_more(trouble: Path, tmp_path: Path) -> None:
    study = make(agents={"trouble": {}}, seeds=2)
    assert study.run(tmp_path / "whole") == []
    trouble.write_text("once")
    assert study.run(tmp_path / "killed", workers=2) == []
    assert not trouble.exists()
    assert evaluation_log.equal(tmp_path / "whole" / "trials", tmp_path / "killed" / "trials")


def test_too_many_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match="1,000,000 workers are too many, at most 1024"):
        make().run(tmp_path / "out", workers=1_000_000)
    assert not (tmp_path / "out").exists()


def test_script_without_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from archgym.study import Study\n"
        f"Study.from_mapping({DOCUMENT!r}, 'options').run({str(tmp_path / 'out')!r})\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "if __name__" in run.stderr.splitlines()[-1]


def ends(group: int, within_s: float) -> bool:
    """Tells whether all processes of a group are gone in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_interrupt_keeps_what_is_done(tmp_path: Path) -> None:
    out, trials = tmp_path / "out", tmp_path / "out" / "trials"
    document = {**DOCUMENT, "budget": 400, "seeds": 8}
    script = (
        "from archgym.study import Study\n"
        "if __name__ == '__main__':\n"
        f"    study = Study.from_mapping({document!r}, 'options')\n"
        f"    assert study.run({str(out)!r}, workers=2) == []\n"
    )
    (tmp_path / "script.py").write_text(script)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(trials.glob("*.parquet")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    # As a terminal does: to every process of the group.
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1  # The parent's; workers end in silence.
    assert ends(process.pid, within_s=10)
    sealed = {path: path.stat().st_mtime_ns for path in trials.glob("*.parquet")}
    assert 0 < len(sealed) < 32
    assert not list(trials.glob("*.tmp"))

    study = Study.from_mapping(document, "options")
    assert study.run(out, workers=2) == []
    assert sealed == {path: path.stat().st_mtime_ns for path in sealed}
    study.run(tmp_path / "whole", workers=2)
    assert evaluation_log.equal(trials, tmp_path / "whole" / "trials")
