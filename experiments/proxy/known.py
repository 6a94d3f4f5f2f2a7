"""Unseen designs of known workloads: accuracy, coverage and learning curves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from archgym import proxy
from archgym.proxy.evaluation import Evaluation, evaluate
from experiments.proxy.data import METRICS, SHARE, keeping_data, tables


def measure(
    folder: Path,
    kinds: Sequence[str],
    only: Sequence[str] = (),
    seed: int = 0,
    share: float = SHARE,
    effort: float = 1.0,
) -> Iterator[tuple[str, str, dict[str, Any], Evaluation]]:
    """Yields for each table and kind of model what was found."""
    for path in tables(folder):
        if only and path.name not in only:
            continue
        whole = keeping_data(path)
        known = whole.draw(round(share * len(whole)), np.random.default_rng([seed, 0]))
        for kind in kinds:
            began = process_time()
            trained = proxy.train(known, kind, seed=seed, effort=effort)
            seconds = process_time() - began
            evaluation = evaluate(trained, whole)
            yield path.name, kind, _record(evaluation, len(known), effort, seconds), evaluation


def curve(
    path: Path,
    sizes: Sequence[int],
    seed: int = 0,
    held_out: int = 20_000,
    effort: float = 1.0,
) -> Iterator[tuple[int, dict[str, float]]]:
    """Yields, by the number of training designs, the RMSE in % of the mean of each metric.

    Args:
        path: A table.
        sizes: The numbers of designs.
        seed: Chooses them.
        held_out: How many others to compare the proxy with.
        effort: How long to train, as a multiple of what is usual.
    """
    whole = keeping_data(path)
    order = np.random.default_rng([seed, 1]).permutation(len(whole))
    test = whole.take(order[:held_out])
    for size in sizes:
        # As many steps as with the largest set that is usual, whatever the size.
        longer = float(np.clip(round(SHARE * len(whole)) / size, 0.5, 4))
        trained = proxy.train(
            whole.take(order[held_out : held_out + size]),
            metrics=METRICS,
            seed=seed,
            effort=effort * longer,
        )
        (part,) = evaluate(trained, test).parts
        yield size, {name: part.scores[name]["rmse_percent"] for name in METRICS}


def _record(evaluation: Evaluation, designs: int, effort: float, seconds: float) -> dict[str, Any]:
    (part,) = evaluation.parts
    return {
        "workload": part.workload,
        "training_designs": designs,
        "test_designs": len(part.true),
        "effort": effort,
        "training_cpu_seconds": round(seconds, 1),
        "scores": {name: _rounded(part.scores[name]) for name in METRICS},
        "coverage_of_90_percent_intervals": _rounded({m: part.coverage[m] for m in METRICS}),
    }


def _rounded(numbers: Any) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in numbers.items()}
