"""What happens to the process of a command ends it with a sentence, in real processes."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("archgym")
LIST = [PROGRAM, "list", "metrics"]
# A module that all commands import, and which never gets imported.
SLOW = "import signal; print('importing', flush=True); signal.pause()"


def shell(command, **options):
    """Runs a command of the shell, `$A` in it being the program."""
    environment = os.environ | {"A": str(PROGRAM)} | options.pop("env", {})
    return subprocess.run(
        ["bash", "-c", command],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        **options,
    )


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("$A list metrics > /dev/full", 1, "error: no space left on the device\n"),
        ("$A list metrics --json > /dev/full", 1, "error: no space left on the device\n"),
        ("$A list metrics >&-", 0, ""),
        ("$A list metrics >&- 2>&- <&-", 0, ""),
        ("$A list metrics 2>&- | wc -l | grep -q '^[1-9][0-9]'", 0, ""),
        ("$A list metrix 2> /dev/full", 2, ""),
        ("$A list metrix 2>&-", 2, ""),
        ("set -o pipefail; $A list metrics | true", 1, ""),
        ("set -o pipefail; $A list metrix 2>&1 | true", 2, ""),
        ("ulimit -n 20; $A list metrics > /dev/null", 0, ""),
        ("ulimit -n 20; $A simulate --trace stream > /dev/null", 0, ""),
    ],
)
def test_streams_and_limits(tmp_path, command, code, said):
    done = shell(command, cwd=tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (code, said, "")


def test_too_few_descriptors_for_the_workers(tmp_path):
    options = "--agents random_search --workloads stream --budget 3 --seeds 9 --out out"
    done = shell(f"ulimit -n 20; $A compare {options} --workers 9", cwd=tmp_path)
    assert done.returncode == 1
    assert "error: too many open files; allow more, e.g. with: ulimit -n 1024\n" in done.stderr
    assert "Traceback" not in done.stderr
    done = shell(f"$A compare {options}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", range(100, 320, 10))
def test_memory_may_end_anywhere(tmp_path, megabytes):
    limit = megabytes * 2**20
    done = subprocess.run(
        [PROGRAM, "simulate", "--trace", "stream"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    # OpenBLAS ends the process itself, with a word of its own or by interrupting it.
    # 2 where a library that a simulator needs could not be loaded.
    assert done.returncode in (0, 1, 2, 130), done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_while_importing(tmp_path):
    (tmp_path / "typer.py").write_text(SLOW)
    process = subprocess.Popen(
        LIST,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout.readline() == "importing\n"
    time.sleep(0.1)  # From the line to the pause.
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "interrupted\n")
    assert process.returncode == 130


@pytest.mark.parametrize("raised", ["ImportError('no module')", "OSError('anything')"])
def test_an_interrupt_that_a_library_turns_into_an_error(tmp_path, raised):
    code = f"""
import signal, sys
sys.argv = ["archgym", "list", "metrics"]
import archgym.cli, archgym_command

def run():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise {raised}

archgym.cli.main = run
archgym_command.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (130, b"interrupted\n", b"")


def test_an_interrupt_where_errors_are_lost(tmp_path):
    code = """
import signal, sys
import archgym.cli, archgym_command

class Last:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

def run():
    Last()
    print("not reached")

archgym.cli.main = run
archgym_command.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (130, b"interrupted\n", b"")


def test_ignored_interrupts_stay_ignored(tmp_path):
    done = shell("trap '' INT; $A list metrics & kill -INT $!; wait $!")
    assert (done.returncode, done.stderr) == (0, "")
    assert "runtime_ns" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("milliseconds", range(0, 1500, 50))
def test_an_interrupt_at_any_time(tmp_path, milliseconds):
    process = subprocess.Popen(
        [PROGRAM, "simulate", "--trace", "stream"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    time.sleep(0.15 + milliseconds / 1000)  # Until Python itself has started.
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    # While Python itself ends, the signal does so; shells call that 130, too.
    assert (process.returncode, err) in ((130, "interrupted\n"), (0, ""), (-signal.SIGINT, ""))


def test_a_fault_of_archgyms_own_keeps_its_traceback():
    code = """
import archgym.cli, archgym_command

def run():
    raise AssertionError("a fault")

archgym.cli.main = run
archgym_command.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"AssertionError: a fault" in done.stderr


@pytest.mark.parametrize("locale", ["C", pytest.param("de_DE.ISO-8859-1", marks=pytest.mark.slow)])
def test_utf8_whatever_the_locale(tmp_path, locale):
    settings = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    (tmp_path / "größe.toml").write_text(
        'name = "größe"\nbudget = 2\nseeds = 1\nworkloads = ["größe.stl"]\n'
        '[agents."größte"]\nagent = "random_search"\n',
        encoding="utf-8",
    )
    (tmp_path / "größe.stl").write_text("0: read 0x0\n3: write 0x40\n")
    done = shell("$A run größe.toml && $A simulate --trace größe.stl", cwd=tmp_path, env=settings)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.isascii()
    assert "größte" in (folder / "report.html").read_text(encoding="utf-8")
    assert "größte" in done.stdout
