"""What a problem counts, caches, simulates and logs, with a simulator that is a formula."""

import math
import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import evaluation_log
from archgym.condition import Condition
from archgym.errors import ArchgymError
from archgym.evaluation_log import Journal
from archgym.objectives import Reached
from archgym.parameter import Design, Parameter
from archgym.problem import PENALTY, BudgetExhausted, Evaluation, Problem
from archgym.simulator import Failure, Outcome, Simulator
from archgym.space import DesignSpace

SPACE = DesignSpace(
    "toy",
    [
        Parameter("Policy", ("Open", "Closed", "Lossy"), "Open"),
        Parameter("Limit", range(1, 5), 2, ordered=True),
        Parameter("Size", range(1, 9), 4, ordered=True),
    ],
    active={"Limit": Condition("Policy", not_in=("Open",))},
    infeasible={Condition("Policy", one_of=("Lossy",)): "loses data"},
)


class Formula(Simulator):
    """Latency falls with the size until 8, which crashes; remembers the batches it got."""

    name = "formula"
    version = "1"
    parameters = SPACE.parameters
    standards = frozenset({"DDR4"})
    metrics = frozenset({"latency_ns"})

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[list[Design]] = []
        self.seconds = seconds

    def evaluate(self, designs: Sequence[Design], workload: object) -> list[Outcome]:
        self.batches.append(list(designs))
        time.sleep(self.seconds)
        return [self.run(design) for design in designs]

    def run(self, design: Design) -> Outcome:
        if design["Size"] == 8:
            return Failure("crash", "too big")
        latency = 100 / 3 / design["Size"] + design["Limit"] * (design["Policy"] == "Closed")
        return {"latency_ns": latency}


class Charged(Formula):
    """Also has energy and runtime."""

    def run(self, design: Design) -> Outcome:
        outcome = super().run(design)
        if isinstance(outcome, Failure):
            return outcome
        others = ("runtime_ns", "refresh_debt_ns", "energy_nj", "refresh_debt_nj")
        return outcome | dict.fromkeys(others, 1.0)


WORKLOAD = SimpleNamespace(id="toy@none#0", features=())


def make(budget: int | None = None, journal: Journal | None = None) -> tuple[Problem, Formula]:
    simulator = Formula()
    return Problem(SPACE, WORKLOAD, "latency", simulator, budget=budget, journal=journal), simulator


def designs(seed: int, n: int) -> list[Design]:
    return SPACE.sample(np.random.default_rng(seed), n)


def test_one_of_each_kind() -> None:
    problem, _ = make()
    ordinary, same, lossy, failed = problem.evaluate(
        [
            {"Size": 5},
            {"Size": 5, "Limit": 4},
            {"Policy": "Lossy", "Size": 5},
            {"Size": 8},
        ]
    )
    full = {"Policy": "Open", "Limit": 2, "Size": 5}
    metrics = {"latency_ns": 100 / 3 / 5}
    assert ordinary == Evaluation(full, full, metrics, 100 / 3 / 5, True, None, False, 0, 0.0)
    other = full | {"Limit": 4}
    assert same == Evaluation(other, full, metrics, 100 / 3 / 5, True, None, True, 1, 0.0)
    assert (lossy.metrics, lossy.cost, lossy.feasible, lossy.failure, lossy.step) == (
        (None, math.inf, False, "loses data", 2)
    )
    assert (failed.metrics, failed.cost, failed.feasible, failed.failure, failed.step) == (
        (None, math.inf, True, "crash: too big", 3)
    )
    assert (problem.evaluations, problem.simulations) == (4, 2)
    assert problem.best is ordinary
    assert problem.default.cost == 100 / 3 / 4
    assert problem.penalised(ordinary) == ordinary.cost
    penalty = PENALTY * problem.default.cost
    assert problem.penalised(lossy) == problem.penalised(failed) == penalty


def test_agents_are_told_what_the_objective_is_made_of() -> None:
    problem = Problem(SPACE, WORKLOAD, "edp with latency <= 1x", Charged())
    evaluations = problem.evaluate([{"Size": 5}, {"Size": 2}, {"Policy": "Lossy"}, {"Size": 8}])
    kept, missed, lossy, failed = problem.disclose(evaluations)
    bound = (problem.default.metrics or {})["latency_ns"]
    for told, evaluation in ((kept, evaluations[0]), (missed, evaluations[1])):
        assert (told.design, told.cost) == (evaluation.design, evaluation.cost)
        assert (told.feasible, told.failed) == (True, False)
        latency = (evaluation.metrics or {})["latency_ns"]
        assert told.terms == {"edp": 4.0, "latency": latency}
        assert told.limits == (Reached("latency <= 1x", "latency", latency, bound),)
        assert max(0.0, told.limits[0].excess) == evaluation.violation
        assert "runtime" not in repr(told)
    for told, feasible in ((lossy, False), (failed, True)):
        assert told.cost == PENALTY * problem.default.cost
        assert (told.feasible, told.failed) == (feasible, True)
        assert (told.terms, told.limits) == ({}, ())
    received = pickle.loads(pickle.dumps([kept, lossy]))
    assert received == [kept, lossy]
    assert received[0].terms == kept.terms


def test_limits_are_told_from_feasibility(tmp_path: Path) -> None:
    # The default design's latency is 100 / 3 / 4.
    asked: list[Design] = [{"Size": size} for size in (4, 5, 2, 8)] + [{"Policy": "Lossy"}]
    with Journal(tmp_path / "j.jsonl", trial="t") as journal:
        problem = Problem(SPACE, WORKLOAD, "edp with latency <= 1x", Charged(), journal=journal)
        evaluations = problem.evaluate(asked)
    assert [evaluation.violation for evaluation in evaluations] == [0, 0, 1, math.inf, math.inf]
    assert [evaluation.within_limits for evaluation in evaluations] == [True] * 2 + [False] * 3
    assert [evaluation.feasible for evaluation in evaluations] == [True] * 4 + [False]
    assert problem.default.within_limits
    with Journal(tmp_path / "j.jsonl", trial="t") as journal:
        again = Problem(SPACE, WORKLOAD, "edp with latency <= 1x", Charged(), journal=journal)
        assert again.evaluate(asked) == evaluations


@given(st.integers(0, 10**6), st.lists(st.integers(0, 12), max_size=8))
def test_counts_do_not_depend_on_batching_or_cache(seed: int, batches: list[int]) -> None:
    chosen = designs(seed, sum(batches))
    problem, simulator = make(budget=len(chosen) + 1)
    at_once, _ = make()
    rest, evaluations = chosen, []
    for n in batches:
        evaluations += problem.evaluate(rest[:n])
        rest = rest[n:]
    assert evaluations == at_once.evaluate(chosen)
    canonical = {SPACE.key(d) for d in chosen if SPACE.infeasibility(d) is None}
    assert problem.simulations == at_once.simulations == len(canonical)
    assert problem.evaluations == len(chosen)
    assert problem.remaining == 1
    simulated = [SPACE.key(design) for batch in simulator.batches for design in batch]
    assert len(simulated) == len(set(simulated))
    assert set(simulated) <= canonical | {SPACE.key(SPACE.default)}


@given(st.integers(0, 10**6))
def test_costs_are_those_of_the_simulator(seed: int) -> None:
    problem, simulator = make()
    best = math.inf
    for evaluation in problem.evaluate(designs(seed, 20)):
        outcome = simulator.run(evaluation.design | {"Limit": evaluation.canonical["Limit"]})
        ran = evaluation.feasible and not isinstance(outcome, Failure)
        assert evaluation.metrics == (outcome if ran else None)
        assert evaluation.cost == (outcome["latency_ns"] if ran else math.inf)
        best = min(best, evaluation.cost)
    assert (problem.best.cost if problem.best else math.inf) == best


def test_new_designs_of_a_call_are_one_batch() -> None:
    problem, simulator = make()
    assert problem.default.cost == problem.default.cost
    assert simulator.batches == [[SPACE.default]]
    problem.evaluate(designs(0, 30))
    problem.evaluate(designs(0, 30))
    assert len(simulator.batches) == 2
    assert all(design["Policy"] != "Lossy" for design in simulator.batches[1])
    # The default design, though never simulated again, counts once it is asked for.
    counted = problem.simulations
    if SPACE.key({}) not in {SPACE.key(design) for design in designs(0, 30)}:
        counted += 1
    problem.evaluate([{}])
    assert (problem.simulations, len(simulator.batches)) == (counted, 2)


def test_nothing_is_evaluated_beyond_the_budget() -> None:
    problem, _ = make(budget=3)
    problem.evaluate([{"Policy": "Lossy"}, {"Size": 8}])
    with pytest.raises(BudgetExhausted, match="2 designs to evaluate and 1 evaluations left"):
        problem.evaluate([{}, {}])
    assert (problem.evaluations, problem.remaining) == (2, 1)
    problem.evaluate([{}])
    assert problem.remaining == 0
    assert problem.evaluate([]) == []
    with pytest.raises(BudgetExhausted):
        problem.evaluate([{}])


def test_a_wrong_design_raises_before_anything_is_counted() -> None:
    problem, simulator = make(budget=3)
    with pytest.raises(ArchgymError, match="Size takes 1 to 8, not 9"):
        problem.evaluate([{"Size": 3}, {"Size": 9}])
    assert (problem.evaluations, simulator.batches) == (0, [])


def test_simulator_seconds() -> None:
    problem = Problem(SPACE, WORKLOAD, "latency", Formula(seconds=0.05))
    problem.evaluate([{"Size": 1}])
    problem.evaluate([{"Size": 1}])
    assert 0.1 <= problem.simulator_seconds < 0.2


def test_bad_problems() -> None:
    with pytest.raises(ArchgymError, match="at least 1 evaluation, not 0"):
        make(budget=0)
    with pytest.raises(ArchgymError, match="unknown objective"):
        Problem(SPACE, WORKLOAD, "latenc", Formula())
    with pytest.raises(ArchgymError, match="unknown simulator 'formla'"):
        Problem(SPACE, WORKLOAD, "latency", "formla")
    with pytest.raises(ArchgymError, match="needs energy_nj"):
        Problem(SPACE, WORKLOAD, "energy", Formula()).evaluate([{}])
    other = DesignSpace("other", [Parameter("Sizes", (8,), 8)])
    with pytest.raises(ArchgymError, match=r"parameter of simulator formula 'Sizes'.*'Size'"):
        Problem(other, WORKLOAD, "latency", Formula())
    stuck = DesignSpace("stuck", [Parameter("Size", (8,), 8), *list(SPACE.parameters.values())[:2]])
    with pytest.raises(ArchgymError, match=r"can't run the default design .* too big"):
        Problem(stuck, WORKLOAD, "latency", Formula()).evaluate([{}])


# The log


def test_a_row_says_everything(tmp_path: Path) -> None:
    with Journal(tmp_path / "t.jsonl", trial="t", agent="a", seed=7) as journal:
        problem, _ = make(journal=journal)
        problem.evaluate([{"Size": 5, "Limit": 4}, {"Policy": "Lossy"}])
    first, second = Journal(tmp_path / "t.jsonl", trial="t").recovered
    assert first.pop("wall_time_s") > first.pop("simulator_time_s") > 0
    assert first == {
        "schema_version": 2,
        "trial": "t",
        "agent": "a",
        "seed": 7,
        "space": "toy",
        "workload": "toy@none#0",
        "objective": "latency",
        "simulator": "formula",
        "simulator_version": "1",
        "step": 0,
        "param.Policy": "Open",
        "param.Limit": 4,
        "param.Size": 5,
        "metric.latency_ns": 100 / 3 / 5,
        "cost": 100 / 3 / 5,
        "feasible": True,
        "failure": None,
        "default_cost": 100 / 3 / 4,
    }
    assert (second["cost"], second["feasible"], second["failure"]) == (
        (math.inf, False, "loses data")
    )
    assert not [name for name in second if name.startswith("metric.")]


def search(path: Path, seconds: float = 0.0) -> Problem:
    """A trial of 40 evaluations, five at a time."""
    with Journal(path, trial="t") as journal:
        simulator = Formula(seconds)
        problem = Problem(SPACE, WORKLOAD, "latency", simulator, budget=40, journal=journal)
        chosen = designs(3, 40)
        for step in range(0, 40, 5):
            problem.evaluate(chosen[step : step + 5])
    return problem


def test_a_killed_trial_goes_on_to_the_same_log(tmp_path: Path) -> None:
    path = tmp_path / "killed.jsonl"
    process = multiprocessing.get_context("fork").Process(target=search, args=(path, 0.02))
    process.start()
    deadline = time.monotonic() + 30
    while not path.exists() or path.read_bytes().count(b"\n") < 10:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    # As if it had been hit in the middle of its last line.
    os.truncate(path, path.stat().st_size - 20)
    before = Journal(path).recovered
    assert 5 < len(before) < 40

    resumed, whole = search(path), search(tmp_path / "whole.jsonl")
    assert evaluation_log.equal(path, tmp_path / "whole.jsonl")
    assert Journal(path).recovered[: len(before)] == before
    for name in ("evaluations", "simulations", "best", "default"):
        assert getattr(resumed, name) == getattr(whole, name)
    assert len(resumed.simulator.batches) < len(whole.simulator.batches)
    times = evaluation_log.read(path)["wall_time_s"]
    assert times.is_monotonic_increasing


def test_another_trials_journal_is_refused(tmp_path: Path) -> None:
    search(tmp_path / "t.jsonl")
    with Journal(tmp_path / "t.jsonl") as journal:
        problem, _ = make(journal=journal)
        with pytest.raises(ArchgymError, match="differs at step 0"):
            problem.evaluate([SPACE.neighbour(designs(3, 1)[0], np.random.default_rng(0))])
