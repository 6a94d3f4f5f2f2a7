"""The experiment that the agents' defaults come from."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import agents
from experiments import defaults


@pytest.mark.parametrize("label", defaults.CHOICES)
def test_every_setting_is_valid(label: str) -> None:
    candidates = defaults.CHOICES[label]
    agent = agents.registry.load(candidates.agent)
    every = {name: values[-1] for name, values in candidates.choices.items()}
    for setting in [*defaults.settings(candidates, 30), every]:
        agents.configure(agent, setting)


def test_settings_are_the_defaults_and_others_without_repeats() -> None:
    candidates = defaults.CHOICES["optuna_nsga2"]
    drawn = defaults.settings(candidates, 1000)
    assert drawn[0] == {"sampler": "nsga2"}
    assert len({json.dumps(setting) for setting in drawn}) == len(drawn) == 1 + 5 * 3
    assert drawn == defaults.settings(candidates, 1000)


def test_the_cheapest_has_no_regret_and_the_default_design_all_of_it() -> None:
    found = [("p", "best", 0.5), ("p", "default", 1.0), ("p", "worse", 3.0), ("p", "half", 0.75)]
    assert defaults.ranking(found) == {
        "best": (0.0, 0.0),
        "default": (1.0, 1.0),
        "worse": (1.0, 1.0),
        "half": (0.5, 0.5),
    }


def test_a_problem_that_nobody_improves_on() -> None:
    ranks = defaults.ranking([("p", "same", 1.0), ("p", "worse", 2.0)])
    assert ranks == {"same": (0.0, 0.0), "worse": (1.0, 1.0)}


@given(st.lists(st.tuples(st.sampled_from("pq"), st.sampled_from("ab"), st.floats(0.1, 5.0))))
def test_regrets_are_shares(found: list[tuple[str, str, float]]) -> None:
    for median, mean in defaults.ranking(found).values():
        assert 0 <= median <= 1
        assert 0 <= mean <= 1


@pytest.mark.slow
def test_the_experiment_ranks_what_it_ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path), "--budget", "3", "--seeds", "1", "--settings", "1"]
    defaults.main([*arguments, "--agents", "grid"])
    (rows,) = json.loads((tmp_path / "defaults.json").read_text())["agents"].values()
    assert sorted(row["is_default"] for row in rows) == [False, True]
    assert rows[0]["median_regret"] <= rows[1]["median_regret"]
    assert capsys.readouterr().out.startswith("grid: defaults ")
    # The second time, nothing is left to run.
    sealed = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    defaults.main([*arguments, "--agents", "grid"])
    assert sealed == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
