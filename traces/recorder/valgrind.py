"""Runs a program under Valgrind's tool lackey, which lists all its memory accesses."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from archgym.errors import ArchgymError

NOT_SEEN = (
    "not seen: the kernel, other programs that the command starts, what runs at the same time "
    "(threads take turns) and speculation; time is a count of instructions"
)

PIPE_BYTES = 2**20
# Valgrind closes the list before it ends.
_GRACE_S = 10


@dataclass
class Lackey:
    """A program under lackey.

    Attributes:
        list_fd: The end of the pipe that its list is read from.
    """

    process: subprocess.Popen[bytes]
    list_fd: int

    def kill(self) -> None:
        """Ends the program, and what it started that is in its process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def returncode(self) -> int | None:
        """Waits for the end; `None` if the process goes on although the list has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout=_GRACE_S)
        return None


@contextlib.contextmanager
def lackey(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: IO[Any] | int | None = None,
    stdout: IO[Any] | int | None = None,
) -> Iterator[Lackey]:
    """Starts a program under lackey and ends it, if it has not ended, when left.

    The program is in a process group of its own, so that Ctrl-C reaches it through `kill` alone,
    and so can't read from a terminal.

    Args:
        command: The program and its arguments.
        environment: Its environment; that of this process by default.
        folder: Where it runs; here by default.
        stdin: Its input; by default that of this process, unless it is a terminal.
        stdout: Its output; by default that of this process.

    Raises:
        ArchgymError: There is no Valgrind, or no such program.
    """
    if not command:
        raise ArchgymError("no command to record")
    path = (environment or os.environ).get("PATH")
    valgrind = shutil.which("valgrind", path=path)
    if valgrind is None:
        raise ArchgymError(
            "recording needs Valgrind, which is not installed (on Debian and Ubuntu: "
            "apt-get install valgrind)"
        )
    # A path counts from where the program runs.
    program = Path(folder or "") / command[0] if "/" in command[0] else command[0]
    if shutil.which(program, path=path) is None:
        raise ArchgymError(f"can't record {command[0]!r}: there is no such program")
    if stdin is None and sys.stdin is not None and sys.stdin.isatty():
        stdin = subprocess.DEVNULL
    read_fd, write_fd = os.pipe()
    options = [
        "--tool=lackey",
        "--trace-mem=yes",
        f"--log-fd={write_fd}",
        # A forked child would write into the same list.
        "--child-silent-after-fork=yes",
        # Nobody debugs it; the files for it would be left behind.
        "--vgdb=no",
    ]
    try:
        # Fewer, longer reads; a system that knows no such request keeps its own size.
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(read_fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        process = subprocess.Popen(
            [valgrind, *options, *command],
            env=environment,
            cwd=folder,
            stdin=stdin,
            stdout=stdout,
            pass_fds=[write_fd],
            process_group=0,
        )
    except BaseException:
        os.close(read_fd)
        raise
    finally:
        os.close(write_fd)
    started = Lackey(process, read_fd)
    try:
        yield started
    finally:
        started.kill()
        os.close(read_fd)
