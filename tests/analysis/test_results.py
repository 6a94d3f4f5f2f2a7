"""Results are what the folder of a study holds."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from archgym import dataset
from archgym.analysis import Results
from archgym.errors import ArchgymError


def test_everything_is_there(folder: Path) -> None:
    results = Results.load(folder)
    assert results.missing == 0
    assert [tuple(problem) for problem in results.trials] == [
        (f"{workload}(requests=300)", objective)
        for workload in ("stream", "mixed")
        for objective in ("latency", "edp")
    ]
    log = dataset.read(folder / "trials")
    for problem, agents in results.trials.items():
        assert list(agents) == ["random_search", "random_walk", "genetic_algorithm"]
        for trials in agents.values():
            assert len(trials) == 3
            for trial in trials:
                rows = log[log["trial"] == trial.summary["trial"]].sort_values("step")
                best = rows["cost"].min() / trial.summary["default_cost"]
                assert trial.best_so_far[-1] == pytest.approx(best)
                assert len(trial.best_so_far) == 30
                assert (np.diff(trial.best_so_far) <= 0).all()
        every = [trial.best_so_far[-1] for trial in results.of_problem(problem)]
        assert results.best(problem).best_so_far[-1] == min(every)


def test_unfinished_study(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    for log in (tmp_path / "copy" / "trials").glob("mixed*.parquet"):
        log.unlink()
    results = Results.load(tmp_path / "copy")
    assert results.missing == 18
    assert {problem.workload for problem in results.trials} == {"stream(requests=300)"}


def test_no_study(tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match=r"can't read .*spec.toml"):
        Results.load(tmp_path)


def test_nothing_complete(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "spec.toml", tmp_path)
    with pytest.raises(ArchgymError, match="no complete trial"):
        Results.load(tmp_path)


def test_damaged_summary(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    summary = next((tmp_path / "copy" / "trials").glob("*.json"))
    summary.write_text(summary.read_text()[:50])
    with pytest.raises(ArchgymError, match="missing or damaged"):
        Results.load(tmp_path / "copy")
