"""A proxy trained on one agent's data against one trained on several agents' data of equal size.

The question of Krishnan et al., "ArchGym", ISCA 2023, section 7: does it help a proxy that its data
come from agents that search in different ways? Agents search for the least latency by the table, so
that all designs are known, and errors are those on designs drawn from the whole space.
"""

from pathlib import Path
from typing import Any

import numpy as np

from archgym import agents, proxy
from archgym.dram.spaces import make_space
from archgym.problem import Problem
from archgym.proxy.evaluation import evaluate
from archgym.proxy.samples import Samples
from archgym.simulators.tabular import Tabular
from archgym.study.parts import WorkloadSpec
from experiments.proxy.data import METRICS, SPACE, keeping_data

AGENTS = ("genetic_algorithm", "random_walk", "simulated_annealing", "ant_colony")
DESIGNS = 1000
"""Distinct designs that a proxy is trained on."""

BUDGET = 4000
"""Designs that an agent may try to get that far."""


def compare(folder: Path, seed: int = 0) -> dict[str, Any]:
    """Returns the errors of proxies of each agent's data, of all agents' and of random designs.

    Args:
        folder: A table.
        seed: The agents' seed.
    """
    whole = keeping_data(folder)
    tried = {name: _tried(folder, whole, name, seed) for name in AGENTS}
    rng = np.random.default_rng([seed, 2])
    tried["random designs"] = rng.permutation(len(whole))
    sizes = {name: min(len(rows), DESIGNS) for name, rows in tried.items()}
    size = min(sizes.values())
    data = {name: rows[:size] for name, rows in tried.items()}
    # In turns, each agent's first designs, none twice.
    turns = np.column_stack([tried[name][:size] for name in AGENTS]).ravel()
    _, first = np.unique(turns, return_index=True)
    data["all agents"] = turns[np.sort(first)][:size]
    test = np.setdiff1d(rng.permutation(len(whole))[:20_000], np.concatenate(list(data.values())))
    found = {}
    for name, rows in data.items():
        trained = proxy.train(whole.take(rows), "mlp", METRICS, seed=seed, effort=3)
        (part,) = evaluate(trained, whole.take(test)).parts
        found[name] = {
            metric: {
                key: float(f"{part.scores[metric][key]:.4g}")
                for key in ("rmse_percent", "spearman")
            }
            for metric in METRICS
        }
    return {"designs": size, "proxies": found}


def _tried(folder: Path, whole: Samples, agent: str, seed: int) -> Any:
    """Returns the rows of the distinct designs that an agent tries, in that order."""
    tabular = Tabular(folder)
    header = tabular.table.header
    workload = WorkloadSpec.of_table(header).load(header.make_platform())
    problem = Problem(make_space(SPACE), workload, "latency", tabular, budget=BUDGET)
    keys = []
    evaluate_designs = problem.evaluate

    def recorded(designs: Any) -> Any:
        evaluations = evaluate_designs(designs)
        keys.extend(whole.coding.code(e.canonical) for e in evaluations if e.metrics is not None)
        return evaluations

    problem.evaluate = recorded  # type: ignore[method-assign]
    agents.make(agent, problem.space, seed).search(problem)
    found = whole.coding.keys(np.array(keys))
    _, first = np.unique(found, return_index=True)
    distinct = found[np.sort(first)]
    order = np.argsort(whole.keys)
    return order[np.searchsorted(whole.keys[order], distinct)]
