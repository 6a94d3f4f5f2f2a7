"""Fixtures that several test files share."""

import os
import signal

# Before anything loads a library for linear algebra: what the tests give it is so little that
# threads would mostly wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from archgym.cli import main
from archgym.dram.workload import Workload

# A shell that puts the tests into the background has them, and what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Recordings, files and native code take what time they take on a busy machine.
settings.register_profile("archgym", deadline=None, max_examples=50)
settings.load_profile("archgym")


@pytest.fixture(scope="session")
def short_stream() -> Workload:
    """A thousand requests of the stream generator on the default device."""
    return Workload.load("stream", requests=1000)


@pytest.fixture
def archgym(tmp_path, monkeypatch, capfd):
    """Runs a command in an empty folder; returns what it printed and checks that it succeeded."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, code=0):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert ended.value.code == code, err
        return out, err

    return run
