"""`archgym validate --against` runs a simulator, says what is wrong with it and keeps its runs."""

import csv
import json

import pytest
from typer.testing import CliRunner

from archgym.cli import main
from archgym.cli.app import app


def archgym(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None, result.output
    return result


@pytest.fixture
def against(program, monkeypatch, replay, recorded, tmp_path):
    """Runs the command with a program that plays the recorded trace as it was played once."""
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program(replay)))
    trace = recorded / "trace.stl"

    def run(*options):
        return archgym(
            *("validate", "--against", "dramsys", "--device", "ddr3-1600", "--traces", trace),
            *("--designs", 3, "--json", *options),
        )

    return run


def test_keeps_a_folder_that_is_itself_a_reference(against, tmp_path):
    folder = tmp_path / "kept"
    live = against("--write", folder)
    assert json.loads(live.stdout) == json.loads(archgym("validate", folder, "--json").stdout)
    with (folder / "runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    # What that program measures depends on no design.
    assert {row["total_time_ps"] for row in rows} == {"590000"}
    assert len({row["RequestBufferSize"] + row["PagePolicy"] for row in rows}) > 1
    agreement = json.loads(live.stdout)["runs"]["ddr3-1600"]["total_time"]
    assert agreement["n"] == 3


def test_prints_the_defects_that_are_known(against):
    told = against().stderr
    assert "DRAMSys, strict deadlock: with CmdMux Strict, a run can stand still" in told
    # A short run shows this one, and that program does not answer as it would.
    assert "DDR4 row cycle" not in told


def test_tells_why_runs_failed(archgym_fails, program, monkeypatch, recorded):
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program("echo 'out of luck'; exit 3")))
    told = archgym_fails(
        *("validate", "--against", "dramsys", "--device", "ddr3-1600"),
        *("--traces", recorded / "trace.stl", "--designs", 3),
    )
    assert "DRAMSys failed 3 runs: crash: DRAMSys ended with exit code 3" in told
    assert "it printed: out of luck" in told
    assert "error: DRAMSys could do none of the runs, so none is compared" in told


@pytest.fixture
def archgym_fails(capfd):
    """Runs a command that is to fail; returns what it told."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert ended.value.code == 2
        return capfd.readouterr().err

    return run
