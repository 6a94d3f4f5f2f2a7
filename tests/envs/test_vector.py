"""The native vector environment against the single one, and gymnasium's rules for resetting."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from archgym.dram.workload import Workload
from archgym.envs.dram import DramEnv, make_problem
from archgym.envs.vector import DramVectorEnv
from archgym.errors import ArchgymError
from archgym.problem import BudgetExhausted
from archgym.simulators import Design, Outcome
from archgym.simulators.native import Native


class Batches(Native):
    """The native simulator, counting how many designs each call brings."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        self.sizes.append(len(designs))
        return super().evaluate(designs, workload)


def distinct_actions(env: DramVectorEnv) -> np.ndarray:
    """One action a sub-environment: buffer sizes from 1 on."""
    sizes = range(1, env.num_envs + 1)
    return np.stack([env.problem.space.encode({"RequestBufferSize": size}) for size in sizes])


@pytest.mark.parametrize("mode", [None, "vector_entry_point"])
def test_make_vec_gives_the_native_one(short_stream: Workload, mode: str | None) -> None:
    envs = gymnasium.make_vec(
        "archgym/DRAM-v0", num_envs=3, vectorization_mode=mode, workload=short_stream
    )
    assert type(envs) is DramVectorEnv
    assert envs.num_envs == 3
    assert envs.observation_space.shape == (3, *envs.single_observation_space.shape)
    assert envs.action_space.shape == (3, len(envs.problem.space))
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP


def test_a_step_is_one_batch(short_stream: Workload) -> None:
    simulator = Batches()
    envs = DramVectorEnv(6, workload=short_stream, simulator=simulator, horizon=2)
    envs.reset()
    simulator.sizes.clear()
    envs.step(distinct_actions(envs))
    assert simulator.sizes == [6]


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_it_agrees_with_gymnasiums_vector_of_single_ones(
    short_stream: Workload, horizon: int
) -> None:
    def single() -> DramEnv:
        return DramEnv(workload=short_stream, horizon=horizon)

    theirs = gymnasium.vector.SyncVectorEnv([single] * 4, autoreset_mode=AutoresetMode.SAME_STEP)
    ours = DramVectorEnv(4, workload=short_stream, horizon=horizon)
    assert ours.single_action_space == theirs.single_action_space
    assert ours.observation_space == theirs.observation_space
    np.testing.assert_array_equal(ours.reset(seed=3)[0], theirs.reset(seed=3)[0])
    ours.action_space.seed(0)
    for _ in range(7):
        actions = ours.action_space.sample()
        *ours_step, our_info = ours.step(actions)
        *their_step, their_info = theirs.step(actions)
        for mine, expected in zip(ours_step, their_step, strict=True):
            np.testing.assert_array_equal(mine, expected)
            assert mine.dtype == expected.dtype
        assert ours_step[0] in ours.observation_space
        assert ("final_obs" in our_info) == ("final_obs" in their_info)
        if "final_obs" in our_info:
            np.testing.assert_array_equal(
                np.stack(our_info["final_obs"]), np.stack(their_info["final_obs"])
            )
            np.testing.assert_equal(our_info["final_info"], their_info["final_info"])
        else:
            np.testing.assert_equal(our_info, their_info)


def test_infos_have_an_array_per_metric_and_parameter(short_stream: Workload) -> None:
    envs = DramVectorEnv(3, workload=short_stream)
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
    envs = DramVectorEnv(2, workload=short_stream, budget=5, horizon=10)
    envs.reset()
    actions = distinct_actions(envs)
    assert envs.step(actions)[3].tolist() == [False, False]
    assert envs.step(actions)[3].tolist() == [True, True]
    with pytest.raises(BudgetExhausted):
        envs.step(actions)
    assert envs.problem.remaining == 1


def test_more_environments_than_the_budget_has_evaluations(short_stream: Workload) -> None:
    problem = make_problem(short_stream, budget=2)
    with pytest.raises(ArchgymError, match="within the budget of 2, not 3"):
        DramVectorEnv(3, problem=problem)
    with pytest.raises(ArchgymError, match="at least 1"):
        DramVectorEnv(0, problem=problem)
