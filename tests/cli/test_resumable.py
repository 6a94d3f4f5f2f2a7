"""SIGTERM ends a command as Ctrl-C does."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from archgym.cli.resumable import resumable

TOLD = "what is done is kept in out; the same command goes on from there\n"


def test_sigterm_is_told_and_has_its_exit_code(capsys):
    before = signal.getsignal(signal.SIGTERM)
    ended = []

    def run():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)  # As `timeout` does.
            ended.append(True)

    with pytest.raises(typer.Exit) as caught, resumable(Path("out")):
        run()
    assert ended
    assert caught.value.exit_code == 143
    assert capsys.readouterr().err == TOLD
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_stays_what_it_is(capsys):
    with pytest.raises(KeyboardInterrupt), resumable(Path("out")):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == TOLD


def test_what_ends_otherwise_is_not_told(capsys):
    with resumable(Path("out")):
        pass
    with pytest.raises(ValueError, match="wrong"), resumable(Path("out")):
        raise ValueError("wrong")
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_an_enumeration_is_terminated_too(tmp_path):
    program = Path(sys.executable).with_name("archgym")
    command = [program, "enumerate", "--workload", "stream", "--option", "requests=20"]
    command += ["--shard-size", "256", "--out", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not any((tmp_path / "out").glob("shard-*")):
        pass
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert err == TOLD
    assert not any((tmp_path / "out").glob("*.tmp"))
