"""Trains, guesses and writes the results; see `experiments.generalist`."""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym import agents, domain
from archgym.agents import AskTellAgent
from archgym.agents.ippo import IPPO
from archgym.analysis.landscape import Landscape
from archgym.dram.spaces import make_space
from archgym.problem import Problem
from archgym.simulators.tabular import Tabular
from archgym.study.trial import replace_text
from experiments.enumeration.summary import keeps_data
from experiments.enumeration.workloads import REPORT, WORKLOADS

OBJECTIVES = ("latency", "power with runtime <= 1.05x")
SETTINGS = {"environments": 64, "learning_rate": 0.003, "hidden": 64, "ent_coef": 0.02}
BUDGET = 100
"""Evaluations of Bayesian optimisation."""


class Tabulated:
    """A workload with the costs of all its designs."""

    def __init__(self, folder: Path, name: str, objective: str) -> None:
        self.name = name
        self.objective = objective
        self.simulator = Tabular(folder / name)
        self.workload = WORKLOADS[name].load(domain.load().platform({}))
        table = self.simulator.table
        self.landscape = Landscape.of(table, objective).among(keeps_data(table))
        self.space = make_space("archgym-pow2")

    def problem(self, budget: int) -> Problem:
        """Returns the problem with a new budget."""
        return Problem(self.space, self.workload, self.objective, self.simulator, budget=budget)

    def regrets(self) -> NDArray[np.float64]:
        """Returns the regret of every design, in the order of the table."""
        best, default = self.landscape.optimum, self.landscape.default_cost
        return (self.landscape.costs - best) / (default - best)


def train(others: Sequence[Tabulated], rounds: int, seed: int) -> IPPO:
    """Returns a team that has searched all of the workloads in turn."""
    agent = agents.make("ippo", others[0].space, seed, **SETTINGS)
    assert isinstance(agent, IPPO)
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        for index in rng.permutation(len(others)):
            agent.search(others[index].problem(SETTINGS["environments"]))
    return agent


def evaluations_until(target: float, tabulated: Tabulated, name: str, seeds: int) -> float:
    """Returns the median evaluations until an agent's cost is at most `target`; `inf` for never."""
    needed = []
    for seed in range(seeds):
        problem = tabulated.problem(BUDGET)
        agent = agents.make(name, problem.space, seed)
        assert isinstance(agent, AskTellAgent)
        while problem.remaining and not _reached(problem, target):
            agent.tell(problem.disclose(problem.evaluate(agent.ask(1))))
        needed.append(problem.evaluations if _reached(problem, target) else math.inf)
    return float(np.median(needed))


def leave_out(left_out: Tabulated, others: Sequence[Tabulated], options: Any) -> dict[str, Any]:
    """Returns what the team's guesses for the workload left out are worth."""
    landscape = left_out.landscape
    guesses = []
    for seed in range(options.seeds):
        design = train(others, options.rounds, seed).propose(left_out.problem(1))
        guesses.append(left_out.problem(1).evaluate([design])[0].cost)
    middle = float(np.median(guesses))
    rank = landscape.rank(middle)
    average = int(np.argmin(np.mean([other.regrets() for other in others], axis=0)))
    common = float(landscape.costs[average])
    return {
        "regret": landscape.regret(middle),
        "regrets": [landscape.regret(cost) for cost in guesses],
        "quantile": rank,
        # Half of all runs have drawn one of the best `rank` by then.
        "random_search": math.ceil(math.log(0.5) / math.log1p(-rank)) if 0 < rank < 1 else None,
        "bayesian_optimization": _finite(
            evaluations_until(middle, left_out, "bayesian_optimization", options.seeds)
        ),
        "best_on_average": landscape.regret(common),
    }


def _reached(problem: Problem, target: float) -> bool:
    return problem.best is not None and problem.best.cost <= target


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def markdown(results: Mapping[str, Mapping[str, Any]], options: Any) -> str:
    """Returns the page."""
    lines = ["# One guess for a workload never seen", ""]
    lines += [
        f"Made by `python -m experiments.generalist {options.tables} {options.out} --rounds "
        f"{options.rounds}`, which says how; medians of {options.seeds} seeds, each trained on the "
        f"other 11 workloads with {options.rounds * SETTINGS['environments']:,} evaluations of "
        "each.",
        "",
    ]
    headings = (
        *("Workload", "Regret of the guess", "Quantile", "Random search needs"),
        *("Bayesian optimisation needs", "Regret of the best on average"),
    )
    for objective, workloads in results.items():
        lines += [f"## {objective[0].upper()}{objective[1:]}", ""]
        lines += [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
        for name, row in workloads.items():
            random, model = row["random_search"], row["bayesian_optimization"]
            cells = (
                f"`{name}`",
                f"{row['regret']:.2%}",
                f"{row['quantile']:.3%}",
                f"{random:,}" if random else "any" if row["quantile"] else "luck",
                f"{model:,.0f}" if model else f"more than {BUDGET}",
                f"{row['best_on_average']:.2%}",
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, guesses and writes the results."""
    parser = argparse.ArgumentParser(description="How good is a policy's guess for a new workload?")
    parser.add_argument("tables", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args(arguments)
    results: dict[str, dict[str, Any]] = {}
    for objective in OBJECTIVES:
        tabulated = [Tabulated(options.tables, name, objective) for name in WORKLOADS]
        for left_out in tabulated:
            if left_out.name in REPORT and not left_out.landscape.is_too_easy:
                others = [other for other in tabulated if other is not left_out]
                row = leave_out(left_out, others, options)
                results.setdefault(objective, {})[left_out.name] = row
                print(f"{left_out.name}, {objective}: {row['regret']:.2%}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    replace_text(options.out / "results.json", json.dumps(results, indent=1) + "\n")
    replace_text(options.out / "results.md", markdown(results, options))


if __name__ == "__main__":
    main()
