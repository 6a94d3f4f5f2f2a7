"""Datasets keep what they are given, each row once, and refuse what they can't make sense of."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import datasets, digest, evaluation_log
from archgym.datasets import Dataset
from archgym.errors import ArchgymError, DamagedError
from archgym.study import Study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two agents on two workloads, 60 evaluations each."""
    out = tmp_path_factory.mktemp("study") / "out"
    spec = {
        "name": "two",
        "space": "archgym-pow2",
        "budget": 60,
        "seeds": 1,
        "workloads": [{"name": name, "requests": 100} for name in ("stream", "mixed")],
        "agents": {"random_search": {}, "random_walk": {}},
    }
    assert Study.from_mapping(spec, "test").run(out) == []
    return out


@pytest.fixture(scope="module")
def whole(study: Path) -> Dataset:
    return datasets.load(study)


def test_a_study_brings_its_workloads(whole: Dataset) -> None:
    assert len(whole) == 240
    assert set(whole.workloads) == set(whole.frame["workload"])
    for known in whole.workloads.values():
        assert len(known["features"]) > 10
        assert known["anchor"]["runtime_ns"] > 0
        assert known["system"] == "ddr4-2400"
    samples = whole.samples()
    assert len(samples) <= 240
    assert all(facts.features for facts in samples.facts)


def test_a_folder_holds_the_same(whole: Dataset, tmp_path: Path) -> None:
    datasets.to_folder(whole, tmp_path / "out")
    again = datasets.load(tmp_path / "out")
    assert evaluation_log.equal(again.frame, whole.frame)
    assert again.sha256 == whole.sha256
    assert again.workloads == whole.workloads
    assert again.samples().sha256 == whole.samples().sha256
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\n")
    assert "path: data/*.parquet" in card
    assert "240 evaluations" in card
    with pytest.raises(ArchgymError, match="exists already"):
        datasets.to_folder(whole, tmp_path / "out")


def test_rows_that_were_changed_are_noticed(whole: Dataset, tmp_path: Path) -> None:
    datasets.to_folder(whole, tmp_path / "out")
    (file,) = (tmp_path / "out" / "data").iterdir()
    frame = pd.read_parquet(file)
    frame.loc[3, "cost"] += 1
    frame.to_parquet(file)
    with pytest.raises(DamagedError, match=r"train-00000-of-00001\.parquet is damaged"):
        datasets.load(tmp_path / "out")
    header = tmp_path / "out" / "dataset.json"
    document = json.loads(header.read_text())
    # One without a digest, as it was in version 1.
    del document[digest.KEY], document["files"]
    header.write_text(json.dumps(document | {"schema_version": 1}))
    with pytest.raises(DamagedError, match="are not those that were written"):
        datasets.load(tmp_path / "out")
    header.write_text(json.dumps(digest.stamp(document | {"schema_version": 9})))
    with pytest.raises(ArchgymError, match="schema version 9, and this archgym reads 2"):
        datasets.load(tmp_path / "out")


def test_a_dataset_of_version_1_is_read(whole: Dataset, tmp_path: Path) -> None:
    datasets.to_folder(whole, tmp_path / "out")
    header = tmp_path / "out" / "dataset.json"
    document = json.loads(header.read_text())
    del document[digest.KEY], document["files"]
    header.write_text(json.dumps(document | {"schema_version": 1}))
    assert datasets.load(tmp_path / "out").sha256 == whole.sha256
    header.write_text(json.dumps(document | {"schema_version": 1, "spaces": 3, "sources": None}))
    with pytest.raises(DamagedError, match=r"dataset\.json does not describe a dataset"):
        datasets.load(tmp_path / "out")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_refused(whole: Dataset, tmp_path: Path, data: st.DataObject) -> None:
    out = tmp_path / "out"
    if not out.exists():
        datasets.to_folder(whole, out)
    path = data.draw(st.sampled_from(sorted([*(out / "data").iterdir(), out / "dataset.json"])))
    before = path.read_bytes()
    content = bytearray(before)
    at = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(("flip", "cut", "twice"))):
        case "flip":
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            del content[at:]
        case "twice":
            content[at:at] = content[at : at + 50]
    path.write_bytes(content)
    try:
        found = datasets.load(out)
    except ArchgymError as error:
        assert str(path) in str(error)  # noqa: PT017 - it may as well be read
    else:  # The layout of the header.
        assert path.suffix == ".json"
        assert found.sha256 == whole.sha256
        assert (found.spaces, found.workloads) == (whole.spaces, whole.workloads)
    path.write_bytes(before)


def test_merging_counts_every_row_once(whole: Dataset) -> None:
    half = Dataset(whole.frame.iloc[:150], whole.spaces, whole.workloads, ("half",))
    merged = datasets.merge([half, whole])
    assert merged.sha256 == whole.sha256
    assert merged.sources == ("half", *whole.sources)
    distinct = datasets.merge([whole], distinct=True)
    measured = distinct.frame["metric.runtime_ns"].notna()
    assert measured.sum() == len(whole.samples())


def test_the_hash_depends_neither_on_order_nor_on_time(whole: Dataset) -> None:
    frame = whole.frame.sample(frac=1, random_state=0).assign(wall_time_s=1.0)
    assert Dataset(frame).sha256 == whole.sha256


@pytest.mark.parametrize("by", ["design", "workload"])
def test_nothing_is_on_both_sides_of_a_split(whole: Dataset, by: str) -> None:
    first, second = datasets.split(whole, 0.5, by=by, seed=1)
    assert len(first) + len(second) == len(whole)
    if by == "workload":
        sides = [set(part.frame["workload"]) for part in (first, second)]
    else:
        space = whole.space()
        sides = [
            {
                space.key({name: row[f"param.{name}"] for name in space.parameters})
                for row in part.frame.to_dict("records")
            }
            for part in (first, second)
        ]
    assert not sides[0] & sides[1]
    assert all(sides)


def test_splits_that_leave_a_part_empty_are_refused(whole: Dataset) -> None:
    with pytest.raises(ArchgymError, match="between 0 and 1"):
        datasets.split(whole, 1.5)
    with pytest.raises(ArchgymError, match="too few to be split"):
        datasets.split(whole, 0.1, by="workload")


def test_csv_holds_every_number(whole: Dataset, tmp_path: Path) -> None:
    datasets.to_csv(whole, tmp_path / "out.csv")
    frame = pd.read_csv(tmp_path / "out.csv")
    np.testing.assert_allclose(
        frame["metric.latency_ns"].to_numpy(),
        whole.frame["metric.latency_ns"].to_numpy(),
        rtol=1e-15,
    )


def changed(whole: Dataset, **columns: object) -> Dataset:
    return Dataset(whole.frame.assign(**columns), whole.spaces, whole.workloads, whole.sources)


def test_bad_data_are_refused_in_one_sentence(whole: Dataset, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ArchgymError, match="holds no evaluations"):
        datasets.load(tmp_path / "empty.jsonl")
    with pytest.raises(ArchgymError, match="can't read"):
        datasets.load(tmp_path / "none.jsonl")
    whole.frame.assign(schema_version=3).to_parquet(tmp_path / "newer.parquet")
    with pytest.raises(ArchgymError, match="schema version 3, and this archgym reads 2"):
        datasets.load(tmp_path / "newer.parquet")
    whole.frame.drop(columns="space").to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ArchgymError, match="no column 'space'"):
        datasets.load(tmp_path / "other.parquet")
    fewer = Dataset(whole.frame.drop(columns="param.Arbiter"), whole.spaces)
    with pytest.raises(ArchgymError, match=r"some rows of space archgym-pow2 have param\.Arbiter"):
        datasets.merge([whole, fewer])
    with pytest.raises(ArchgymError, match=r"no column param\.Arbiter"):
        fewer.samples()
    with pytest.raises(ArchgymError, match=r"there is a column param\.Other"):
        changed(whole, **{"param.Other": 1}).samples()
    with pytest.raises(ArchgymError, match="RequestBufferSize takes"):
        changed(whole, **{"param.RequestBufferSize": 3}).samples()
    with pytest.raises(ArchgymError, match="rows are of several simulators"):
        changed(whole, simulator=["a", "b"] * 120).samples()
    metrics = {name: np.nan for name in whole.frame if name.startswith("metric.")}
    with pytest.raises(ArchgymError, match="no row has metrics"):
        changed(whole, **metrics).samples()
    doubled = pd.concat([whole.frame, whole.frame.assign(**{"metric.latency_ns": 1.0})])
    with pytest.raises(ArchgymError, match="contradicts an earlier row"):
        Dataset(doubled, whole.spaces).samples()
    infinite = whole.frame["metric.latency_ns"].where(whole.frame["step"] != 0, np.inf)
    with pytest.raises(ArchgymError, match=r"has inf as metric\.latency_ns"):
        changed(whole, **{"metric.latency_ns": infinite}).samples()
    renamed = Dataset(whole.frame, {"archgym-pow2": {"name": "other"}})
    with pytest.raises(ArchgymError, match="mean different spaces by archgym-pow2"):
        datasets.merge([whole, renamed])
