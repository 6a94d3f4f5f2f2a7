"""Costs of hand-made metrics."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import domain
from archgym.dram import objectives
from archgym.errors import ArchgymError
from archgym.objectives import VIOLATION, Least, Limited

make = domain.load().objective


DEFAULT = {
    "runtime_ns": 1000.0,
    "refresh_debt_ns": 100.0,
    "latency_ns": 50.0,
    "energy_nj": 200.0,
    "refresh_debt_nj": 20.0,
    "power_mw": 400.0,
    "queue_entries": 128.0,
    "latency_p99_ns": 90.0,
    "read_latency_ns": 45.0,
    "read_latency_p99_ns": 80.0,
    "bandwidth_gb_per_s": 11.0,
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
        ("latency_p99", 90),
        ("read_latency", 45),
        ("read_latency_p99", 80),
        ("power with runtime <= 1.05x", 200),
        ("power with runtime <= 1.1us", 200),
        ("latency <= 50ns, then power", 200),
        ("latency <= 40ns, then power", 10 * 200 * 50 / 40),
        ("latency with power <= 0.2W", 50),
        ("latency with power <= 0.1W", 10 * 50 * 2),
        ("latency with energy <= 0.11uJ and queue_entries <= 64", 10 * 50 * 2 * 2),
        ("latency with energy <= 0.22uJ and queue_entries <= 64", 10 * 50 * 2),
        ("latency with edp <= 121000 nJ ns", 10 * 50 * 2),
        # 10 GB/s once the refreshes owed are paid.
        ("latency with bandwidth >= 10GB/s", 50),
        ("latency with bandwidth >= 20000MB/s", 10 * 50 * 1.5),
        ("latency with bandwidth >= 2x and runtime <= 0.5x", 10 * 50 * 1.5 * 2),
        ("latency with queue_entries <= 128", 50),
        ("latency with queue_entries <= 64", 10 * 50 * 2),
        ("latency <= 50ns, then queue_entries", 128),
        ("queue_entries with runtime <= 1x", 128),
        ("archgym-power 500", 0.2),
        ("archgym-latency 500", 1.0),
        ("archgym-both 500 500", 0.2),
        ("archgym-power", 0.6),
        ("archgym-latency", 0.99),
    ],
)
def test_cost_of_the_default(text: str, cost: float) -> None:
    assert make(text).cost(DEFAULT, DEFAULT) == pytest.approx(cost)


def test_postponed_refreshes_are_charged() -> None:
    postponed = metrics(runtime_ns=950.0, refresh_debt_ns=200.0, refresh_debt_nj=50.0)
    for text in ("runtime", "energy", "edp"):
        objective = make(text)
        assert objective.cost(postponed, DEFAULT) > objective.cost(DEFAULT, DEFAULT)


def test_a_relative_limit_is_a_multiple_of_the_defaults() -> None:
    objective = make("power with runtime <= 1.05x")
    within = metrics(runtime_ns=1.05 * 1100 - 100 - 1e-6)
    beyond = metrics(runtime_ns=1.05 * 1100 - 100 + 1e-6)
    assert objective.cost(within, DEFAULT) == pytest.approx(200 / 1.05)
    assert objective.cost(beyond, DEFAULT) == pytest.approx(2000)
    assert objective.violation(within, DEFAULT) == 0
    assert 0 < objective.violation(beyond, DEFAULT) < 1e-8


def test_a_limit_with_a_unit_is_the_same_for_every_default() -> None:
    objective = make("power with runtime <= 1us")
    beyond = metrics(runtime_ns=1000.0, refresh_debt_ns=100.0)
    for reference in (DEFAULT, metrics(runtime_ns=1e6)):
        assert objective.violation(beyond, reference) == pytest.approx(0.1)


def test_the_violation_is_that_of_the_limit_missed_most() -> None:
    objective = make("latency with runtime <= 1x and energy <= 1x and bandwidth >= 1x")
    assert objective.violation(DEFAULT, DEFAULT) == 0
    assert objective.violation(metrics(energy_nj=222.0), DEFAULT) == pytest.approx(0.1)
    both = metrics(energy_nj=222.0, bandwidth_gb_per_s=8.8)
    assert objective.violation(both, DEFAULT) == pytest.approx(0.2)
    for text in ("latency", "archgym-both"):
        assert make(text).violation(both, DEFAULT) == 0


TEXTS = [
    *domain.load().vocabulary.names(),
    "power with runtime <= 1us",
    "latency with bandwidth >= 1.1x and runtime <= 0.9x and queue_entries <= 200",
    "archgym-both 500 500",
]


@given(
    st.sampled_from(TEXTS),
    st.fixed_dictionaries({name: st.floats(0.1, 10) for name in DEFAULT}),
)
def test_terms_and_limits_make_the_cost_and_the_violation(
    text: str, factors: dict[str, float]
) -> None:
    objective = make(text)
    design = {name: DEFAULT[name] * factor for name, factor in factors.items()}
    reached = objective.reached(design, DEFAULT)
    excess = [each.excess for each in reached]
    assert max([0.0, *excess]) == objective.violation(design, DEFAULT)
    assert [each.name for each in reached] == [limit.name for limit in objective.limits]
    terms = objective.terms(design)
    assert {each.term: each.value for each in reached}.items() <= terms.items()
    cost = objective.cost(design, DEFAULT)
    if isinstance(objective, Least):
        assert terms == {text: cost}
    elif isinstance(objective, Limited):
        least = objective.term.name
        assert next(iter(terms)) == least
        missed = [each for each in excess if each > 0]
        penalty = VIOLATION * objective.terms(DEFAULT)[least] * math.prod(1 + x for x in missed)
        assert cost == pytest.approx(penalty if missed else terms[least], rel=1e-12)
    else:
        assert isinstance(objective, objectives.AtTarget)
        pairs = zip(terms.values(), objective.targets, strict=True)
        distance = math.prod(abs(target - value) / target for value, target in pairs)
        assert cost == pytest.approx(max(distance, objectives.AT_TARGET), rel=1e-12)


def test_what_was_reached_is_next_to_the_limit_in_the_same_unit() -> None:
    objective = make("latency with power <= 0.25W and bandwidth >= 0.9x")
    power, bandwidth = objective.reached(DEFAULT, DEFAULT)
    assert (power.name, power.term, power.is_floor) == ("power <= 250mW", "power", False)
    assert (power.value, power.bound) == (200, 250)
    assert (bandwidth.name, bandwidth.term) == ("bandwidth >= 0.9x", "bandwidth")
    assert bandwidth.is_floor
    assert (bandwidth.value, bandwidth.bound) == pytest.approx((10, 9))
    assert [each.excess for each in (power, bandwidth)] == pytest.approx([-0.2, -1 / 9])


def test_a_limit_on_bandwidth_charges_refreshes_owed() -> None:
    objective = make("power with bandwidth >= 1x")
    postponed = metrics(refresh_debt_ns=500.0)
    assert objective.violation(postponed, DEFAULT) == pytest.approx(1 - 1100 / 1500)


@given(
    st.lists(st.floats(0.1, 10), min_size=4, max_size=4),
    st.integers(0, 3),
    st.floats(1.001, 10),
)
def test_further_beyond_any_limit_costs_more(factors: list[float], which: int, more: float) -> None:
    names = ("latency_ns", "energy_nj", "latency_p99_ns", "queue_entries")
    objective = make(
        "read_latency with latency <= 1x and energy <= 200nJ and latency_p99 <= 1x "
        "and queue_entries <= 128"
    )
    changed = dict(zip(names, factors, strict=True))
    nearer = metrics(**{name: DEFAULT[name] * factor for name, factor in changed.items()})
    changed[names[which]] *= more
    further = metrics(**{name: DEFAULT[name] * factor for name, factor in changed.items()})
    costs = [objective.cost(each, DEFAULT) for each in (nearer, further)]
    violations = [objective.violation(each, DEFAULT) for each in (nearer, further)]
    assert violations[0] <= violations[1]
    if changed[names[which]] > 1:
        assert costs[0] < costs[1]
    else:
        assert costs[0] <= costs[1]
    for cost, violation in zip(costs, violations, strict=True):
        assert (cost == DEFAULT["read_latency_ns"]) == (violation == 0)


sane = st.floats(1, 1900)


def with_power(power_mw: float, latency_ns: float) -> dict[str, float]:
    charged = power_mw * (DEFAULT["runtime_ns"] + DEFAULT["refresh_debt_ns"]) * 1e-3
    return metrics(energy_nj=charged - DEFAULT["refresh_debt_nj"], latency_ns=latency_ns)


@given(sane, sane, sane, sane)
def test_within_the_limit_beats_beyond_it(p1: float, p2: float, l1: float, l2: float) -> None:
    objective = make("latency <= 200ns, then power")
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
    objective = make(text)
    there = metrics(power_mw=1000.0, runtime_ns=100_000.0)
    assert objective.cost(there, DEFAULT) == objectives.AT_TARGET
    better = metrics(power_mw=500.0, runtime_ns=50_000.0)
    assert objective.cost(better, DEFAULT) > objective.cost(there, DEFAULT)


def test_limits_of_hardware_are_in_entries() -> None:
    limited = make("latency with queue_entries <= 64")
    assert limited.cost(metrics(queue_entries=64.0), DEFAULT) == 50
    assert limited.cost(metrics(queue_entries=64.0), metrics(queue_entries=1.0)) == 50
    assert limited.goal(DEFAULT) == ("latency", {"queue_entries": 0.5})


def test_goal_is_in_multiples_of_the_defaults() -> None:
    def goal(text: str) -> tuple[str, dict[str, float]]:
        return make(text).goal(DEFAULT)

    assert goal("edp") == ("edp", {})
    assert goal("power with runtime <= 1.05x") == ("power", {"runtime": 1.05})
    assert goal("latency <= 200ns, then power") == ("power", {"latency": 4.0})
    assert goal("archgym-both 800 500") == ("power", {"power": 2.0, "runtime": 0.5})
    both = make("power with bandwidth >= 0.9x and latency <= 25ns")
    assert both.goal(DEFAULT) == ("power", {"latency": 0.5})
    assert both.floors(DEFAULT) == {"bandwidth": 0.9}
    assert make("power with bandwidth >= 5GB/s").floors(DEFAULT) == {"bandwidth": 0.5}
    for text in ("edp", "archgym-both", "power with runtime <= 1x"):
        assert make(text).floors(DEFAULT) == {}


def test_a_metric_that_was_not_measured_is_named() -> None:
    with pytest.raises(ArchgymError, match="needs energy_nj"):
        make("edp").cost({"runtime_ns": 1.0}, DEFAULT)


@given(st.floats(1e-3, 1e6), st.sampled_from(domain.load().vocabulary.names()))
def test_costs_are_positive_and_finite(scale: float, text: str) -> None:
    scaled = {name: value * scale for name, value in DEFAULT.items()}
    cost = make(text).cost(scaled, DEFAULT)
    assert cost > 0
    assert math.isfinite(cost)
