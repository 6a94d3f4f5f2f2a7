"""The experiment that the agents' defaults come from."""

import dataclasses
import json
from pathlib import Path

import pytest

from archgym import agents
from archgym.dram.spaces import make_space
from archgym.study import WorkloadSpec
from archgym.study.enumeration import enumerate_space
from experiments.defaults import __main__ as defaults
from experiments.defaults.candidates import CHOICES, settings
from experiments.enumeration.workloads import REPORT


@pytest.mark.parametrize("label", CHOICES)
def test_every_setting_is_valid(label: str) -> None:
    candidates = CHOICES[label]
    agent = agents.registry.load(candidates.agent)
    every = {name: values[-1] for name, values in candidates.choices.items()}
    for setting in [*settings(label, 30), every]:
        agents.configure(agent, setting)


def test_settings_are_the_defaults_and_others_without_repeats() -> None:
    drawn = settings("optuna_nsga2", 1000)
    assert drawn[0]["sampler"] == "nsga2"
    assert len({json.dumps(setting) for setting in drawn}) == len(drawn)
    assert len(drawn) == 5 * 3
    assert drawn == settings("optuna_nsga2", 1000)


def test_nothing_is_tuned_on_what_is_reported() -> None:
    assert defaults.WORKLOADS
    assert not set(defaults.WORKLOADS) & set(REPORT)


@pytest.mark.parametrize("label", CHOICES)
def test_defaults_are_as_good_as_the_best_that_were_tried(label: str) -> None:
    path = Path(defaults.__file__).with_name("results.json")
    found = json.loads(path.read_text())["agents"].get(label)
    if found is None:
        pytest.skip(f"{label} was not tuned")
    agent = agents.registry.load(found["agent"])
    now = {field.name: field.default for field in dataclasses.fields(agent.Hyperparameters)}
    # What Bayesian optimisation has for another acquisition function has no effect.
    compared = [name for name in CHOICES[label].choices if name != "confidence"]
    chosen = min(
        row["mean_regret"]
        for row in found["best_first"]
        if all(row["settings"][name] == now[name] for name in compared)
    )
    # Two agents may share settings; 2 points are within the chance of a few seeds.
    assert chosen <= found["best_first"][0]["mean_regret"] + 0.02


@pytest.mark.slow
def test_the_experiment_ranks_what_it_ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = WorkloadSpec("zipf", (("requests", 60),))
    enumerate_space(make_space(defaults.SPACE, allow_data_loss=True), workload, tmp_path / "zipf")
    monkeypatch.setattr(defaults, "WORKLOADS", {"zipf": workload})
    monkeypatch.setattr(defaults, "OBJECTIVES", ("latency",))
    arguments = [str(tmp_path / "out"), "--tables", str(tmp_path)]
    arguments += ["--seeds", "1", "--settings", "2", "--agents", "grid"]
    defaults.main(arguments)
    found = json.loads((tmp_path / "out" / "results.json").read_text())["agents"]["grid"]
    rows = found["best_first"]
    assert sorted(row["was_default"] for row in rows) == [False, False, True]
    means = [row["mean_regret"] for row in rows]
    assert means == sorted(means)
    assert 0 <= means[0] <= means[-1] <= 1
    assert capsys.readouterr().out.startswith("grid: defaults ")
    # The second time, nothing is left to run.
    sealed = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    defaults.main(arguments)
    assert sealed == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
