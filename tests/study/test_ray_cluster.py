"""Trials on a real Ray cluster of two nodes, on this machine."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from archgym import evaluation_log
from archgym.cli.executors import opened_executor
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError
from archgym.space import DesignSpace
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from archgym.study.release import Release
from archgym.study.study import Study

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
RayCluster = pytest.importorskip("archgym.study.ray_cluster").RayCluster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# What is defined here is sent as it is: workers can't import it.
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])

STUDY = Study.from_mapping(
    {
        "name": "on-ray",
        "budget": 20,
        "seeds": 2,
        "workloads": [{"name": "stream", "requests": 300}, {"name": "mixed", "requests": 300}],
        "agents": {"random_search": {}, "genetic_algorithm": {"population": 4}},
    },
    "SPEC",
)


@pytest.fixture(scope="module")
def nodes() -> Iterator["cluster_utils.Cluster"]:
    """A cluster of two nodes with two cores each; the last test removes one."""
    cluster = cluster_utils.Cluster()
    for _ in range(2):
        cluster.add_node(num_cpus=2, include_dashboard=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def cluster(nodes: "cluster_utils.Cluster") -> Iterator["RayCluster"]:
    with opened_executor("ray", None, nodes.address) as executor:
        yield executor


@dataclass(frozen=True)
class Wait:
    """Says which process runs it, waits until it may end, and writes how often it was begun."""

    name: str
    where: Path

    @property
    def files(self):
        return (self.name,)

    def needs(self):
        return {"greeting": lambda: "hello"}

    def run(self, folder, given=None):
        begun = self.where / f"{self.name}.{os.getpid()}"
        begun.write_text(str(os.getpid()))
        while not (self.where / "go").exists():
            time.sleep(0.01)
        (folder / self.name).write_text(given["greeting"])

    def pids(self):
        return [int(path.suffix[1:]) for path in self.where.glob(f"{self.name}.*")]


def kill_when_begun(job: Wait, times: int, then_go: bool) -> threading.Thread:
    """Kills the process of a job as soon as there is one, so many times."""

    def kill() -> None:
        killed: set[int] = set()
        while len(killed) < times:
            for pid in set(job.pids()) - killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            time.sleep(0.01)
        if then_go:
            (job.where / "go").touch()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_a_study_has_the_same_logs(cluster, tmp_path):
    assert cluster.workers == 4
    assert STUDY.run(tmp_path / "here") == []
    assert STUDY.run(tmp_path / "ray", executor=cluster) == []
    assert evaluation_log.equal(tmp_path / "here" / "trials", tmp_path / "ray" / "trials")
    names = {path.name for path in (tmp_path / "here" / "trials").iterdir()}
    assert {path.name for path in (tmp_path / "ray" / "trials").iterdir()} == names


def test_a_table_has_the_same_content(cluster, tmp_path):
    whole = make_space("archgym-pow2")
    first = dict(list(whole.parameters.items())[:3])
    space = DesignSpace("small", list(first.values()))
    workload = WorkloadSpec("stream", (("requests", 100),))
    here = enumerate_space(space, workload, tmp_path / "here", shard_size=8)
    there = enumerate_space(space, workload, tmp_path / "ray", executor=cluster, shard_size=8)
    assert here.sha256 == there.sha256
    content = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "ray").iterdir()} == content


def test_a_trial_goes_on_from_its_journal(cluster, tmp_path):
    assert STUDY.run(tmp_path / "whole") == []
    trial = STUDY.trials[0]
    trials = tmp_path / "ray" / "trials"
    log = evaluation_log.read(tmp_path / "whole" / "trials" / f"{trial.name}.parquet")
    rows = [{**row, "failure": None} for row in log.to_dict("records")]
    labels = {label: rows[0][label] for label in ("trial", "agent", "seed")}
    with evaluation_log.Journal(trials / f"{trial.name}.jsonl", **labels) as journal:
        journal.append(rows[:9])
    assert STUDY.run(tmp_path / "ray", executor=cluster) == []
    found = evaluation_log.read(trials / f"{trial.name}.parquet")
    assert found["wall_time_s"][:9].tolist() == log["wall_time_s"][:9].tolist()
    assert evaluation_log.equal(trials, tmp_path / "whole" / "trials")
    assert not list(trials.glob("*.jsonl"))


def test_the_job_of_a_worker_that_is_killed_is_run_again(cluster, tmp_path):
    job = Wait("job", tmp_path)
    killer = kill_when_begun(job, times=1, then_go=True)
    assert list(cluster.execute([job], tmp_path)) == [(job, None)]
    killer.join()
    assert len(job.pids()) == 2
    assert (tmp_path / "job").read_text() == "hello"


def test_a_job_that_kills_its_worker_twice_has_failed_and_others_go_on(cluster, tmp_path):
    jobs = [Wait("deadly", tmp_path), Wait("other", tmp_path)]
    killer = kill_when_begun(jobs[0], times=2, then_go=True)
    ended = {job.name: failure for job, failure in cluster.execute(jobs, tmp_path)}
    killer.join()
    assert ended["deadly"].reason == "its worker died, twice"
    assert ended["other"] is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("nowhere", "is auto, HOST:PORT or ray://HOST:PORT, not 'nowhere'"),
        ("127.0.0.1:0", "is auto, HOST:PORT or ray://HOST:PORT, not '127.0.0.1:0'"),
        ("127.0.0.1:1", "there is no Ray cluster at 127.0.0.1:1: "),
        ("ray://127.0.0.1:1", "there is no Ray cluster at ray://127.0.0.1:1: "),
    ],
)
def test_where_there_is_no_cluster_it_is_said_at_once(address, expected):
    with pytest.raises(ArchgymError, match=re.escape(expected)):
        RayCluster(1, address)


def test_what_the_process_has_joined_is_used_and_left_alone(cluster, nodes):
    with opened_executor("ray", 1, None) as executor:
        assert list(executor.execute([], Path())) == []
    assert ray.is_initialized()
    with pytest.raises(ArchgymError, match="has joined a Ray cluster already"):
        RayCluster(1, nodes.address)


def test_another_release_on_a_node_is_refused(cluster, tmp_path, monkeypatch):
    other = Release("0.0.1", "0123456789ab", "native 0.0.1")
    monkeypatch.setattr(Release, "of_this_process", lambda: other)
    expected = r"node [0-9.]+ of the Ray cluster has another release .*: archgym .*, not 0\.0\.1"
    with pytest.raises(ArchgymError, match=expected):
        STUDY.run(tmp_path, executor=cluster)


DRIVER = """
import json, sys
from archgym.cli.executors import opened_executor
from archgym.study.study import Study

if __name__ == "__main__":
    document, out, address = sys.argv[1:]
    with opened_executor("ray", None, address) as executor:
        Study.from_mapping(json.loads(document), "SPEC").run(out, executor=executor)
"""


def test_the_process_that_hands_out_trials_may_be_killed(nodes, tmp_path):
    document = {**STUDY.to_mapping(), "seeds": 10}
    study = Study.from_mapping(document, "SPEC")
    assert study.run(tmp_path / "here", 2) == []
    arguments = [sys.executable, "-c", DRIVER, json.dumps(document), tmp_path / "ray"]
    driver = subprocess.Popen([*map(str, arguments), nodes.address], stderr=subprocess.DEVNULL)
    trials = tmp_path / "ray" / "trials"
    while len(list(trials.glob("*.parquet"))) < 5:
        assert driver.poll() is None
        time.sleep(0.01)
    driver.kill()
    driver.wait()
    sealed = {path: path.stat().st_mtime_ns for path in trials.glob("*.parquet")}
    assert 5 <= len(sealed) < len(study.trials)
    with opened_executor("ray", None, nodes.address) as executor:
        assert study.run(tmp_path / "ray", executor=executor) == []
    assert {path: path.stat().st_mtime_ns for path in sealed} == sealed
    assert evaluation_log.equal(tmp_path / "here" / "trials", trials)


def test_a_node_that_is_lost_for_good_takes_no_trial_with_it(nodes, tmp_path):
    assert STUDY.run(tmp_path / "here") == []
    with opened_executor("ray", 4, nodes.address) as executor:
        ended = []

        def on_end(trial, failure):
            ended.append(failure)
            if len(ended) == 1:
                nodes.remove_node(next(iter(nodes.worker_nodes)), allow_graceful=False)

        nodes_before = len(nodes.list_all_nodes())
        assert STUDY.run(tmp_path / "ray", on_end=on_end, executor=executor) == []
        assert len(nodes.list_all_nodes()) == nodes_before - 1
    assert ended == [None] * len(STUDY.trials)
    assert evaluation_log.equal(tmp_path / "here" / "trials", tmp_path / "ray" / "trials")
