"""Random search draws uniformly and independently."""

from collections import Counter

from archgym.agents import Evaluated
from archgym.agents.random_search import RandomSearch
from archgym.testing import check_agent
from archgym.testing.agents import SPACE


def test_conformance() -> None:
    check_agent(RandomSearch)


def test_every_feasible_value_is_equally_likely() -> None:
    designs = RandomSearch(SPACE, 0).ask(6000)
    policies = Counter(design["Policy"] for design in designs)
    assert set(policies) == {"Open", "Closed", "Adaptive"}
    # Binomial: mean 2000, standard deviation 37.
    assert all(abs(count - 2000) < 6 * 37 for count in policies.values())
    sizes = Counter(design["Size"] for design in designs)
    assert set(sizes) == set(range(1, 65))


def test_costs_change_nothing() -> None:
    told, untold = RandomSearch(SPACE, 5), RandomSearch(SPACE, 5)
    told.tell(list(map(Evaluated, told.ask(3), [1.0, 2.0, 3.0])))
    untold.ask(3)
    assert told.ask(3) == untold.ask(3)
