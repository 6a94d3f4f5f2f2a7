"""What Minari reads back is what the environment would have shown."""

import importlib.util
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest

from archgym import datasets, domain
from archgym.datasets import Dataset
from archgym.envs.design import DesignEnv
from archgym.errors import ArchgymError, MissingExtraError
from archgym.problem import Problem
from archgym.study import Study, WorkloadSpec
from archgym.study.enumeration import enumerate_space

pytestmark = pytest.mark.skipif(
    not (importlib.util.find_spec("minari") and importlib.util.find_spec("h5py")),
    reason="needs extra minari",
)

OBJECTIVES = ("latency", "power with runtime <= 1.05x")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study.from_mapping(
        {
            "name": "two",
            "space": "archgym-pow2",
            "budget": 20,
            "seeds": 1,
            "objectives": list(OBJECTIVES),
            "workloads": [{"name": name, "requests": 100} for name in ("stream", "mixed")],
            "agents": {"random_walk": {}, "random_search": {}},
        },
        "test",
    )


@pytest.fixture(scope="module")
def whole(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("study") / "out"
    assert study.run(out) == []
    found = datasets.load(out)
    # Random search proposes nothing that is ruled out; a log of something else may well have.
    row = {**found.frame.iloc[0], "param.RefreshPolicy": "NoRefresh", "feasible": False}
    row |= {name: None for name in found.frame if name.startswith("metric.")}
    lost = pd.DataFrame([row | {"cost": np.inf, "failure": "it loses data"}])
    frame = pd.concat([found.frame, lost.astype(found.frame.dtypes)], ignore_index=True)
    return Dataset(frame, found.spaces, found.workloads, found.sources)


def test_minari_reads_what_the_environment_shows(
    whole: Dataset, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import minari

    datasets.to_minari(whole, tmp_path / "two-v0")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    found = minari.load_dataset("two-v0")
    assert (found.total_episodes, found.total_steps) == (len(whole), len(whole))
    assert found.storage.metadata["algorithm_name"] == "random_search, random_walk"
    platform = domain.load().platform(dict(study.options))
    environments = {
        (workload.id, objective): DesignEnv(problem=Problem(whole.space(), workload, objective))
        for workload in (each.load(platform) for each in study.workloads)
        for objective in OBJECTIVES
    }
    for row, episode in zip(whole.frame.to_dict("records"), found.iterate_episodes(), strict=True):
        env = environments[row["workload"], row["objective"]]
        assert found.observation_space == env.observation_space
        assert found.action_space == env.action_space
        first, _ = env.reset()
        last, reward, terminated, truncated, info = env.step(episode.actions[0])
        assert info["design"] == {name: row[f"param.{name}"] for name in whole.space().parameters}
        np.testing.assert_array_equal(episode.observations, [first, last])
        assert episode.rewards.tolist() == [reward]
        assert (episode.terminations.tolist(), episode.truncations.tolist()) == (
            [terminated],
            [truncated],
        )


def test_texts_from_before_limits_had_units_mean_the_same(whole: Dataset, tmp_path: Path) -> None:
    import minari

    bare = whole.frame["objective"].str.replace("1.05x", "1.05")
    assert not bare.equals(whole.frame["objective"])
    old = Dataset(whole.frame.assign(objective=bare), whole.spaces, whole.workloads, whole.sources)
    rewards = []
    for name, data in (("old-v0", old), ("new-v0", whole)):
        datasets.to_minari(data, tmp_path / name)
        found = minari.MinariDataset(tmp_path / name / "data")
        rewards.append([float(episode.rewards[0]) for episode in found.iterate_episodes()])
    assert rewards[0] == rewards[1]


def test_a_table_has_rewards_for_any_objective(tmp_path: Path) -> None:
    import minari

    spec = WorkloadSpec("mixed", (("requests", 100),))
    table = enumerate_space(_small(), spec, tmp_path / "table")
    whole = datasets.load(tmp_path / "table")
    with pytest.raises(ArchgymError, match="the data are for no objective"):
        datasets.to_minari(whole, tmp_path / "mixed-v1")
    datasets.to_minari(whole, tmp_path / "mixed-v1", "latency")
    found = minari.MinariDataset(tmp_path / "mixed-v1" / "data")
    rewards = [float(episode.rewards[0]) for episode in found.iterate_episodes()]
    latency = table.values[:, table.metrics.index("latency_ns")]
    assert int(np.argmax(rewards)) == int(np.argmin(latency))
    default = table.designs.numbers(table.designs.space.encode(table.designs.space.default)[None])
    assert rewards[int(default[0])] == 0


def _small():
    from archgym.dram.spaces import make_space
    from archgym.parameter import Parameter
    from archgym.space import DesignSpace

    whole = make_space("archgym-pow2")
    few = ("PagePolicy", "Scheduler")
    return DesignSpace(
        "small",
        [
            each if name in few else Parameter(name, (each.default,), each.default)
            for name, each in whole.parameters.items()
        ],
    )


def test_what_can_not_be_written_leaves_nothing(whole: Dataset, tmp_path: Path) -> None:
    unknown = Dataset(whole.frame, whole.spaces, {}, whole.sources)
    costly = whole.frame.assign(objective=["latency with queue_entries <= 64", *["latency"] * 160])
    different = Dataset(costly, whole.spaces, whole.workloads, whole.sources)
    for data, name, message in (
        (whole, "two", "Minari takes names like cloud-1-v0"),
        (unknown, "two-v0", "the data lack features"),
        (different, "two-v0", "export them one by one"),
    ):
        with pytest.raises(ArchgymError, match=message):
            datasets.to_minari(data, tmp_path / name)
        assert list(tmp_path.iterdir()) == []


def test_a_missing_extra_is_one_sentence(
    whole: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"format 'minari' needs h5py.*archgym\[minari\]"):
        datasets.to_minari(whole, tmp_path / "two-v0")


def test_an_observation_is_in_its_space(whole: Dataset, tmp_path: Path) -> None:
    import minari

    datasets.to_minari(whole, tmp_path / "two-v0", "edp")
    found = minari.MinariDataset(tmp_path / "two-v0" / "data")
    assert isinstance(found.action_space, gymnasium.spaces.MultiDiscrete)
    for episode in found.iterate_episodes():
        assert all(map(found.observation_space.contains, episode.observations))
        assert found.action_space.contains(episode.actions[0])
