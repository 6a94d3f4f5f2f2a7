"""Workloads that a proxy was not trained on, each left out in turn."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from archgym import proxy
from archgym.proxy.conformal import coverage
from archgym.proxy.samples import Samples
from archgym.proxy.scores import spearman
from archgym.study.trial import WorkloadSpec
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


EFFORT = {"ridge": 1.0, "forest": 0.1, "lightgbm": 0.2, "mlp": 0.25}
"""As many workloads have as many more samples, a part of the usual effort is enough."""


def leave_one_out(samples: Samples, kind: str, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Yields what is found on each workload, by a proxy that was trained on all others.

    The interval on a workload comes from `PROBES` of its designs, as in the simulator `proxy`;
    scores and coverage are those of the others.
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
        bound = trained.on_new(facts).recalibrated(own.codes[:PROBES], own.values[:PROBES])
        rest = own.take(np.arange(PROBES, len(own)))
        found = bound.interval(rest.codes)
        relative = np.median((found.high - found.low) / 2 / found.values, axis=0)
        yield {
            "workload": facts.id,
            "designs": len(rest),
            "spearman": {
                name: round(spearman(rest.values[:, i], found.values[:, i]), 4)
                for i, name in enumerate(METRICS)
            },
            "half_width_of_90_percent_intervals": {
                name: round(float(relative[i]), 4) for i, name in enumerate(METRICS)
            },
            "coverage": {
                name: round(coverage(rest.values[:, i], found.low[:, i], found.high[:, i]), 4)
                for i, name in enumerate(METRICS)
            },
            "left_to_the_simulator": round(
                1 - float(bound.is_sure(rest.codes, 0.9, 0.25).mean()), 4
            ),
        }
