"""Hyperparameters of which a study gives several values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.errors import ArchgymError
from archgym.study.study import Study
from archgym.study.sweep import MOST_AGENTS, Range, expand

MINIMAL = {"budget": 10, "seeds": 2, "workloads": ["stream"]}
names = st.text("abcdef", min_size=1, max_size=3)
numbers = st.integers(-99, 99) | st.floats(-99, 99, allow_nan=False).map(lambda x: x + 0.0)


@given(st.dictionaries(names, st.lists(numbers, min_size=1, max_size=4, unique=True), max_size=3))
def test_lists_are_a_grid(lists):
    agents = expand("agent", lists, None, 0)
    assert len(agents) == math.prod(map(len, lists.values()))
    assert len({label for label, _ in agents}) == len(agents)
    assert len({tuple(settings.values()) for _, settings in agents}) == len(agents)
    for _, settings in agents:
        assert list(settings) == list(lists)
        assert all(value in lists[name] for name, value in settings.items())


@given(st.dictionaries(names, numbers | st.booleans() | names))
def test_without_lists_and_ranges_nothing_changes(settings):
    assert expand("agent", settings, None, 0) == [("agent", settings)]


@given(st.data(), st.booleans(), st.integers(0, 2**32))
def test_values_are_drawn_from_their_range(data, log, seed):
    ends = st.integers(1, 10**6) | st.floats(1e-6, 1e6)
    low, high = sorted(data.draw(st.lists(ends, min_size=2, max_size=2, unique=True)))
    settings = {"x": {"low": low, "high": high, "log": log}}
    (agent,) = expand("agent", settings, 1, seed)
    value = agent[1]["x"]
    assert low <= value <= high
    if isinstance(low, int) and isinstance(high, int):
        assert isinstance(value, int)
    assert expand("agent", settings, 1, seed) == [agent]


@pytest.mark.parametrize("log", [False, True])
def test_draws_are_spread_as_they_should_be(log):
    settings = {"x": {"low": 1e-4, "high": 1.0, "log": log}}
    values = [agent["x"] for _, agent in expand("agent", settings, 2000, 0)]
    below = sum(value < 0.01 for value in values) / len(values)
    assert below == pytest.approx(0.5 if log else 0.01, abs=0.04)


def test_whole_numbers_are_drawn_evenly_to_both_ends():
    rng = np.random.default_rng(0)
    of_ends = [Range(1, 4).draw(rng) for _ in range(4000)]
    assert {value: of_ends.count(value) / 4000 for value in (1, 2, 3, 4)} == pytest.approx(
        dict.fromkeys((1, 2, 3, 4), 0.25), abs=0.03
    )


def test_each_combination_of_lists_is_sampled():
    settings = {"a": [1, 2], "b": {"low": 0.0, "high": 1.0}, "c": "x"}
    agents = expand("agent", settings, 3, 0)
    assert [agent["a"] for _, agent in agents] == [1, 1, 1, 2, 2, 2]
    assert len({agent["b"] for _, agent in agents}) == 6
    assert all(agent["c"] == "x" for _, agent in agents)
    assert agents[0][0] == f"agent(a=1, b={agents[0][1]['b']})"


def test_tables_draw_values_of_their_own():
    settings = {"x": {"low": 0.0, "high": 1.0}}
    values = {expand(label, settings, 1, seed)[0][1]["x"] for label in "ab" for seed in (0, 1)}
    assert len(values) == 4


@pytest.mark.parametrize(
    ("settings", "samples", "expected"),
    [
        ({"x": []}, None, "x has an empty list of values"),
        ({"x": [1, 1]}, None, "x lists 1 twice"),
        ({"x": [[1]]}, None, r"x lists \[1\], which is neither a number nor a text"),
        ({"x": {"low": 1, "high": 2}}, None, "x is a range, so the table needs samples"),
        ({"x": [1, 2]}, 3, "samples are drawn from ranges .* there is none"),
        ({"x": {"low": 1}}, 3, "x is a table, so it has to be a range like .*, not {'low': 1}"),
        ({"x": {"low": 1, "high": math.inf}}, 3, "x is a table, so it has to be a range"),
        ({"x": {"low": 1, "high": True}}, 3, "x is a table, so it has to be a range"),
        ({"x": {"low": 1, "hihg": 2}}, 3, "unknown key of x 'hihg'; did you mean 'high'"),
        ({"x": {"low": 2, "high": 2}}, 3, "range of x needs low < high, not low = 2 and high = 2"),
        ({"x": {"low": 0, "high": 2, "log": True}}, 3, "range of x needs 0 < low < high"),
        ({"x": {"low": 1, "high": 2}}, 3, "the ranges hardly have 3 values that differ"),
        ({"x": list(range(200)), "y": list(range(200))}, None, "40,000 agents are too many"),
        ({"x": {"low": 0.0, "high": 1.0}}, MOST_AGENTS + 1, "10,001 agents are too many"),
    ],
)
def test_what_means_nothing_is_refused(settings, samples, expected):
    with pytest.raises(ArchgymError, match=expected):
        expand("agent", settings, samples, 0)


def test_a_study_has_an_agent_for_each_combination():
    agents = {"genetic_algorithm": {"population": [4, 8]}, "random_search": {}}
    study = Study.from_mapping({**MINIMAL, "agents": agents}, "SPEC")
    assert [(agent.label, agent.agent, agent.hyperparameters) for agent in study.agents] == [
        ("genetic_algorithm(population=4)", "genetic_algorithm", {"population": 4}),
        ("genetic_algorithm(population=8)", "genetic_algorithm", {"population": 8}),
        ("random_search", "random_search", {}),
    ]
    assert Study.from_mapping(study.to_mapping(), "SPEC") == study


def test_draws_depend_on_the_seed_of_the_study():
    agents = {"genetic_algorithm": {"population": {"low": 4, "high": 4000}, "samples": 5}}
    studies = [
        Study.from_mapping({**MINIMAL, "agents": agents, "seed": seed}, "SPEC")
        for seed in (1, 1, 2)
    ]
    assert studies[0] == studies[1]
    assert studies[0].agents != studies[2].agents


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"population": [4, 1]}, r"SPEC: agents.genetic_algorithm\(population=1\): .* from 2"),
        ({"population": []}, "SPEC: agents: genetic_algorithm: population has an empty list"),
        ({"samples": 0}, "SPEC: agents: samples of genetic_algorithm must be a whole number"),
    ],
)
def test_a_mistake_is_named(table, expected):
    with pytest.raises(ArchgymError, match=expected):
        Study.from_mapping({**MINIMAL, "agents": {"genetic_algorithm": table}}, "SPEC")
