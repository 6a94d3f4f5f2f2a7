"""Search on proxies: limits are learnt as limits, and what is known is not simulated again."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("lightgbm")

from archgym import agents, evaluation_log, proxy, simulators
from archgym.agents._kriging import Kriging
from archgym.agents.proxy_search import Goal, ProxySearch
from archgym.agents.random_search import RandomSearch
from archgym.condition import Condition
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.evaluation import Evaluated
from archgym.evaluation_log import Journal
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.proxy.coding import Coding
from archgym.space import DesignSpace
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
DRAM = make_space("archgym-pow2")


def metrics(design: Any) -> dict[str, float]:
    size, depth = design["Size"], design["Depth"]
    runtime = 100.0 + 10 * abs(size - 11) + 30 * (design["Policy"] == "A")
    energy = runtime * (2.0 + abs(depth - 3) + 0.2 * size + design["Switch"])
    return {
        "runtime_ns": runtime,
        "refresh_debt_ns": 0.0,
        "energy_nj": energy,
        "refresh_debt_nj": 0.0,
        "bandwidth_gb_per_s": 1000 / runtime,
    }


def problem(budget: int, objective: str = "edp") -> Problem:
    return Problem(
        SPACE, FormulaWorkload(), objective, FormulaSimulator(SPACE, metrics), budget=budget
    )


def goal_of(asked: Problem) -> Goal:
    return Goal.of(asked.disclose([asked.default])[0])


def best(agent: str, objective: str, budget: int, seed: int) -> float:
    searched = problem(budget, objective)
    agents.make(agent, SPACE, seed).search(searched)
    assert searched.best is not None
    return searched.best.cost


def test_conformance() -> None:
    check_agent(ProxySearch)


@pytest.mark.parametrize(
    "objective",
    [
        "edp",
        "power with runtime <= 0.6x",
        "energy with runtime <= 0.9x and power <= 0.6x",
        "power with bandwidth >= 1.2x and energy <= 600nJ",
    ],
)
def test_beats_random_search(objective: str) -> None:
    seeds = range(3)
    least = min(
        problem(1, objective).evaluate([design])[0].cost
        for design in (
            {"Policy": "B", "Size": size, "Depth": 3, "Switch": False} for size in range(16)
        )
    )
    found = median(best("proxy_search", objective, 60, seed) for seed in seeds)
    drawn = median(best("random_search", objective, 60, seed) for seed in seeds)
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
    agent.search(problem(20, "runtime"))
    assert len(agent._costs) == 1 + 20  # The default design is known beforehand.
    agent.search(problem(10, "runtime"))
    assert len(agent._costs) == 1 + 30


def test_the_model_is_of_as_many_designs_as_are_asked_for() -> None:
    agent = agents.make("proxy_search", SPACE, 0, modelled=20)
    assert isinstance(agent, ProxySearch)
    agent.search(problem(50))
    rows = agent._modelled()
    assert len(set(rows.tolist())) == 20
    assert {0, int(np.argmin(agent._costs))} <= set(rows.tolist())


@pytest.mark.parametrize(
    "objective",
    [
        "power with runtime <= 0.9x",
        "power with runtime <= 0.9x and energy <= 700nJ",
        "power with bandwidth >= 1.1x and energy <= 0.9x",
    ],
)
def test_terms_of_an_objective(objective: str) -> None:
    asked = problem(40, objective)
    goal = goal_of(asked)
    kept = []
    evaluations = asked.evaluate(RandomSearch(SPACE, 0).sample(40))
    for evaluation, told in zip(evaluations, asked.disclose(evaluations), strict=True):
        least, *limited = goal.measured(told)
        kept.append(bool((np.array(limited) <= goal.log_limits).all()))
        assert kept[-1] == evaluation.within_limits
        assert not kept[-1] or np.exp(least) == pytest.approx(evaluation.cost)
    assert {True, False} == set(kept)


def test_without_limits_the_cost_is_modelled() -> None:
    for objective in ("edp", "archgym-latency 100"):
        assert goal_of(problem(1, objective)) == Goal()


def asked_and_told(asked: Problem, seed: int, disclosed: bool) -> float:
    """Spends a budget by asking and telling, the default first; returns the least cost."""
    agent = ProxySearch(SPACE, seed)
    agent.tell(asked.disclose([asked.default]))
    while asked.remaining:
        told = asked.disclose(asked.evaluate(agent.ask(1)))
        bare = [Evaluated(evaluated.design, evaluated.cost) for evaluated in told]
        agent.tell(told if disclosed else bare)
    assert asked.best is not None
    return asked.best.cost


def test_told_of_limits_it_does_what_it_does_in_search() -> None:
    objective = "power with runtime <= 0.6x"
    found = [asked_and_told(problem(20, objective), seed, disclosed=True) for seed in range(5)]
    assert found == [best("proxy_search", objective, 20, seed) for seed in range(5)]
    costs = [asked_and_told(problem(20, objective), seed, disclosed=False) for seed in range(5)]
    assert median(found) < median(costs)


def test_what_was_told_before_the_limits_is_not_forgotten() -> None:
    asked, agent = problem(20, "energy with runtime <= 0.9x"), ProxySearch(SPACE, 0)
    told = asked.disclose(asked.evaluate(agent.sample(20)))
    agent.tell([Evaluated(evaluated.design, evaluated.cost) for evaluated in told[:10]])
    agent.tell(told[10:])
    assert len(agent._costs) == len(agent._terms) == 20
    assert {len(terms) for terms in agent._terms} == {2}


def test_kriging_is_exact_where_it_knows_and_unsure_where_it_does_not() -> None:
    coding = Coding(SPACE)
    designs = RandomSearch(SPACE, 0).sample(60)
    codes = coding.codes(np.array([SPACE.encode(design) for design in designs]))
    values = np.log([metrics(design)["energy_nj"] for design in designs])
    values -= values.mean()
    ones = np.ones((60, 1))
    model = Kriging(coding)
    model.fit(codes[:40], ones[:40], values[:40], 1.0)
    mean, deviation = model.predict(codes, ones)
    new = ~np.isin(coding.keys(codes), coding.keys(codes[:40]))
    assert new.sum() >= 10
    assert np.abs(mean - values)[~new].max() < 0.02
    assert deviation[~new].max() < deviation[new].max()
    # Far better than knowing nothing, and as far off as it says.
    error = np.abs(mean - values)[new]
    assert np.sqrt(np.mean(error**2)) < 0.5 * values.std()
    assert (error < 3 * deviation[new]).mean() > 0.8


# On saved proxies

SHORT = {"requests": 400}


def load(name: str) -> Workload:
    return Workload.load(name, "ddr4-2400", **SHORT)


def simulate(workload: Workload, count: int, seed: int) -> proxy.Samples:
    """Simulates random designs and the default."""
    native = simulators.make("native")
    coding = Coding(DRAM)
    designs = [DRAM.default, *RandomSearch(DRAM, seed).sample(count)]
    outcomes: list[Any] = native.evaluate(designs, workload)
    names = tuple(outcomes[0])
    return proxy.Samples(
        coding,
        coding.codes(np.array([DRAM.encode(design) for design in designs])),
        np.zeros(len(designs), np.int64),
        names,
        np.array([[outcome[name] for name in names] for outcome in outcomes]),
        (proxy.Facts(workload.id, outcomes[0], tuple(workload.features), "ddr4-2400"),),
        f"native {native.version}",
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proxy of four short workloads, `random` among them, and of others through them."""
    path = tmp_path_factory.mktemp("proxies") / "four.proxy"
    names = ("random", "cloud-1", "mixed", "bursty")
    parts = [simulate(load(name), 500, number) for number, name in enumerate(names)]
    proxy.save(proxy.train(proxy.join(parts), "mlp", effort=0.3), path)
    return path


def dram(name: str, budget: int, objective: str = "latency", **options: Any) -> Problem:
    return Problem(DRAM, load(name), objective, "native", budget=budget, **options)


def search(asked: Problem, seed: int = 0, **settings: Any) -> float:
    agents.make("proxy_search", DRAM, seed, **settings).search(asked)
    assert asked.best is not None
    return asked.best.cost


@pytest.mark.parametrize("name", ["random", "cloud-2"])
@pytest.mark.parametrize("objective", ["latency", "power with runtime <= 1.05x"])
def test_a_proxy_saves_simulations(name: str, objective: str, saved: Path) -> None:
    """Five do the work of ten; known is `random`, unknown `cloud-2`."""
    alone = median(search(dram(name, 10, objective), seed) for seed in range(9))
    helped = median(search(dram(name, 5, objective), seed, proxy=str(saved)) for seed in range(9))
    assert helped <= alone


def test_several_are_confirmed_at_once(saved: Path) -> None:
    asked = dram("random", 5)
    search(asked, proxy=str(saved), confirm=5)
    assert asked.simulations == 5


def test_a_wrong_proxy_is_overruled(tmp_path: Path) -> None:
    """One that holds the worst for the best costs simulations, and no more than that."""
    workload = load("random")
    samples = simulate(workload, 500, 0)
    latency = samples.metrics.index("latency_ns")
    upside_down = samples.values.copy()
    upside_down[:, latency] = 1e4 / samples.values[:, latency]
    wrong = proxy.Samples(
        samples.coding,
        samples.codes,
        samples.workload,
        samples.metrics,
        upside_down,
        samples.facts,
        samples.simulator,
    )
    path = tmp_path / "wrong.proxy"
    proxy.save(proxy.train(wrong, "mlp", ["latency_ns"], effort=0.3), path)
    first, later = dram("random", 1), dram("random", 60)
    search(first, proxy=str(path))
    assert search(later, proxy=str(path)) < first.default.cost
    ordinary = sorted(samples.values[:, latency])
    assert first.best
    assert later.best
    assert first.best.cost > ordinary[len(ordinary) // 2]
    assert later.best.cost < ordinary[len(ordinary) // 50]


def test_a_search_that_was_cut_short_goes_on_as_it_would_have(saved: Path, tmp_path: Path) -> None:
    def cut_short(asked: Problem, after: int) -> None:
        evaluate: Callable[..., Any] = asked.evaluate

        def evaluate_until(designs: Any) -> Any:
            if asked.evaluations >= after:
                raise KeyboardInterrupt
            return evaluate(designs)

        asked.evaluate = evaluate_until  # type: ignore[method-assign]

    with Journal(tmp_path / "whole.jsonl") as journal:
        search(dram("cloud-2", 12, journal=journal), proxy=str(saved))
    with Journal(tmp_path / "cut.jsonl") as journal:
        asked = dram("cloud-2", 12, journal=journal)
        cut_short(asked, 7)
        with pytest.raises(KeyboardInterrupt):
            search(asked, proxy=str(saved))
    with Journal(tmp_path / "cut.jsonl") as journal:
        assert len(journal.recovered) == 7
        search(dram("cloud-2", 12, journal=journal), proxy=str(saved))
    assert evaluation_log.equal(tmp_path / "cut.jsonl", tmp_path / "whole.jsonl")


# What can't be done is one sentence.


def test_a_missing_file() -> None:
    with pytest.raises(ArchgymError, match=r"^hyperparameter proxy: there is no file no\.proxy$"):
        agents.make("proxy_search", DRAM, 0, proxy="no.proxy")


def test_a_path_is_a_text() -> None:
    with pytest.raises(ArchgymError, match=r"^hyperparameter proxy must be a path, not 3$"):
        agents.make("proxy_search", DRAM, 0, proxy=3)


def test_a_damaged_file(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    path = tmp_path / "damaged.proxy"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ArchgymError, match=r"damaged\.proxy is not a proxy, or damaged"):
        agents.make("proxy_search", DRAM, 0, proxy=str(path))


def test_another_space(saved: Path) -> None:
    with pytest.raises(ArchgymError, match=r"is of space archgym-pow2, whose .* of formula$"):
        agents.make("proxy_search", SPACE, 0, proxy=str(saved))


def test_another_device(saved: Path) -> None:
    workload = Workload.load("cloud-2", "ddr3-1600", **SHORT)
    space = make_space("archgym-pow2", "ddr3-1600")
    agent = agents.make("proxy_search", space, 0, proxy=str(saved))
    with pytest.raises(ArchgymError, match=r"^the proxy is for ddr4-2400, not ddr3-1600$"):
        agent.search(Problem(space, workload, "latency", "native", budget=2))


def test_a_workload_that_it_can_t_tell_of(tmp_path: Path) -> None:
    path = tmp_path / "one.proxy"
    samples = simulate(load("random"), 100, 0)
    proxy.save(proxy.train(samples, "ridge", ["latency_ns"]), path)
    with pytest.raises(ArchgymError, match=r"^the proxy knows random.* only, and not cloud-2"):
        search(dram("cloud-2", 2), proxy=str(path))
    with pytest.raises(ArchgymError, match=r"^the proxy predicts latency_ns: .*runtime_ns"):
        search(dram("random", 2, "runtime"), proxy=str(path))


def test_without_a_problem_there_is_nothing_to_predict(saved: Path) -> None:
    with pytest.raises(ArchgymError, match="only in search"):
        agents.make("proxy_search", DRAM, 0, proxy=str(saved)).ask(1)
