"""The PettingZoo environment against PettingZoo's own rules and the single-agent one."""

import sys
import warnings

import numpy as np
import pytest

from archgym.dram.workload import Workload
from archgym.envs import dram_parallel_env
from archgym.envs.dram import DramEnv
from archgym.errors import ArchgymError, MissingExtraError
from archgym.problem import BudgetExhausted

pytest.importorskip("pettingzoo", reason="pettingzoo is not installed")


def test_pettingzoo_accepts_it(short_stream: Workload, capsys: pytest.CaptureFixture[str]) -> None:
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    def make():  # type: ignore[no-untyped-def]
        return dram_parallel_env(workload=short_stream, space="controller-v1", horizon=3)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(make(), num_cycles=10)
        parallel_seed_test(make, num_cycles=10)
    assert "Passed" in capsys.readouterr().out


@pytest.mark.parametrize("space", ["archgym", "controller-v1"])
def test_it_is_the_single_agents_environment_split_up(short_stream: Workload, space: str) -> None:
    team = dram_parallel_env(workload=short_stream, space=space, horizon=2, budget=5)
    single = DramEnv(workload=short_stream, space=space, horizon=2, budget=5)
    assert team.possible_agents == list(single.problem.space.parameters)
    single.action_space.seed(1)
    for _ in range(2):
        seen, infos = team.reset(seed=4)
        expected, _ = single.reset(seed=4)
        assert infos == {agent: {} for agent in team.agents}
        while team.agents:
            agents = team.agents
            for agent in agents:
                np.testing.assert_array_equal(seen[agent], expected)
                assert seen[agent] in team.observation_space(agent)
            np.testing.assert_array_equal(team.state(), expected)
            action = single.action_space.sample()
            seen, *rest = team.step(dict(zip(agents, action, strict=True)))
            expected, *single_rest = single.step(action)
            for shared, own in zip(rest, single_rest, strict=True):
                assert shared == dict.fromkeys(agents, own)
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
