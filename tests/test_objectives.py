"""Costs of hand-made metrics, and the grammar of objectives."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import objectives
from archgym.errors import ArchgymError

DEFAULT = {
    "runtime_ns": 1000.0,
    "refresh_debt_ns": 100.0,
    "latency_ns": 50.0,
    "energy_nj": 200.0,
    "refresh_debt_nj": 20.0,
    "power_mw": 400.0,
    "queue_entries": 128.0,
}


def metrics(**changed: float) -> dict[str, float]:
    return DEFAULT | changed


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("runtime", 1100),
        ("latency", 50),
        ("energy", 220),
        ("edp", 1100 * 220),
        ("power with runtime <= 1.05", 200),
        ("latency <= 50, then power", 200),
        ("latency <= 40, then power", 10 * 200 * 50 / 40),
        ("latency with queue_entries <= 128", 50),
        ("latency with queue_entries <= 64", 10 * 50 * 2),
        ("latency <= 50, then queue_entries", 128),
        ("queue_entries with runtime <= 1", 128),
        ("archgym-power 500", 0.2),
        ("archgym-latency 500", 1.0),
        ("archgym-both 500 500", 0.2),
        ("archgym-power", 0.6),
        ("archgym-latency", 0.99),
    ],
)
def test_cost_of_the_default(text: str, cost: float) -> None:
    assert objectives.make(text).cost(DEFAULT, DEFAULT) == pytest.approx(cost)


def test_postponed_refreshes_are_charged() -> None:
    postponed = metrics(runtime_ns=950.0, refresh_debt_ns=200.0, refresh_debt_nj=50.0)
    for text in ("runtime", "energy", "edp"):
        objective = objectives.make(text)
        assert objective.cost(postponed, DEFAULT) > objective.cost(DEFAULT, DEFAULT)


def test_a_relative_limit_is_a_multiple_of_the_defaults() -> None:
    objective = objectives.make("power with runtime <= 1.05")
    within = metrics(runtime_ns=1.05 * 1100 - 100 - 1e-6)
    beyond = metrics(runtime_ns=1.05 * 1100 - 100 + 1e-6)
    assert objective.cost(within, DEFAULT) == pytest.approx(200 / 1.05)
    assert objective.cost(beyond, DEFAULT) == pytest.approx(2000)


sane = st.floats(1, 1900)


def with_power(power_mw: float, latency_ns: float) -> dict[str, float]:
    charged = power_mw * (DEFAULT["runtime_ns"] + DEFAULT["refresh_debt_ns"]) * 1e-3
    return metrics(energy_nj=charged - DEFAULT["refresh_debt_nj"], latency_ns=latency_ns)


@given(sane, sane, sane, sane)
def test_within_the_limit_beats_beyond_it(p1: float, p2: float, l1: float, l2: float) -> None:
    objective = objectives.make("latency <= 200, then power")
    first, second = with_power(p1, l1), with_power(p2, l2)
    costs = objective.cost(first, DEFAULT), objective.cost(second, DEFAULT)
    # In words: first by how far they miss the limit, then by power among those that keep it.
    power = objectives.TERMS["power"]
    ranks = [
        (max(lat / 200, 1), power(m) if lat <= 200 else 0) for lat, m in ((l1, first), (l2, second))
    ]
    assert (costs[0] < costs[1]) == (ranks[0] < ranks[1])


@pytest.mark.parametrize("text", ["archgym-power", "archgym-latency", "archgym-both"])
def test_at_the_target_the_cost_is_small_but_positive(text: str) -> None:
    objective = objectives.make(text)
    there = metrics(power_mw=1000.0, runtime_ns=100_000.0)
    assert objective.cost(there, DEFAULT) == objectives.AT_TARGET
    better = metrics(power_mw=500.0, runtime_ns=50_000.0)
    assert objective.cost(better, DEFAULT) > objective.cost(there, DEFAULT)


@pytest.mark.parametrize("text", objectives.names())
def test_the_name_makes_an_equal_objective(text: str) -> None:
    objective = objectives.make(text)
    assert objectives.make(objective.name) == objective
    assert objective.name.startswith(text)


@given(st.floats(0, exclude_min=True, allow_infinity=False))
def test_the_name_keeps_numbers_exactly(x: float) -> None:
    for text in (f"edp with latency <= {x!r}", f"edp <= {x!r}, then power", f"archgym-power {x!r}"):
        objective = objectives.make(text)
        assert objectives.make(objective.name) == objective


def test_spaces_in_a_text_do_not_matter() -> None:
    limited = objectives.make("power with runtime <= 1.05")
    assert objectives.make(" power  with runtime<=1.05 ") == limited
    target = objectives.make("latency <= 200, then power")
    assert objectives.make("latency<=200,then power") == target


def test_limits_of_hardware_are_in_entries_in_either_form() -> None:
    limited = objectives.make("latency with queue_entries <= 64")
    assert objectives.make("queue_entries <= 64, then latency") == limited
    assert limited.cost(metrics(queue_entries=64.0), DEFAULT) == 50
    assert limited.cost(metrics(queue_entries=64.0), metrics(queue_entries=1.0)) == 50
    assert limited.goal(DEFAULT) == ("latency", {"queue_entries": 0.5})


def test_goal_is_in_multiples_of_the_defaults() -> None:
    def goal(text: str) -> tuple[str, dict[str, float]]:
        return objectives.make(text).goal(DEFAULT)

    assert goal("edp") == ("edp", {})
    assert goal("power with runtime <= 1.05") == ("power", {"runtime": 1.05})
    assert goal("latency <= 200, then power") == ("power", {"latency": 4.0})
    assert goal("archgym-both 800 500") == ("power", {"power": 2.0, "runtime": 0.5})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runtme", "unknown objective 'runtme'; did you mean 'runtime'"),
        ("power", "rewards slowness"),
        ("power with queue_entries <= 64", "rewards slowness"),
        ("queue_entries", "rewards the smallest controller"),
        ("latency with queue_entry <= 64", "did you mean 'queue_entries'"),
        ("power with rntime <= 1", "'rntime'; did you mean 'runtime'"),
        ("power with power <= 1", "limits the very term it minimises"),
        ("power with runtime <= -1", "positive number, not '-1'"),
        ("power with runtime <= 1e", "positive number, not '1e'"),
        ("latency <= 0, then power", "positive number, not '0'"),
        ("archgym-powr", "did you mean 'archgym-power'"),
        ("archgym-power 1 2", "takes 1 target"),
        ("archgym-both 1", "takes 2 target"),
        ("archgym-power x", "positive number, not 'x'"),
        ("", "unknown objective"),
    ],
)
def test_bad_texts(text: str, message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        objectives.make(text)


def test_a_metric_that_was_not_measured_is_named() -> None:
    with pytest.raises(ArchgymError, match="needs energy_nj"):
        objectives.make("edp").cost({"runtime_ns": 1.0}, DEFAULT)


@given(st.floats(1e-3, 1e6), st.sampled_from(objectives.names()))
def test_costs_are_positive_and_finite(scale: float, text: str) -> None:
    scaled = {name: value * scale for name, value in DEFAULT.items()}
    cost = objectives.make(text).cost(scaled, DEFAULT)
    assert cost > 0
    assert math.isfinite(cost)
