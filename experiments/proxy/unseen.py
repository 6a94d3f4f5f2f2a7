"""Workloads that a proxy was not trained on, each left out in turn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from archgym import proxy
from archgym.proxy.conformal import coverage
from archgym.proxy.samples import Samples
from archgym.proxy.scores import scores, spearman
from archgym.study.parts import WorkloadSpec
from experiments.proxy.data import METRICS

_REQUESTS = ("requests", 3000)

WORKLOADS = tuple(
    WorkloadSpec(name, tuple(sorted((*options, _REQUESTS))))
    for name, options in (
        *((name, ()) for name in ("stream", "random", "cloud-1", "cloud-2", "mixed", "bursty")),
        *((name, ()) for name in ("zipf", "gups", "tiled-matmul", "strided")),
        ("sqlite", (("first", 40_000),)),
        ("pagerank", (("first", 200_000),)),
        ("json", (("first", 100_000),)),
        ("matmul", (("first", 210_000),)),
        *((name, (("first", 50_000),)) for name in ("bfs", "sort", "zstd", "hash-join")),
    )
)
PROBES = 60
MORE_PROBES = (30, 60, 120, 240)
DRAWS = 5
"""How often the probes are drawn again; figures are means."""

WIDEST = 0.25
RANKS = 0.9

EFFORT = {"ridge": 1.0, "forest": 0.1, "lightgbm": 0.2, "mlp": 0.25}
"""As many workloads have as many more samples, a part of the usual effort is enough."""


def leave_one_out(samples: Samples, kind: str, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yields what is found on each workload, by a proxy that was trained on all others.

    The proxy is adapted to `PROBES` of its designs, as in the simulator `proxy`; all figures are
    those of the other designs.
    """
    for number, facts in enumerate(samples.facts):
        others = samples.take(samples.workload != number)
        kept = tuple(each for each in samples.facts if each.id != facts.id)
        renumbered = others.workload - (others.workload > number)
        training = Samples(
            others.coding,
            others.codes,
            renumbered,
            others.metrics,
            others.values,
            kept,
            others.simulator,
        )
        trained = proxy.train(
            training,
            kind,
            METRICS,
            known=False,
            transfer=True,
            seed=seed,
            effort=EFFORT[kind],
        )
        own = samples.of(facts.id).only(METRICS)
        draws = {
            probes: [_draw(trained, facts, own, probes, [seed, draw]) for draw in range(DRAWS)]
            for probes in MORE_PROBES
            if probes < len(own)
        }
        yield {
            "workload": facts.id,
            "designs": len(own) - PROBES,
            **{name: _mean(draws[PROBES], name) for name in (*BY_METRIC, *IN_ALL)},
            "left_to_the_simulator_by_probes": {
                str(probes): _mean(each, "left_to_the_simulator") for probes, each in draws.items()
            },
        }


def medians(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the median over workloads of each figure."""
    found: dict[str, Any] = {
        name: {
            metric: round(float(np.median([each[name][metric] for each in records])), 4)
            for metric in METRICS
        }
        for name in BY_METRIC
    }
    for name in IN_ALL:
        found[name] = round(float(np.median([each[name] for each in records])), 4)
    return found


@dataclass(frozen=True)
class _Draw:
    """What is found with some probes, by metric but for the last three.

    Attributes:
        spearman: Rank correlation of predictions and measurements.
        spearman_without_probes: The same before the proxy was adapted.
        spearman_in_use: The same where designs with wide intervals are simulated.
        rmse_percent: Root of the mean squared error, % of the mean.
        rmse_percent_where_sure: The same of designs that the simulator `proxy` would predict.
        half_width_of_90_percent_intervals: Its median, as a share of the prediction.
        coverage: The share of intervals that hold the truth.
        too_wide: The share of designs with too wide an interval.
        left_by_width: The share of designs that are simulated since any interval is too wide.
        left_by_rank: 1 if all are simulated since the probes are not ranked well enough, else 0.
        left_to_the_simulator: The share that is simulated for either reason.
    """

    spearman: list[float]
    spearman_without_probes: list[float]
    spearman_in_use: list[float]
    rmse_percent: list[float]
    rmse_percent_where_sure: list[float]
    half_width_of_90_percent_intervals: list[float]
    coverage: list[float]
    too_wide: list[float]
    left_by_width: float
    left_by_rank: float
    left_to_the_simulator: float


_FIGURES = tuple(each.name for each in fields(_Draw))
BY_METRIC, IN_ALL = _FIGURES[:-3], _FIGURES[-3:]


def _draw(
    trained: proxy.Proxy, facts: proxy.Facts, own: Samples, probes: int, seed: list[int]
) -> _Draw:
    order = np.random.default_rng(seed).permutation(len(own))
    first, rest = own.take(order[:probes]), own.take(order[probes:])
    bound = trained.on_new(facts, proxy.Probes(first.codes, first.values))
    assert isinstance(bound, proxy.Adapted)
    found = bound.interval(rest.codes)
    sure = bound.is_sure(rest.codes, 0.9, WIDEST)
    used = np.where(sure[:, None], found.values, rest.values)
    true, columns = rest.values, range(len(METRICS))
    before = trained.on_new(facts).predict(rest.codes)
    errors = [scores(true[:, i], found.values[:, i]) for i in columns]
    left_by_width = 1 - float(sure.mean())
    left_by_rank = float(bool(bound.disordered(RANKS, WIDEST)))
    error_where_sure = np.sqrt(np.square(used - true).sum(axis=0) / max(sure.sum(), 1))
    return _Draw(
        [each["spearman"] for each in errors],
        [spearman(true[:, i], before[:, i]) for i in columns],
        [spearman(true[:, i], used[:, i]) for i in columns],
        [each["rmse_percent"] for each in errors],
        (100 * error_where_sure / true[sure].mean(axis=0)).tolist() if sure.any() else [0.0] * 4,
        np.median((found.high - found.low) / 2 / found.values, axis=0).tolist(),
        [coverage(true[:, i], found.low[:, i], found.high[:, i]) for i in columns],
        (found.high > (1 + WIDEST) * found.values).mean(axis=0).tolist(),
        left_by_width,
        left_by_rank,
        max(left_by_width, left_by_rank),
    )


def _mean(draws: Sequence[_Draw], name: str) -> Any:
    mean = np.mean([getattr(each, name) for each in draws], axis=0).round(4).tolist()
    return mean if name in IN_ALL else dict(zip(METRICS, mean, strict=True))
