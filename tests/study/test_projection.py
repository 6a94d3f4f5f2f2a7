"""What a study is projected to take is about what it takes, and projecting leaves no trace."""

import json
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import evaluation_log
from archgym.cli.run import run_study
from archgym.study import LocalProcesses, Study
from archgym.study.projection import SHARE, Projection, _extrapolate, _sizes, project

DOCUMENT = {
    "budget": 100,
    "seeds": 10,
    "objectives": ["latency"],
    "workloads": [{"name": "mixed", "requests": 2000}, {"name": "stream", "requests": 3000}],
    "agents": {
        "random_search": {},
        "genetic_algorithm": {},
        "tpe": {"agent": "optuna", "sampler": "tpe"},
    },
}


def make(**changes: object) -> Study:
    return Study.from_mapping({**DOCUMENT, **changes}, "options")


def children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.slow
def test_a_study_takes_about_what_was_projected(tmp_path: Path) -> None:
    study = make()
    began = children_seconds()
    projection = project(study.trials, workers=2)
    projecting = children_seconds() - began
    assert projection is not None
    assert (projection.trials, projection.evaluations) == (60, 6000)
    began = children_seconds()
    assert study.run(tmp_path, workers=2) == []
    taken = children_seconds() - began
    assert taken / 2 < projection.core_seconds < 2 * taken
    assert projecting < max(5.0, SHARE * taken)


def test_nothing_is_logged_and_nothing_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    study = make(seeds=40, agents={"random_search": {}}, workloads=["mixed"])
    projection = project(study.trials)
    assert projection is not None
    assert 0 < projection.longest < projection.core_seconds
    assert list(tmp_path.iterdir()) == []


def test_a_study_is_the_same_after_it_was_projected(tmp_path: Path) -> None:
    study = make(budget=20, seeds=1, agents={"genetic_algorithm": {}}, workloads=["mixed"])
    study.run(tmp_path / "before")
    many = [replace(trial, seed_index=index) for trial in study.trials for index in range(100)]
    assert project(many) is not None
    study.run(tmp_path / "after")
    assert evaluation_log.equal(tmp_path / "before" / "trials", tmp_path / "after" / "trials")


def test_the_command_says_it_on_stderr_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make(
        seeds=18, agents={"random_search": {}}, workloads=[{"name": "mixed", "requests": 100}]
    )
    run_study(study, study.check("options"), tmp_path, LocalProcesses(2), as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out)["failures"] == []
    first, *_ = err.splitlines()
    assert first.startswith("18 trials, 1,800 evaluations: about ")
    assert first.endswith(" seconds with 2 workers")
    # Nothing is left to run, so there is nothing to say.
    run_study(study, study.check("options"), tmp_path, LocalProcesses(2), as_json=True)
    assert "about" not in capsys.readouterr().err


def test_tiny_studies_are_not_worth_it() -> None:
    assert project(make(seeds=1).trials) is None
    assert project([]) is None


def test_a_probe_that_fails_is_silent() -> None:
    (trial, *_) = make().trials
    unknown = replace(trial, agent=replace(trial.agent, agent="random_serach"))
    assert project([unknown] * 100) is None


@given(
    st.dictionaries(
        st.sampled_from(["random_search", "sobol", "grid"]), st.integers(1, 20_000), min_size=1
    ),
    st.integers(1, 300),
)
def test_probes_are_a_small_share(budgets: dict[str, int], seeds: int) -> None:
    study = make(agents={name: {"budget": n} for name, n in budgets.items()}, seeds=seeds)
    sizes = _sizes(study.trials)
    if sizes is not None:
        assert sum(sizes.values()) <= SHARE * sum(trial.budget for trial in study.trials)
        assert all(min(16, budgets[name]) <= size <= budgets[name] for name, size in sizes.items())


@given(
    st.floats(1e-6, 10),
    st.floats(0, 1),
    st.integers(40, 500),
    st.integers(1, 16),
    st.integers(0, 9),
)
def test_steady_and_growing_costs_are_extrapolated(
    base: float, growth: float, probed: int, batch: int, free: int
) -> None:
    """Exact for costs `a + b n`, whatever a few designs at random had cost before."""
    steps = np.arange(0, probed + 1, batch, dtype=float)

    def total(n: np.ndarray) -> np.ndarray:
        return np.where(n < free, 0, base * n + growth * base * n**2 / 2)

    found = _extrapolate(steps, total(steps), 1000, may_grow=True)
    if len(steps) > 12:
        assert found == pytest.approx(float(total(np.array(1000.0))), rel=1e-6)
    assert _extrapolate(steps, total(steps), int(steps[-1]), may_grow=True) == total(steps)[-1]


def test_a_single_batch_is_enough() -> None:
    assert _extrapolate(np.array([0.0, 64]), np.array([0.0, 2]), 640, may_grow=True) == 20


def test_noise_is_no_growth() -> None:
    rng = np.random.default_rng(0)
    steps = np.arange(101.0)
    ratios = []
    for _ in range(200):
        total = np.concatenate([[0], np.cumsum(rng.exponential(size=100))])
        ratios.append(_extrapolate(steps, total, 800, may_grow=True) / 800)
    assert 0.9 < np.median(ratios) < 1.1
    assert np.mean(np.array(ratios) > 2) < 0.1


@pytest.mark.parametrize(
    ("core_seconds", "longest", "workers", "words"),
    [
        (11_160, 60, 2, "about 3.1 core-hours, 1.6 hours with 2 workers"),
        (11_160, 60, 1, "about 3.1 core-hours"),
        (120, 90, 8, "about 2.0 core-minutes, 1.5 minutes with 8 workers"),
        (35, 1, 2, "about 35 core-seconds, 18 seconds with 2 workers"),
        (3_600_000, 1, 1, "about 1,000 core-hours"),
    ],
)
def test_in_words(core_seconds: float, longest: float, workers: int, words: str) -> None:
    projection = Projection(1440, 7_200_000, core_seconds, longest, workers)
    assert str(projection) == f"1,440 trials, 7,200,000 evaluations: {words}"
