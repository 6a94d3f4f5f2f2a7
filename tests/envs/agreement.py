"""How tests hold native vector environments against gymnasium's vector of single ones."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)


def check_agreement(ours: VectorEnv, theirs: VectorEnv, steps: int) -> None:
    """Takes the same random steps in both, and compares all that they return."""
    assert ours.observation_space == theirs.observation_space
    assert ours.metadata["autoreset_mode"] is theirs.metadata["autoreset_mode"]
    (our_first, our_info), (their_first, their_info) = ours.reset(seed=3), theirs.reset(seed=3)
    np.testing.assert_array_equal(our_first, their_first)
    np.testing.assert_equal(our_info, their_info)
    ours.action_space.seed(0)
    for _ in range(steps):
        actions = ours.action_space.sample()
        *our_step, our_info = ours.step(actions)
        *their_step, their_info = theirs.step(actions)
        for mine, expected in zip(our_step, their_step, strict=True):
            np.testing.assert_array_equal(mine, expected)
            assert mine.dtype == expected.dtype
        assert our_step[0] in ours.observation_space
        check_infos(our_info, their_info)


def check_infos(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ("final_obs" in ours) == ("final_obs" in theirs)
    if "final_obs" in ours:
        np.testing.assert_array_equal(np.stack(ours["final_obs"]), np.stack(theirs["final_obs"]))
        np.testing.assert_equal(ours["final_info"], theirs["final_info"])
        np.testing.assert_equal(ours["action_mask"], theirs["action_mask"])
    else:
        np.testing.assert_equal(ours, theirs)
