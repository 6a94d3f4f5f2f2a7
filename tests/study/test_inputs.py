"""The results in a folder are of the contents that its inputs had, and of no others."""

import json
import os
import re
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from archgym import datasets, digest, domain, evaluation_log, proxy, simulators
from archgym.analysis import Results
from archgym.dram.spaces import make_space
from archgym.dram.system import System
from archgym.errors import ArchgymError, DamagedError
from archgym.evaluation_log import LOG_SHA256
from archgym.study import Study, WorkloadSpec
from archgym.study.enumeration import enumerate_space
from archgym.study.inputs import Inputs, platform
from archgym.study.processes import LocalProcesses
from archgym.study.run import opened
from archgym.traces import generators

TRACE = "".join(f"{4 * n}: {'write' if n % 3 else 'read'} {hex(64 * n)}\n" for n in range(200))
DOCUMENT: dict[str, Any] = {
    "budget": 4,
    "seeds": 1,
    "workloads": ["app.stl"],
    "agents": {"random_walk": {}},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a trace and a device of the user's own."""
    monkeypatch.chdir(tmp_path)
    Path("app.stl").write_text(TRACE)
    edit_device()
    return tmp_path


def system_of(folder: Path, device: str) -> System:
    return platform(folder, domain.load(), {"device": device}).system


def edit_device(name: str = "mine", **timing: int) -> None:
    bundled = resources.files("archgym.dram") / "devices" / "ddr4-2400.json"
    data = json.loads(bundled.read_text()) | {"name": name}
    data["memspec"]["memtimingspec"].update(timing)
    Path("dev.json").write_text(json.dumps(data))


def make(**changes: object) -> Study:
    return Study.from_mapping({**DOCUMENT, **changes}, "options")


def edit_trace() -> None:
    Path("app.stl").write_text(TRACE.replace("0x40\n", "0x4000\n"))


def make_table(folder: str, workload: str) -> None:
    space = make_space("common-v1", "dev.json")
    enumerate_space(space, WorkloadSpec(workload), folder, device="dev.json")


def make_proxy(requests: int) -> None:
    """Trains a proxy that knows hardly anything."""
    shutil.rmtree("learnt", ignore_errors=True)
    workloads = [{"name": "stream", "requests": requests}]
    make(workloads=workloads, budget=80, agents={"random_search": {}}).run("learnt")
    proxy.save(proxy.train(datasets.load("learnt").samples(), "ridge"), "it.proxy")


def refused(study: Study, out: str = "out") -> str:
    """Returns why a study is not run in a folder, in which nothing changes."""
    before = {path: path.read_bytes() for path in Path(out).rglob("*") if path.is_file()}
    with pytest.raises(ArchgymError) as caught:
        study.run(out)
    assert before == {path: path.read_bytes() for path in Path(out).rglob("*") if path.is_file()}
    return str(caught.value)


@pytest.mark.parametrize("is_complete", [True, False])
def test_an_edited_trace_is_refused(is_complete: bool) -> None:
    study = make(device="dev.json")
    study.run("out")
    if not is_complete:
        for path in Path("out/trials").iterdir():
            path.unlink()
    edit_trace()
    message = refused(study)
    assert re.fullmatch(
        r"out holds other results: workload app\.stl was app@mine#\w{8} and is now app@mine#\w{8}; "
        "choose another folder",
        message,
    )
    Path("app.stl").write_text(TRACE)
    assert study.run("out") == []


def test_an_edited_device_is_named_before_the_workloads_on_it() -> None:
    study = make(device="dev.json")
    study.run("out")
    edit_device(RCD=20)
    assert "device was mine#" in refused(study)
    edit_device("yours")
    assert "device was mine#" in refused(study)
    assert "is now yours#" in refused(study)


def test_generated_workloads_are_compared_by_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make(workloads=["stream"])
    study.run("out")
    generate = generators.generate
    monkeypatch.setattr(
        generators, "generate", lambda name, **options: generate(name, **options, requests=9)
    )
    assert "workload stream was stream@ddr4-2400#" in refused(study)


def test_tables_and_proxies_are_inputs_too() -> None:
    make_table("tables/app", "app.stl")
    study = make(simulator="tabular:tables", space="common-v1", device="dev.json")
    study.run("out")
    make_table("tables/stream", "stream")
    assert re.search("simulator was tabular .* and is now tabular ", refused(study))

    make_proxy(50)
    predicted = make(simulator="proxy:it.proxy")
    predicted.run("predicted")
    searched = make(agents={"mine": {"agent": "proxy_search", "initial": 2}})
    given = make(agents={"mine": {"agent": "proxy_search", "initial": 2, "proxy": "it.proxy"}})
    # The proxy knows nothing of this workload, so trials fail; that is kept too.
    assert [failure.trial.agent.label for failure in given.run("given")] == ["mine"]
    assert searched.run("searched") == []
    assert "study with other agents" in refused(given, "searched")
    make_proxy(60)
    assert "simulator was proxy " in refused(predicted, "predicted")
    assert "file proxy of agent mine was #" in refused(given, "given")


def test_the_same_content_may_be_given_by_another_path() -> None:
    Path("inside").mkdir()
    shutil.copy("dev.json", "inside/other.json")
    make(device="dev.json").run("out")
    for device in ("./dev.json", str(Path("dev.json").absolute()), "inside/other.json"):
        assert make(device=device).run("out") == []
    # And the same path may lead to other content.
    os.chdir("inside")
    shutil.copy("../app.stl", "app.stl")
    shutil.copy("../dev.json", "dev.json")
    assert make(device="dev.json").run("../out") == []
    edit_trace()
    assert "workload app.stl was" in refused(make(device="dev.json"), "../out")


def test_what_changes_while_a_study_runs_fails_its_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    study = make(agents={"random_walk": {}, "random_search": {}}, device="dev.json")
    now = study.check("options")
    with opened(study, Path("out"), now) as folder:
        edit_trace()
        failures = folder.run(LocalProcesses())
    assert len(failures) == 2
    for failure in failures:
        assert re.fullmatch(
            r"workload app\.stl was app@mine#\w{8} and is now app@mine#\w{8}: it was changed while "
            "the study runs",
            failure.reason,
        )
    assert not list(Path("out/trials").glob("*.parquet"))
    Path("app.stl").write_text(TRACE)
    assert study.run("out") == []


def make_old(out: str) -> None:
    """Makes a folder what it was before there was a record of contents."""
    Path(out, "inputs.json").unlink()
    for path in Path(out, "trials").glob("*.json"):
        summary = json.loads(path.read_text())
        for name in ("features", "schema_version", "settings", "contents", LOG_SHA256, digest.KEY):
            summary.pop(name, None)
        path.write_text(json.dumps(summary))


def test_older_folders_go_on_if_what_they_name_is_the_same() -> None:
    study = make(device="dev.json", agents={"random_walk": {}, "random_search": {}})
    study.run("out")
    make_old("out")
    next(Path("out/trials").glob("*.parquet")).unlink()
    assert study.run("out") == []
    assert Inputs.read(Path("out")) == study.check("options")
    make_old("out")
    edit_trace()
    assert "workload app.stl was app@mine#" in refused(study)
    Path("app.stl").write_text(TRACE)
    edit_device(RCD=20)
    assert "workload app.stl was app@mine#" in refused(study)
    edit_device()
    for path in Path("out/trials").glob("*.json"):
        path.write_text(
            path.read_text().replace('"simulator_version": "', '"simulator_version": "0')
        )
    assert "simulator was native 0" in refused(study)


def test_of_files_of_agents_older_folders_know_nothing() -> None:
    make_proxy(50)
    agents = {"proxy_search": {"proxy": "it.proxy"}}
    study = make(workloads=[{"name": "stream", "requests": 50}], agents=agents)
    assert study.run("out") == []
    make_old("out")
    assert "the content that file proxy of agent proxy_search had is not known" in refused(study)


def test_a_journal_of_an_older_folder_tells_the_workload() -> None:
    study = make()
    (trial,) = study.trials
    Path("out/trials").mkdir(parents=True)
    Path("out/spec.toml").write_text(study.to_toml())
    row = {"workload": "app@ddr4-2400#00000000", "simulator": "native", "step": 0}
    row["simulator_version"] = simulators.make("native").version
    Path("out/trials", f"{trial.name}.jsonl").write_text(json.dumps(row) + "\n")
    assert "workload app.stl was app@ddr4-2400#00000000 and is now" in refused(study)


def test_damaged_records_are_named() -> None:
    study = make()
    study.run("out")
    for text in ("{", "[]", "{}", '{"schema_version": 1, "contents": 3, "device": null}'):
        Path("out/inputs.json").write_text(text)
        with pytest.raises(DamagedError, match=r"out/inputs\.json"):
            Inputs.read(Path("out"))
        with pytest.raises(DamagedError, match="; the command that began the study repairs it"):
            Results.load("out")
    newer = {"schema_version": 4, "contents": {}, "platform": None}
    Path("out/inputs.json").write_text(json.dumps(digest.stamp(newer)))
    assert "has schema version 4" in refused(study)


def test_the_device_is_kept_unless_it_is_bundled() -> None:
    make(device="dev.json").run("out")
    device = system_of(Path("out"), "dev.json").device
    Path("dev.json").unlink()
    assert system_of(Path("out"), "dev.json").device.sha256 == device.sha256
    make().run("bundled")
    assert Inputs.read(Path("bundled")).platform is None
    assert system_of(Path("bundled"), "ddr4-2400").device.name == "ddr4-2400"


def test_what_is_sealed_is_the_content_that_was_recorded() -> None:
    make(device="dev.json").run("out")
    (workload,) = set(evaluation_log.read("out/trials")["workload"])
    name, _, digest = Inputs.read(Path("out")).contents["workload app.stl"].rpartition("#")
    assert workload == f"{name}#{digest[:8]}"


def test_a_trial_that_is_given_what_it_needs_reads_no_file() -> None:
    make_table("tables/app", "app.stl")
    study = make(simulator="tabular:tables", space="common-v1", device="dev.json")
    assert study.run("out") == []
    (trial,) = study.trials
    given = {key: load() for key, load in trial.needs().items()}
    shutil.rmtree("tables")
    Path("app.stl").unlink()
    Path("dev.json").unlink()
    Path("elsewhere").mkdir()
    trial.run(Path("elsewhere"), given)
    assert evaluation_log.equal("elsewhere", "out/trials")


def test_an_agent_that_is_given_its_files_finds_them_elsewhere() -> None:
    make_proxy(50)
    study = make(agents={"mine": {"agent": "proxy_search", "initial": 2, "proxy": "it.proxy"}})
    (trial,) = study.trials
    given = {key: load() for key, load in trial.needs().items()}
    Path("elsewhere").mkdir()
    Path("it.proxy").rename("moved.proxy")
    # It is read, and knows nothing of this workload.
    with pytest.raises(ArchgymError, match="workload"):
        trial.run(Path("elsewhere"), given)
    assert Path("elsewhere/proxy.proxy").read_bytes() == Path("moved.proxy").read_bytes()
