"""Intervals that cover what they should, and comparisons that find no more than there is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.analysis.statistics import compare, holm, median, median_difference

inf = math.inf


def test_median_of_all_problems_and_seeds() -> None:
    assert median([[1, 2, 3], [10, 20, 30]]).value == 6.5
    assert median([[4.0]]) == (4, 4, 4)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        low, high = median([rng.exponential(size=20) for _ in range(4)], seed)[1:]
        covered += low <= math.log(2) <= high
    assert 180 <= covered <= 199


def test_no_difference_is_rarely_found() -> None:
    rng = np.random.default_rng(1)
    samples = [[[rng.random(12) for _ in range(3)] for _ in range(2)] for _ in range(200)]
    found = sum(compare(*pair).p_value < 0.05 for pair in samples)
    assert found <= 25


def test_a_difference_is_found() -> None:
    rng = np.random.default_rng(2)
    first = [rng.random(20) for _ in range(3)]
    second = [values + 0.2 + 0.05 * rng.random(20) for values in first]
    found = compare(first, second)
    assert found.difference.value == pytest.approx(-0.225, abs=0.02)
    assert found.difference.high < -0.19
    assert found.p_value < 0.001
    assert found.improvement.low > 0.5
    swapped = compare(second, first)
    assert swapped.difference.value == -found.difference.value
    assert swapped.improvement.value == pytest.approx(1 - found.improvement.value)


def test_pairs_matter() -> None:
    """Problems of very different difficulty: in pairs, a small gain is plain to see."""
    easy_and_hard = np.linspace(0, 100, 20)
    found = compare([easy_and_hard - 1], [easy_and_hard])
    assert found.difference == (-1, -1, -1)
    assert found.p_value < 0.001


def test_runs_that_found_nothing() -> None:
    both = compare([[inf, inf, 1.0]], [[inf, 2.0, 1.0]])
    assert both.difference.value == 0
    assert both.difference.high == inf
    assert both.improvement.value == pytest.approx((0.5 + 0 + 0 + 0.5 + 0 + 0 + 1 + 1 + 0.5) / 9)


def test_difference_of_medians_over_all_problems() -> None:
    first, second = [[1.0, 2.0, 3.0], [10.0]], [[0.0, 2.0, 2.0], [9.0]]
    assert median_difference(first, second).value == 2.5 - 2
    easy_and_hard = np.linspace(0, 100, 20)
    assert median_difference([easy_and_hard - 1], [easy_and_hard]) == pytest.approx((-1, -1, -1))
    assert median_difference([[inf, inf, 1.0]], [[inf, 2.0, 1.0]]).high == inf


def test_difference_of_medians_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for seed in range(200):
        common = [rng.normal(size=12) for _ in range(3)]
        noisy = [values + 0.3 + rng.normal(size=12) for values in common]
        low, high = median_difference(noisy, common, seed)[1:]
        covered += low <= 0.3 <= high
    assert covered >= 180


def test_medians_of_unequal_seeds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="the same problems and seeds"):
        median_difference([[1.0, 2.0]], [[1.0]])


def test_only_common_seeds_are_paired() -> None:
    assert compare([[1, 2, 3]], [[1, 2]]).difference == (0, 0, 0)


def test_nothing_to_compare() -> None:
    for sample in ([], [[]], [[1.0], []]):
        with pytest.raises(ValueError, match="a sample needs"):
            median(sample)


def test_holm_by_hand() -> None:
    adjusted = holm({"a": 0.04, "b": 0.01, "c": 0.03, "d": 0.9})
    assert list(adjusted) == ["a", "b", "c", "d"]
    assert list(adjusted.values()) == pytest.approx([0.09, 0.04, 0.09, 0.9])
    assert holm({}) == {}


@given(st.dictionaries(st.text(), st.floats(0, 1), max_size=8))
def test_holm_makes_no_p_value_smaller_and_keeps_their_order(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)
    assert all(p_values[name] <= adjusted[name] <= 1 for name in p_values)
    order = sorted(p_values, key=lambda name: p_values[name])
    assert [adjusted[name] for name in order] == sorted(adjusted.values())
    bonferroni = {name: min(1, len(p_values) * p) for name, p in p_values.items()}
    assert all(adjusted[name] <= bonferroni[name] for name in p_values)
