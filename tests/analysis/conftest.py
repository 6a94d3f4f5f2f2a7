"""The results of a small study, and made-up ones with known statistics."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
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
def made_up(tmp_path: Path) -> Callable[..., Results]:
    """Makes results of one problem from the costs of each agent's trials, default's at 10.

    An infinite cost is of a design that did not run. With `violations`, by agent as the costs are,
    the objective is power within a limit. Metrics and parameters of `row` are those of all designs.
    """

    def make(
        costs: dict[str, list[list[float]]],
        violations: dict[str, list[list[float]]] | None = None,
        row: dict[str, object] | None = None,
        **budgets: int,
    ) -> Results:
        objective = "power with runtime <= 1.05x" if violations else "runtime"
        study = Study.from_mapping(
            {
                "budget": 5,
                "seeds": 3,
                "objectives": [objective],
                "workloads": [{"name": "stream", "requests": 10}],
                "agents": {
                    label: {"agent": "random_search", "budget": budgets.get(label, 5)}
                    for label in costs
                },
            },
            "test",
        )
        trials: dict[str, list[TrialResult]] = {agent: [] for agent in costs}
        for agent, runs in costs.items():
            for number, run in enumerate(runs):
                path = tmp_path / f"{agent}-{number}.parquet"
                frame = pd.DataFrame({"step": range(len(run)), "cost": np.array(run, float)})
                frame.assign(**row or {}).to_parquet(path)
                beyond = violations[agent][number] if violations else [0.0] * len(run)
                trials[agent].append(_trial(path, agent, run, beyond))
        return Results(study, {ProblemKey("stream", objective): trials}, 0)

    return make


def _trial(path: Path, agent: str, costs: list[float], violations: list[float]) -> TrialResult:
    summary = {
        "agent": agent,
        "default_cost": 10,
        "simulations": len(costs),
        "simulator_seconds": 0.25,
        "agent_seconds": 1.5,
    }
    ran = np.isfinite(costs)
    return TrialResult(
        path, summary, np.array(costs, float), np.where(ran, violations, np.inf), default_value=10
    )
