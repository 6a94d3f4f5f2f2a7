"""The genetic algorithm breeds from the best, however it is asked and told."""

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.agents import AskTellAgent, Evaluated, configure
from archgym.agents.genetic_algorithm import GeneticAlgorithm
from archgym.agents.random_search import RandomSearch
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.space import DesignSpace
from archgym.testing import FormulaSimulator, FormulaWorkload, check_agent
from archgym.testing.agents import SPACE

SUM = DesignSpace(
    "sum", [Parameter(name, range(16), 0, ordered=True) for name in "ABCDEFGH"]
)  # 16^8 designs; each parameter costs its distance from 5.


def cost(design: dict) -> float:
    return 1.0 + sum(abs(value - 5) for value in design.values())


def best(agent: type[AskTellAgent], seed: int, **hyperparameters: float) -> float:
    simulator = FormulaSimulator(
        SUM, lambda design: {"runtime_ns": cost(design), "refresh_debt_ns": 0.0}
    )
    problem = Problem(SUM, FormulaWorkload(), "runtime", simulator, budget=300)
    agent(SUM, seed, configure(agent, hyperparameters)).search(problem)
    assert problem.best is not None
    return problem.best.cost


def make(**hyperparameters: float) -> GeneticAlgorithm:
    return GeneticAlgorithm(SPACE, 0, configure(GeneticAlgorithm, hyperparameters))


def test_conformance() -> None:
    check_agent(GeneticAlgorithm)


def test_beats_random_search() -> None:
    bred = [best(GeneticAlgorithm, seed) for seed in range(5)]
    drawn = [best(RandomSearch, seed) for seed in range(5)]
    assert median(bred) < 0.6 * median(drawn)


def test_selection_is_what_makes_it_better() -> None:
    bred = [best(GeneticAlgorithm, seed) for seed in range(5)]
    unselected = [best(GeneticAlgorithm, seed, tournament=1, elites=0) for seed in range(5)]
    assert median(bred) < median(unselected)


def test_without_mutation_children_mix_their_parents() -> None:
    agent = make(population=4, mutations=0.0, crossover=1.0)
    first = agent.ask(4)
    agent.tell(list(map(Evaluated, first, [1.0, 2.0, 3.0, 4.0])))
    for child in agent.ask(3):
        for name, value in child.items():
            assert value in {parent[name] for parent in first}


@settings(deadline=None)
@given(st.lists(st.integers(1, 25), min_size=1, max_size=12), st.integers(0, 99))
def test_batches_do_not_matter_to_what_survives(batches: list[int], seed: int) -> None:
    """However designs arrive, the best elites are parents in the end."""
    agent = make(population=6, elites=2)
    designs = RandomSearch(SPACE, seed).ask(sum(batches))
    costs = [float(i * 7919 % 1000) for i in range(len(designs))]
    told = 0
    for n in batches:
        agent.tell(list(map(Evaluated, designs[told : told + n], costs[told : told + n])))
        told += n
    parents = [parent_cost for parent_cost, _ in agent._parents]
    assert parents == sorted(parents)
    if parents:
        generations = 1 + (len(designs) - 6) // 4
        reached = 6 + 4 * (generations - 1)
        assert parents[:2] == sorted(costs[:reached])[:2]


def test_no_design_is_proposed_twice() -> None:
    agent = make(population=10)
    keys = []
    for _ in range(20):
        designs = agent.ask(10)
        keys += [SPACE.key(design) for design in designs]
        agent.tell([Evaluated(design, 1.0) for design in designs])
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("elites", [0, 3, 10_000])
def test_any_number_of_elites(elites: int) -> None:
    agent = make(population=4, elites=elites)
    for _ in range(5):
        designs = agent.ask(3)
        agent.tell(list(map(Evaluated, designs, [1.0, 2.0, 3.0])))
    assert len(agent._parents) == 4
