"""The trials, each a file once it has been run."""

import dataclasses
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from archgym import agents
from archgym.problem import Problem
from archgym.study.trial import replace_text
from experiments.generalist.__main__ import Tabulated
from experiments.plain import libraries

SIDES = ("ours", "plain")


@dataclass(frozen=True)
class Pair:
    """An agent of ours and the library's own way.

    Attributes:
        agent: The agent's name.
        hyperparameters: What makes it the counterpart; the rest is at its defaults.
        plain: Spends the budget of a problem, given a seed.
        distribution: The library, as its package index has it.
        call: What the library's side is called.
        seeds: How many each side is given by default: as its cost allows.
    """

    agent: str
    hyperparameters: Mapping[str, str]
    plain: Callable[[Problem, int], None]
    distribution: str
    call: str
    seeds: int


PAIRS = {
    "optuna_tpe": Pair(
        "optuna", {"sampler": "tpe"}, libraries.optuna_tpe, "optuna", "optuna TPESampler", 40
    ),
    "optuna_gp": Pair(
        "optuna", {"sampler": "gp"}, libraries.optuna_gp, "optuna", "optuna GPSampler", 3
    ),
    "gaussian_process": Pair(
        "bayesian_optimization",
        {"surrogate": "gaussian_process"},
        libraries.skopt_gp,
        "scikit-optimize",
        "skopt gp_minimize",
        2,
    ),
}


@dataclass(frozen=True)
class Trial:
    """One side of a pair with a seed on one problem.

    Attributes:
        tables: The folder of the tables.
        workload: The name of the workload's table.
        objective: What to minimise.
        pair: Which of `PAIRS`.
        side: Which of `SIDES`.
        seed: The seed.
        budget: Evaluations.
    """

    tables: Path
    workload: str
    objective: str
    pair: str
    side: str
    seed: int
    budget: int

    @property
    def name(self) -> str:
        """A name that is unique among trials of equal budget and fit for a file."""
        parts = (self.workload, self.objective, self.pair, self.side, str(self.seed))
        return "_".join(re.sub(r"[^A-Za-z0-9.+-]+", "-", part) for part in parts)

    @property
    def settings(self) -> dict[str, Any]:
        """What decides, besides the seed, what is found: the defaults, or the library's version."""
        pair = PAIRS[self.pair]
        if self.side == "plain":
            return {"budget": self.budget, pair.distribution: version(pair.distribution)}
        agent = agents.registry.load(pair.agent)
        defaults = dataclasses.asdict(agents.configure(agent, pair.hyperparameters))
        return {"budget": self.budget, **defaults}

    def run(self, folder: Path) -> None:
        """Runs it and writes `NAME.json`."""
        tabulated = _tabulated(self.tables, self.workload, self.objective)
        problem = tabulated.problem(self.budget)
        pair = PAIRS[self.pair]
        began = time.process_time()
        if self.side == "plain":
            pair.plain(problem, self.seed)
        else:
            agents.make(pair.agent, problem.space, self.seed, **pair.hyperparameters).search(
                problem
            )
        seconds = time.process_time() - began
        assert problem.best is not None  # All begin with designs at random.
        found = {
            "settings": self.settings,
            "evaluations": problem.evaluations,
            "cost": problem.best.cost,
            "regret": tabulated.landscape.regret(problem.best.cost),
            "cpu_seconds": seconds,
        }
        replace_text(folder / f"{self.name}.json", json.dumps(found, indent=1) + "\n")

    def found(self, folder: Path) -> dict[str, Any] | None:
        """Returns what `run` wrote; `None` if it has not, or with other settings."""
        path = folder / f"{self.name}.json"
        if not path.exists():
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found if found["settings"] == self.settings else None


@lru_cache(maxsize=1)  # The trials on a problem follow each other.
def _tabulated(tables: Path, workload: str, objective: str) -> Tabulated:
    return Tabulated(tables, workload, objective)
