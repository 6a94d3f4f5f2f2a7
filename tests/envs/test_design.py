"""`archgym/DRAM-v0`: what gymnasium and SB3 demand, and what its docstring promises."""

import math
import time

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from archgym import domain, make_space, simulators
from archgym.assembly import assemble
from archgym.dram.workload import Workload
from archgym.envs.design import DesignEnv
from archgym.errors import ArchgymError
from archgym.problem import PENALTY, BudgetExhausted

NO_REFRESH = {"RefreshPolicy": "NoRefresh"}


@pytest.fixture
def env(short_stream: Workload) -> DesignEnv:
    return DesignEnv(workload=short_stream)


def action_of(env: DesignEnv, **design: object) -> np.ndarray:
    return env.problem.space.encode(design)


@pytest.mark.filterwarnings("ignore:.*Box observation space (min|max)imum value is")
def test_gymnasium_accepts_it(short_stream: Workload) -> None:
    env = gymnasium.make("archgym/DRAM-v0", workload=short_stream, horizon=3)
    check_env(env.unwrapped, skip_render_check=True)


def test_sb3_accepts_it(env: DesignEnv) -> None:
    checker = pytest.importorskip(
        "stable_baselines3.common.env_checker", reason="stable-baselines3 is not installed"
    )
    checker.check_env(env)


@pytest.mark.slow
def test_sb3_learns_in_it(short_stream: Workload) -> None:
    sb3 = pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed")
    env = DesignEnv(workload=short_stream, horizon=4)
    sb3.PPO("MlpPolicy", env, n_steps=32, batch_size=32, seed=0, device="cpu").learn(64)
    assert env.problem.evaluations == 64


def test_reset_shows_the_default_design(env: DesignEnv) -> None:
    observation, info = env.reset(seed=1)
    d = len(env.problem.space)
    features = list(env.problem.workload.features)
    assert observation[:d] == pytest.approx(env.problem.space.to_unit({}))
    assert observation[d : d + 6] == pytest.approx(np.zeros(6))
    assert observation[d + 6 : d + 16] == pytest.approx([1, *np.zeros(9)])
    assert observation[d + 16 : -1] == pytest.approx(features)
    assert observation[-1] == 0
    assert observation in env.observation_space
    assert list(info) == ["action_mask"]
    assert env.problem.evaluations == 0


def test_step_shows_the_design_tried(env: DesignEnv) -> None:
    env.reset()
    design = {"PagePolicy": "Closed", "Scheduler": "Fifo", "RequestBufferSize": 1}
    observation, reward, terminated, truncated, info = env.step(action_of(env, **design))
    full = env.problem.space.validate(design)
    metrics = simulators.simulate(full, env.problem.workload)
    default = simulators.simulate(env.problem.space.default, env.problem.workload)
    assert info["metrics"] == metrics
    assert info["design"] == full
    assert info["feasible"] is True
    assert info["cost"] == metrics["runtime_ns"] + metrics["refresh_debt_ns"]
    default_cost = default["runtime_ns"] + default["refresh_debt_ns"]
    assert reward == pytest.approx(-math.log(info["cost"] / default_cost))
    assert (terminated, truncated) == (True, False)
    d = len(full)
    assert observation[:d] == pytest.approx(env.problem.space.to_unit(full))
    ratios = [math.log(metrics[name] / default[name]) for name in domain.load().columns[0].metrics]
    assert observation[d : d + 6] == pytest.approx(ratios, abs=1e-6)
    assert observation[-1] == 1


def test_a_design_that_loses_data_gets_the_penalty(env: DesignEnv) -> None:
    env.reset()
    observation, reward, _, _, info = env.step(action_of(env, **NO_REFRESH))
    assert reward == pytest.approx(-math.log(PENALTY))
    assert (info["cost"], info["feasible"], info["metrics"]) == (math.inf, False, {})
    d = len(env.problem.space)
    assert observation[d : d + 6] == pytest.approx([math.log(PENALTY)] * 6)
    assert observation in env.observation_space


def test_horizon_terminates_and_budget_truncates(short_stream: Workload) -> None:
    env = DesignEnv(workload=short_stream, horizon=3, budget=4)
    env.reset()
    action = action_of(env)
    steps = [env.step(action) for _ in range(3)]
    assert [step[2:4] for step in steps] == [(False, False), (False, False), (True, False)]
    assert [step[0][-1] for step in steps] == pytest.approx([1 / 3, 2 / 3, 1])
    env.reset()
    assert env.step(action)[2:4] == (False, True)
    env.reset()
    with pytest.raises(BudgetExhausted):
        env.step(action)


def test_objective_is_seen(short_stream: Workload) -> None:
    env = DesignEnv(workload=short_stream, objective="power with runtime <= 1.05x")
    observation, _ = env.reset()
    shown = dict(zip(env.observation_names, observation, strict=True))
    goal = {name: shown[name] for name in shown if name.startswith(("least.", "limit."))}
    assert {name: value for name, value in goal.items() if value} == {
        "least.power": 1,
        "limit.runtime": pytest.approx(1.05),
    }


def test_hardware_is_seen_in_version_1(short_stream: Workload) -> None:
    objective = "latency with queue_entries <= 64"
    env = gymnasium.make("archgym/DRAM-v1", workload=short_stream, objective=objective).unwrapped
    names = env.observation_names
    first = dict(zip(names, env.reset()[0], strict=True))
    assert {name: value for name, value in first.items() if name[:5] in ("least", "limit")} == {
        **{name: 0 for name in names if name.startswith(("least.", "limit."))},
        "least.latency": 1,
        "limit.queue_entries": 0.5,  # The default design has 128 entries.
    }
    assert first["metric.queue_entries"] == 0
    small = action_of(env, SchedulerBuffer="Shared", RequestBufferSize=1)
    second = dict(zip(names, env.step(small)[0], strict=True))
    assert second["metric.queue_entries"] == pytest.approx(math.log(1 / 128))
    assert env.observation_space.shape == (len(names),)


def test_limits_are_told_from_feasibility(short_stream: Workload) -> None:
    objective = "energy with runtime <= 1.05x"
    env = DesignEnv(workload=short_stream, objective=objective)
    default = env.problem.default.metrics
    assert default is not None

    def told(**design: object) -> dict:
        env.reset()
        return env.step(action_of(env, **design))[4]

    good = told()
    assert (good["feasible"], good["within_limits"], good["violation"]) == (True, True, 0.0)
    slow = told(Scheduler="Fifo", RequestBufferSize=1)
    assert (slow["feasible"], slow["within_limits"]) == (True, False)
    runtimes = [
        metrics["runtime_ns"] + metrics["refresh_debt_ns"] for metrics in (slow["metrics"], default)
    ]
    assert slow["violation"] == pytest.approx(runtimes[0] / (1.05 * runtimes[1]) - 1)
    lossy = told(**NO_REFRESH)
    assert (lossy["feasible"], lossy["within_limits"]) == (False, False)
    assert lossy["violation"] == math.inf


@pytest.mark.parametrize("device", ["ddr4-2400", "lpddr4-3200"])
def test_a_space_is_made_for_the_system_of_the_workload(device: str) -> None:
    workload = Workload.load("mixed", device, requests=300)
    by_name = gymnasium.make("archgym/DRAM-v0", space="controller-v1", device=device)
    by_workload = gymnasium.make("archgym/DRAM-v0", space="controller-v1", workload=workload)
    for env in (by_name, by_workload):
        assert env.unwrapped.problem.space.name == f"controller-v1@{device}"
    by_workload.action_space.seed(0)
    seen = []
    for _ in range(30):
        by_workload.reset()
        seen.append(by_workload.step(by_workload.action_space.sample())[4])
    feasible = [info for info in seen if info["feasible"]]
    # What is feasible can be simulated.
    assert len(feasible) > 10
    assert all(math.isfinite(info["cost"]) for info in feasible)
    assert len({info["design"]["AddressMapping"] for info in feasible}) > 3


def test_a_ready_problem_is_used_as_it_is(short_stream: Workload) -> None:
    problem = assemble(short_stream, space=make_space("archgym-pow2"), budget=5)
    env = gymnasium.make("archgym/DRAM-v0", problem=problem)
    assert env.unwrapped.problem is problem
    env.reset()
    env.step(env.action_space.sample())
    assert problem.remaining == 4


def test_random_steps_are_repeatable(short_stream: Workload) -> None:
    def play() -> list[float]:
        env = DesignEnv(workload=short_stream)
        env.action_space.seed(5)
        env.reset(seed=5)
        return [env.step(env.action_space.sample())[1] for _ in range(20)]

    assert play() == play()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workload": "straem"}, "did you mean 'stream'"),
        ({"device": "ddr4-240"}, "did you mean 'ddr4-2400'"),
        ({"space": "archgm"}, "did you mean 'archgym'"),
        ({"objective": "enrgy"}, "did you mean 'energy'"),
        ({"simulator": "natve"}, "did you mean 'native'"),
        ({"horizon": 0}, "at least 1 step, not 0"),
        ({"budget": 0}, "at least 1 evaluation, not 0"),
    ],
)
def test_bad_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        gymnasium.make("archgym/DRAM-v0", **arguments)


def test_bad_actions_and_contradictions(env: DesignEnv) -> None:
    env.reset()
    with pytest.raises(ArchgymError, match="there is no value 127"):
        env.step(np.full(len(env.problem.space), 127))
    with pytest.raises(ArchgymError, match="either a problem or workload, not both"):
        DesignEnv(problem=env.problem, workload="stream")


def test_overhead_of_a_step() -> None:
    """At most a tenth of a millisecond above the bare simulation; the best of a few tries."""
    env = gymnasium.make("archgym/DRAM-v0", workload="stream", horizon=10_000)
    env.action_space.seed(0)
    env.reset()
    problem = env.unwrapped.problem
    actions = [env.action_space.sample() for _ in range(20)]
    for action in actions:
        env.step(action)  # From here on the cache answers, and what is left is overhead.
    simulating, best = problem.simulator_seconds, math.inf
    for _ in range(50):
        began = time.thread_time()
        for action in actions:
            env.step(action)
        best = min(best, time.thread_time() - began)
    assert problem.simulator_seconds == simulating
    assert best / len(actions) < 1e-4
