"""What long commands say where nobody watches a bar."""

import re

import pytest

from archgym.study.progress import Lines, bar
from archgym.study.study import Study


def test_lines_come_at_intervals_with_count_rate_and_remark():
    lines = Lines(10_000, 1000, "evaluations", began=0.0)
    said = [lines.after(1000, "best 0.9", now) for now in (10.0, 40.0, 50.0, 80.0, 120.0)]
    assert said == [
        None,
        "3,000 of 10,000 evaluations, 50 a second, 2:20 left; best 0.9",
        None,
        "5,000 of 10,000 evaluations, 50 a second, 1:40 left; best 0.9",
        "6,000 of 10,000 evaluations, 41.7 a second, 1:36 left; best 0.9",
    ]


@pytest.mark.parametrize("done", [0, 7])
def test_what_was_done_before_is_no_speed(done):
    lines = Lines(10, done, "trials", began=0.0)
    assert lines.after(1, "", 100.0).startswith(f"{done + 1} of 10 trials, 0.01 a second, ")


def test_nothing_is_said_of_what_takes_no_time(capfd):
    with bar(3, 0) as advance:
        for _ in range(3):
            advance("x")
    assert capfd.readouterr().err == ""


def test_a_study_counts_evaluations_and_knows_the_best(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("archgym.study.run.bar", lambda *each: bar(*each, interval_s=0.0))
    agents = {"random_search": {}, "grid": {"budget": 3}}
    document = {"budget": 5, "seeds": 2, "workloads": ["stream"], "agents": agents}
    study = Study.from_mapping(document, "SPEC")
    study.run(tmp_path)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("16 of 16 evaluations, ")
    found = [re.search(r"best ([0-9.]+) x default", line) for line in lines]
    best = [float(match[1]) for match in found if match]
    assert best == sorted(best, reverse=True)
    assert all("stream runtime" in line for line in lines)
    assert "4 of 4 trials" in lines[-1]
    (tmp_path / "trials" / f"{study.trials[0].name}.parquet").unlink()
    study.run(tmp_path)
    assert capfd.readouterr().err.startswith("16 of 16 evaluations, ")
