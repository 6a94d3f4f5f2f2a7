"""The journal survives what it promises to survive, and sealing loses nothing."""

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import evaluation_log
from archgym.errors import ArchgymError
from archgym.evaluation_log import Journal

ROWS = [
    {
        "step": 0,
        "cost": 0.1 + 0.2,
        "feasible": True,
        "failure": None,
        "metric.a": 1,
        "param.P": "x",
    },
    {"step": 1, "cost": math.inf, "feasible": False, "failure": "why", "param.P": "y"},
    {"step": 2, "cost": 5e-324, "feasible": True, "failure": None, "metric.a": 2.5, "param.P": "x"},
]


def write(path: Path, rows: list[dict] = ROWS, **labels: object) -> Journal:
    journal = Journal(path, **labels)
    journal.append(rows)
    return journal


def test_rows_come_back_with_labels(tmp_path: Path) -> None:
    write(tmp_path / "t.jsonl", trial="t", seed=3).close()
    recovered = Journal(tmp_path / "t.jsonl", trial="t", seed=3).recovered
    assert recovered == [{"schema_version": 2, "trial": "t", "seed": 3, **row} for row in ROWS]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.floats(allow_nan=False))
def test_floats_come_back_exactly(tmp_path: Path, x: float) -> None:
    path = tmp_path / "t.jsonl"
    path.unlink(missing_ok=True)
    write(path, [{"step": 0, "cost": x}]).close()
    (row,) = Journal(path).recovered
    assert (row["cost"], math.copysign(1, row["cost"])) == (x, math.copysign(1, x))


def test_a_journal_cut_anywhere_keeps_its_whole_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write(path).close()
    content = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        whole = sum(end <= length for end in ends)
        with Journal(path) as journal:
            assert [row["step"] for row in journal.recovered] == list(range(whole))
            journal.append(ROWS[whole:])
        assert path.read_bytes() == content


WRITER = """
import sys
from archgym.evaluation_log import Journal
journal = Journal(sys.argv[1], trial="t")
step = 0
while True:
    steps = range(step, step + 9)
    journal.append([{"step": s, "cost": 1 / (s + 1), "pad": "x" * 9000} for s in steps])
    step += 9
"""


def test_a_killed_writer_leaves_a_journal_to_go_on_with(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)])
    try:
        deadline = time.monotonic() + 30
        while not path.exists() or path.stat().st_size < 1_000_000:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        writer.send_signal(signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    # Kills that hit between two writes leave no torn line; make sure there is one.
    with path.open("ab") as file:
        file.write(b'{"step": 1')
    with Journal(path, trial="t") as journal:
        steps = [row["step"] for row in journal.recovered]
        assert steps == list(range(len(steps)))
        assert len(steps) >= 9
        assert all(row["cost"] == 1 / (row["step"] + 1) for row in journal.recovered)
        journal.append([{"step": len(steps), "cost": 0.0}])
    assert list(evaluation_log.read(path)["step"]) == [*steps, len(steps)]


def test_a_batch_is_in_the_file_as_soon_as_it_is_appended(tmp_path: Path) -> None:
    with write(tmp_path / "t.jsonl") as journal:
        assert len(evaluation_log.read(journal.path)) == 3
        journal.append([{**ROWS[0], "step": 3}, {**ROWS[1], "step": 4}])
        assert len(evaluation_log.read(journal.path)) == 5


def test_a_journal_refuses_a_step_that_does_not_follow(tmp_path: Path) -> None:
    with write(tmp_path / "t.jsonl") as journal:
        before = journal.path.read_bytes()
        for steps in ([2], [4], [3, 3], [3, 5], [None], [0]):
            rows = [{"step": step, "cost": 1.0} for step in steps]
            with pytest.raises(ArchgymError, match=r"t\.jsonl: a row to append has step"):
                journal.append(rows)
        assert journal.path.read_bytes() == before
        journal.append([{"step": 3, "cost": 1.0}])


@pytest.mark.parametrize("steps", [[0, 1, 1], [0, 2], [1, 2], [0, 0], [1, 0]])
def test_no_log_has_a_step_twice_or_not_at_all(tmp_path: Path, steps: list[int]) -> None:
    rows = [{"trial": "t", "step": step, "cost": 1.0} for step in steps]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (tmp_path / "t.jsonl").write_text(lines)
    for read in (evaluation_log.read, Journal):
        with pytest.raises(ArchgymError, match=r"t\.jsonl line . has step . in the place of"):
            read(tmp_path / "t.jsonl")
    (tmp_path / "t.jsonl").unlink()
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    if sorted(steps) == list(range(len(steps))):
        assert len(evaluation_log.read(tmp_path)) == len(steps)  # In any order, once it is sealed.
        return
    for path in (tmp_path, tmp_path / "t.parquet"):
        with pytest.raises(ArchgymError, match=r"t\.parquet: trial t (has|lacks) step"):
            evaluation_log.read(path)
        assert len(evaluation_log.read(path, complete=False)) == len(steps)


def test_several_trials_in_one_file_are_told_apart(tmp_path: Path) -> None:
    rows = [{"trial": trial, "step": step} for step in range(3) for trial in "ab"]
    pd.DataFrame(rows).to_parquet(tmp_path / "both.parquet")
    assert len(evaluation_log.read(tmp_path)) == 6
    pd.DataFrame(rows[:-1]).drop(index=1).to_parquet(tmp_path / "both.parquet")
    with pytest.raises(ArchgymError, match="trial b lacks step 0"):
        evaluation_log.read(tmp_path)


def test_one_process_at_a_time_writes_a_journal(tmp_path: Path) -> None:
    with write(tmp_path / "t.jsonl") as journal:
        with pytest.raises(ArchgymError, match=r"t\.jsonl is being written by another process"):
            Journal(journal.path)
        assert len(evaluation_log.read(journal.path)) == 3  # It can be read meanwhile.
    assert len(Journal(journal.path).recovered) == 3


def test_rows_that_somebody_else_has_appended_are_not_sealed(tmp_path: Path) -> None:
    journal = write(tmp_path / "t.jsonl")
    with journal.path.open("a") as file:
        file.write('{"step": 3, "cost": 1.0}\n')
    with pytest.raises(ArchgymError, match="has 4 rows, and 3 were written to it"):
        evaluation_log.seal(journal)
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


def test_sealing_keeps_every_row_and_leaves_one_file(tmp_path: Path) -> None:
    journal = write(tmp_path / "t.jsonl", trial="t", seed=3)
    before = evaluation_log.read(journal.path)
    sealed = evaluation_log.seal(journal)
    assert list(tmp_path.iterdir()) == [sealed] == [tmp_path / "t.parquet"]
    pd.testing.assert_frame_equal(evaluation_log.read(sealed), before)
    assert list(before["cost"]) == [row["cost"] for row in ROWS]
    assert before["metric.a"].dtype == "float64"
    assert math.isnan(before["metric.a"][1])


def test_a_sealing_that_fails_leaves_the_journal(
    tmp_path: Path,
) -> None:
    journal = write(tmp_path / "t.jsonl", [{"step": 0, "cost": 1.0}, {"step": 1, "cost": "low"}])
    # A column of both numbers and text can't be stored in Parquet.
    with pytest.raises(Exception, match="cost"):
        evaluation_log.seal(journal)
    assert [path.name for path in tmp_path.iterdir()] == ["t.jsonl"]


def test_equal_ignores_order_and_times_only(tmp_path: Path) -> None:
    rows = [row | {"wall_time_s": 1.0, "simulator_time_s": 0.5} for row in ROWS]
    later = [row | {"wall_time_s": 2.0, "simulator_time_s": 0.7} for row in ROWS]
    a, b = (
        write(tmp_path / "a.jsonl", rows, trial="t"),
        write(tmp_path / "b.jsonl", later, trial="t"),
    )
    assert evaluation_log.equal(a.path, b.path)
    assert evaluation_log.equal(a.path, evaluation_log.read(b.path).iloc[::-1])
    sealed = evaluation_log.seal(b)
    assert evaluation_log.equal(a.path, sealed)
    frame = evaluation_log.read(sealed)
    for column, value in (("cost", 0.3), ("param.P", "z"), ("metric.a", 1.0000000000000002)):
        other = frame.copy()
        other.loc[other["step"] == 0, column] = value
        assert not evaluation_log.equal(a.path, other)
    assert not evaluation_log.equal(a.path, frame.iloc[:2])


def test_a_folder_is_read_as_one_log(tmp_path: Path) -> None:
    for trial in ("b", "a"):
        evaluation_log.seal(write(tmp_path / f"{trial}.jsonl", trial=trial))
    assert list(evaluation_log.read(tmp_path)["trial"]) == ["a"] * 3 + ["b"] * 3


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match=r"can't read log .*missing"):
        evaluation_log.read(tmp_path / "missing.jsonl")
    with pytest.raises(ArchgymError, match="holds no sealed log"):
        evaluation_log.read(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"step": 0}\nnot json\n{"step": 2}\n')
    with pytest.raises(ArchgymError, match=r"bad.jsonl line 2 is not a row"):
        evaluation_log.read(tmp_path / "bad.jsonl")
    write(tmp_path / "a.jsonl", trial="a").close()
    with pytest.raises(ArchgymError, match="journal of another trial"):
        Journal(tmp_path / "a.jsonl", trial="b")
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchgymError, match="can't write"):
        Journal(tmp_path / "file" / "t.jsonl")
