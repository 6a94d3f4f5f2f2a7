"""The results of a small study, and made-up ones with known statistics."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from archgym.analysis import Results
from archgym.analysis.results import ProblemKey, TrialResult
from archgym.study import Study


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three agents on two workloads and two objectives, with real simulations."""
    out = tmp_path_factory.mktemp("study")
    study = Study.from_mapping(
        {
            "name": "small <study> & more",
            "budget": 30,
            "seeds": 3,
            "objectives": ["latency", "edp"],
            "workloads": [{"name": name, "requests": 300} for name in ("stream", "mixed")],
            "agents": {"random_search": {}, "random_walk": {}, "genetic_algorithm": {}},
        },
        "options",
    )
    assert study.run(out) == []
    return out


@pytest.fixture
def made_up() -> Callable[[dict[str, list[list[float]]]], Results]:
    """Makes results of one problem from the costs of each agent's trials, default's at 10."""

    def make(costs: dict[str, list[list[float]]], **budgets: int) -> Results:
        study = Study.from_mapping(
            {
                "budget": 5,
                "seeds": 3,
                "workloads": [{"name": "stream", "requests": 10}],
                "agents": {
                    label: {"agent": "random_search", "budget": budgets.get(label, 5)}
                    for label in costs
                },
            },
            "test",
        )
        trials = {
            agent: [_trial(agent, np.array(run, dtype=float)) for run in runs]
            for agent, runs in costs.items()
        }
        return Results(study, {ProblemKey("stream", "runtime"): trials}, 0)

    return make


def _trial(agent: str, costs: np.ndarray) -> TrialResult:
    summary = {
        "agent": agent,
        "default_cost": 10,
        "simulations": len(costs),
        "simulator_seconds": 0.25,
        "agent_seconds": 1.5,
    }
    return TrialResult(Path("nowhere"), summary, costs)
