"""Programs run for a limited time, leave nothing behind and are told of by their last lines."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from archgym.simulator import Failure
from archgym.simulators._process import Printed, run


def test_tells_what_was_printed_and_the_exit_code(program, tmp_path):
    done = run([str(program("echo out; echo err >&2; exit 3"))], tmp_path, 20)
    assert done == Printed("out\nerr\n", 3)


def test_runs_in_the_folder_with_the_environment(program, tmp_path):
    done = run([str(program("pwd; echo $COLOUR"))], tmp_path, 20, {"COLOUR": "blue"})
    # The name of the folder differs from run to run, so it is left out.
    assert done == Printed(".\nblue\n", 0)


def test_a_signal_is_a_negative_code(program, tmp_path):
    assert run([str(program("kill -9 $$"))], tmp_path, 20) == Printed("", -9)


def test_takes_colours_out(program, tmp_path):
    done = run([str(program(r"printf '\033[1;37mDRAM\033[0m\n'"))], tmp_path, 20)
    assert done == Printed("DRAM\n", 0)


@pytest.mark.parametrize("missing", ["nowhere", "folder", "text"])
def test_what_cannot_be_started_is_a_crash(tmp_path, missing):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("#!/bin/sh\n")
    failure = run([str(tmp_path / missing)], tmp_path, 20)
    assert isinstance(failure, Failure)
    assert failure.kind == "crash"
    assert failure.reason.startswith(f"can't start {missing}: ")


RECORDED_TRACE = Path(__file__).parent / "recorded" / "trace.stl"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has reaped is dead too.
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def dead_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_the_limit_kills_the_program_and_what_it_started(program, tmp_path):
    script = "echo started; sleep 1000 & echo $! > child; echo $$ > self; wait"
    began = time.monotonic()
    failure = run([str(program(script))], tmp_path, 1.0)
    assert time.monotonic() - began < 15
    assert failure == Failure("timeout", "program took longer than 1 s; it printed: started")
    for name in ("child", "self"):
        assert dead_within(int((tmp_path / name).read_text()), 10)


def test_does_not_wait_for_offspring_that_keeps_the_output_open(program, tmp_path):
    began = time.monotonic()
    done = run([str(program("sleep 1000 & echo $! > child; echo done"))], tmp_path, 60)
    assert time.monotonic() - began < 30
    assert done == Printed("done\n", 0)
    assert dead_within(int((tmp_path / "child").read_text()), 10)


def test_closing_the_output_does_not_escape_the_limit(program, tmp_path):
    failure = run([str(program("exec >&- 2>&-; sleep 1000"))], tmp_path, 0.5)
    assert failure == Failure("timeout", "program took longer than 0.5 s; it printed nothing")


def test_keeps_both_ends_of_a_flood(program, tmp_path):
    script = "echo first; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last"
    done = run([str(program(script))], tmp_path, 60)
    assert isinstance(done, Printed)
    assert done.text.startswith("first\n")
    assert done.text.endswith("\nlast\n")
    assert len(done.text) < 1_000_000
    failure = done.failure("It failed")
    assert failure.kind == "crash"
    assert failure.reason.startswith("It failed; it printed: ")
    assert failure.reason.endswith(" | last")
    assert len(failure.reason) < 1000


def test_stops_when_it_is_told_to(program, tmp_path):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    failure = run([str(program("sleep 1000"))], tmp_path, 900, stop=stop)
    assert time.monotonic() - began < 60
    assert isinstance(failure, Failure)


def test_an_interrupt_waits_for_no_run(program):
    """The simulators run in processes that the terminal's interrupt does not reach."""
    code = f"""
import os, signal, sys, threading
from archgym import simulators
from archgym.dram.workload import Workload
workload = Workload.from_file({str(RECORDED_TRACE)!r}, "ddr3-1600")
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
simulators.make("dramsys", limit_s=900).evaluate([{{}}] * 4, workload)
"""
    environment = {**os.environ, "ARCHGYM_DRAMSYS": str(program("sleep 900"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "KeyboardInterrupt" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="files are limited on Linux only")
def test_limits_the_size_of_files(program, tmp_path):
    # The limit comes at any moment after the program has started.
    script = 'until [ "$(ulimit -f)" != unlimited ]; do :; done; ulimit -f'
    done = run([str(program(script))], tmp_path, 60)
    assert isinstance(done, Printed)
    assert int(done.text) > 0


RUNNER = """
import sys
from pathlib import Path
from archgym.simulators._process import run
run([sys.argv[1]], Path(sys.argv[2]), 1000)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_ends_with_the_process_that_runs_it(program, tmp_path, number):
    script = "sleep 1000 & echo $! > child; echo $$ > self; wait"
    command = [sys.executable, "-c", RUNNER, str(program(script)), str(tmp_path)]
    runner = subprocess.Popen(command)
    deadline = time.monotonic() + 60
    while not (tmp_path / "self").exists() or not (tmp_path / "self").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    runner.send_signal(number)
    assert runner.wait() == -number
    for name in ("child", "self"):
        assert dead_within(int((tmp_path / name).read_text()), 5)
