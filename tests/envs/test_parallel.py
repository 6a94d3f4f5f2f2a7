"""The PettingZoo environment against PettingZoo's own rules and the single-agent one."""

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from archgym.dram.workload import Workload
from archgym.envs import dram_parallel_env
from archgym.envs.design import DesignEnv
from archgym.errors import ArchgymError, MissingExtraError
from archgym.problem import BudgetExhausted

pytest.importorskip("pettingzoo", reason="pettingzoo is not installed")


GROUPS = {"refresh": ["RefreshMaxPulledin", "RefreshPolicy"], "Arbiter": ["Arbiter"]}


@pytest.mark.parametrize(
    "arguments",
    [
        {"space": "controller-v1"},
        {"groups": GROUPS},
        {"groups": GROUPS, "reward": "difference"},
    ],
)
def test_pettingzoo_accepts_it(
    short_stream: Workload, capsys: pytest.CaptureFixture[str], arguments: dict[str, Any]
) -> None:
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    def make():  # type: ignore[no-untyped-def]
        return dram_parallel_env(workload=short_stream, horizon=3, **arguments)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(make(), num_cycles=10)
        parallel_seed_test(make, num_cycles=10)
    assert "Passed" in capsys.readouterr().out


def own_masks(team: Any, infos: dict[str, dict]) -> list[int]:
    """Takes the masks out of the infos, and joins them in the order of the agents."""
    return [flag for agent in team.possible_agents for flag in infos[agent].pop("action_mask")]


@pytest.mark.parametrize("space", ["archgym", "controller-v1"])
def test_it_is_the_single_agents_environment_split_up(short_stream: Workload, space: str) -> None:
    team = dram_parallel_env(workload=short_stream, space=space, horizon=2, budget=5)
    single = DesignEnv(workload=short_stream, space=space, horizon=2, budget=5)
    assert team.possible_agents == list(single.problem.space.parameters)
    single.action_space.seed(1)
    for _ in range(2):
        seen, infos = team.reset(seed=4)
        expected, info = single.reset(seed=4)
        assert own_masks(team, infos) == info["action_mask"].tolist()
        while team.agents:
            agents = team.agents
            for agent in agents:
                np.testing.assert_array_equal(seen[agent], expected)
                assert seen[agent] in team.observation_space(agent)
            np.testing.assert_array_equal(team.state(), expected)
            action = single.action_space.sample()
            seen, *rest = team.step(dict(zip(agents, action, strict=True)))
            expected, *single_rest, info = single.step(action)
            *rest, infos = rest
            for shared, own in zip(rest, single_rest, strict=True):
                assert shared == dict.fromkeys(agents, own)
            assert own_masks(team, infos) == info.pop("action_mask").tolist()
            assert infos == dict.fromkeys(agents, info)
    assert team.problem.evaluations == single.problem.evaluations == 4
    team.reset()
    choice = dict.fromkeys(team.possible_agents, 0)
    assert set(team.step(choice)[3].values()) == {True}
    assert team.agents == []
    team.reset()
    with pytest.raises(BudgetExhausted):
        team.step(choice)


def test_an_agent_that_leaves_its_space(short_stream: Workload) -> None:
    team = dram_parallel_env(workload=short_stream)
    team.reset()
    actions = dict.fromkeys(team.agents, 0) | {"PagePolicy": 4}
    with pytest.raises(ArchgymError, match="PagePolicy has values 0 to 3, there is no value 4"):
        team.step(actions)


def test_a_group_is_one_agent(short_stream: Workload) -> None:
    team = dram_parallel_env(workload=short_stream, groups=GROUPS)
    assert team.team.members["refresh"] == ("RefreshPolicy", "RefreshMaxPulledin")
    assert len(team.possible_agents) == 9
    assert team.action_space("refresh").nvec.tolist() == [2, 8]
    team.reset()
    actions = dict.fromkeys(team.possible_agents, 0) | {"refresh": np.array([1, 6])}
    design = team.step(actions)[4]["refresh"]["design"]
    assert (design["RefreshPolicy"], design["RefreshMaxPulledin"]) == ("AllBank", 7)


def test_a_difference_reward_is_what_the_agents_own_choice_earns(short_stream: Workload) -> None:
    team = dram_parallel_env(workload=short_stream, reward="difference", budget=24)
    single = DesignEnv(workload=short_stream)
    space = single.problem.space
    team.reset()
    action = space.encode({"PagePolicy": "Closed", "RequestBufferSize": 1})
    _, rewards, _, truncated, _ = team.step(dict(zip(team.agents, action, strict=True)))

    def earned(**design: object) -> float:
        single.reset()
        return float(single.step(space.encode(design))[1])

    whole = earned(PagePolicy="Closed", RequestBufferSize=1)
    expected = dict.fromkeys(space.parameters, 0.0) | {
        "PagePolicy": whole - earned(RequestBufferSize=1),
        "RequestBufferSize": whole - earned(PagePolicy="Closed"),
    }
    assert rewards == expected
    assert rewards["RequestBufferSize"] < 0
    assert team.problem.evaluations == 11
    assert not any(truncated.values())
    team.reset()
    assert all(team.step(dict.fromkeys(team.agents, 0))[3].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": {"a": ["PagePolicy"], "b": ["PagePolicy"]}}, "in two groups, a and b"),
        ({"groups": {"a": []}}, "group a must be a list of one parameter or more"),
        ({"groups": {"a": ["PagePolice"]}}, "did you mean 'PagePolicy'"),
        ({"groups": {"Arbiter": ["PagePolicy"]}}, "the name of a parameter that it leaves out"),
        ({"reward": "diference"}, "did you mean 'difference'"),
    ],
)
def test_impossible_teams(short_stream: Workload, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        dram_parallel_env(workload=short_stream, **arguments)


def test_the_hash_seed_changes_nothing() -> None:
    script = """
from archgym.envs import dram_parallel_env
env = dram_parallel_env(workload="stream", groups={"refresh": ["RefreshPolicy", "Arbiter"]})
seen, _ = env.reset(seed=1)
for agent in env.agents:
    env.action_space(agent).seed(2)
print(env.step({agent: env.action_space(agent).sample() for agent in env.agents}))
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "7")
    }
    assert len(printed) == 1
    assert "PagePolicy" in printed.pop()


def test_what_agents_do_to_their_observations_is_their_own(short_stream: Workload) -> None:
    team = dram_parallel_env(workload=short_stream)
    seen, _ = team.reset()
    first, second, *_ = team.agents
    before = seen[second].copy()
    seen[first][:] = 9
    np.testing.assert_array_equal(seen[second], before)
    np.testing.assert_array_equal(team.state(), before)


def test_without_pettingzoo_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    monkeypatch.delitem(sys.modules, "archgym.envs.parallel", raising=False)
    with pytest.raises(MissingExtraError, match=r"archgym\[marl\]"):
        dram_parallel_env()
