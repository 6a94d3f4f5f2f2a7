"""Results are what the folder of a study holds."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from archgym import domain, evaluation_log
from archgym.analysis import Results
from archgym.dram import objectives
from archgym.errors import ArchgymError, DamagedError
from archgym.study import Study

make = domain.load().objective


def test_everything_is_there(folder: Path) -> None:
    results = Results.load(folder)
    assert results.missing == 0
    assert [tuple(problem) for problem in results.trials] == [
        (f"{workload}(requests=300)", objective)
        for workload in ("stream", "mixed")
        for objective in ("latency", "edp")
    ]
    log = evaluation_log.read(folder / "trials")
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
    again = r"; `archgym run .*/copy/spec\.toml --out .*/copy` repairs it"
    with pytest.raises(DamagedError, match=rf"{summary.name} is not JSON.*{again}"):
        Results.load(tmp_path / "copy")
    summary.unlink()
    with pytest.raises(DamagedError, match=f"the summary of .* is missing or damaged{again}"):
        Results.load(tmp_path / "copy")


LIMITED = "power with runtime <= 1x"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with a limit that about half of the designs miss."""
    out = tmp_path_factory.mktemp("limited")
    study = Study.from_mapping(
        {
            "budget": 30,
            "seeds": 2,
            "objectives": [LIMITED],
            "workloads": [{"name": "stream", "requests": 300}],
            "agents": {"random_search": {}},
        },
        "options",
    )
    assert study.run(out) == []
    return out


def test_what_is_beyond_a_limit_is_no_value(limited: Path) -> None:
    ((problem, agents),) = Results.load(limited).trials.items()
    assert problem.objective == LIMITED
    objective = make(LIMITED)
    for trial in agents["random_search"]:
        reference = trial.summary["default_metrics"]
        rows = trial.log.to_dict("records")
        best = np.inf
        for row, violation, ratio in zip(rows, trial.violations, trial.best_so_far, strict=True):
            metrics = {name[7:]: row[name] for name in row if name.startswith("metric.")}
            if np.isfinite(row["cost"]):
                assert violation == objective.violation(metrics, reference)
            else:
                assert violation == np.inf
            if violation == 0:
                best = min(best, objectives.TERMS["power"](metrics))
            assert ratio == best / objectives.TERMS["power"](reference)
        assert {True, False} == set((trial.violations == 0).tolist())
        assert trial.best_row()["cost"] == best


def test_a_study_from_before_limits_had_units(limited: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(limited, old)
    (old / "inputs.json").unlink()
    spec = old / "spec.toml"
    spec.write_text(spec.read_text().replace("<= 1x", "<= 1"))
    for path in (old / "trials").iterdir():
        path.rename(path.with_name(path.name.replace("runtime-1x", "runtime-1")))
    found, new = Results.load(old), Results.load(limited)
    assert found.missing == 0
    assert list(found.trials) == list(new.trials)
    for problem in new.trials:
        pairs = zip(found.of_problem(problem), new.of_problem(problem), strict=True)
        assert all((a.best_so_far == b.best_so_far).all() for a, b in pairs)
    with pytest.raises(ArchgymError, match=r"'runtime <= 1x' for a multiple"):
        Study.load(spec)
