"""Proxies predict what they were not shown, and say what they do not know."""

from dataclasses import replace

import numpy as np
import pytest

from archgym import proxy
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError
from archgym.proxy import Facts, Samples
from archgym.proxy.coding import Coding
from archgym.proxy.evaluation import evaluate


@pytest.mark.parametrize(("kind", "worst"), [("ridge", 20), ("forest", 15), ("lightgbm", 12)])
def test_other_designs_are_predicted(mixed_samples: Samples, kind: str, worst: float) -> None:
    trained = proxy.train(
        mixed_samples.take(np.arange(1000)), kind, ["runtime_ns", "energy_nj"], effort=0.3
    )
    (part,) = evaluate(trained, mixed_samples).parts
    assert len(part.true) == 500
    for each in part.scores.values():
        assert each["rmse_percent"] < worst
        assert each["spearman"] > 0.9


def test_the_network_is_the_most_accurate(mixed_proxy, mixed_samples: Samples) -> None:
    ridge = proxy.train(mixed_samples.take(np.arange(1200)), "ridge")
    parts = [evaluate(each, mixed_samples).parts[0] for each in (mixed_proxy, ridge)]
    for metric in ("runtime_ns", "latency_ns", "power_mw", "energy_nj"):
        errors = [part.scores[metric]["rmse_percent"] for part in parts]
        assert errors[0] < 0.7 * errors[1]


def test_the_data_are_never_held_against_the_proxy(mixed_proxy, mixed_samples: Samples) -> None:
    evaluation = evaluate(mixed_proxy, mixed_samples)
    assert evaluation.seen_before == 1200
    with pytest.raises(ArchgymError, match="has seen all"):
        evaluate(mixed_proxy, mixed_samples.take(np.arange(1200)))


def test_a_proxy_of_another_space_says_so(mixed_proxy, mixed_samples: Samples) -> None:
    coding = Coding(make_space("archgym"))
    codes = coding.codes(np.array([coding.space.encode(coding.space.default)]))
    foreign = replace(mixed_samples.take(np.arange(1)), coding=coding, codes=codes)
    with pytest.raises(ArchgymError, match="is of space archgym-pow2, the data are of archgym"):
        evaluate(mixed_proxy, foreign)


def test_hardware_cost_is_a_cost_that_there_is(mixed_proxy, mixed_samples: Samples) -> None:
    """And nearly always the right one, so that a limit on it is kept."""
    bound = mixed_proxy.on(mixed_samples.facts[0].id)
    column = bound.metrics.index("queue_entries")
    values = bound.predict(mixed_samples.codes)[:, column]
    true = mixed_samples.values[:, mixed_samples.metrics.index("queue_entries")]
    assert set(values) <= set(true)
    assert (values == true).mean() > 0.99


def test_equal_seeds_train_equal_proxies(mixed_samples: Samples, tmp_path) -> None:
    few = mixed_samples.take(np.arange(200))
    for kind in ("forest", "mlp"):
        for name in ("a", "b"):
            proxy.save(proxy.train(few, kind, ["latency_ns"], effort=0.02), tmp_path / name)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_workloads_left_out_are_predicted_by_their_anchor(many_samples: Samples) -> None:
    left_out = many_samples.facts[0].id
    rest = many_samples.workload > 0
    training = Samples(
        many_samples.coding,
        many_samples.codes[rest],
        many_samples.workload[rest] - 1,
        many_samples.metrics,
        many_samples.values[rest],
        many_samples.facts[1:],
        many_samples.simulator,
    )
    trained = proxy.train(
        training, "forest", ["runtime_ns"], known=False, transfer=True, effort=0.1
    )
    (part,) = evaluate(trained, many_samples.of(left_out)).parts
    assert not part.is_known
    assert part.scores["runtime_ns"]["spearman"] > 0.85


def replaced(samples: Samples, **changes: object) -> Samples:
    fields = ("coding", "codes", "workload", "metrics", "values", "facts", "simulator")
    return Samples(**{name: changes.get(name, getattr(samples, name)) for name in fields})


def test_bad_data_are_refused_in_one_sentence(mixed_samples: Samples) -> None:
    few = mixed_samples.take(np.arange(20))
    with pytest.raises(ArchgymError, match="20 distinct designs with metrics, too few"):
        proxy.train(few)
    constant = mixed_samples.values.copy()
    constant[:, 0] = 5
    with pytest.raises(ArchgymError, match="is 5 in every sample: there is nothing to learn"):
        proxy.train(replaced(mixed_samples, values=constant), metrics=mixed_samples.metrics[:1])
    gap = mixed_samples.values.copy()
    gap[3, 0] = np.nan
    with pytest.raises(ArchgymError, match="is nan in sample"):
        proxy.train(replaced(mixed_samples, values=gap), "ridge")
    with pytest.raises(ArchgymError, match="did you mean 'latency_ns'"):
        proxy.train(mixed_samples, metrics=["latencyns"])
    with pytest.raises(ArchgymError, match="unknown model 'mpl'"):
        proxy.train(mixed_samples, "mpl")
    with pytest.raises(ArchgymError, match="there are 1 workloads, and it takes 3"):
        proxy.train(mixed_samples, "ridge", transfer=True)
    with pytest.raises(ArchgymError, match="effort"):
        proxy.train(mixed_samples, effort=0)


def test_what_a_proxy_can_not_tell_it_says(mixed_proxy, mixed_samples: Samples) -> None:
    with pytest.raises(ArchgymError, match="unknown workload of the proxy"):
        mixed_proxy.on("other")
    with pytest.raises(ArchgymError, match="only, and not other"):
        mixed_proxy.on_new(Facts("other", {}))
    with pytest.raises(ArchgymError, match=r"unknown coverage 0\.42"):
        mixed_proxy.on(mixed_samples.facts[0].id).interval(mixed_samples.codes, 0.42)
