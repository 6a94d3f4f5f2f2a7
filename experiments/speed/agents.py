"""What the agents themselves cost: `python -m experiments.speed.agents`.

Prints the figures and writes `experiments/speed/agents.json`. They are CPU time, medians of runs
taken in turn, on one thread. Agents whose libraries are not installed are left out.
"""

import json
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import archgym
from archgym import agents
from archgym.agents import AskTellAgent, Evaluated
from archgym.assembly import assemble
from archgym.errors import ArchgymError
from archgym.study.trial import replace_text
from experiments.speed.__main__ import machine
from experiments.speed.clock import cpu, in_turn, median

RESULTS = Path(__file__).parent / "agents.json"

SEARCHERS = ("random_search", "genetic_algorithm", "ant_colony", "simulated_annealing")
"""Those that are meant to cost next to nothing beside a simulation."""

LEARNERS: dict[str, tuple[str, dict[str, Any], float]] = {
    "ippo": ("ippo", {}, 1.0),
    "ippo, 64 environments": ("ippo", {"environments": 64}, 1.0),
    "mappo": ("mappo", {}, 1.0),
    "ppo": ("ppo", {}, 0.25),
    "sac": ("sac", {}, 0.25),
    "rllib_ppo": ("rllib_ppo", {}, 0.0625),
}
"""Agents that train a policy: with their settings, and fewer steps for those that are slow."""


def milliseconds(name: str, evaluations: int) -> float:
    """Returns the CPU time of an agent's `ask` and `tell` by evaluation, in milliseconds.

    Costs are the distances to a design chosen at random: smooth, and at no cost themselves.
    """
    space = archgym.make_space("archgym")
    agent = agents.make(name, space, seed=0)
    assert isinstance(agent, AskTellAgent)
    target = space.encode(space.sample(np.random.default_rng(0), 1)[0])
    taken, done = 0.0, 0
    while done < evaluations:
        began = time.process_time()
        designs = agent.ask(agent.batch_size)
        taken += time.process_time() - began
        evaluated = [
            Evaluated(each, 1.0 + float(np.abs(space.encode(each) - target).sum()))
            for each in designs
        ]
        began = time.process_time()
        agent.tell(evaluated)
        taken += time.process_time() - began
        done += len(designs)
    return 1000 * taken / done


def train(name: str, settings: dict[str, Any], evaluations: int, requests: int) -> None:
    """Trains an agent from nothing on a short workload, simulations included."""
    workload = archgym.Workload.load("mixed", requests=requests)
    problem = assemble(workload, objective="latency", budget=evaluations)
    agents.make(name, problem.space, 0, **settings).search(problem)


def measure(scale: float) -> dict[str, Any]:
    """Returns all figures; `scale` shortens the searches."""
    repeats = 3 if scale >= 1 else 2
    evaluations = max(round(2048 * scale), 64)
    searchers = in_turn(
        {name: partial(milliseconds, name, evaluations) for name in SEARCHERS}, repeats
    )
    steps = {
        label: round(evaluations * share)
        for label, (name, _, share) in LEARNERS.items()
        if _installed(name)
    }
    trainings = {
        label: cpu(partial(train, *LEARNERS[label][:2], count, 2000))
        for label, count in steps.items()
    }
    for training in trainings.values():
        training()  # What is loaded at the first use is no part of a step.
    seconds = in_turn(trainings, repeats)
    return {
        "machine": machine(),
        "milliseconds_per_evaluation": {name: median(each) for name, each in searchers.items()},
        "steps_per_cpu_second": {
            label: steps[label] / median(each) for label, each in seconds.items()
        },
    }


def _installed(name: str) -> bool:
    try:
        agents.registry.load(name)
    except ArchgymError:
        return False
    return True


def main(
    out: Annotated[Path, typer.Option(help="Where the figures are written.")] = RESULTS,
    scale: Annotated[float, typer.Option(help="Below 1: a quick try, not to be relied on.")] = 1.0,
) -> None:
    """Measures what the agents cost."""
    report = measure(scale)
    for name, each in report["milliseconds_per_evaluation"].items():
        typer.echo(f"{name}: {each:.3f} ms per evaluation")
    for label, rate in report["steps_per_cpu_second"].items():
        typer.echo(f"{label}: {rate:.0f} steps per CPU second, 2,000 requests simulated in each")
    replace_text(out, json.dumps(report, indent=1) + "\n")
    typer.echo(f"Written to {out}")


if __name__ == "__main__":
    typer.run(main)
