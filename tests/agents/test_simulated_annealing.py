"""Annealing accepts by Metropolis's rule, cools, and walks among neighbours."""

import math
from statistics import median

import pytest

from archgym.agents import Evaluated, configure
from archgym.agents.random_walk import RandomWalk
from archgym.agents.simulated_annealing import SimulatedAnnealing
from archgym.parameter import Design
from archgym.space import DesignSpace
from archgym.testing import check_agent
from archgym.testing.agents import SPACE, example_cost


def make(seed: int = 0, space: DesignSpace = SPACE, **settings: float) -> SimulatedAnnealing:
    return SimulatedAnnealing(space, seed, configure(SimulatedAnnealing, settings))


def best(agent: SimulatedAnnealing | RandomWalk, evaluations: int = 120) -> float:
    costs = []
    for _ in range(evaluations):
        (design,) = agent.ask(1)
        costs.append(example_cost(design))
        agent.tell([Evaluated(design, costs[-1])])
    return min(costs)


def changed(before: Design, after: Design) -> list[str]:
    return [name for name in SPACE.parameters if before[name] != after[name]]


def test_conformance() -> None:
    check_agent(SimulatedAnnealing)


def test_better_designs_are_always_accepted_and_worse_ones_never_in_the_cold() -> None:
    agent = make(hot=1e-6, cold=1e-9, cooling=0.9)
    first, better, worse = agent.ask(3)
    agent.tell(list(map(Evaluated, [first, better, worse], [2.0, 1.9, 1.901])))
    assert agent._position == SPACE.canonical(better)


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_worse_designs_are_accepted_as_often_as_metropolis_says(temperature: float) -> None:
    accepted = 0
    for seed in range(2000):
        agent = make(seed, hot=temperature, cooling=0.9)
        first, dearer = {"Size": 1}, {"Size": 2}
        agent.tell([Evaluated(first, 1.0), Evaluated(dearer, 1.1)])
        accepted += agent._position is not None and agent._position["Size"] == 2
    # By the second decision it has cooled once.
    expected = math.exp(-math.log(1.1) / (0.9 * temperature))
    assert abs(accepted / 2000 - expected) < 6 * math.sqrt(expected * (1 - expected) / 2000)


def test_cooling_is_geometric_until_the_walk_begins_again() -> None:
    agent = make(hot=1.0, cold=0.3, cooling=0.5)
    temperatures = []
    for _ in range(4):
        agent.tell([Evaluated(SPACE.default, 1.0)])
        temperatures.append(agent.temperature)
    assert temperatures == [0.5, 1.0, 0.5, 1.0]


@pytest.mark.parametrize("reach", [0.0, 0.1, 1.0])
def test_a_neighbour_differs_in_one_active_parameter_within_reach(reach: float) -> None:
    agent = make(reach=reach)
    furthest = 0
    for design in agent.sample(300):
        canonical = SPACE.canonical(design)
        (name,) = changed(canonical, neighbour := agent._neighbour(canonical))
        assert SPACE.is_active(name, canonical)
        if name == "Size":
            furthest = max(furthest, abs(neighbour["Size"] - canonical["Size"]))
    assert max(1, 0.7 * reach * 63) <= furthest <= max(1, math.ceil(reach * 63))


def test_every_neighbour_within_reach_is_possible() -> None:
    agent = make(reach=0.0)
    start = SPACE.canonical({"Policy": "Closed", "Size": 64, "Limit": 2})
    neighbours = {tuple(agent._neighbour(start).values()) for _ in range(2000)}
    # 3 other policies, 1 size, 2 limits, 2 shares and the other order.
    assert len(neighbours) == 9


def test_steps_to_known_designs_take_no_evaluation() -> None:
    agent = make(reach=0.0)
    keys = []
    for _ in range(150):
        (design,) = agent.ask(1)
        keys.append(SPACE.key(design))
        agent.tell([Evaluated(design, example_cost(design))])
    assert len(set(keys)) >= len(keys) - 3  # A walk may begin again where it has been.


def test_the_unit_of_the_cost_does_not_matter() -> None:
    agents = make(), make()
    proposed: list[list[Design]] = [[], []]
    for _ in range(60):
        for agent, unit, designs in zip(agents, (1.0, 2.0**20), proposed, strict=True):
            designs += agent.ask(1)
            agent.tell([Evaluated(designs[-1], unit * round(example_cost(designs[-1]), 2))])
    assert proposed[0] == proposed[1]


def test_judging_its_steps_is_what_makes_it_better_than_a_walk() -> None:
    annealed = [best(make(seed)) for seed in range(7)]
    walked = [best(RandomWalk(SPACE, seed)) for seed in range(7)]
    assert median(annealed) < median(walked)
