"""A landscape says of every design what the objective does, and of every cost where it stands."""

from pathlib import Path

import numpy as np
import pytest

from archgym import domain
from archgym.analysis.landscape import Landscape
from archgym.condition import Condition
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.simulators.tabular import Tabular
from archgym.space import DesignSpace
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from archgym.table import Table

SPACE = DesignSpace(
    "small",
    [
        Parameter("PagePolicy", ("Open", "Closed"), "Closed"),
        Parameter("Scheduler", ("Fifo", "FrFcfs", "FrFcfsGrp"), "Fifo"),
        Parameter("RequestBufferSize", (1, 4, 16), 4, ordered=True),
        Parameter("RefreshPolicy", ("NoRefresh", "AllBank"), "AllBank"),
    ],
    infeasible={Condition("RefreshPolicy", ("NoRefresh",)): "loses data"},
)
WORKLOAD = WorkloadSpec("zipf", (("requests", 300),))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder: Path = tmp_path_factory.mktemp("landscape")
    return enumerate_space(SPACE, WORKLOAD, folder)


@pytest.mark.parametrize(
    "objective",
    [
        *domain.load().vocabulary.names(),
        "power with runtime <= 0.9x",
        "latency <= 1ns, then energy",
    ],
)
def test_costs_are_those_of_a_problem(table: Table, objective: str) -> None:
    landscape = Landscape.of(table, objective)
    workload = WORKLOAD.load(domain.load().platform({}))
    problem = Problem(SPACE, workload, objective, Tabular(table.folder))
    costs = [evaluation.cost for evaluation in problem.evaluate(list(table.designs))]
    assert landscape.costs.tolist() == costs
    assert landscape.default_cost == problem.default.cost
    assert problem.best is not None
    assert landscape.optimum == problem.best.cost
    assert landscape.design == problem.best.design
    assert landscape.rank(landscape.optimum) == 0


def test_ranks_and_regrets(table: Table) -> None:
    landscape = Landscape.of(table, "runtime")
    finite = landscape.costs[np.isfinite(landscape.costs)]
    assert len(finite) == SPACE.count_feasible()
    for cost in finite:
        assert landscape.rank(cost) == np.mean(finite < cost)
        assert 0 <= landscape.regret(cost) <= landscape.regret(finite.max())
    assert landscape.regret(landscape.optimum) == 0
    assert landscape.regret(landscape.default_cost) == 1
    assert (landscape.costs[landscape.near] <= landscape.optimum * 1.01).all()
    assert landscape.share_near == np.mean(finite <= landscape.optimum * 1.01)
    assert landscape.is_too_easy == (landscape.share_near >= 0.01)


def test_some_designs_can_be_left_out(table: Table) -> None:
    every = Landscape.of(table, "runtime")
    worse = every.costs > every.optimum
    rest = every.among(worse)
    assert rest.optimum == every.costs[worse].min()
    assert np.isinf(rest.costs[~worse]).all()
    assert rest.default_cost == every.default_cost
    with pytest.raises(ArchgymError, match="no design to choose from"):
        every.among(np.zeros(len(table), bool))


def test_no_regret_where_the_default_is_best(table: Table) -> None:
    every = Landscape.of(table, "runtime")
    default = int(table.designs.numbers(SPACE.encode(SPACE.default)[None])[0])
    alone = every.among(np.arange(len(table)) == default)
    assert alone.design == SPACE.default
    with pytest.raises(ArchgymError, match="the default design, which is the best here"):
        alone.regret(every.optimum)


def test_an_objective_without_its_metrics(tmp_path: Path) -> None:
    space = DesignSpace("tiny", [Parameter("PagePolicy", ("Open", "Closed"), "Open")])
    table = enumerate_space(space, WORKLOAD, tmp_path, device="hbm3-6400")
    Landscape.of(table, "runtime")
    with pytest.raises(ArchgymError, match="needs energy_nj"):
        Landscape.of(table, "energy")
