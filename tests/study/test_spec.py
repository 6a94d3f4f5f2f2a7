"""Specs are read, checked and written; every mistake is one sentence that names its place."""

import math
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import domain
from archgym.agents import registry
from archgym.errors import ArchgymError
from archgym.study import Study
from archgym.traces.player import Player

GOOD = """
name = "example"
space = "archgym-pow2"
budget = 12
seeds = 3
objectives = ["latency", "power with runtime <= 1.05x"]
workloads = [
    "stream",
    { name = "mixed", requests = 300, player = { mode = "closed", max_outstanding = 8 } },
]

[agents.random_search]
[agents.small]
agent = "genetic_algorithm"
population = 4
"""

MINIMAL = {
    "budget": 5,
    "seeds": 1,
    "workloads": [{"name": "stream", "requests": 100}],
    "agents": {"random_search": {}},
}

DDR4 = domain.load().platform({})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "example.toml"
    path.write_text(GOOD)
    return path


def test_good_spec(path: Path) -> None:
    study = Study.load(path)
    assert (study.name, study.space, study.budget, study.seeds) == (
        ("example", "archgym-pow2", 12, 3)
    )
    assert study.objectives == ("latency", "power with runtime <= 1.05x")
    assert [workload.label for workload in study.workloads] == [
        "stream",
        "mixed(requests=300, closed, 8 outstanding)",
    ]
    assert study.workloads[1].load(DDR4).player == Player("closed", 8)
    assert [(agent.label, agent.agent) for agent in study.agents] == [
        ("random_search", "random_search"),
        ("small", "genetic_algorithm"),
    ]
    assert study.agents[1].hyperparameters == {"population": 4}
    assert (study.simulator, study.domain, study.seed) == ("native", "dram", 0)


def test_workloads_are_played_as_they_are_meant_to_be_unless_the_spec_says_how() -> None:
    names = ["pointer-chase", {"name": "pointer-chase", "player": {"mode": "open"}}, "gups+zipf"]
    study = Study.from_mapping({**MINIMAL, "workloads": names}, "SPEC")
    own, opened, mixed = study.workloads
    assert own.load(DDR4).player == Player("closed", 1, dependent=True)
    assert opened.load(DDR4).player == Player()
    assert len(mixed.load(DDR4)) == 20_000
    assert [own.label, opened.label, mixed.label] == [
        "pointer-chase",
        "pointer-chase(open)",
        "gups+zipf",
    ]
    assert study.to_mapping()["workloads"] == names


def test_trials_are_every_combination_with_common_seeds(path: Path) -> None:
    trials = Study.load(path).trials
    assert len(trials) == 2 * 2 * 2 * 3
    assert len({trial.name for trial in trials}) == len(trials)
    seeds = {(trial.seed_index, trial.seed) for trial in trials}
    assert len(seeds) == len({seed for _, seed in seeds}) == 3
    workloads = [trial.workload.label for trial in trials]
    assert workloads == sorted(workloads, key=workloads.index)


SPECS = sorted(Path(__file__).parents[2].glob("experiments/*.toml"))


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_committed_specs_name_what_there_is(path: Path) -> None:
    study = Study.parse(path)
    # The tables that some look designs up in are made by another command.
    replace(study, simulator="native").check(str(path))


def test_an_agent_may_have_a_budget_and_seeds_of_its_own() -> None:
    agents = {"random_search": {"budget": 50, "seeds": 3}, "genetic_algorithm": {"population": 4}}
    study = Study.from_mapping({**MINIMAL, "agents": agents}, "SPEC")
    assert [(trial.agent.label, trial.budget, trial.seed_index) for trial in study.trials] == [
        ("random_search", 50, 0),
        ("genetic_algorithm", 5, 0),
        ("random_search", 50, 1),
        ("random_search", 50, 2),
    ]
    alone = Study.from_mapping(MINIMAL, "SPEC")
    assert study.trials[0].seed == study.trials[1].seed == alone.trials[0].seed
    assert Study.from_mapping(study.to_mapping(), "SPEC") == study


def test_a_workload_may_have_objectives_of_its_own() -> None:
    document = {
        "budget": 5,
        "seeds": 2,
        "objectives": ["runtime", "latency"],
        "workloads": ["stream", {"name": "random", "objectives": ["edp"]}],
        "agents": {"random_search": {}},
    }
    study = Study.from_mapping(document, "options")
    problems = {(trial.workload.name, trial.objective) for trial in study.trials}
    assert problems == {("stream", "runtime"), ("stream", "latency"), ("random", "edp")}
    assert Study.from_mapping(tomllib.loads(study.to_toml()), "again") == study


def test_names_of_trials_are_fit_for_files(path: Path) -> None:
    for trial in Study.load(path).trials:
        assert not set(trial.name) & set('/\\:*?"<>| '), trial.name


def test_written_spec_reads_back(path: Path, tmp_path: Path) -> None:
    study = Study.load(path)
    written = tmp_path / "written.toml"
    written.write_text(study.to_toml())
    assert Study.load(written) == study
    assert Study.from_mapping(study.to_mapping(), "options") == study


def test_defaults() -> None:
    study = Study.from_mapping(MINIMAL, "options")
    assert (study.name, study.objectives) == ("study", ("runtime",))


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_other_study_seeds_give_other_trial_seeds(a: int, b: int) -> None:
    trials = [
        Study.from_mapping({**MINIMAL, "seed": seed}, "options").trials[0].seed for seed in (a, b)
    ]
    assert (trials[0] == trials[1]) == (a == b)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bugdet": 3}, "SPEC: unknown key 'bugdet'; did you mean 'budget'"),
        ({"budget": None}, "SPEC: key 'budget' is missing, a whole number of at least 1"),
        ({"agents": None}, "SPEC: key 'agents' is missing, tables like"),
        ({"workloads": None}, "SPEC: key 'workloads' is missing"),
        ({"budget": 0}, "SPEC: budget must be a whole number of at least 1, not 0"),
        ({"budget": "many"}, "SPEC: budget must be a whole number"),
        ({"seeds": True}, "SPEC: seeds must be a whole number"),
        ({"seed": -1}, "SPEC: seed must be a whole number of at least 0, not -1"),
        ({"name": ""}, "SPEC: name must be a text"),
        ({"objectives": "runtime"}, "SPEC: objectives must be a list of texts"),
        ({"objectives": []}, "SPEC: objectives must be a list of texts"),
        ({"workloads": []}, "SPEC: workloads must be a list of names"),
        ({"workloads": [3]}, "SPEC: workloads must be a list of names"),
        ({"workloads": [{"requests": 3}]}, "SPEC: workloads must be a list of names"),
        (
            {"workloads": [{"name": "stream", "player": "closed"}]},
            "SPEC: workloads: player must be a table, not 'closed'",
        ),
        (
            {"workloads": [{"name": "stream", "objectives": []}]},
            "SPEC: workloads must be a list .* objectives is a list of texts",
        ),
        (
            {"workloads": [{"name": "stream", "objectives": ["runtim"]}]},
            "SPEC: workloads, objectives of stream: .* did you mean 'runtime'",
        ),
        (
            {"workloads": [{"name": "stream", "player": {"mode": "closed"}}]},
            "SPEC: workloads: a closed player needs max_outstanding",
        ),
        ({"agents": {}}, r"SPEC: agents must be tables like \[agents.random_search\]"),
        ({"agents": ["random_search"]}, "SPEC: agents must be tables"),
        ({"agents": {"random_search": 3}}, "SPEC: agents must be tables"),
        ({"allow_data_loss": 1}, "SPEC: allow_data_loss must be true or false"),
        ({"space": "archgim"}, "SPEC: space: unknown space 'archgim'; did you mean 'archgym'"),
        (
            {"space": "controller-v1", "device": "ddr4-2401"},
            "SPEC: device: unknown device .* did you mean 'ddr4-2400",
        ),
        ({"simulator": "nativ"}, "SPEC: simulator: .* did you mean 'native'"),
        ({"objectives": ["runtim"]}, "SPEC: objectives: .* did you mean 'runtime'"),
        ({"workloads": ["streem"]}, "SPEC: workloads, streem .* did you mean 'stream'"),
        ({"device": "ddr4-2401"}, "SPEC: device: .* did you mean 'ddr4-2400'"),
        (
            {"workloads": [{"name": "stream", "request": 5}]},
            "SPEC: workloads, .* did you mean 'requests'",
        ),
        ({"agents": {"random_serch": {}}}, "agents.random_serch: .* did you mean 'random_search'"),
        (
            {"agents": {"a": {"agent": "genetic_algorithm", "populaton": 3}}},
            "SPEC: agents.a: .* did you mean 'population'",
        ),
        (
            {"agents": {"genetic_algorithm": {"population": 0}}},
            "SPEC: agents.genetic_algorithm: .* population must be a whole number from 2",
        ),
        (
            {"agents": {"a b": {"agent": "random_search"}, "a/b": {"agent": "random_search"}}},
            "SPEC: two trials would be called",
        ),
    ],
)
def test_mistakes(changes: dict[str, Any], message: str) -> None:
    document = {k: v for k, v in {**MINIMAL, **changes}.items() if v is not None}
    with pytest.raises(ArchgymError, match=message) as caught:
        Study.from_mapping(document, "SPEC")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "many"])
@pytest.mark.parametrize("key", ["budget", "seeds"])
def test_mistakes_of_an_agent(key: str, value: Any) -> None:
    agents = {"random_search": {key: value}}
    with pytest.raises(ArchgymError, match=r"SPEC: agents must be tables .* at least 1"):
        Study.from_mapping({**MINIMAL, "agents": agents}, "SPEC")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match=r"can't read .*nowhere.toml: No such file"):
        Study.load(tmp_path / "nowhere.toml")


def test_not_toml(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("budget = \n")
    with pytest.raises(ArchgymError, match=r"bad.toml is not TOML: .*line 1"):
        Study.load(path)


@pytest.mark.parametrize("number", [math.inf, 1e300, 1e-9, 0.1 + 0.2, 5, 10**8])
def test_numbers_are_the_same_in_the_written_spec(number: float) -> None:
    workloads = [{"name": "stream", "requests": 20, "intensity": number}]
    study = Study.from_mapping(MINIMAL | {"workloads": workloads}, "it")
    again = Study.parse_mapping(tomllib.loads(study.to_toml()), "spec.toml")
    assert again == study
    assert [trial.name for trial in again.trials] == [trial.name for trial in study.trials]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": 10**12}, "it: seeds: 1,000,000,000,000 is too many"),
        ({"budget": 10**9}, "it: budget: 1,000,000,000 is too many"),
        ({"budget": 10**400}, "it: budget: a whole number is beyond 64 bits"),
        ({"seed": 2**63}, "it: seed: a whole number is beyond 64 bits"),
        ({"seeds": 10**6}, "it: a study of 1,000,000 trials is too large"),
        ({"agents": {"random_search": {"seeds": 10**7}}}, "it: a study of 10,000,000 trials"),
        ({"agents": {"random_search": {"budget": 10**9}}}, "it: agents: 1,000,000,000 is too"),
        ({"workloads": [{"name": "stream", "intensity": math.nan}]}, "it: workloads: nan is no"),
        ({"workloads": [{"name": "stream", "day": date(2024, 1, 1)}]}, "it: workloads: 2024-01-01"),
        ({"agents": {"\ud800": {}}}, "it: agents: .* holds the control character"),
    ],
)
def test_what_a_spec_can_not_hold(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ArchgymError, match=said):
        Study.parse_mapping(MINIMAL | changes, "it")


def test_requests_are_bounded() -> None:
    workloads = [{"name": "stream", "requests": 10**12}]
    with pytest.raises(ArchgymError, match=r"requests must be at most 100,000,000, is 10{12}"):
        Study.from_mapping(MINIMAL | {"workloads": workloads}, "it")


def test_labels_that_differ_in_letters_of_other_alphabets() -> None:
    agents = {"größe": {"agent": "random_search"}, "grösse": {"agent": "random_search"}}
    study = Study.from_mapping(MINIMAL | {"agents": agents}, "it")
    assert len({trial.name for trial in study.trials}) == len(study.trials)


@pytest.mark.parametrize("labels", [("a b", "a-b"), ("GA", "ga"), ("a(1)", "a 1")])
def test_labels_of_one_name_are_refused(labels: tuple[str, str]) -> None:
    agents = {label: {"agent": "random_search"} for label in labels}
    with pytest.raises(ArchgymError, match="two trials would be called stream-"):
        Study.from_mapping(MINIMAL | {"agents": agents}, "it")


def test_no_trial_searches_all_packages_for_its_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    agents = {f"random_{number}": {"agent": "random_search"} for number in range(30)}
    study = Study.parse_mapping(MINIMAL | {"seeds": 1000, "agents": agents}, "it")
    searches = []
    load = registry.load
    monkeypatch.setattr(registry, "load", lambda name: searches.append(name) or load(name))
    contents = study.check("it")
    assert len({str(contents.of_trial(trial.workload, trial.agent)) for trial in study.trials}) == 1
    assert len(study.trials) == 30_000
    assert len(searches) <= 30  # However many trials there are.
