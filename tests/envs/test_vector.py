"""The native vector environment against the single one, and gymnasium's rules for resetting."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from archgym.assembly import assemble
from archgym.dram.workload import Workload
from archgym.envs import observation_names
from archgym.envs.design import DesignEnv
from archgym.envs.vector import DesignVectorEnv
from archgym.errors import ArchgymError
from archgym.parameter import Design
from archgym.problem import BudgetExhausted
from archgym.simulator import Outcome
from archgym.simulators.native import Native

from .agreement import MODES, check_agreement


class Batches(Native):
    """The native simulator, counting how many designs each call brings."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        self.sizes.append(len(designs))
        return super().evaluate(designs, workload)


def distinct_actions(env: DesignVectorEnv) -> np.ndarray:
    """One action a sub-environment: buffer sizes from 1 on."""
    sizes = range(1, env.num_envs + 1)
    return np.stack([env.problem.space.encode({"RequestBufferSize": size}) for size in sizes])


@pytest.mark.parametrize("mode", [None, "vector_entry_point"])
@pytest.mark.parametrize("version", [0, 1])
def test_make_vec_gives_the_native_one(
    short_stream: Workload, mode: str | None, version: int
) -> None:
    envs = gymnasium.make_vec(
        f"archgym/DRAM-v{version}", num_envs=3, vectorization_mode=mode, workload=short_stream
    )
    assert type(envs) is DesignVectorEnv
    assert envs.num_envs == 3
    assert envs.observation_space.shape == (3, len(envs.observation_names))
    assert envs.observation_names == observation_names(f"archgym/DRAM-v{version}")
    assert envs.action_space.shape == (3, len(envs.problem.space))
    assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP


@pytest.mark.parametrize("name", ["DRAM", "DRAMSequential"])
def test_make_vec_gives_gymnasiums_own_on_request(short_stream: Workload, name: str) -> None:
    """With every argument that both take."""
    arguments = {"workload": short_stream, "render_mode": None, "version": 1}
    made = [
        gymnasium.make_vec(f"archgym/{name}-v0", 2, vectorization_mode=mode, **arguments)
        for mode in ("sync", "vector_entry_point")
    ]
    assert type(made[0]) is gymnasium.vector.SyncVectorEnv
    for envs in made:
        assert envs.reset(seed=0)[0].shape == envs.observation_space.shape
        assert envs.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert made[0].observation_space == made[1].observation_space


def test_a_step_is_one_batch(short_stream: Workload) -> None:
    simulator = Batches()
    envs = DesignVectorEnv(6, workload=short_stream, simulator=simulator, horizon=2)
    envs.reset()
    simulator.sizes.clear()
    envs.step(distinct_actions(envs))
    assert simulator.sizes == [6]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_it_agrees_with_gymnasiums_vector_of_single_ones(
    short_stream: Workload, horizon: int, mode: AutoresetMode
) -> None:
    def single() -> DesignEnv:
        return DesignEnv(workload=short_stream, horizon=horizon)

    theirs = gymnasium.vector.SyncVectorEnv([single] * 4, autoreset_mode=mode)
    ours = DesignVectorEnv(4, workload=short_stream, horizon=horizon, autoreset_mode=mode)
    assert ours.single_action_space == theirs.single_action_space
    check_agreement(ours, theirs, 8)


def test_actions_are_ignored_after_an_end_and_cost_nothing(short_stream: Workload) -> None:
    envs = DesignVectorEnv(2, workload=short_stream, horizon=2, budget=4)
    first, _ = envs.reset()
    actions = distinct_actions(envs)
    envs.step(actions)
    assert envs.step(actions)[2].tolist() == [True, True]
    assert envs.problem.evaluations == 4
    ignored = np.full_like(actions, -1)
    observations, rewards, terminated, truncated, _ = envs.step(ignored)
    np.testing.assert_array_equal(observations, first)
    assert rewards.tolist() == [0, 0]
    assert not terminated.any()
    assert not truncated.any()
    assert envs.problem.evaluations == 4
    with pytest.raises(BudgetExhausted):
        envs.step(actions)


def test_a_reset_after_an_end_is_not_followed_by_another(short_stream: Workload) -> None:
    envs = DesignVectorEnv(2, workload=short_stream, horizon=1)
    envs.reset()
    actions = distinct_actions(envs)
    envs.step(actions)
    envs.reset()
    assert envs.step(actions)[2].all()
    assert envs.problem.evaluations == 4


@pytest.mark.parametrize("mode", [AutoresetMode.DISABLED, "Disabled", "next step", None])
def test_other_ways_to_reset(short_stream: Workload, mode: Any) -> None:
    with pytest.raises(ArchgymError, match="autoreset_mode is NextStep or SameStep, not"):
        DesignVectorEnv(2, workload=short_stream, autoreset_mode=mode)


def test_infos_have_an_array_per_metric_and_parameter(short_stream: Workload) -> None:
    envs = DesignVectorEnv(3, workload=short_stream, autoreset_mode="SameStep")
    envs.reset()
    actions = distinct_actions(envs)
    actions[1] = envs.problem.space.encode({"RefreshPolicy": "NoRefresh"})
    *_, infos = envs.step(actions)
    assert infos["feasible"].tolist() == [True, False, True]
    assert infos["cost"][1] == np.inf
    assert infos["design"]["RequestBufferSize"].tolist() == [1, 8, 3]
    assert infos["metrics"]["_runtime_ns"].tolist() == [True, False, True]
    assert infos["final_info"]["cost"].tolist() == infos["cost"].tolist()


def test_budget_is_shared_and_truncates_all(short_stream: Workload) -> None:
    envs = DesignVectorEnv(2, workload=short_stream, budget=5, horizon=10)
    envs.reset()
    actions = distinct_actions(envs)
    assert envs.step(actions)[3].tolist() == [False, False]
    assert envs.step(actions)[3].tolist() == [True, True]
    envs.reset()
    with pytest.raises(BudgetExhausted):
        envs.step(actions)
    assert envs.problem.remaining == 1


def test_more_environments_than_the_budget_has_evaluations(short_stream: Workload) -> None:
    problem = assemble(short_stream, budget=2)
    with pytest.raises(ArchgymError, match="within the budget of 2, not 3"):
        DesignVectorEnv(3, problem=problem)
    with pytest.raises(ArchgymError, match="at least 1"):
        DesignVectorEnv(0, problem=problem)
