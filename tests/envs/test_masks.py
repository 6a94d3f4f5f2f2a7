"""Masks are exact: every flag is as trying all designs finds it."""

import itertools
import math

import gymnasium
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.condition import Condition, NotBelow
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.envs.design import DesignEnv
from archgym.envs.masks import Masks
from archgym.envs.sequential import SequentialEnv, SequentialVectorEnv
from archgym.envs.vector import DesignVectorEnv
from archgym.parameter import Parameter
from archgym.space import DesignSpace

TINY = DesignSpace(
    "tiny",
    [
        Parameter("order", ("fifo", "watermarks"), "fifo"),
        Parameter("size", (1, 2, 4), 2, ordered=True),
        Parameter("low", (1, 2, 3), 1, ordered=True),
        Parameter("high", (1, 2, 3), 3, ordered=True),
        Parameter("refresh", ("never", "always", "banks"), "always"),
        Parameter("debt", (0, 1), 0, ordered=True),
    ],
    active={
        "low": Condition("order", one_of=("watermarks",)),
        "high": Condition("order", one_of=("watermarks",)),
        "debt": Condition("refresh", not_in=("never",)),
    },
    infeasible={
        NotBelow("low", "high"): "low must be below high",
        Condition("refresh", one_of=("never",)): "data are lost",
        Condition("debt", one_of=(1,)): "nobody pays",
    },
)
NAMES = list(TINY.parameters)


def completions(settled: tuple) -> list[dict]:
    """All feasible designs that begin with the values settled."""
    rest = [TINY.parameters[name].values for name in NAMES[len(settled) :]]
    designs = [
        dict(zip(NAMES, (*settled, *values), strict=True)) for values in itertools.product(*rest)
    ]
    return [design for design in designs if TINY.infeasibility(design) is None]


def beginnings() -> st.SearchStrategy[tuple]:
    def of(length: int) -> st.SearchStrategy[tuple]:
        return st.tuples(
            *(st.sampled_from(list(TINY.parameters[name].values)) for name in NAMES[:length])
        )

    return st.integers(0, len(NAMES) - 1).flatmap(of)


@given(settled=beginnings())
def test_a_value_is_flagged_if_a_feasible_design_goes_on_with_it(settled: tuple) -> None:
    name = NAMES[len(settled)]
    expected = [bool(completions((*settled, value))) for value in TINY.parameters[name].values]
    design = TINY.default | dict(zip(NAMES, settled, strict=False))
    assert Masks(TINY).following(design, name).tolist() == expected


def test_a_value_is_flagged_if_some_feasible_design_has_it() -> None:
    feasible = completions(())
    for name, mask in zip(NAMES, Masks(TINY).whole, strict=True):
        had = {design[name] for design in feasible}
        assert mask.tolist() == [value in had for value in TINY.parameters[name].values]


@pytest.mark.parametrize("space", ["archgym", "archgym-pow2", "common-v1", "controller-v1"])
def test_masks_of_released_spaces(space: str) -> None:
    released = make_space(space)
    ruled_out = {
        (name, value)
        for (name, parameter), mask in zip(
            released.parameters.items(), Masks(released).whole, strict=True
        )
        for value, is_possible in zip(parameter.values, mask, strict=True)
        if not is_possible
    }
    # A watermark without a partner above or below it can still be there, without effect.
    assert ruled_out == (set() if space == "common-v1" else {("RefreshPolicy", "NoRefresh")})


def test_a_whole_design_has_the_masks_of_all_parameters(short_stream: Workload) -> None:
    env = DesignEnv(workload=short_stream)
    _, info = env.reset()
    mask = env.action_masks()
    assert mask.dtype == np.bool_
    assert info["action_mask"].dtype == np.int8
    lengths = env.action_space.nvec
    assert len(mask) == lengths.sum()
    off = np.flatnonzero(~mask)
    position = list(env.problem.space.parameters).index("RefreshPolicy")
    assert off.tolist() == [lengths[:position].sum()]
    *_, info = env.step(env.problem.space.encode({}))
    assert info["action_mask"].tolist() == mask.tolist()
    envs = DesignVectorEnv(3, problem=env.problem)
    _, infos = envs.reset()
    assert infos["action_mask"].tolist() == envs.action_masks().tolist() == [mask.tolist()] * 3


def test_masked_actions_make_feasible_designs_one_parameter_a_step(short_stream: Workload) -> None:
    env = gymnasium.make(
        "archgym/DRAMSequential-v0", workload=short_stream, space="controller-v1"
    ).unwrapped
    assert isinstance(env, SequentialEnv)
    env.action_space.seed(0)
    for _ in range(20):
        _, info = env.reset()
        for _ in env.problem.space.parameters:
            assert info["action_mask"].tolist() == env.action_masks().tolist()
            _, _, terminated, _, info = env.step(env.action_space.sample(info["action_mask"]))
        assert terminated
        assert info["feasible"]
        assert math.isfinite(info["cost"])
        assert env.action_masks().all()


def test_watermarks_that_no_higher_one_can_follow(short_stream: Workload) -> None:
    env = SequentialEnv(workload=short_stream, space="controller-v1")
    space = env.problem.space
    env.reset()
    for name, parameter in space.parameters.items():
        mask = env.action_masks()
        counts = np.arange(len(mask)) * len(parameter.values) // len(mask)
        values = {parameter.values[index] for index in counts[mask]}
        if name == "LowWatermark":
            highest = max(space.parameters["HighWatermark"].values)
            assert values == {value for value in parameter.values if value < highest}
        elif name == "HighWatermark":
            assert values == {value for value in parameter.values if value > 16}
            break
        wanted = {"Scheduler": "GrpFrFcfsWm", "LowWatermark": 16}.get(name, parameter.default)
        env.step(np.int64(np.flatnonzero(counts == parameter.index(wanted))[0]))


def test_each_of_several_designs_has_masks_of_its_own(short_stream: Workload) -> None:
    envs = SequentialVectorEnv(2, workload=short_stream, space="controller-v1")
    space = envs.problem.space
    _, infos = envs.reset()
    names = list(space.parameters)
    for name, parameter in space.parameters.items():
        masks = infos["action_mask"]
        assert masks.tolist() == envs.action_masks().tolist()
        if name == "HighWatermark":
            assert masks[0].all()
            assert not masks[1].all()
            break
        wanted = [
            parameter.default,
            {"Scheduler": "GrpFrFcfsWm", "LowWatermark": 16}.get(name, parameter.default),
        ]
        size = masks.shape[1]
        actions = [-(-parameter.index(value) * size // len(parameter.values)) for value in wanted]
        *_, infos = envs.step(np.array(actions))
    assert names.index("HighWatermark") > names.index("LowWatermark") > names.index("Scheduler")


@pytest.mark.slow
def test_a_masked_policy_learns(short_stream: Workload) -> None:
    contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed")
    for env in (
        DesignEnv(workload=short_stream),
        SequentialEnv(workload=short_stream, space="controller-v1"),
    ):
        model = contrib.MaskablePPO("MlpPolicy", env, n_steps=64, batch_size=64, seed=0)
        model.learn(128)
        assert env.problem.best is not None
        infeasible = [result for result in env.problem._results.values() if not result.feasible]
        assert not infeasible
