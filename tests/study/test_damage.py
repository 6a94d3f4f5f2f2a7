"""Damage to any file of a study is named, set aside and repaired by the same command."""

import json
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import datasets, digest, evaluation_log
from archgym.analysis import Results
from archgym.errors import ArchgymError, ArchgymWarning, DamagedError
from archgym.study import Study
from archgym.study.run import opened

DOCUMENT = {
    "name": "damaged",
    "budget": 6,
    "seeds": 2,
    "workloads": [{"name": "stream", "requests": 50}],
    "agents": {"random_search": {}, "random_walk": {}},
}
BEGUN = {**DOCUMENT, "budget": 8}


def make(**changes: object) -> Study:
    return Study.parse_mapping({**DOCUMENT, **changes}, "options")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    assert make().run(out) == []
    return out


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A study that was killed before any trial was sealed, and what it comes to."""
    out, whole = tmp_path_factory.mktemp("begun"), tmp_path_factory.mktemp("ended")
    study = make(**BEGUN)
    with opened(study, out, study.check("options")):
        pass
    assert study.run(whole) == []
    for trial in study.trials:
        rows = evaluation_log.read(whole / "trials" / f"{trial.name}.parquet").to_dict("records")
        clean = [{name: v for name, v in row.items() if v == v} for row in rows[:5]]
        with evaluation_log.Journal(out / "trials" / f"{trial.name}.jsonl") as journal:
            journal.append([{"failure": None, **row} for row in clean])
    return out, whole


def flip(content: bytearray, rng: random.Random) -> None:
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def overwrite(content: bytearray, rng: random.Random) -> None:
    at, length = rng.randrange(len(content)), rng.randint(1, 200)
    content[at : at + length] = rng.randbytes(len(content[at : at + length]))


def cut(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def repeat(content: bytearray, rng: random.Random) -> None:
    at, length = rng.randrange(len(content)), rng.randint(1, 200)
    content[at:at] = content[at : at + length]


def remove(content: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(content))
    del content[at : at + rng.randint(1, 200)]


Damage = Callable[[bytearray, random.Random], None]
KINDS: tuple[Damage, ...] = (flip, overwrite, cut, repeat, remove)


def damage(path: Path, kind: Damage, rng: random.Random) -> bool:
    """Damages a file; returns whether it differs."""
    before = path.read_bytes()
    content = bytearray(before)
    kind(content, rng)
    path.write_bytes(content)
    return content != before


def files(out: Path) -> set[str]:
    return {
        str(path.relative_to(out))
        for path in out.rglob("*")
        if path.is_file() and "damaged" not in path.parts
    }


def check_repaired(out: Path, whole: Path, study: Study) -> None:
    assert files(out) == files(whole)
    assert evaluation_log.equal(out / "trials", whole / "trials")
    assert (out / "spec.toml").read_bytes() == (whole / "spec.toml").read_bytes()
    assert (out / "inputs.json").read_bytes() == (whole / "inputs.json").read_bytes()
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert study.run(out) == []
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


few = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
KIND = st.sampled_from(KINDS)
SEED = st.integers(0, 2**32)


@few
@given(kind=KIND, seed=SEED)
def test_any_damage_is_refused_and_repaired(
    whole: Path, tmp_path: Path, kind: Damage, seed: int
) -> None:
    rng, out = random.Random(seed), tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(whole, out)
    name = rng.choice(sorted(files(out)))
    if not damage(out / name, kind, rng):
        return
    for load in (Results.load, datasets.load):
        try:
            load(out)
        except ArchgymError as error:
            assert "repairs it" in str(error)  # noqa: PT017 - it may as well be read
        else:
            # What changed is how a document is laid out.
            assert name.endswith(".json")
            assert json.loads((out / name).read_text()) == json.loads((whole / name).read_text())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert make().run(out) == []
    if caught:
        (warning,) = caught
        assert issubclass(warning.category, ArchgymWarning)
        assert f"{out} is damaged in 1 place: " in str(warning.message)
        assert name in files(whole)
    check_repaired(out, whole, make())


@pytest.mark.filterwarnings("ignore::archgym.errors.ArchgymWarning")
@few
@given(kind=KIND, seed=SEED)
def test_a_damaged_journal_loses_nothing_but_what_is_damaged(
    begun: tuple[Path, Path], tmp_path: Path, kind: Damage, seed: int
) -> None:
    rng, out = random.Random(seed), tmp_path / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(begun[0], out)
    journal = rng.choice(sorted((out / "trials").glob("*.jsonl")))
    before = evaluation_log.read(journal)
    damage(journal, kind, rng)
    try:
        found = evaluation_log.read(journal)
    except DamagedError as error:
        assert journal.name in str(error)  # noqa: PT017
    else:  # Cut short, at worst.
        assert found.equals(before.iloc[: len(found)]) or not len(found)
    assert make(**BEGUN).run(out) == []
    check_repaired(out, begun[1], make(**BEGUN))


def test_the_good_lines_of_a_journal_stay(begun: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(begun[0], out)
    journal = min((out / "trials").glob("*.jsonl"))
    lines = journal.read_bytes().splitlines(keepends=True)
    changed = lines[3].replace(b'"cost":', b'"cost":1')
    damaged = b"".join([*lines[:3], changed, *lines[4:]])
    journal.write_bytes(damaged)
    study = make(**BEGUN)

    def open_only() -> None:
        with opened(study, out, study.check("options")):
            pass

    with pytest.warns(ArchgymWarning, match=f"1 place: trial {journal.stem}; .*/out/damaged"):
        open_only()
    assert journal.read_bytes() == b"".join(lines[:3])
    assert (out / "damaged" / journal.name).read_bytes() == damaged


def test_what_is_set_aside_replaces_nothing(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    log = min((out / "trials").glob("*.parquet"))
    for _ in range(3):
        log.write_bytes(b"PAR1")
        with pytest.warns(ArchgymWarning, match=f"trial {log.stem}"):
            assert make().run(out) == []
    names = {path.name for path in (out / "damaged").iterdir()}
    ends = ("", ".1", ".2")
    assert names == {f"{log.stem}{end}.{kind}" for end in ends for kind in ("parquet", "json")}


def test_many_are_counted(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    for path in [*(out / "trials").glob("*.json"), out / "inputs.json", out / "spec.toml"]:
        path.write_text("")
    with pytest.warns(
        ArchgymWarning, match=r"in 6 places: inputs\.json, spec\.toml, trial \S+ and 3 more; "
    ):
        assert make().run(out) == []
    check_repaired(out, whole, make())


@pytest.mark.parametrize("name", ["spec.toml", "inputs.json", "both"])
def test_where_its_record_is_damaged_a_folder_takes_no_other_results(
    whole: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    for each in ("spec.toml", "inputs.json") if name == "both" else (name,):
        (out / each).write_text("[" * 10**5)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for changes, reason in (
        ({"budget": 7}, "budget"),
        ({"seeds": 1}, "trial|seeds"),
        ({"seed": 1}, "seed"),
        ({"space": "archgym-pow2"}, "space"),
        ({"device": "ddr3-1600"}, "device|workload|settings"),
        ({"allow_data_loss": True}, "allow_data_loss"),
        ({"agents": {"random_search": {}, "random_walk": {"agent": "random_search"}}}, "algor|age"),
        ({"workloads": [{"name": "stream", "requests": 60}]}, "trial|workload"),
    ):
        with pytest.raises(ArchgymError, match=f"holds (other )?results.*({reason}).*choose anoth"):
            make(**changes).run(out)
        assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.warns(ArchgymWarning):
        assert make().run(out) == []
    check_repaired(out, whole, make())


def test_a_changed_spec_is_not_run_where_it_was_written(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(whole, out)
    spec = out / "spec.toml"
    spec.write_text(spec.read_text().replace("budget = 6", "budget = 9"))
    with pytest.raises(DamagedError, match=r"spec\.toml is not what was written.*copy it to"):
        Study.load(spec)
    shutil.copy(spec, tmp_path / "spec.toml")
    assert Study.load(tmp_path / "spec.toml").budget == 9


def test_journals_through_links_are_refused(begun: tuple[Path, Path], tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    shutil.copytree(begun[0], out)
    journal = min((out / "trials").glob("*.jsonl"))
    shutil.move(journal, victim)
    content = victim.read_bytes()
    journal.symlink_to(victim)
    for run in (lambda: make(**BEGUN).run(out), lambda: evaluation_log.Journal(journal)):
        with pytest.raises(ArchgymError, match=f"{journal.name}: it is a symbolic link"):
            run()
    assert victim.read_bytes() == content
    journal.unlink()
    (out / ".lock").symlink_to(victim)
    with pytest.raises(ArchgymError, match="can't write to"):
        make(**BEGUN).run(out)
    assert victim.read_bytes() == content


@pytest.mark.slow
def test_a_study_with_damage_in_a_hundredth_of_its_files_is_repaired(tmp_path: Path) -> None:
    study = make(budget=3, seeds=100)
    out, whole, rng = tmp_path / "out", tmp_path / "whole", random.Random(1)
    assert study.run(whole, workers=2) == []
    shutil.copytree(whole, out)
    names = sorted(files(out))
    hit = rng.sample(names, len(names) // 100)
    changed = [name for name in hit if damage(out / name, rng.choice(KINDS[:4]), rng)]
    untouched = {
        name: (out / name).stat().st_mtime_ns
        for name in names
        if name.startswith("trials/") and Path(name).stem not in {Path(each).stem for each in hit}
    }
    with pytest.warns(ArchgymWarning, match=f"is damaged in {len(changed)} places"):
        assert study.run(out, workers=2) == []
    check_repaired(out, whole, study)
    assert untouched == {name: (out / name).stat().st_mtime_ns for name in untouched}
    assert digest.of_file(out / "inputs.json") == digest.of_file(whole / "inputs.json")
