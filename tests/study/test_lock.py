"""One command at a time runs in a folder, and its workers end with it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archgym.errors import ArchgymError
from archgym.study.lock import NAME, locked, remove_leftovers

# Holds a folder with two workers, which say who they are and stay until they are ended.
HOLDER = """
import os, signal, sys, time
from dataclasses import dataclass
from pathlib import Path
from archgym.study.lock import locked
from archgym.study.processes import LocalProcesses

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # Under nohup it would be ignored.

@dataclass(frozen=True)
class Sleep:
    name: str
    def run(self, folder):
        (folder / f"{self.name}.new").write_text(str(os.getpid()))
        (folder / f"{self.name}.new").rename(folder / self.name)
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            if sys.argv[2] == "busy":
                sum(range(10**7))
            else:
                time.sleep(0.01)

if __name__ == "__main__":
    out = Path(sys.argv[1])
    with locked(out) as lock:
        list(LocalProcesses(2).execute([Sleep("first"), Sleep("second")], out, lock))
"""


class Holder:
    """A process that holds a folder, and its workers."""

    def __init__(self, folder: Path, what: str, **environment: str) -> None:
        script = folder / "holder.py"
        script.write_text(HOLDER)
        self.out = folder / "out"
        self.out.mkdir(exist_ok=True)
        command = [sys.executable, script, self.out, what]
        self.process = subprocess.Popen(command, env=os.environ | environment)
        deadline = time.monotonic() + 60
        while not all((self.out / name).exists() for name in ("first", "second")):
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        self.workers = [int((self.out / name).read_text()) for name in ("first", "second")]


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_the_holder_is_named(tmp_path: Path) -> None:
    with locked(tmp_path):
        with (
            pytest.raises(ArchgymError) as caught,
            locked(tmp_path, patience_s=0.2),
        ):
            pass
        message = str(caught.value)
        assert message.startswith(f"{tmp_path} is being run by process {os.getpid()} on ")
        assert " since 20" in message
        assert message.endswith("; wait for it to end, or choose another folder")
        assert json.loads((tmp_path / NAME).read_text())["command"]
    assert not list(tmp_path.iterdir())
    with locked(tmp_path, patience_s=0):
        pass


def test_an_error_releases_it_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArchgymError, match="something"), locked(tmp_path):
        raise ArchgymError("something")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ArchgymError, match=r"can't write to .*missing"),
        locked(tmp_path / "missing"),
    ):
        pass


def test_only_leftovers_are_removed(tmp_path: Path) -> None:
    kept = {"mine.tmp", "trial.jsonl", "a.12.tmp.gz", "table.json"}
    for name in (*kept, "spec.77.tmp", "table.json.4194304.tmp"):
        (tmp_path / name).write_text("")
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


@pytest.mark.parametrize("what", ["idle", "busy"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_workers_end_with_the_holder_and_free_the_folder(
    tmp_path: Path, what: str, number: signal.Signals
) -> None:
    holder = Holder(tmp_path, what)
    refused = pytest.raises(ArchgymError, match=f"process {holder.process.pid} on")
    with refused, locked(holder.out, patience_s=0):
        pass
    holder.process.send_signal(number)
    with locked(holder.out):  # At once: it is freed by the last of them.
        assert holder.process.wait() == -number
        assert not any(map(is_alive, holder.workers))


@pytest.mark.parametrize("what", ["idle", "busy"])
def test_where_the_system_does_not_end_workers_a_thread_does(tmp_path: Path, what: str) -> None:
    package = tmp_path / "sitecustomize.py"
    # What `end_with_parent` asks. The build's configuration is read before, under its own name.
    package.write_text(
        "import sys, sysconfig; sysconfig.get_config_vars(); sys.platform = 'darwin'\n"
    )
    holder = Holder(tmp_path, what, PYTHONPATH=str(tmp_path))
    holder.process.kill()
    with locked(holder.out):
        assert holder.process.wait() == -signal.SIGKILL
        assert not any(map(is_alive, holder.workers))
