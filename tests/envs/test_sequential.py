"""`archgym/DRAMSequential-v0`: the suites that judge it, and one parameter a step."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from hypothesis import given
from hypothesis import strategies as st

from archgym.assembly import assemble
from archgym.dram.workload import Workload
from archgym.envs.design import DesignEnv
from archgym.envs.sequential import SequentialEnv, SequentialVectorEnv, Turns
from archgym.errors import ArchgymError
from archgym.problem import BudgetExhausted

from .agreement import MODES, check_agreement


@pytest.fixture
def env(short_stream: Workload) -> SequentialEnv:
    return SequentialEnv(workload=short_stream)


@pytest.mark.filterwarnings("ignore:.*Box observation space (min|max)imum value is")
def test_gymnasium_accepts_it(short_stream: Workload) -> None:
    env = gymnasium.make("archgym/DRAMSequential-v0", workload=short_stream)
    check_env(env.unwrapped, skip_render_check=True)


def test_sb3_accepts_it(env: SequentialEnv) -> None:
    checker = pytest.importorskip(
        "stable_baselines3.common.env_checker", reason="stable-baselines3 is not installed"
    )
    checker.check_env(env)


def test_an_episode_is_one_evaluation_of_the_design_that_the_actions_spell(
    env: SequentialEnv, short_stream: Workload
) -> None:
    whole = DesignEnv(workload=short_stream)
    parameters = list(env.problem.space.parameters.values())
    env.action_space.seed(1)
    for episode in range(3):
        observation, info = env.reset()
        assert list(info) == ["action_mask"]
        indices = []
        for step, parameter in enumerate(parameters):
            turn = np.eye(len(parameters))[step]
            np.testing.assert_array_equal(observation[-len(parameters) :], turn)
            action = env.action_space.sample()
            indices.append(int(action) * len(parameter.values) // int(env.action_space.n))
            observation, reward, terminated, truncated, info = env.step(action)
            last = step == len(parameters) - 1
            assert (terminated, truncated) == (last, False)
            assert ("cost" in info) == last
            assert ("action_mask" in info) != last
            assert last or reward == 0
        assert env.problem.evaluations == episode + 1
        whole.reset()
        expected = whole.step(np.array(indices))
        np.testing.assert_array_equal(observation[: -len(parameters)], expected[0])
        assert not observation[-len(parameters) :].any()
        del expected[4]["action_mask"]
        assert (reward, info) == (expected[1], expected[4])
        with pytest.raises(ArchgymError, match="episode has ended"):
            env.step(env.action_space.sample())


def test_every_value_can_be_chosen_and_has_its_share(env: SequentialEnv) -> None:
    turns = Turns(env.problem)
    actions = int(turns.action_space.n)
    for step, parameter in enumerate(env.problem.space.parameters.values()):
        chosen = [turns.settle({}, action, step)[parameter.name] for action in range(actions)]
        counts = [chosen.count(value) for value in parameter.values]
        assert min(counts) >= 1
        assert max(counts) - min(counts) <= 1


@given(action=st.integers().filter(lambda action: not 0 <= action < 128))
def test_an_action_that_is_none(action: int) -> None:
    turns = Turns(assemble("stream"))
    assert turns.action_space.n == 128
    with pytest.raises(ArchgymError, match=f"there is no {action}"):
        turns.settle({}, action, 0)


def test_the_budget_truncates_the_last_episode(short_stream: Workload) -> None:
    env = SequentialEnv(workload=short_stream, budget=2)
    ends = []
    for _ in range(2):
        env.reset()
        for _ in env.problem.space.parameters:
            *_, terminated, truncated, _ = env.step(np.int64(0))
        ends.append((terminated, truncated))
    assert ends == [(True, False), (True, True)]
    env.reset()
    for _ in range(len(env.problem.space) - 1):
        env.step(np.int64(0))
    with pytest.raises(BudgetExhausted):
        env.step(np.int64(0))


@pytest.mark.parametrize("mode", MODES)
def test_the_vector_agrees_with_gymnasiums_vector_of_single_ones(
    short_stream: Workload, mode: AutoresetMode
) -> None:
    def single() -> SequentialEnv:
        return SequentialEnv(workload=short_stream)

    theirs = gymnasium.vector.SyncVectorEnv([single] * 3, autoreset_mode=mode)
    ours = gymnasium.make_vec(
        "archgym/DRAMSequential-v0", num_envs=3, workload=short_stream, autoreset_mode=mode
    )
    assert isinstance(ours, SequentialVectorEnv)
    check_agreement(ours, theirs, 2 * len(ours.problem.space) + 3)


def test_more_environments_than_the_budget_has_evaluations(short_stream: Workload) -> None:
    with pytest.raises(ArchgymError, match="within the budget of 2, not 3"):
        SequentialVectorEnv(3, workload=short_stream, budget=2)
