"""Tables hold what was written to them, however it was cut, and nothing else is taken for one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archgym import digest
from archgym.condition import Condition
from archgym.distinct import DistinctDesigns
from archgym.errors import ArchgymError, DamagedError
from archgym.parameter import Parameter
from archgym.simulator import Failure, Outcome
from archgym.space import DesignSpace
from archgym.table import Header, Table, read_header, read_shards, write_header, write_shard

SPACE = DesignSpace(
    "small",
    [
        Parameter("Policy", ("Open", "Closed", "None"), "Open"),
        Parameter("Size", range(1, 8), 4, ordered=True),
        Parameter("Switch", (False, True), False),
    ],
    active={"Size": Condition("Policy", not_in=("Closed",))},
    infeasible={Condition("Policy", one_of=("None",)): "nobody wants it"},
)


def header(shard_size: int = 5) -> Header:
    return Header(
        space=SPACE,
        workload={"id": "w#1"},
        domain="dram",
        platform="d",
        options={"device": "d"},
        simulator="s",
        simulator_version="1",
        metrics=("energy_nj", "latency_ns", "never"),
        shard_size=shard_size,
    )


def outcome(number: int) -> Outcome | None:
    """What was measured of a design; one fails, and one has no energy."""
    if DistinctDesigns(SPACE).infeasibility([number])[0]:
        return None
    if number == 3:
        return Failure("timeout", "took: too long")
    metrics = {"latency_ns": 1 / (number + 3)}
    return metrics if number == 4 else metrics | {"energy_nj": float(number)}


def write(folder: Path, description: Header) -> Path:
    folder.mkdir()
    for shard in range(description.shards):
        outcomes = [outcome(number) for number in description.rows(shard)]
        write_shard(folder, description, shard, outcomes)
    _, _, sha256 = read_shards(folder, description)
    write_header(folder, replace(description, sha256=sha256))
    return folder


def make_old(folder: Path) -> None:
    """Makes a table what it was before there were digests."""
    path = folder / "table.json"
    document = json.loads(path.read_text())
    del document["files"], document[digest.KEY], document["domain"], document["platform"]
    document["device"] = {"name": document.pop("options")["device"], "standard": "DDR4"}
    path.write_text(json.dumps(document | {"schema_version": 1}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "table", header())


def test_content(folder: Path) -> None:
    table = Table(folder)
    assert len(table) == SPACE.count_distinct() == 30
    assert table.metrics == ("energy_nj", "latency_ns")
    for number in range(len(table)):
        written = outcome(number)
        row = dict(zip(table.metrics, table.values[number].tolist(), strict=True))
        measured = {name: value for name, value in row.items() if not np.isnan(value)}
        assert measured == (written if isinstance(written, dict) else {})
        if isinstance(written, Failure):
            assert table.failures[number] == "timeout: took: too long"
        assert (number in table.failures) == (not isinstance(written, dict))


def test_frame_has_the_columns_of_a_log(folder: Path) -> None:
    frame = Table(folder).frame()
    designs = list(DistinctDesigns(SPACE))
    for name in SPACE.parameters:
        assert frame[f"param.{name}"].tolist() == [design[name] for design in designs]
    feasible = [SPACE.infeasibility(design) is None for design in designs]
    assert frame["feasible"].tolist() == feasible
    assert frame["failure"].notna().sum() == feasible.count(False) + 1
    assert set(frame["workload"]) == {"w#1"}


def test_hash_is_of_the_content_and_not_of_how_it_is_cut(folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", header(shard_size=7))
    assert Table(other).sha256 == Table(folder).sha256
    assert len(list(other.glob("shard-*"))) == 5
    elsewhere = replace(header(), workload={"id": "w#2"})
    assert Table(write(tmp_path / "third", elsewhere)).sha256 != Table(folder).sha256


def test_header_round_trip(folder: Path) -> None:
    read = read_header(folder)
    assert read.document == replace(header(), sha256=read.sha256).document
    assert read.identity == header().identity


def test_a_shard_in_another_place_is_noticed(folder: Path) -> None:
    (folder / "shard-00001.parquet").replace(folder / "shard-00002.parquet")
    with pytest.raises(ArchgymError, match=r"shard-00001.parquet is missing"):
        Table(folder)
    content = (folder / "shard-00002.parquet").read_bytes()
    (folder / "shard-00001.parquet").write_bytes(content)
    with pytest.raises(DamagedError, match=r"shard-00002.parquet is damaged"):
        Table(folder)
    make_old(folder)
    with pytest.raises(DamagedError, match="does not have the content that it had"):
        Table(folder)


def test_a_table_of_version_1_is_read(folder: Path) -> None:
    before = Table(folder)
    make_old(folder)
    assert Table(folder).sha256 == before.sha256
    assert (Table(folder).values == before.values).sum() == (~np.isnan(before.values)).sum()


def test_a_broken_shard_is_noticed(folder: Path) -> None:
    path = folder / "shard-00003.parquet"
    content = path.read_bytes()
    for broken in (b"", content[:-20], b"PAR1" + content[:40]):
        path.write_bytes(broken)
        with pytest.raises(DamagedError, match=r"shard-00003\.parquet is damaged"):
            Table(folder)
    make_old(folder)
    with pytest.raises(DamagedError, match=r"can't read .*shard-00003\.parquet"):
        Table(folder)


def test_a_shard_of_another_table_is_noticed(folder: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", replace(header(), simulator_version="2"))
    path = folder / "shard-00000.parquet"
    path.write_bytes((other / path.name).read_bytes())
    make_old(folder)
    with pytest.raises(ArchgymError, match=r"shard-00000.parquet is of another table"):
        Table(folder)


def test_an_incomplete_table(folder: Path) -> None:
    write_header(folder, header())
    with pytest.raises(ArchgymError, match="is not complete"):
        Table(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 4}, "has schema version 4, and this archgym reads 3"),
        ({"designs": 31}, "contradicts itself"),
        ({"shard_size": 0}, "contradicts itself"),
        ({"space": {}}, "does not describe a table"),
        ({"metrics": None}, "does not describe a table"),
        ({"workload": {}}, "contradicts itself"),
    ],
)
def test_a_bad_header(folder: Path, change: dict, message: str) -> None:
    path = folder / "table.json"
    path.write_text(json.dumps(digest.stamp(json.loads(path.read_text()) | change)))
    with pytest.raises(ArchgymError, match=message):
        read_header(folder)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is not JSON"), ("[]", "no JSON object"), (None, "no table")]
)
def test_what_is_no_table(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "table.json").write_text(text)
    with pytest.raises(ArchgymError, match=message):
        Table(tmp_path)
