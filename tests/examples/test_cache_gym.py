"""The example of a domain: installed as anyone would, and run from another folder."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2] / "examples" / "cache-gym"
MOST_LINES = 400

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of its own that the package is installed in, from a copy: builds leave files."""
    folder = tmp_path_factory.mktemp("cache-gym")
    shutil.copytree(
        PROJECT, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info")
    )
    install = ["install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    target = ["--target", str(folder / "site"), str(folder / "source")]
    subprocess.run([sys.executable, "-m", "pip", *install, *target], check=True)
    return folder / "site"


@pytest.fixture
def run(site, tmp_path):
    """Runs Python with the package, in an empty folder, and returns what it prints."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            env=os.environ | {"PYTHONPATH": str(site)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def archgym(*arguments):
    return ("-c", "from archgym_command import main; main()", *arguments)


def test_its_own_tests_pass(run):
    assert " passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(PROJECT / "tests"))


def test_its_study_runs_and_its_results_train_a_proxy(run, tmp_path):
    run(*archgym("run", str(PROJECT / "study.toml"), "--out", "study", "--workers", "2"))
    assert "cache-v1" in (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    trained = run(*archgym("proxy", "train", "study", "--out", "s.proxy", "--model", "ridge"))
    assert "amat_ns" in trained
    # What the proxy does not know it leaves to the domain's simulator.
    predict = ("--domain", "cache", "--workloads", "bfs", "--simulator", "proxy:s.proxy")
    chosen = ("--agents", "random_search", "--budget", "30", "--seeds", "1", "--out", "predicted")
    run(*archgym("compare", *chosen, *predict))
    assert (tmp_path / "predicted" / "report.html").exists()


def test_its_space_can_be_enumerated_and_replayed(run, tmp_path):
    enumerate_it = ("enumerate", "--domain", "cache", "--workload", "bfs", "--out", "table")
    table = json.loads(run(*archgym(*enumerate_it, "--json")))
    assert table["designs"] - table["without_metrics"] == 5670
    best = {each["objective"]: each for each in table["optima"]}
    assert best["amat"]["cost"] < best["amat with area <= 1x"]["cost"]
    # As hard as a problem must be to be worth reporting.
    assert all(each["share_near"] < 0.01 for each in table["optima"])
    replay = ("--domain", "cache", "--workloads", "bfs", "--simulator", "tabular:table")
    chosen = ("--agents", "random_search", "--budget", "30", "--seeds", "1", "--out", "replay")
    run(*archgym("compare", *chosen, *replay))
    assert (tmp_path / "replay" / "report.html").exists()


def test_it_is_short():
    lines = sum(
        len(path.read_text(encoding="utf-8").splitlines())
        for path in [*PROJECT.rglob("*.py"), PROJECT / "pyproject.toml"]
        if "build" not in path.relative_to(PROJECT).parts
    )
    assert lines <= MOST_LINES
