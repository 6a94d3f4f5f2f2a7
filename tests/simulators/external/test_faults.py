"""Whatever a simulator's program does, a study goes on and its log says what happened."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archgym import evaluation_log, simulators
from archgym.simulator import Failure
from archgym.study import Study

# What can go wrong, as shell commands, and what it is to be told as.
FAULTS = {
    "killed": ("kill -9 $$", "crash", "was killed by signal 9"),
    "segmentation fault": ("kill -11 $$", "crash", "was killed by signal 11"),
    "exit code": ("echo 'Error: no luck' >&2; exit 7", "crash", "exit code 7; it printed: Error"),
    "says nothing": ("exit 0", "crash", "gave no result that can be read"),
    "missing file": ("cat '{printed}'", "crash", "there is no DRAMSys_run_archgym_ch0.tdb"),
    "missing library": ("exec /nowhere/ld.so", "crash", "ended with exit code 127"),
    "no total time": ("cp '{database}' .", "crash", "as the total time"),
    "garbage": (
        "head -c 5000 /dev/urandom | tr -d '\\n'; cp '{database}' .",
        "crash",
        "total time",
    ),
    "garbage in the file": (
        "cat '{printed}'; head -c 9000 /dev/urandom > DRAMSys_run_archgym_ch0.tdb",
        "crash",
        "not a database",
    ),
    "cut file": (
        "cat '{printed}'; head -c 9000 '{database}' > DRAMSys_run_archgym_ch0.tdb",
        "crash",
        "gave no result that can be read",
    ),
    "empty file": ("cat '{printed}'; : > DRAMSys_run_archgym_ch0.tdb", "crash", "no such table"),
    "folder for a file": (
        "cat '{printed}'; mkdir DRAMSys_run_archgym_ch0.tdb",
        "crash",
        "there is no DRAMSys_run_archgym_ch0.tdb",
    ),
    "full disk": ("set -e; cat run.json > /dev/full", "crash", "No space left on device"),
    "folder removed": ('rm -rf "$PWD"', "crash", "there is no DRAMSys_run_archgym_ch0.tdb"),
    "wrong unit": (
        "cp '{database}' .; sed 's/590 ns/590 lines/' '{printed}'",
        "crash",
        "can't read 'DRAMSys.controller0       Total Time:     590 lines'",
    ),
    "flood": ("head -c 3000000 /dev/zero | tr '\\0' x; exit 1", "crash", "exit code 1"),
}
HANG = ("sleep 1000 & sleep 1000", "timeout", "took longer than")


@pytest.fixture
def faults(recorded, database) -> dict[str, tuple[str, str, str]]:
    where = {"printed": recorded / "dramsys" / "printed.txt", "database": database}
    return {
        name: (script.format(**where), kind, reason)
        for name, (script, kind, reason) in {**FAULTS, "hang": HANG}.items()
    }


@pytest.mark.parametrize("name", [*FAULTS, "hang"])
def test_each_fault_is_a_failure_that_says_so(program, monkeypatch, faults, eight, name):
    script, kind, reason = faults[name]
    if name == "full disk" and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program(script)))
    simulator = simulators.make("dramsys", limit_s=1.0 if name == "hang" else 60.0)
    (outcome,) = simulator.evaluate([{}], eight)
    assert isinstance(outcome, Failure)
    assert outcome.kind == kind
    assert reason in outcome.reason
    assert len(outcome.reason) < 1000


def test_a_good_run_beside_bad_ones_is_not_harmed(program, monkeypatch, replay, eight):
    script = f"""grep -q '"RequestBufferSizeRead": 8' run.json || kill -9 $$
{replay}"""
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program(script)))
    designs = [{"RequestBufferSize": size} for size in (8, 7, 8, 6, 8)]
    outcomes = simulators.make("dramsys", workers=3, limit_s=60).evaluate(designs, eight)
    assert [isinstance(outcome, Failure) for outcome in outcomes] == [
        False, True, False, True, False
    ]  # fmt: skip
    assert outcomes[0] == outcomes[2] == outcomes[4]


def test_no_room_for_the_input_is_a_failure(program, replay, recorded):
    """A limit on the size of files stands in for a full disk, on our own side."""
    code = """
import resource, sys
from archgym import simulators
from archgym.dram.workload import Workload
workload = Workload.load("stream", device="ddr3-1600", requests=2000)
simulator = simulators.make("dramsys", limit_s=60)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
print(*{outcome.kind + ": " + outcome.reason for outcome in simulator.evaluate([{}] * 2, workload)})
"""
    environment = {**os.environ, "ARCHGYM_DRAMSYS": str(program(replay))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "crash: DRAMSys can't be given its files: File too large\n", done.stderr


def test_a_hundred_faults_end_no_study(
    program, monkeypatch, faults, replay, recorded, tmp_path
) -> None:
    """Designs with the default buffer go well, every other meets a fault that depends on it."""
    if not Path("/dev/full").exists():
        del faults["full disk"]
    cases = "\n".join(
        f"{number}) {script} ;;" for number, (script, *_) in enumerate(faults.values())
    )
    script = f"""
if grep -q '"RequestBufferSizeRead": 8,' run.json; then {replay}; exit; fi
case $(( $(cksum < run.json | cut -d' ' -f1) % {len(faults)} )) in
{cases}
esac
"""
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program(script)))
    monkeypatch.setenv("ARCHGYM_TIME_LIMIT_S", "4")
    study = Study.from_mapping(
        {
            "agents": {"random_search": {}, "genetic_algorithm": {}},
            "workloads": [str(recorded / "trace.stl")],
            "device": "ddr3-1600",
            "simulator": "dramsys",
            "objectives": ["runtime"],
            "budget": 85,
            "seeds": 1,
        },
        "options",
    )
    out = tmp_path / "study"
    assert study.run(out, workers=1) == []
    table = evaluation_log.read(out / "trials")
    failures = table["failure"].dropna()
    failures = failures[failures.str.startswith(("crash: ", "timeout: "))]
    assert len(table) == 2 * 85
    assert len(failures) >= 100
    for name, (_, kind, reason) in faults.items():
        told = failures[failures.str.startswith(f"{kind}: ")]
        assert told.str.contains(reason, regex=False).any(), name
    # A design that can't be run has a cost like any other, and no metrics.
    failed = table.loc[failures.index]
    assert (failed["cost"] == float("inf")).all()
    assert failed["metric.runtime_ns"].isna().all()
    assert table["metric.runtime_ns"].notna().any()
