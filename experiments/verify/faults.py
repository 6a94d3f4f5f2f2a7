"""Studies that are killed at any moment, or started twice, log every step exactly once.

The processes of a command are its session, which the command leads; they are found in `/proc`.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import pandas as pd

from archgym import evaluation_log
from archgym.study import Study
from experiments.verify.watchdog import WrongError

BUDGET = 40
AGENTS = ("random_search", "genetic_algorithm")
SEEDS = 2

ORPHANS_END_S = 5.0
"""How long a worker may live after the command that started it, in seconds."""

_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_LONGEST_S = 300.0


class Command:
    """A study that is being run, by a session of processes.

    Args:
        out: The study's folder.

    Attributes:
        out: As given.
        process: The command.
        lost_worker: Whether a worker of it was killed.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.lost_worker = False
        arguments = ["compare", "--agents", ",".join(AGENTS), "--workloads", "sqlite"]
        arguments += ["--budget", str(BUDGET), "--seeds", str(SEEDS), "--workers", "2"]
        # Not a pipe, which would not end before the last worker has.
        self._err = TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed with the last reference
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("archgym"), *arguments, "--out", self.out],
            stdout=subprocess.DEVNULL,
            stderr=self._err,
            start_new_session=True,
        )

    def end(self) -> tuple[int, str]:
        """Waits for the end; returns the exit code and what was said on stderr."""
        code = self.process.wait(_LONGEST_S)
        self._err.seek(0)
        return code, self._err.read()


def kill(kills: int, seed: int, folder: Path) -> Iterator[str]:
    """Kills commands and their workers at random moments, each followed at once by the same.

    Args:
        kills: How often.
        seed: Chooses the moments, the signals and the victims.
        folder: An empty folder for the results.

    Yields:
        What was killed, e.g. `driver SIGTERM`.

    Raises:
        WrongError: A step is missing or there twice, a file is half-written, a process outlives its
            command by more than `ORPHANS_END_S`, or the same command does not go on.
    """
    rng = random.Random(seed)
    reference = folder / "whole"
    _expect(Command(reference), {0})
    studies = 0
    command = Command(folder / "0")
    killed: list[tuple[int, float]] = []
    try:
        for _ in range(kills):
            while not _sleep(command, rng.uniform(0, 5)):
                # It has come to its end: complete, unless a worker was killed under it.
                if _expect(command, {0, 1} if command.lost_worker else {0}) == 0:
                    check_complete(command.out, reference)
                    studies += 1
                command = Command(folder / str(studies))
            victim, number = rng.choice(("driver", "worker")), rng.choice(_SIGNALS)
            workers = _workers(command.process.pid)
            if victim == "worker" and workers:
                command.lost_worker = True
                _signal(rng.choice(workers), number)
            else:
                victim = "driver"
                _signal(command.process.pid, number)
                dying, command = command, Command(command.out)
                _expect(dying, None)
                killed.append((dying.process.pid, time.monotonic() + ORPHANS_END_S))
            check_whole(command.out)
            _check_orphans(killed)
            yield f"{victim} {number.name}"
        while (code := _expect(command, {0, 1})) != 0:
            if not command.lost_worker:
                raise WrongError(f"{command.out} ended with exit code {code}")
            command = Command(command.out)
        check_complete(command.out, reference)
        time.sleep(max(0.0, killed[-1][1] - time.monotonic()) if killed else 0)
        _check_orphans(killed)
    finally:
        command.process.kill()


def pair(pairs: int, folder: Path) -> Iterator[str]:
    """Starts pairs of the same command together.

    Args:
        pairs: How often.
        folder: An empty folder for the results.

    Yields:
        What became of the two, e.g. `done and refused`.

    Raises:
        WrongError: As `kill`, or neither was done, or one failed otherwise than by a refusal.
    """
    reference = folder / "whole"
    _expect(Command(reference), {0})
    for number in range(pairs):
        out = folder / str(number)
        ended = sorted(command.end() for command in (Command(out), Command(out)))
        (first, _), (second, err) = ended
        if first != 0 or second not in (0, 2) or (second and "is being run by process" not in err):
            raise WrongError(f"a pair in {out} ended with exit codes {first} and {second}: {err}")
        check_complete(out, reference)
        yield "done and refused" if second else "done twice"


def check_whole(out: Path) -> None:
    """Checks that every file which is not temporary can be read to its end.

    Raises:
        WrongError: One can't.
    """
    readers: dict[str, Callable[[Path], object]] = {
        ".parquet": pd.read_parquet,
        ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
        ".toml": lambda path: tomllib.loads(path.read_text(encoding="utf-8")),
        ".html": lambda path: path.read_text(encoding="utf-8").rindex("</html>"),
    }
    for path in out.rglob("*"):
        if path.suffix in readers:
            try:
                readers[path.suffix](path)
            except Exception as error:
                raise WrongError(f"{path} is half-written: {error!r}") from error


def check_complete(out: Path, reference: Path) -> None:
    """Checks that a study has every step of every trial once, and nothing else.

    Args:
        out: Its folder.
        reference: The folder of the same study that was never killed.

    Raises:
        WrongError: It has not.
    """
    check_whole(out)
    trials = Study.parse(out / "spec.toml").trials
    expected = {f"trials/{trial.name}.{end}" for trial in trials for end in ("parquet", "json")}
    expected |= {"trials", "spec.toml", "inputs.json", "report.html"}
    found = {str(path.relative_to(out)) for path in out.rglob("*")}
    if found != expected:
        raise WrongError(f"{out} has {sorted(found - expected)}, lacks {sorted(expected - found)}")
    for trial in trials:
        log = pd.read_parquet(out / "trials" / f"{trial.name}.parquet")
        if sorted(log["step"]) != list(range(BUDGET)):
            raise WrongError(f"{out}: trial {trial.name} has steps {sorted(log['step'])}")
    if not evaluation_log.equal(out / "trials", reference / "trials"):
        raise WrongError(f"{out} is not what it would be without a kill")


def _expect(command: Command, codes: set[int] | None) -> int:
    """Waits for the end of a command, whose exit code must be one of some, or anything but 2."""
    code, err = command.end()
    if code == 2 if codes is None else code not in codes:
        raise WrongError(f"a command in {command.out} ended with exit code {code}: {err}")
    return code


def _sleep(command: Command, seconds: float) -> bool:
    """Sleeps; returns whether the command still runs afterwards."""
    try:
        command.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # It has just ended.
        os.kill(process, number)


def _check_orphans(killed: list[tuple[int, float]]) -> None:
    """Checks what was killed long enough ago; each is a session and when all of it must be gone."""
    while killed and killed[0][1] <= time.monotonic():
        session, _ = killed.pop(0)
        if left := [process for process, _, of in _processes() if of == session]:
            raise WrongError(f"processes {left} outlive their command by {ORPHANS_END_S:g} s")


def _workers(driver: int) -> list[int]:
    """Returns the workers of a command."""
    children = [process for process, parent, _ in _processes() if parent == driver]
    return [process for process in children if b"spawn_main" in _command_line(process)]


def _command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yields the number, parent and session of every process that has not ended."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, _, session = (
                path.read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
            )
        except OSError:
            continue
        if state not in "ZX":
            yield int(path.parent.name), int(parent), int(session)
