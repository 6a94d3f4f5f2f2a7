"""The experiments on proxies do what they say, in small."""

import json
from pathlib import Path

import numpy as np
import pytest

from archgym import datasets, proxy
from archgym.dram import spaces
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from experiments.proxy import dataset, known, unseen
from experiments.proxy.data import keeping_data, simulate, tables

WORKLOAD = WorkloadSpec("mixed", (("requests", 60),))
OUTLINE = spaces.Outline(
    values={
        "PagePolicy": ("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
        "Scheduler": ("Fifo", "FrFcfs", "FrFcfsGrp"),
        "SchedulerBuffer": ("Bankwise", "ReadWrite", "Shared"),
        "RequestBufferSize": (1, 2, 4, 8, 16, 32, 64, 128),
        "RefreshPolicy": ("NoRefresh", "AllBank"),
        "Arbiter": ("Simple", "Fifo", "Reorder"),
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 1,728 designs, half of which refresh, and one that is not complete."""
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(spaces.SPACES, "small", OUTLINE)
        space = spaces.make_space("small", allow_data_loss=True)
    enumerate_space(space, WORKLOAD, folder / "mixed")
    header = json.loads((folder / "mixed" / "table.json").read_text())
    del header["sha256"]
    (folder / "begun").mkdir()
    (folder / "begun" / "table.json").write_text(json.dumps(header))
    return folder


def test_designs_that_lose_data_are_left_out(folder: Path) -> None:
    (path,) = tables(folder)
    assert len(keeping_data(path)) == 864


def test_a_known_workload_is_measured_on_all_other_designs(folder: Path) -> None:
    ((name, kind, record, evaluation),) = known.measure(folder, ["ridge"], share=0.2)
    assert (name, kind) == ("mixed", "ridge")
    assert record["training_designs"] + record["test_designs"] == 864
    assert record["training_designs"] == 173
    part = evaluation.parts[0]
    runtime = record["scores"]["runtime_ns"]["rmse_percent"]
    assert runtime == pytest.approx(part.scores["runtime_ns"]["rmse_percent"], rel=1e-3)


def test_more_designs_make_a_better_proxy(folder: Path) -> None:
    errors = dict(known.curve(folder / "mixed", (60, 500), held_out=300, effort=0.2))
    assert errors[500]["runtime_ns"] < errors[60]["runtime_ns"]


def test_a_workload_is_left_out_of_its_own_training(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [WorkloadSpec(n, (("requests", 60),)) for n in ("mixed", "stream", "random", "zipf")]
    samples = simulate(specs, 90)
    trained_on = []

    def train(training, *arguments, **options):
        trained_on.append({facts.id for facts in training.facts})
        assert len(training) == 270
        assert set(training.workload.tolist()) == {0, 1, 2}
        return proxy.training.train(training, *arguments, **options)

    monkeypatch.setattr(unseen.proxy, "train", train)
    records = list(unseen.leave_one_out(samples, "forest"))
    everything = {facts.id for facts in samples.facts}
    assert [everything - each for each in trained_on] == [{r["workload"]} for r in records]
    assert all(-1 <= value <= 1 for r in records for value in r["spearman"].values())
    assert all(r["left_to_the_simulator"] >= r["left_by_width"] for r in records)
    assert [list(r["left_to_the_simulator_by_probes"]) for r in records] == [["30", "60"]] * 4
    runtimes = [r["spearman"]["runtime_ns"] for r in records]
    median = unseen.medians(records)["spearman"]["runtime_ns"]
    assert min(runtimes) <= median <= max(runtimes)


def test_the_dataset_has_both_spaces_and_every_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "WORKLOADS", ("stream",))
    whole = dataset.make(tmp_path / "out", tmp_path / "work", 1, budget=6)
    assert len(whole) == 2 * len(dataset.AGENTS) * 6
    assert set(whole.frame["agent"]) == set(dataset.AGENTS)
    again = datasets.load(tmp_path / "out")
    assert again.sha256 == whole.sha256
    assert set(again.spaces) == {"archgym", "controller-v1@ddr4-2400"}
    for name in again.spaces:
        assert np.isfinite(again.samples(name).values).all()


def test_the_dataset_is_as_large_as_promised() -> None:
    rows = dataset.BUDGET * len(dataset.SPACES) * len(dataset.WORKLOADS) * len(dataset.AGENTS)
    assert rows >= 200_000
    assert len(dataset.WORKLOADS) >= 10
    assert len(unseen.WORKLOADS) >= 10
