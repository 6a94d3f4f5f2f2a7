"""What a table of all designs says: optima, quantiles, and which problems are too easy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym.analysis.landscape import Landscape
from archgym.simulators import make
from archgym.simulators.tabular import Tabular
from archgym.study.parts import WorkloadSpec
from archgym.table import Table

OBJECTIVES = ("runtime", "latency", "energy", "edp", "power with runtime <= 1.05x")
LEVELS = (
    *(0, 0.0001, 0.001, 0.01, 0.02, 0.05),
    *(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1),
)
"""Shares of the designs, for quantiles."""


def summarise(table: Table) -> dict[str, Any]:
    """Returns what is known of a workload, for every objective with and without loss of data."""
    header = table.header
    kept = keeps_data(table)
    space, numbers = table.designs.space, table.designs.numbers
    default = int(numbers(space.encode(space.default)[None])[0])
    runtime = table.values[default, table.metrics.index("runtime_ns")]
    objectives = {}
    for objective in OBJECTIVES:
        every = Landscape.of(table, objective)
        keeping = every.among(kept)
        objectives[objective] = {
            "default": every.default_cost,
            "keeping_data": _optimum(keeping) | _surroundings(keeping),
            "losing_data": _optimum(every),
        }
    return {
        "workload": header.workload["id"],
        "requests": header.workload["requests"],
        "simulator": f"{header.simulator} {header.simulator_version}",
        "sha256": table.sha256,
        "designs": len(table),
        "designs_keeping_data": int(kept.sum()),
        "default_runtime_ns": float(runtime),
        "objectives": objectives,
    }


def keeps_data(table: Table) -> NDArray[np.bool_]:
    """Tells of each design of a table whether it refreshes, shape `[designs]`."""
    names = list(table.designs.space.parameters)
    indices = table.designs.indices(np.arange(len(table)))[:, names.index("RefreshPolicy")]
    values = table.designs.space.parameters["RefreshPolicy"].values
    return np.array([value != "NoRefresh" for value in values])[indices]


def _optimum(landscape: Landscape) -> dict[str, Any]:
    table = landscape.table
    best = dict(zip(table.metrics, table.values[landscape.best].tolist(), strict=True))
    return {
        "optimum": landscape.optimum,
        "design": landscape.design,
        "designs_equal": int((landscape.costs == landscape.optimum).sum()),
        "share_within_1_percent": landscape.share_near,
        "too_easy": landscape.is_too_easy,
        "refreshes_owed": best["refreshes_owed"],
        "default_rank": landscape.rank(landscape.default_cost),
    }


def _surroundings(landscape: Landscape) -> dict[str, Any]:
    """Describes what about as good designs have in common, and how costs are distributed.

    Beyond the limit of an objective a cost is a penalty, and a quantile is none of the term.
    """
    designs = landscape.table.designs
    indices = designs.indices(landscape.near)
    parameters = designs.space.parameters.items()
    quantiles = np.quantile(landscape.ordered, LEVELS, method="lower") / landscape.optimum
    return {
        "values_within_1_percent": {
            name: [parameter.values[index] for index in np.unique(column).tolist()]
            for (name, parameter), column in zip(parameters, indices.T, strict=True)
        },
        "quantiles_over_optimum": {
            str(level): float(f"{quantile:.7g}")
            for level, quantile in zip(LEVELS, quantiles, strict=True)
        },
    }


def check(table: Table, spec: WorkloadSpec, designs: int, seed: int = 0) -> None:
    """Simulates some designs of a table again and compares every bit.

    Raises:
        RuntimeError: The table is of another simulator than this one.
    """
    numbers = np.random.default_rng(seed).integers(len(table), size=designs)
    drawn = table.designs.designs(numbers)
    workload = spec.load(table.header.make_platform())
    simulated = make(table.header.simulator).evaluate(drawn, workload)
    if simulated != Tabular(table.folder).evaluate(drawn, workload):
        raise RuntimeError(f"{table.folder} holds what this simulator does not measure any more")


def gain(optimum: Mapping[str, Any], default: float) -> float:
    """Returns by which share an optimum is below the default design's cost."""
    return 1 - float(optimum["optimum"]) / default
