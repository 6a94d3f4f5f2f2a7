"""Problems and environments can be sent to other processes."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from archgym import proxy, simulators
from archgym.assembly import assemble
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.envs import dram_parallel_env
from archgym.envs.design import DesignEnv
from archgym.errors import ArchgymError
from archgym.evaluation_log import Journal
from archgym.problem import Problem
from archgym.simulator import Simulator
from archgym.simulators.native import Native
from archgym.simulators.tabular import Tabular
from archgym.space import DesignSpace
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec

DESIGNS = [{}, {"PagePolicy": "Closed"}, {"Scheduler": "Fifo", "RequestBufferSize": 1}]


def sent(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def test_a_workload(short_stream: Workload) -> None:
    for workload in (Workload.load("stream", requests=1000), short_stream):
        received = sent(workload)
        assert received.id == workload.id
        assert received.features.tolist() == workload.features.tolist()
        assert Native().evaluate(DESIGNS, received) == Native().evaluate(DESIGNS, workload)


@pytest.mark.parametrize("quirks", [False, True])
def test_a_simulator_that_has_decoded_traces(short_stream: Workload, quirks: bool) -> None:
    simulator = Native(threads=2, dramsys_quirks=quirks)
    expected = simulator.evaluate(DESIGNS, short_stream)
    received = sent(simulator)
    assert len(pickle.dumps(simulator)) < 1000
    assert (received.threads, received.version) == (2, simulator.version)
    assert received.evaluate(DESIGNS, short_stream) == expected
    assert simulator.evaluate(DESIGNS, short_stream) == expected


def table(folder: Path) -> str:
    whole = make_space("archgym-pow2")
    names = ("PagePolicy", "Scheduler", "RequestBufferSize")
    space = DesignSpace("some", [whole.parameters[name] for name in names])
    enumerate_space(space, WorkloadSpec("stream", (("requests", 1000),)), folder)
    return f"tabular:{folder}"


def trained(folder: Path, kind: str) -> str:
    samples = proxy.from_table(Tabular(folder).table)
    proxy.save(proxy.train(samples, kind, effort=0.02), folder / f"{kind}.proxy")
    return f"proxy:{folder / kind}.proxy"


def check(simulator: Simulator, workload: Workload) -> None:
    designs = [{"PagePolicy": "Closed"}, {"Scheduler": "Fifo"}]
    expected = simulator.evaluate(designs, workload)
    received = sent(simulator)
    assert received.evaluate(designs, workload) == expected
    assert received.version == simulator.version


def test_a_table_and_proxies(short_stream: Workload, tmp_path: Path) -> None:
    check(simulators.make(table(tmp_path / "table")), short_stream)
    for kind in ("ridge", "forest", "mlp"):
        check(simulators.make(trained(tmp_path / "table", kind)), short_stream)


@pytest.mark.parametrize("duplicate", [sent, copy.deepcopy])
def test_a_problem_counts_for_itself(
    short_stream: Workload, duplicate: Callable[[Problem], Problem]
) -> None:
    problem = assemble(short_stream, objective="energy with runtime <= 1.05x", budget=10)
    problem.evaluate(DESIGNS)
    received = duplicate(problem)
    assert (received.evaluations, received.simulations) == (3, problem.simulations)
    assert received.best == problem.best
    again = received.evaluate([*DESIGNS, {"Arbiter": "Fifo"}])
    assert [evaluation.cached for evaluation in again] == [True, True, True, False]
    assert (received.remaining, problem.remaining) == (3, 7)
    (same,) = problem.evaluate([{"Arbiter": "Fifo"}])
    assert again[-1].metrics == same.metrics


def test_a_problem_that_writes_a_journal_stays(short_stream: Workload, tmp_path: Path) -> None:
    space = make_space("archgym")
    with Journal(tmp_path / "it.journal") as journal:
        problem = Problem(space, short_stream, journal=journal)
        with pytest.raises(ArchgymError, match=r"it\.journal can't be copied or sent"):
            pickle.dumps(problem)


@pytest.mark.parametrize("name", ["DRAM", "DRAMSequential"])
@pytest.mark.parametrize("several", [False, True])
def test_an_environment_goes_on_as_it_was(short_stream: Workload, name: str, several: bool) -> None:
    make = gymnasium.make_vec if several else gymnasium.make
    options = {"num_envs": 2} if several else {}
    env = make(f"archgym/{name}-v1", workload=short_stream, **options).unwrapped
    env.reset(seed=0)
    env.action_space.seed(0)
    received = sent(env)
    for _ in range(12):
        action = env.action_space.sample()
        np.testing.assert_equal(received.step(action), env.step(action))
        if not several and env._step == getattr(env, "horizon", len(env.problem.space)):
            env.reset()
            received.reset()


def test_a_team(short_stream: Workload) -> None:
    pytest.importorskip("pettingzoo", reason="pettingzoo is not installed")
    team = dram_parallel_env(workload=short_stream)
    team.reset()
    received = sent(team)
    actions = dict.fromkeys(team.agents, 0)
    np.testing.assert_equal(received.step(actions), team.step(actions))


def make_env() -> DesignEnv:
    return DesignEnv(problem=assemble("stream", budget=8), horizon=2)


@pytest.mark.slow
def test_spawned_processes_take_environments() -> None:
    vec_env = pytest.importorskip("stable_baselines3.common.vec_env")
    shared = make_env()
    envs = vec_env.SubprocVecEnv([lambda: shared] * 2, start_method="spawn")
    try:
        envs.reset()
        actions = np.stack([shared.problem.space.encode(design) for design in DESIGNS[:2]])
        _, rewards, _, infos = envs.step(actions)
        assert rewards[0] == 0
        assert rewards[1] != 0
        assert infos[1]["design"]["PagePolicy"] == "Closed"
        assert all(mask.any() for mask in envs.env_method("action_masks"))
    finally:
        envs.close()
