"""The reference dataset: what several agents tried, on both spaces and twelve workloads."""

from pathlib import Path

from archgym import datasets
from archgym.datasets import Dataset
from archgym.study import Study

BUDGET = 1700
"""Evaluations per trial: 2 spaces x 12 workloads x 5 agents x 1,700 = 204,000."""

SPACES = ("archgym", "controller-v1")
AGENTS = (
    "random_search",  # Uniform, so that the whole space is known.
    "random_walk",
    "genetic_algorithm",
    "simulated_annealing",
    "ant_colony",
)
WORKLOADS = (
    *("stream", "random", "cloud-1", "cloud-2", "mixed", "bursty", "zipf", "gups"),
    *("sqlite", "pagerank", "json", "matmul"),
)


def make(out: Path, work: Path, workers: int, budget: int = BUDGET) -> Dataset:
    """Runs the studies, or the rest of them, and writes the dataset.

    Args:
        out: The dataset's folder.
        work: The folder of the studies' results.
        workers: How many processes.
        budget: Evaluations per trial.
    """
    for space in SPACES:
        study = Study.from_mapping(
            {
                "name": f"reference-{space}",
                "space": space,
                "budget": budget,
                "seeds": 1,
                "objectives": ["edp"],
                "workloads": [{"name": name, "requests": 2000} for name in WORKLOADS],
                "agents": {name: {} for name in AGENTS},
            },
            "experiments.proxy",
        )
        failures = study.run(work / space, workers)
        for failure in failures:
            raise RuntimeError(f"{failure.trial.name} failed: {failure.reason}")
    whole = datasets.merge([datasets.load(work / space) for space in SPACES])
    datasets.to_folder(whole, out)
    return whole
