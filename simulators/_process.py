"""Runs another simulator's program: in a folder of its own, for a limited time, and never twice."""

import contextlib
import math
import os
import re
import resource
import selectors
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archgym.process_group import BoundGroup
from archgym.simulator import Failure

# Of what a program prints, so much is kept at either end; no simulator prints more in earnest.
_KEPT = 1 << 18
# The largest file that a program may write, in bytes: one that runs wild shall not fill the disk.
_LARGEST_FILE = 4 << 30
# How often to look whether a program has ended whose offspring keeps its output open, in seconds.
_POLL_S = 0.05

_LAST_LINES = 5
_LAST_CHARACTERS = 500
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Printed:
    """What a program that has ended printed on both its outputs, without colours.

    Attributes:
        text: All of it, or both ends if it is very long.
        code: Its exit code; negative the signal that ended it.
    """

    text: str
    code: int

    def failure(self, what: str) -> Failure:
        """Makes a crash of it that quotes the last lines."""
        return Failure("crash", _quoting(what, self.text))


def run(
    command: Sequence[str],
    folder: Path,
    limit_s: float,
    environment: Mapping[str, str] = {},
    stop: threading.Event | None = None,
) -> Printed | Failure:
    """Runs a program to its end, or to that of its time.

    It is in a process group of its own, which is killed when it has ended, or when this process
    has, so that nothing it started stays behind.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        limit_s: How long it may take, in seconds.
        environment: Environment variables to set besides the present ones.
        stop: Once set, its time is over.

    Returns:
        What it printed, whatever its exit code; a `timeout`, or a `crash` if it can't be started.
    """
    name = Path(command[0]).name
    group = BoundGroup()
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=group.number,
        )
    except OSError as error:
        group.end()
        return Failure("crash", f"can't start {name}: {error.strerror}")
    try:
        _limit(process.pid, limit_s)
        text = _read(process, time.monotonic() + limit_s, stop or threading.Event())
    finally:
        group.end()
        process.wait()
    # Names of private folders differ from run to run, and failures are compared.
    told = _COLOURS.sub("", b"".join(text.parts()).decode(errors="replace"))
    told = told.replace(f"{folder}{os.sep}", "").replace(str(folder), ".")
    if text.timed_out:
        return Failure("timeout", _quoting(f"{name} took longer than {limit_s:g} s", told))
    return Printed(told, process.returncode)


class _Ends:
    """The two ends of a stream of bytes."""

    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()
        self._left_out = False
        self.timed_out = False

    def add(self, data: bytes) -> None:
        room = _KEPT - len(self._first)
        self._first += data[:room]
        self._last += data[room:] if room > 0 else data
        if len(self._last) > _KEPT:
            self._left_out = True
            del self._last[:-_KEPT]

    def parts(self) -> list[bytes]:
        return [bytes(self._first), b"\n...\n" if self._left_out else b"", bytes(self._last)]


def _read(process: "subprocess.Popen[bytes]", deadline: float, stop: threading.Event) -> _Ends:
    """Reads what a process prints until it has ended or its time is over."""
    ends = _Ends()
    assert process.stdout is not None
    with process.stdout as pipe, selectors.DefaultSelector() as selector:
        os.set_blocking(pipe.fileno(), False)
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or stop.is_set():
                ends.timed_out = True
                return ends
            ended = process.poll() is not None
            if selector.select(0 if ended else min(left, _POLL_S)):
                data = os.read(pipe.fileno(), 1 << 16)
                if not data:
                    break
                ends.add(data)
            elif ended:
                return ends
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        ends.timed_out = True
    return ends


def _limit(pid: int, limit_s: float) -> None:
    """Limits what a process takes up, even if this one is killed meanwhile."""
    # Linux alone can do this to another process; elsewhere there are no such limits.
    if not hasattr(resource, "prlimit"):
        return
    processor_s = math.ceil(limit_s * (os.cpu_count() or 1)) + 1
    for kind, most in (
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, processor_s),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, kind, (most, most))


def _quoting(what: str, text: str) -> str:
    lines = [stripped for line in text.splitlines() if (stripped := line.strip())]
    last = " | ".join(lines[-_LAST_LINES:])[-_LAST_CHARACTERS:]
    return f"{what}; it printed: {last}" if last else f"{what}; it printed nothing"
