"""Probes of a new workload make predictions better there, and tell how good they are."""

import numpy as np
import pytest

from archgym import proxy
from archgym.errors import ArchgymError
from archgym.proxy import Probes, Samples
from archgym.proxy.adaptation import Adaptation
from archgym.proxy.scores import spearman

METRICS = ("runtime_ns", "latency_ns", "power_mw", "energy_nj")


def fingerprints(count: int, rng: np.random.Generator) -> np.ndarray:
    """Two metrics on three known workloads, which a design's two properties decide on."""
    a, b = rng.normal(size=(2, count))
    return np.stack([np.stack([a, a + b], 1), np.stack([b, a - b], 1), np.stack([a, a], 1)], 1)


def test_what_is_a_mixture_of_known_workloads_is_found_out() -> None:
    rng = np.random.default_rng(0)
    probes, others = fingerprints(30, rng), fingerprints(300, rng)

    def truth(designs: np.ndarray) -> np.ndarray:
        a, b = designs[:, 0, 0], designs[:, 1, 0]
        return np.stack([5 + 0.7 * a - 0.2 * b, 0.01 * (a - b)], 1)

    adaptation = Adaptation(probes, truth(probes))
    found, _ = adaptation.predict(others, 0.9)
    errors = (found - truth(others)).std(axis=0) / truth(others).std(axis=0)
    assert errors.max() < 0.05
    assert min(adaptation.ranks) > 0.99


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_margins_hold_as_often_as_they_say(coverage: float) -> None:
    """In the mean over drawings, though errors differ by design and their tails are heavy."""
    rng = np.random.default_rng(1)
    held = []
    for _ in range(60):
        both = fingerprints(260, rng)
        a = both[:, 0, 0]
        noise = np.exp(a)[:, None] * rng.standard_t(3, (260, 2)) / 10
        true = np.sin(2 * both[:, :2, 0]) + noise
        found, margins = Adaptation(both[:60], true[:60]).predict(both[60:], coverage)
        held.append(np.abs(found - true[60:]) <= margins)
    assert np.mean(held) == pytest.approx(coverage, abs=0.04)


def test_margins_are_wider_where_errors_are_larger() -> None:
    rng = np.random.default_rng(2)
    both = fingerprints(400, rng)
    hard = both[:, 0, 0] > 0
    true = both[:, :2, 0] + np.where(hard, 1, 0.01)[:, None] * rng.normal(size=(400, 2))
    _, margins = Adaptation(both[:100], true[:100]).predict(both[100:], 0.9)
    assert np.median(margins[hard[100:]]) > 1.5 * np.median(margins[~hard[100:]])


def test_ranks_are_those_of_probes_that_it_was_not_fitted_to() -> None:
    rng = np.random.default_rng(3)
    probes, values = fingerprints(25, rng), rng.normal(size=(25, 2))
    values[:, 0] += 3 * probes[:, 0, 0]
    whole = Adaptation(probes, values)
    others = [np.delete(np.arange(25), row) for row in range(25)]
    apart = [
        Adaptation(probes[rest], values[rest]).predict(probes[[row]], 0.5)[0][0]
        for row, rest in enumerate(others)
    ]
    ranks = [spearman(one, other) for one, other in zip(values.T, np.array(apart).T, strict=True)]
    # Without a probe, how to standardise and how much noise there is comes out a bit otherwise.
    np.testing.assert_allclose(whole.ranks, ranks, atol=0.15)
    assert whole.ranks[0] > 0.7 > 0.4 > whole.ranks[1]


def test_predictions_depend_on_the_design_alone() -> None:
    rng = np.random.default_rng(4)
    adaptation = Adaptation(fingerprints(40, rng), rng.normal(size=(40, 2)))
    designs = fingerprints(50, rng)
    whole = np.array(adaptation.predict(designs, 0.9))
    for count in range(1, 20):
        chosen = rng.permutation(50)[:count]
        part = np.array(adaptation.predict(designs[chosen], 0.9))
        np.testing.assert_array_equal(part, whole[:, chosen])


def test_too_few_probes_promise_nothing() -> None:
    rng = np.random.default_rng(5)
    adaptation = Adaptation(fingerprints(5, rng), rng.normal(size=(5, 2)))
    assert np.isfinite(adaptation.predict(fingerprints(3, rng), 0.5)[1]).all()
    assert (adaptation.predict(fingerprints(3, rng), 0.9)[1] == np.inf).all()


def test_a_metric_that_never_changes_is_known() -> None:
    rng = np.random.default_rng(6)
    probes = fingerprints(20, rng)
    probes[:, :, 1] = 0
    adaptation = Adaptation(probes, np.column_stack([rng.normal(size=20), np.full(20, 3.0)]))
    found, margins = adaptation.predict(fingerprints(10, rng) * [1, 0], 0.5)
    np.testing.assert_allclose(found[:, 1], 3, atol=1e-2)
    assert margins[:, 1].max() < 1e-2


@pytest.fixture(scope="module")
def left_out(many_samples: Samples) -> tuple[proxy.Proxy, Samples]:
    """A proxy that has not seen the last workload, and what was measured there."""
    last = len(many_samples.facts) - 1
    rest = many_samples.take(many_samples.workload < last).only(METRICS)
    training = Samples(
        rest.coding,
        rest.codes,
        rest.workload,
        rest.metrics,
        rest.values,
        rest.facts[:last],
        rest.simulator,
    )
    trained = proxy.train(training, "forest", known=False, transfer=True, effort=0.1)
    return trained, many_samples.of(many_samples.facts[last].id).only(METRICS)


def test_probes_make_it_more_exact_on_all_other_designs(left_out) -> None:
    trained, own = left_out
    facts = own.facts[-1]
    probes = Probes(own.codes[:60], own.values[:60])
    bounds = trained.on_new(facts), trained.on_new(facts, probes)
    errors = [np.abs(np.log(b.predict(own.codes[60:]) / own.values[60:])) for b in bounds]
    assert (np.median(errors[1], axis=0) < 0.7 * np.median(errors[0], axis=0)).all()
    found = bounds[1].interval(own.codes[60:], 0.9)
    assert ((found.low <= own.values[60:]) & (own.values[60:] <= found.high)).mean() > 0.8


def test_one_design_is_predicted_as_many_are(left_out) -> None:
    trained, own = left_out
    bound = trained.on_new(own.facts[-1], Probes(own.codes[:60], own.values[:60]))
    space = own.coding.space
    designs = space.sample(np.random.default_rng(7), 30)
    codes = own.coding.codes(np.array([space.encode(each) for each in designs]))
    values, sure = bound.sure(codes, 0.9, 0.25)
    assert 0 < sure.sum() < 30
    expected = [row if ok else None for row, ok in zip(values.tolist(), sure, strict=True)]
    assert [bound.one(each, 0.9, 0.25) for each in designs] == expected


def test_what_has_no_logarithm_is_refused(left_out) -> None:
    trained, own = left_out
    values = own.values[:30].copy()
    values[7, 1] = 0
    with pytest.raises(ArchgymError, match="latency_ns of a probe is 0"):
        trained.on_new(own.facts[-1], Probes(own.codes[:30], values))


def test_the_order_of_what_hardly_differs_does_not_matter(left_out) -> None:
    trained, own = left_out
    values = own.values[:60].copy()
    values[:, 0] = 1000 + np.random.default_rng(8).normal(size=60)
    values[:, 1] = np.random.default_rng(9).lognormal(size=60)
    bound = trained.on_new(own.facts[-1], Probes(own.codes[:60], values))
    assert set(bound.disordered(0.9, 0.25)) == {"latency_ns"}
    assert set(bound.disordered(0.9, 1e-4)) == {"runtime_ns", "latency_ns"}
