"""Scores, scales and margins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from archgym.errors import ArchgymError
from archgym.proxy.conformal import COVERAGES, Margins, coverage
from archgym.proxy.scores import scores, spearman, top_recall
from archgym.proxy.targets import Target, Targets

POSITIVE = arrays.arrays(np.float64, st.integers(20, 60), elements=st.floats(0.1, 1e6))


def test_exact_predictions_have_the_best_scores() -> None:
    true = np.random.default_rng(0).lognormal(size=500)
    found = scores(true, true.copy())
    assert found == {
        "rmse_percent": 0,
        "rmse_per_deviation": 0,
        "mape_percent": 0,
        "r2": 1,
        "spearman": pytest.approx(1),
        "top_recall": 1,
    }


def test_predicting_the_mean_explains_nothing() -> None:
    true = np.random.default_rng(1).lognormal(size=500)
    found = scores(true, np.full(500, true.mean()))
    assert found["r2"] == pytest.approx(0)
    assert found["rmse_per_deviation"] == pytest.approx(1)
    assert found["spearman"] == 0


@given(st.integers(0, 1000))
def test_spearman_is_that_of_scipy_ties_included(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(6, size=(2, 40)).astype(float)
    assert spearman(a, b) == pytest.approx(spearmanr(a, b).statistic)


def test_any_of_equally_good_designs_counts_as_found() -> None:
    true = np.array([1.0] * 50 + [2.0] * 50)
    assert top_recall(true, np.r_[np.full(40, 3.0), np.arange(60.0)], share=0.1) == 1
    assert top_recall(true, -true, share=0.1) == 0


@given(POSITIVE)
def test_scales_are_undone(values: np.ndarray) -> None:
    targets = Targets((Target.of("a", values), Target.of("b", values - values[0])))
    both = np.column_stack([values, values - values[0]])
    np.testing.assert_allclose(targets.restore(targets.standardise(both)), both, atol=1e-6)


def test_predictions_of_a_count_are_counts() -> None:
    values = np.random.default_rng(2).choice([1.0, 2, 8], 100)
    targets = Targets((Target.of("entries", values),))
    noisy = targets.standardise(values[:, None]) + np.random.default_rng(3).normal(
        0, 0.05, (100, 1)
    )
    assert (targets.restore(noisy)[:, 0] == values).all()


def test_scales_follow_an_anchor() -> None:
    values = np.random.default_rng(4).lognormal(size=200)
    targets = Targets((Target.of("a", values), Target.of("constant", np.full(200, 2.0))))
    outputs = np.random.default_rng(5).normal(size=(10, 2))
    shifted = targets.relative_to({"a": 7.0, "constant": 3.0}).restore(outputs)
    np.testing.assert_allclose(shifted, targets.restore(outputs) * [7.0, 3.0])


def test_a_metric_that_is_missing_somewhere_is_named() -> None:
    with pytest.raises(ArchgymError, match="metric a is nan in sample 2"):
        Target.of("a", np.array([1.0, 2.0, np.nan]))


@pytest.mark.parametrize("share", COVERAGES)
def test_margins_hold_as_often_as_they_say_though_errors_differ(share: float) -> None:
    rng = np.random.default_rng(6)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        predicted = rng.uniform(0, 10, n)
        return predicted, predicted + rng.normal(0, 0.1 + predicted, n)

    margins = Margins.calibrate(*draw(8000))
    predicted, true = draw(20_000)
    width = margins.at(predicted, share)
    assert coverage(true, predicted - width, predicted + width) == pytest.approx(share, abs=0.02)
    # Where errors are larger, margins are wider.
    high, low = margins.at(np.array([9.0, 1.0]), share)
    assert high > 2 * low


def test_too_few_errors_promise_nothing() -> None:
    margins = Margins.calibrate(np.arange(5.0), np.arange(5.0))
    assert margins.at(np.array([2.0]), 0.5) == 0
    assert margins.at(np.array([2.0]), 0.9) == np.inf
    assert Margins.from_document(margins.to_document()) == margins


def test_predictions_that_are_all_alike_have_margins_too() -> None:
    predicted = np.repeat([0.0, 1.0], [190, 10])
    margins = Margins.calibrate(predicted, predicted + 0.1)
    np.testing.assert_allclose(margins.at(np.array([-5.0, 0.0, 0.5, 1.0, 5.0]), 0.9), 0.1)
