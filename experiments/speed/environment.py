"""The speed of the environments and of batches."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import gymnasium
import numpy as np

import archgym
from archgym.simulators.native import Native
from archgym.space import DesignSpace
from experiments.speed.clock import cpu, in_turn, median, wall


def feasible(space: DesignSpace) -> Iterator[dict[str, Any]]:
    """Yields random designs that can be simulated, always the same ones."""
    rng = np.random.default_rng(0)
    while True:
        for design in space.sample(rng, 256):
            if space.infeasibility(design) is None:
                yield design


def steps(requests: int, repeats: int, side_by_side: int = 16) -> dict[str, dict[str, float]]:
    """Compares steps of the environments with simulations of the same designs, in turn.

    Args:
        requests: How many the trace has.
        repeats: How many steps are taken.
        side_by_side: Sub-environments of the vector environment.

    Returns:
        For one environment and for a vector of them: `steps_per_second`, designs a CPU second;
        `overhead`, what a step takes longer than a simulation, as a share of that.
    """
    options: dict[str, Any] = {
        "workload": archgym.Workload.load("random", requests=requests),
        "horizon": repeats + 1,
    }
    one = gymnasium.make("archgym/DRAM-v0", disable_env_checker=True, **options)
    many = gymnasium.make_vec("archgym/DRAM-v0", num_envs=side_by_side, **options)
    return {"one": _steps(one, 0, repeats), "vector": _steps(many, side_by_side, repeats)}


def _steps(environment: Any, side_by_side: int, repeats: int) -> dict[str, float]:
    """Measures a vector of environments, or a single one if `side_by_side` is 0."""
    problem = environment.unwrapped.problem
    size = max(side_by_side, 1)
    drawn = feasible(problem.space)
    batches = [list(islice(drawn, size)) for _ in range(repeats)]
    indices = [np.array([problem.space.encode(design) for design in batch]) for batch in batches]
    to_simulate = iter(batches)
    to_step = iter(indices if side_by_side else [batch[0] for batch in indices])
    simulator = Native()
    simulator.evaluate([{}], problem.workload)  # decodes the trace
    environment.reset(seed=0)
    seconds = in_turn(
        {
            "simulation": lambda: cpu(
                partial(simulator.evaluate, next(to_simulate), problem.workload)
            )(),
            "step": lambda: cpu(partial(environment.step, next(to_step)))(),
        },
        repeats,
    )
    return {
        "steps_per_second": repeats * size / float(seconds["step"].sum()),
        "overhead": float(seconds["step"].sum() / seconds["simulation"].sum()) - 1,
    }


def batch_scaling(designs: int, threads: int, requests: int, repeats: int) -> dict[str, float]:
    """Compares the wall time of a batch on several threads with that on one, in turn.

    Returns:
        `wall_time_ratio`, and how many cores the machine had left for the threads: `cores`, CPU
        time over wall time. Only where that is close to `threads` does the ratio mean much.
    """
    workload = archgym.Workload.load("random", requests=requests)
    batch = list(islice(feasible(archgym.make_space("archgym")), designs))
    one = partial(Native().evaluate, batch, workload)
    several = partial(Native(threads=threads).evaluate, batch, workload)
    seconds = in_turn({"one": wall(one), "several": wall(several), "cpu": cpu(several)}, repeats)
    return {
        "designs": designs,
        "threads": threads,
        "wall_time_ratio": median(seconds["several"] / seconds["one"]),
        "cores": median(seconds["cpu"] / seconds["several"]),
    }
