"""Gymnasium's wrappers of vector environments see the same in the native ones as in its own."""

from collections.abc import Callable

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.wrappers.vector import (
    NormalizeObservation,
    NormalizeReward,
    RecordEpisodeStatistics,
)

from archgym.assembly import assemble
from archgym.dram.workload import Workload
from archgym.envs.design import DesignEnv
from archgym.envs.sequential import SequentialEnv, SequentialVectorEnv
from archgym.envs.vector import DesignVectorEnv

from .agreement import MODES

STEPS = 25
Make = Callable[[AutoresetMode], VectorEnv]


def pairs(workload: Workload) -> dict[str, tuple[Make, Make]]:
    """Of each kind the native vector environment, and gymnasium's."""
    small = assemble(workload, space="common-v1")
    return {
        "one step": (
            lambda mode: DesignVectorEnv(3, workload=workload, autoreset_mode=mode),
            lambda mode: gymnasium.vector.SyncVectorEnv(
                [lambda: DesignEnv(workload=workload)] * 3, autoreset_mode=mode
            ),
        ),
        "three steps": (
            lambda mode: DesignVectorEnv(3, workload=workload, horizon=3, autoreset_mode=mode),
            lambda mode: gymnasium.vector.SyncVectorEnv(
                [lambda: DesignEnv(workload=workload, horizon=3)] * 3, autoreset_mode=mode
            ),
        ),
        "one parameter a step": (
            lambda mode: SequentialVectorEnv(3, problem=small, autoreset_mode=mode),
            lambda mode: gymnasium.vector.SyncVectorEnv(
                [lambda: SequentialEnv(problem=small)] * 3, autoreset_mode=mode
            ),
        ),
    }


KINDS = ["one step", "three steps", "one parameter a step"]


def returns(episodes: VectorEnv) -> list[float]:
    """Adds up the rewards of every episode that ends, by no wrapper."""
    episodes.reset(seed=0)
    episodes.action_space.seed(0)
    running, ended = np.zeros(episodes.num_envs), []
    for _ in range(STEPS):
        _, rewards, terminated, truncated, _ = episodes.step(episodes.action_space.sample())
        running += rewards
        done = terminated | truncated
        ended += running[done].tolist()
        running[done] = 0
    return ended


def steps(episodes: VectorEnv) -> list[list[np.ndarray]]:
    episodes.action_space.seed(0)
    first, _ = episodes.reset(seed=0)
    taken = (episodes.step(episodes.action_space.sample()) for _ in range(STEPS))
    return [[first], *(list(step[:4]) for step in taken)]


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_returns_are_the_true_ones(short_stream: Workload, kind: str) -> None:
    native, _ = pairs(short_stream)[kind]
    recorded = RecordEpisodeStatistics(native(AutoresetMode.NEXT_STEP))
    steps(recorded)
    true = returns(native(AutoresetMode.NEXT_STEP))
    assert len(true) >= 3 * (STEPS // 4)
    assert list(recorded.return_queue) == pytest.approx(true)
    assert any(true)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_recorded_returns_are_as_with_gymnasiums_own(
    short_stream: Workload, kind: str, mode: AutoresetMode
) -> None:
    native, own = (RecordEpisodeStatistics(make(mode)) for make in pairs(short_stream)[kind])
    np.testing.assert_equal(steps(native), steps(own))
    assert list(native.return_queue) == list(own.return_queue)
    assert list(native.length_queue) == list(own.length_queue)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_normalised_rewards(short_stream: Workload, kind: str, mode: AutoresetMode) -> None:
    native, own = (NormalizeReward(make(mode)) for make in pairs(short_stream)[kind])
    np.testing.assert_equal(steps(native), steps(own))
    assert native.return_rms.var == own.return_rms.var


@pytest.mark.parametrize("kind", KINDS)
def test_normalised_observations(short_stream: Workload, kind: str) -> None:
    """Which gymnasium's wrapper does in the mode NEXT_STEP alone."""
    mode = AutoresetMode.NEXT_STEP
    native, own = (NormalizeObservation(make(mode)) for make in pairs(short_stream)[kind])
    np.testing.assert_equal(steps(native), steps(own))
    np.testing.assert_array_equal(native.obs_rms.mean, own.obs_rms.mean)
