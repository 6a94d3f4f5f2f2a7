import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("archgym")


def test_version(archgym):
    out, err = archgym("--version")
    assert out == f"archgym {version('archgym')}\n"
    assert err == ""


def test_help_is_what_no_command_gets(archgym):
    out, _ = archgym()
    assert archgym("--help")[0] == out
    for command in ("simulate", "run", "compare", "validate", "list"):
        assert command in out


@pytest.mark.parametrize("command", ["simulate", "run", "compare", "validate", "list"])
def test_every_option_is_explained(archgym, command):
    out, _ = archgym(command, "--help")
    for line in out.splitlines():
        if line.startswith("  --"):
            assert len(line.split("  ")) > 2 or len(line) > 30, line


def test_help_is_fast():
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([PROGRAM, "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 1


def test_a_reader_that_goes_away_is_met_with_silence(tmp_path):
    # The pipe has no reader from the start, so the first write to it fails.
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [PROGRAM, "list", "metrics"], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 1


def test_an_interrupt_ends_with_130_and_no_traceback(tmp_path):
    # A named pipe as trace: the program waits for it until it is interrupted.
    trace = tmp_path / "t.stl"
    os.mkfifo(trace)
    process = subprocess.Popen(
        [PROGRAM, "simulate", "--trace", trace],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Opening it for writing returns when the program has opened it for reading.
    with trace.open("w"):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err == "interrupted\n"


@pytest.mark.parametrize("group", ["trace", "dataset", "proxy"])
def test_a_group_of_commands_alone_shows_its_help(archgym, group):
    out, err = archgym(group)
    assert err == ""
    assert out.startswith(f"Usage: archgym {group} [OPTIONS] COMMAND")
    assert "\nCommands:\n" in out
