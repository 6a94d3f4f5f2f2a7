"""Search on proxies: limits are learnt as limits, and what is known is not simulated again."""

import math
from statistics import median
from typing import Any

import pytest

pytest.importorskip("lightgbm")

from archgym import agents
from archgym.agents.proxy_search import Goal, ProxySearch
from archgym.agents.random_search import RandomSearch
from archgym.problem import Problem
from archgym.space import Condition, DesignSpace, Parameter
from archgym.testing import FormulaSimulator, FormulaWorkload, check_agent

SPACE = DesignSpace(
    "formula",
    [
        Parameter("Policy", ("A", "B", "Lossy", "C"), "A"),
        Parameter("Size", range(16), 0, ordered=True),
        Parameter("Depth", range(16), 15, ordered=True),
        Parameter("Switch", (False, True), False),
    ],
    infeasible={Condition("Policy", one_of=("Lossy",)): "loses data"},
)


def metrics(design: Any) -> dict[str, float]:
    size, depth = design["Size"], design["Depth"]
    runtime = 100.0 + 10 * abs(size - 11) + 30 * (design["Policy"] == "A")
    energy = runtime * (2.0 + abs(depth - 3) + 0.2 * size + design["Switch"])
    return {
        "runtime_ns": runtime,
        "refresh_debt_ns": 0.0,
        "energy_nj": energy,
        "refresh_debt_nj": 0.0,
    }


def problem(budget: int, objective: str = "edp") -> Problem:
    return Problem(
        SPACE, FormulaWorkload(), objective, FormulaSimulator(SPACE, metrics), budget=budget
    )


def best(agent: str, objective: str, budget: int, seed: int) -> float:
    searched = problem(budget, objective)
    agents.make(agent, SPACE, seed).search(searched)
    assert searched.best is not None
    return searched.best.cost


def test_conformance() -> None:
    check_agent(ProxySearch)


@pytest.mark.parametrize("objective", ["edp", "power with runtime <= 0.6"])
def test_beats_random_search(objective: str) -> None:
    seeds = range(3)
    least = min(
        problem(1, objective).evaluate([design])[0].cost
        for design in (
            {"Policy": "B", "Size": size, "Depth": 3, "Switch": False} for size in range(16)
        )
    )
    found = median(best("proxy_search", objective, 80, seed) for seed in seeds)
    drawn = median(best("random_search", objective, 80, seed) for seed in seeds)
    assert found <= 1.02 * least
    assert found < drawn


def test_no_design_is_simulated_twice() -> None:
    searched = problem(120)
    agents.make("proxy_search", SPACE, 0).search(searched)
    # The first designs are drawn with repeats, as uniform ones are.
    assert searched.simulations >= 118


def test_a_second_search_of_another_problem_begins_anew() -> None:
    agent = ProxySearch(SPACE, 0)
    agent.search(problem(30))
    agent.search(problem(40, "runtime"))
    assert len(agent._costs) == 40
    agent.search(problem(10, "runtime"))
    assert len(agent._costs) == 50


def test_what_a_limit_costs() -> None:
    asked = problem(10, "power with runtime <= 0.9")
    goal = Goal.of(asked)
    assert goal.terms == ["power", "runtime"]
    evaluations = asked.evaluate(RandomSearch(SPACE, 0).sample(10))
    for evaluation in evaluations:
        terms = goal.measured(evaluation, evaluation.cost)
        logs = [math.log(terms[name]) for name in goal.terms]
        assert goal.log_cost(logs) == pytest.approx(math.log(evaluation.cost))


def test_a_target_is_met_by_modelling_the_cost() -> None:
    assert Goal.of(problem(1, "archgym-latency 100")) == Goal("cost")
