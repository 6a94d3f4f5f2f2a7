"""Parts of a study, run apart and joined."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from archgym import evaluation_log
from archgym.cli.app import app
from archgym.errors import ArchgymError, DamagedError
from archgym.study.lock import locked
from archgym.study.merge import merge
from archgym.study.processes import LocalProcesses
from archgym.study.run import opened
from archgym.study.shard import Shard
from archgym.study.study import Study

DOCUMENT = {
    "name": "parts",
    "budget": 8,
    "seeds": 2,
    "workloads": [{"name": "stream", "requests": 200}, {"name": "mixed", "requests": 200}],
    "agents": {"random_search": {}, "genetic_algorithm": {"population": [2, 4]}},
}
STUDY = Study.from_mapping(DOCUMENT, "SPEC")
PARTS = 3


def run_part(study: Study, number: int, out: Path) -> Path:
    with opened(study, out, study.check("SPEC"), Shard(number, PARTS)) as folder:
        assert folder.run(LocalProcesses()) == []
    return out


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    assert STUDY.run(out) == []
    return out


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("parts")
    return [run_part(STUDY, number, folder / str(number)) for number in range(1, PARTS + 1)]


@pytest.fixture
def parts(made: list[Path], tmp_path: Path) -> list[Path]:
    return [shutil.copytree(part, tmp_path / "parts" / part.name) for part in made]


@given(st.integers(1, 20))
def test_each_trial_is_in_one_part_and_parts_are_of_a_size(parts):
    dealt = [Shard(number, parts).trials(STUDY) for number in range(1, parts + 1)]
    names = [trial.name for part in dealt for trial in part]
    assert sorted(names) == sorted(trial.name for trial in STUDY.trials)
    sizes = {len(part) for part in dealt}
    assert max(sizes) - min(sizes) <= 1


def test_no_part_gets_all_trials_of_an_agent():
    study = Study.from_mapping({**DOCUMENT, "seeds": 20}, "SPEC")
    for number in range(1, PARTS + 1):
        labels = [trial.agent.label for trial in Shard(number, PARTS).trials(study)]
        assert all(labels.count(agent.label) >= 5 for agent in study.agents)


@pytest.mark.parametrize(
    "text", ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1/1000000"]
)
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ArchgymError, match="a shard is one of n, such as 1/8 to 8/8"):
        Shard.parse(text)


def test_merged_parts_are_the_study(parts, whole, tmp_path):
    out = tmp_path / "out"
    assert merge(parts, out) == []
    assert evaluation_log.equal(out / "trials", whole / "trials")
    assert (out / "spec.toml").read_bytes() == (whole / "spec.toml").read_bytes()
    assert (out / "inputs.json").read_bytes() == (whole / "inputs.json").read_bytes()
    with opened(STUDY, out, STUDY.check("SPEC")) as folder:
        assert folder.waiting == []


def test_parts_can_be_merged_one_by_one_and_again(parts, whole, tmp_path):
    out = tmp_path / "out"
    missing = [len(merge([part], out)) for part in parts]
    assert missing == [8, 4, 0]
    assert merge(parts, out) == []
    assert evaluation_log.equal(out / "trials", whole / "trials")


def test_what_is_missing_can_be_run_in_the_merged_folder(parts, whole, tmp_path):
    out = tmp_path / "out"
    missing = merge(parts[:2], out)
    assert {trial.name for trial in missing} == {
        trial.name for trial in Shard(3, PARTS).trials(STUDY)
    }
    assert STUDY.run(out) == []
    assert evaluation_log.equal(out / "trials", whole / "trials")


def test_a_trial_that_was_cut_short_goes_on_from_its_longest_journal(parts, whole, tmp_path):
    name = Shard(1, PARTS).trials(STUDY)[0].name
    log = evaluation_log.read(parts[0] / "trials" / f"{name}.parquet")
    rows = log.drop(columns="schema_version").to_dict("records")
    for count, part in ((5, parts[0]), (3, parts[1])):
        for ending in ("parquet", "json"):
            (part / "trials" / f"{name}.{ending}").unlink(missing_ok=True)
        labels = {label: rows[0][label] for label in ("trial", "agent", "seed")}
        with evaluation_log.Journal(part / "trials" / f"{name}.jsonl", **labels) as journal:
            journal.append([{**row, "failure": None} for row in rows[:count]])
    out = tmp_path / "out"
    assert [trial.name for trial in merge(parts, out)] == [name]
    assert len(evaluation_log.read(out / "trials" / f"{name}.jsonl")) == 5
    assert STUDY.run(out) == []
    assert evaluation_log.equal(out / "trials", whole / "trials")


def test_other_studies_are_refused(parts, tmp_path):
    other = Study.from_mapping({**DOCUMENT, "budget": 9}, "SPEC")
    with pytest.raises(ArchgymError, match=r"study with other budget than .*: 9, not 8"):
        merge([*parts, run_part(other, 1, tmp_path / "other")], tmp_path / "out")
    with pytest.raises(ArchgymError, match="holds results of a study with other budget"):
        merge(parts, tmp_path / "other")
    assert not (tmp_path / "out").exists()


def test_other_inputs_are_refused(tmp_path):
    folders = []
    for number, text in ((1, "0:\tread\t0x0\n"), (2, "0:\tread\t0x40\n")):
        (tmp_path / "app.stl").write_text(text * 50)
        document = {**DOCUMENT, "workloads": [str(tmp_path / "app.stl")]}
        study = Study.from_mapping(document, "SPEC")
        folders.append(run_part(study, number, tmp_path / str(number)))
    with pytest.raises(ArchgymError, match=r"holds other results than .*: workload .*app.stl was"):
        merge(folders, tmp_path / "out")


def test_trials_that_contradict_each_other_are_refused(parts, tmp_path):
    name = Shard(1, PARTS).trials(STUDY)[0].name
    other = Study.from_mapping({**DOCUMENT, "seed": 1}, "SPEC")
    run_part(other, 1, tmp_path / "other")
    for ending in ("parquet", "json"):
        source = tmp_path / "other" / "trials" / f"{name}.{ending}"
        shutil.copyfile(source, parts[1] / "trials" / source.name)
    with pytest.raises(ArchgymError, match="has other results than"):
        merge(parts, tmp_path / "out")


def test_damage_is_told_and_nothing_is_copied(parts, tmp_path):
    log = next((parts[1] / "trials").glob("*.parquet"))
    log.write_bytes(log.read_bytes()[:-9])
    with pytest.raises(
        DamagedError, match=rf"damaged in trial {log.stem}; `archgym run .* repairs it"
    ):
        merge(parts, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_being_run_is_refused(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("archgym.study.merge.locked", partial(locked, patience_s=0.1))
    with locked(parts[1]), pytest.raises(ArchgymError, match="is being run by process"):
        merge(parts, tmp_path / "out")


def test_folders_that_make_no_sense_are_refused(parts, tmp_path):
    with pytest.raises(ArchgymError, match="nothing to merge"):
        merge([], tmp_path / "out")
    with pytest.raises(ArchgymError, match="can't be merged into itself"):
        merge(parts, parts[0] / ".." / parts[0].name)
    with pytest.raises(ArchgymError, match=r"is not the folder of a study: it has no spec\.toml"):
        merge([tmp_path], tmp_path / "out")


def test_the_command_line_runs_parts_and_joins_them(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("study.toml").write_bytes((whole / "spec.toml").read_bytes())
    for number in (1, 2):
        done = CliRunner().invoke(app, ["run", "study.toml", "--shard", f"{number}/2", "--json"])
        assert done.exit_code == 0, done.stderr
        out = f"runs/parts-{number}-of-2"
        assert json.loads(done.stdout) == {
            "out": out,
            "shard": f"{number}/2",
            "trials": 6,
            "failures": [],
        }
    half = ["merge", "runs/parts-1-of-2", "--out", "half", "--json"]
    done = CliRunner().invoke(app, half)
    assert done.exit_code == 0, done.stderr
    assert "6 trials are missing" in done.stderr
    assert "archgym run half/spec.toml --out half runs them" in done.stderr
    done = CliRunner().invoke(app, ["merge", "runs/parts-2-of-2", "half", "--out", "all", "--json"])
    assert done.exit_code == 0, done.stderr
    assert "missing" not in done.stderr
    assert len(json.loads(done.stdout)["table"]) == 6
    assert evaluation_log.equal("all/trials", whole / "trials")
