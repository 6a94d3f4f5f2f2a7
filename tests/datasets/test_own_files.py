"""Results on a device and a trace of the user's own can be used where these are not."""

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from archgym import datasets, digest, proxy, simulators
from archgym.analysis import Results
from archgym.analysis.report import render
from archgym.datasets import Dataset
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.evaluation_log import LOG_SHA256
from archgym.space_document import to_document
from archgym.study import Study, WorkloadSpec
from archgym.study.enumeration import enumerate_space

TRACE = "".join(f"{4 * n}: {'write' if n % 3 else 'read'} {hex(64 * n)}\n" for n in range(200))


def write_device(path: Path) -> None:
    bundled = resources.files("archgym.dram") / "devices" / "lpddr4-3200.json"
    data = json.loads(bundled.read_text()) | {"name": "mine"}
    path.write_text(json.dumps(data))


def write_inputs(folder: Path) -> None:
    write_device(folder / "dev.json")
    for number in range(3):
        (folder / f"app{number}.stl").write_text(TRACE[: -500 * number or None].rpartition("\n")[0])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study, a table and what they read."""
    folder = tmp_path_factory.mktemp("own")
    write_inputs(folder)
    document = {
        "name": "own",
        "space": "controller-v1",
        "device": "dev.json",
        "budget": 90,
        "seeds": 1,
        "workloads": [f"app{number}.stl" for number in range(3)],
        "agents": {"random_search": {}},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert Study.from_mapping(document, "test").run("study") == []
        space = make_space("common-v1", "dev.json")
        enumerate_space(space, WorkloadSpec("app0.stl"), "table", device="dev.json")
    return folder


@pytest.fixture
def elsewhere(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing but the study and the table."""
    for name in ("study", "table"):
        shutil.copytree(made / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def edited(elsewhere: Path) -> None:
    """Has the files be there again, with other contents."""
    bundled = resources.files("archgym.dram") / "devices" / "ddr4-2400.json"
    Path("dev.json").write_text(json.dumps(json.loads(bundled.read_text()) | {"name": "mine"}))
    for number in range(3):
        Path(f"app{number}.stl").write_text("0: read 0x0\n")


def check(found: Dataset, made: Path) -> None:
    """Compares with what is known where the files are."""
    for name, known in found.workloads.items():
        trace, _, rest = name.partition("@")
        assert rest.startswith("mine#")
        assert known["system"] == "mine"
        workload = Workload.load(made / f"{trace}.stl", made / "dev.json")
        assert workload.id == name
        assert known["features"] == workload.features.tolist()


@pytest.mark.parametrize("state", ["elsewhere", "edited"])
def test_data_are_what_they_were(state: str, made: Path, request: Any, tmp_path: Path) -> None:
    request.getfixturevalue("elsewhere")
    request.getfixturevalue(state)
    study = datasets.load("study")
    assert len(study.workloads) == 3
    check(study, made)
    space = make_space("controller-v1", made / "dev.json")
    assert study.spaces == {"controller-v1@mine": to_document(space)}
    for path in ("study/trials", next(Path("study/trials").glob("*.parquet"))):
        assert datasets.load(path).spaces == study.spaces
    check(datasets.load("table"), made)
    datasets.to_folder(study, tmp_path / "written")
    assert datasets.load(tmp_path / "written").workloads == study.workloads
    assert "controller-v1" in render(Results.load("study"))


def test_a_proxy_knows_the_device_by_its_name(elsewhere: Path, made: Path) -> None:
    trained = proxy.train(datasets.load("study").samples(), "ridge")
    assert trained.transfer is not None
    proxy.save(trained, "it.proxy")
    workload = Workload.load(made / "app0.stl", made / "dev.json")
    predicting = simulators.make("proxy:it.proxy")
    space = make_space("controller-v1", workload.system)
    (outcome,) = predicting.evaluate([space.default], workload)
    assert isinstance(outcome, dict)
    assert {facts.system for facts in trained.facts.values()} == {"mine"}
    assert datasets.load("table").samples().facts[0].system == "mine"


def make_old() -> None:
    """Makes the study what it was before there was a record of contents."""
    Path("study/inputs.json").unlink()
    for path in Path("study/trials").glob("*.json"):
        summary = json.loads(path.read_text())
        for name in ("features", "schema_version", "settings", "contents", LOG_SHA256, digest.KEY):
            del summary[name]
        path.write_text(json.dumps(summary))


def test_older_studies_say_what_they_lack(elsewhere: Path, made: Path) -> None:
    make_old()
    with pytest.raises(ArchgymError, match=r"for mine, which can't be read any more: .*dev\.jso"):
        datasets.load("study")
    write_device(Path("dev.json"))
    whole = datasets.load("study")
    with pytest.raises(
        ArchgymError, match=r"of app0@mine#\w+ are not known, as workload app0\.stl can"
    ):
        proxy.train(whole.samples(), "ridge", transfer=True)
    for number in range(3):
        Path(f"app{number}.stl").write_text("0: read 0x0\n")
    whole = datasets.load("study")
    with pytest.raises(ArchgymError, match=r"workload app0\.stl on mine has changed since"):
        proxy.train(whole.samples(), "ridge", transfer=True)
    write_inputs(Path())
    check(datasets.load("study"), made)


def test_logs_that_are_not_of_one_run_are_refused(elsewhere: Path) -> None:
    summary = next(Path("study/trials").glob("app1*.json"))
    content = json.loads(summary.read_text())
    summary.write_text(json.dumps(digest.stamp(content | {"evaluations": 89})))
    for load in (datasets.load, Results.load):
        with pytest.raises(
            ArchgymError, match=r"app1.*parquet has 90 evaluations, and its summary 8"
        ):
            load("study")
    summary.unlink()
    for load in (datasets.load, Results.load):
        with pytest.raises(ArchgymError, match=r"the summary of .*app1.*parquet is missing"):
            load("study")
