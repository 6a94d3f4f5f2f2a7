"""Results of another version of a simulator are read with a warning that names both."""

import json
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archgym import datasets, digest, proxy, versions
from archgym.cli import main
from archgym.dram.spaces import make_space
from archgym.errors import ArchgymError, OtherVersionWarning
from archgym.proxy.evaluation import evaluate
from archgym.simulators.native import Native
from archgym.simulators.tabular import Tabular
from archgym.space import DesignSpace
from archgym.study import Study
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from archgym.table import read_header, read_shards, shard_path, write_header, write_shard
from archgym.testing import archives

BOTH = rf"is of native 0\.0\.1, and this is native {Native.version.replace('+', '[+]')}"


@pytest.fixture
def strict() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", OtherVersionWarning)
        yield


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / "table"
    whole = make_space("archgym-pow2")
    space = DesignSpace("some", [whole.parameters["PagePolicy"]])
    enumerate_space(space, WorkloadSpec("stream", (("requests", 20),)), folder)
    return folder


@pytest.fixture(scope="module")
def old_table(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table as an older version would have made it."""
    folder = tmp_path_factory.mktemp("versions") / "old"
    folder.mkdir()
    found = read_header(table)
    values, _, _ = read_shards(table, found)
    header = replace(found, simulator_version="0.0.1", sha256=None, files={})
    outcomes = [dict(zip(found.metrics, row, strict=True)) for row in values.tolist()]
    write_shard(folder, header, 0, outcomes)
    write_header(folder, replace(header, sha256=read_shards(folder, header)[2]))
    assert shard_path(folder, 0).exists()
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / "study"
    document = {
        "workloads": [{"name": "stream", "requests": 20}],
        "budget": 150,
        "seeds": 1,
        "agents": {"random_search": {}},
    }
    assert Study.from_mapping(document, "options").run(folder) == []
    return folder


def aged(log: Path) -> None:
    """Makes a log look like an older version's."""
    import pandas as pd

    (path,) = (log / "trials").glob("*.parquet")
    frame = pd.read_parquet(path)
    frame["simulator_version"] = "0.0.1"
    frame.to_parquet(path)
    summary = path.with_suffix(".json")
    document = json.loads(summary.read_text()) | {"log_sha256": digest.of_file(path)}
    summary.write_text(json.dumps(digest.stamp(document)))


@pytest.fixture(scope="module")
def old_study(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / "old-study"
    shutil.copytree(study, folder)
    aged(folder)
    return folder


def with_simulator(path: Path, copy: Path, simulator: str) -> Path:
    """Copies a proxy, with another simulator in its header."""
    parts = archives.read(path)
    return archives.write(copy, parts, json.loads(parts["proxy.json"]) | {"simulator": simulator})


@pytest.fixture(scope="module")
def saved_proxy(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("versions") / "some.proxy"
    proxy.save(proxy.train(datasets.load(study).samples(), "ridge", effort=0.02), path)
    return path


@pytest.mark.usefixtures("strict")
def test_what_is_of_this_version_is_read_in_silence(
    table: Path, study: Path, saved_proxy: Path
) -> None:
    Tabular(table)
    datasets.load(study)
    datasets.load(table)
    proxy.load(saved_proxy)


def test_an_older_table(old_table: Path) -> None:
    with pytest.warns(OtherVersionWarning, match=f"the table in .*old {BOTH}"):
        assert Tabular(old_table).version.endswith("(native 0.0.1)")
    with pytest.warns(OtherVersionWarning, match=BOTH):
        datasets.load(old_table)


def test_an_older_log(old_study: Path) -> None:
    with pytest.warns(OtherVersionWarning, match=f"old-study {BOTH}"):
        assert len(datasets.load(old_study)) == 150


def test_an_older_proxy(saved_proxy: Path, tmp_path: Path) -> None:
    old = with_simulator(saved_proxy, tmp_path / "old.proxy", "native 0.0.1")
    with pytest.warns(OtherVersionWarning, match=rf"the proxy .*old\.proxy {BOTH}"):
        proxy.load(old)


@pytest.mark.filterwarnings("ignore::archgym.errors.OtherVersionWarning")
def test_a_proxy_is_not_trained_on_two_versions(study: Path, old_study: Path) -> None:
    both = datasets.merge([datasets.load(study), datasets.load(old_study)])
    with pytest.raises(ArchgymError) as refused:
        both.samples()
    said = str(refused.value)
    assert "rows are of several versions of one simulator" in said
    assert f"native {Native.version} and native 0.0.1, which may measure something else" in said


@pytest.mark.filterwarnings("ignore::archgym.errors.OtherVersionWarning")
def test_a_proxy_is_held_against_another_version_with_a_warning(
    study: Path, old_study: Path
) -> None:
    samples = datasets.load(old_study).samples()
    part = datasets.load(study).samples().take(np.arange(130))
    trained = proxy.train(part, "ridge", effort=0.02)
    with pytest.warns(OtherVersionWarning, match=r"the data are of native 0\.0\.1: errors may be"):
        assert evaluate(trained, samples).parts
    with pytest.raises(ArchgymError, match="the data are of dramsim3 1, another simulator"):
        evaluate(trained, replace(samples, simulator="dramsim3 1"))


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("simulator", ["dramsim3", "tabular", "proxy", "no longer there"])
def test_nothing_is_said_of_what_is_not_here(
    simulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("ARCHGYM_DRAMSIM3", raising=False)
    versions.check("it", simulator, "1")


def test_the_command_line_says_it_once_in_a_line(
    old_table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dataset", "info", str(old_table)])
    assert ended.value.code == 0
    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if line.startswith(f"warning: {old_table} is of")]) == 1
    assert not [line for line in said if "OtherVersionWarning" in line or ".py" in line]
