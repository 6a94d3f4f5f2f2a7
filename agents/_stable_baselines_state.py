"""What a model of Stable-Baselines3 has learnt, as tensors and plain values.

The library's own files are pickles, which can run anything when they are read.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector import VectorEnv
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.save_util import recursive_getattr
from stable_baselines3.common.vec_env import VecNormalize

from archgym.agents._state import check_like, check_optimizer
from archgym.errors import ArchgymError

# What of a model counts steps or follows from them. Which ones there are depends on the algorithm.
_COUNTERS = ("_n_updates", "_n_calls", "exploration_rate")
_REPLAYED = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def state_of(model: BaseAlgorithm, environments: VecNormalize) -> dict[str, Any]:
    """Returns all that a model and the normalisation of its environments have learnt."""
    space = model.observation_space
    assert isinstance(space, gymnasium.spaces.Box)
    state: dict[str, Any] = {
        "low": torch.as_tensor(space.low),
        "high": torch.as_tensor(space.high),
        "parameters": model.get_parameters(),
        "counters": {name: getattr(model, name) for name in _COUNTERS if hasattr(model, name)},
        "draws": model.action_space.np_random.bit_generator.state,
        "observations": _moments(environments.obs_rms),
        "returns": _moments(environments.ret_rms),
    }
    if hasattr(model, "log_ent_coef"):
        state["log_ent_coef"] = model.log_ent_coef.detach()
    replay = getattr(model, "replay_buffer", None)
    if replay is not None:
        size = replay.size()
        state["replay"] = {
            name: torch.as_tensor(getattr(replay, name)[:size]) for name in _REPLAYED
        }
        state["replay"] |= {"pos": replay.pos, "full": replay.full}
    return state


def observation_space(state: Mapping[str, Any]) -> gymnasium.spaces.Box:
    """Returns the space of the observations that the model has learnt from."""
    return gymnasium.spaces.Box(state["low"].numpy(), state["high"].numpy())


def without_steps(n: int, observations: gymnasium.spaces.Box) -> VectorEnv[Any, Any, Any]:
    """Returns environments in which nothing happens, to make a model for."""
    environments: VectorEnv[Any, Any, Any] = VectorEnv()
    environments.num_envs = n
    environments.single_observation_space = observations
    return environments


def check(state: Mapping[str, Any], model: BaseAlgorithm, environments: VecNormalize) -> None:
    """Checks that a state can be given to a new model, whose optimisers make a step.

    Raises:
        ArchgymError: It is of another model, or has numbers that none gets to.
    """
    expected = state_of(model, environments)
    for name in ("counters", "observations", "returns"):
        check_like(state[name], expected[name], name)
    if "log_ent_coef" in expected:
        check_like(state["log_ent_coef"], expected["log_ent_coef"], "log_ent_coef")
    for name in ("observations", "returns"):
        if not bool((state[name]["var"] >= 0).all()):
            raise ArchgymError(f"{name} have a variance below 0")
    found, parameters = state["parameters"], expected["parameters"]
    if found.keys() != parameters.keys():
        raise ArchgymError("its networks are others")
    for name, each in parameters.items():
        if name.endswith("optimizer"):
            check_optimizer(found[name], recursive_getattr(model, name), name)
        else:
            check_like(found[name], each, name)
    if len({len(state[name]) for name in ("low", "high", "first")}) > 1:
        raise ArchgymError("its observations are not all as long")
    replay = getattr(model, "replay_buffer", None)
    if replay is not None:
        _check_replay(state["replay"], replay)


def restore(model: BaseAlgorithm, environments: VecNormalize, state: Mapping[str, Any]) -> None:
    """Gives a new model, and the normalisation of its environments, the state of another one."""
    model.set_parameters(state["parameters"])
    for name, value in state["counters"].items():
        setattr(model, name, value)
    model.action_space.np_random.bit_generator.state = state["draws"]
    _set_moments(environments.obs_rms, state["observations"])
    _set_moments(environments.ret_rms, state["returns"])
    if hasattr(model, "log_ent_coef"):
        with torch.no_grad():
            model.log_ent_coef.copy_(state["log_ent_coef"])
    replay = getattr(model, "replay_buffer", None)
    if replay is not None:
        for name in _REPLAYED:
            kept = state["replay"][name].numpy()
            getattr(replay, name)[: len(kept)] = kept
        replay.pos, replay.full = state["replay"]["pos"], state["replay"]["full"]


def _check_replay(state: Mapping[str, Any], replay: Any) -> None:
    lengths = set()
    for name in _REPLAYED:
        kept, room = state[name], torch.as_tensor(getattr(replay, name))
        lengths.add(len(kept))
        check_like(kept, room[: len(kept)], f"replay.{name}")
    pos, full = state["pos"], state["full"]
    check_like(pos, 0, "replay.pos")
    size = replay.buffer_size if full else pos
    if type(full) is not bool or pos >= replay.buffer_size or lengths != {size}:
        raise ArchgymError("what it would replay is not as long as it says")


def _moments(statistics: Any) -> dict[str, Any]:
    return {
        "mean": torch.as_tensor(np.asarray(statistics.mean)),
        "var": torch.as_tensor(np.asarray(statistics.var)),
        "count": float(statistics.count),
    }


def _set_moments(statistics: RunningMeanStd | Any, moments: Mapping[str, Any]) -> None:
    statistics.mean = moments["mean"].numpy()
    statistics.var = moments["var"].numpy()
    statistics.count = moments["count"]
