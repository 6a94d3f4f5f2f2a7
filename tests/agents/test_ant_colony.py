"""Ants lay pheromone where designs are good, and follow it."""

import math
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.agents import Evaluated, configure
from archgym.agents.ant_colony import AntColony
from archgym.agents.random_search import RandomSearch
from archgym.condition import Condition
from archgym.parameter import Parameter
from archgym.space import DesignSpace
from archgym.testing import check_agent
from archgym.testing.agents import SPACE, example_cost

SMALL = DesignSpace(
    "small",
    [
        Parameter("Policy", ("A", "B", "C"), "A"),
        Parameter("Limit", (1, 2, 3), 1, ordered=True),
        Parameter("Size", range(9), 0, ordered=True),
    ],
    active={"Limit": Condition("Policy", not_in=("A",))},
)


def make(space: DesignSpace = SMALL, seed: int = 0, **settings: float) -> AntColony:
    return AntColony(space, seed, configure(AntColony, settings))


def best(agent: AntColony | RandomSearch, evaluations: int = 120) -> float:
    costs: list[float] = []
    while len(costs) < evaluations:
        designs = agent.ask(10)
        told = [example_cost(design) for design in designs]
        agent.tell(list(map(Evaluated, designs, told)))
        costs += told
    return min(costs)


def test_conformance() -> None:
    check_agent(AntColony)


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_pheromone_rises_on_the_best_path_and_falls_off_it(spread: float) -> None:
    agent = make(ants=3, elites=1, spread=spread)
    good = {"Policy": "B", "Limit": 2, "Size": 4}
    bad = [{"Policy": "C", "Limit": 3, "Size": 8}, {"Policy": "A", "Limit": 1, "Size": 0}]
    for _ in range(5):
        before = agent.pheromone.copy()
        agent.tell(list(map(Evaluated, [bad[0], good, bad[1]], [2.0, 1.0, 3.0])))
        path = range(3), SMALL.encode(good)
        assert (agent.pheromone[path] > before[path]).all()
        for design in bad:
            off = range(3), SMALL.encode(design)
            assert (agent.pheromone[off] < before[off]).all()


def test_the_better_of_two_elites_deposits_more() -> None:
    agent = make(ants=2, elites=2)
    agent.tell([Evaluated({"Policy": "A"}, 2.0), Evaluated({"Policy": "B"}, 1.0)])
    assert agent.pheromone[0, 1] > agent.pheromone[0, 0] > agent.pheromone[0, 2]


def test_a_deposit_spreads_over_ordered_values_only() -> None:
    agent = make(ants=1, spread=0.1)
    agent.tell([Evaluated({"Policy": "B", "Limit": 2, "Size": 4}, 1.0)])
    policy, _, size = agent.pheromone
    assert policy[0] == policy[2] < policy[1]
    assert size[4] > size[3] == size[5] > size[2] > size[0]


def test_parameters_without_effect_keep_their_pheromone() -> None:
    agent = make(ants=1)
    agent.tell([Evaluated({"Policy": "A", "Limit": 3, "Size": 2}, 1.0)])
    assert agent.pheromone[1, :3].tolist() == [1 / 3] * 3


def test_failed_designs_deposit_nothing() -> None:
    agent = make(ants=2)
    before = agent.pheromone.copy()
    designs = SMALL.sample(np.random.default_rng(0), 2)
    agent.tell(list(map(Evaluated, designs, [math.inf, math.nan])))
    assert (agent.pheromone == before).all()


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=30), st.integers(0, 99))
def test_pheromone_stays_a_distribution(costs: list[float], seed: int) -> None:
    agent = make(ants=4)
    designs = SMALL.sample(np.random.default_rng(seed), len(costs))
    agent.tell(list(map(Evaluated, designs, costs)))
    assert agent.pheromone.sum(axis=1) == pytest.approx(1)
    assert (agent.pheromone >= 0).all()


def test_designs_are_drawn_by_the_pheromone() -> None:
    agent = make(DesignSpace("wide", [Parameter(name, range(50), 0) for name in "AB"]), wandering=0)
    agent.pheromone[0] = np.where(np.arange(50) < 2, [0.75] + [0.25] * 49, 0)
    drawn = [design["A"] for design in agent._draw(4000)]
    # Binomial: mean 3000, standard deviation 27.
    assert abs(drawn.count(0) - 3000) < 6 * 27
    assert set(drawn) == {0, 1}


def test_no_path_is_taken_twice() -> None:
    agent = make(SPACE)
    keys = []
    for _ in range(20):
        designs = agent.ask(10)
        keys += [SPACE.key(design) for design in designs]
        agent.tell([Evaluated(design, example_cost(design)) for design in designs])
    assert len(set(keys)) == len(keys)


def test_beats_random_search() -> None:
    followed = [best(make(SPACE, seed)) for seed in range(7)]
    drawn = [best(RandomSearch(SPACE, seed)) for seed in range(7)]
    assert median(followed) < median(drawn)
