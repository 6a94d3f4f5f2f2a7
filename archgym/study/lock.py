"""One command at a time runs in a folder: an advisory lock that ends with its last holder.

The command that writes to a folder locks it and hands the lock on to its workers. So it is held as
long as any of them lives, even one that has not noticed yet that the command was killed, and nobody
else writes until the last is gone. The operating system releases it whichever way they end.
"""

import fcntl
import json
import os
import re
import shlex
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import reduction
from pathlib import Path
from typing import Any

from archgym.errors import ArchgymError

PATIENCE_S = 10.0
"""How long to wait for the holder to end, in seconds: one that was just stopped takes a moment."""

NAME = ".lock"
"""The file that is locked, in the folder."""

_POLL_S = 0.05
_LEFTOVER = re.compile(r".*\.\d+\.tmp")


class Lock:
    """A lock that is held; started workers that get it as an argument hold it too."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Callable[[Any], "Lock"], tuple[Any]]:
        """Hands the descriptor on; possible only while a process is being started."""
        return _inherited, (reduction.DupFd(self._descriptor),)


def _inherited(duplicate: Any) -> Lock:
    descriptor = duplicate.detach()
    os.set_inheritable(descriptor, False)  # What a worker starts itself must not hold it.
    return Lock(descriptor)


@contextmanager
def locked(folder: Path, patience_s: float = PATIENCE_S) -> Iterator[Lock]:
    """Locks a folder, and removes what processes that were killed had begun to write there.

    Args:
        folder: The folder; it exists.
        patience_s: How long to wait for another holder to end, in seconds.

    Yields:
        The lock, for the workers.

    Raises:
        ArchgymError: Another process holds the lock, which the message names, or the folder can't
            be locked.
    """
    path = folder / NAME
    descriptor = _acquire(path, patience_s)
    try:
        remove_leftovers(folder)
        yield Lock(descriptor)
        path.unlink(missing_ok=True)
    except Exception:
        path.unlink(missing_ok=True)
        raise
    # After an interrupt a worker may still hold the lock, so that its file must stay.
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Removes the temporary files of writers that are gone; for the lock's holder alone."""
    for temporary in folder.glob("*.tmp"):
        if _LEFTOVER.fullmatch(temporary.name):
            temporary.unlink(missing_ok=True)


def _acquire(path: Path, patience_s: float) -> int:
    """Returns the descriptor of the locked file."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise ArchgymError(f"can't write to {path.parent}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The holder before may have removed the file after it was opened here.
            if _is_at(path, descriptor):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps(_holder()).encode(), 0)
                return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                who = _describe(os.pread(descriptor, 1 << 16, 0))
                os.close(descriptor)
                raise ArchgymError(
                    f"{path.parent} is being run by {who}; wait for it to end, or choose another "
                    "folder"
                ) from None
            time.sleep(_POLL_S)
        except OSError as error:
            os.close(descriptor)
            raise ArchgymError(
                f"can't lock {path}: {error.strerror}; choose a folder on a file system that can "
                "lock files"
            ) from error
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def _holder() -> dict[str, Any]:
    return {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "command": shlex.join(sys.argv),
    }


def _describe(content: bytes) -> str:
    try:
        holder = json.loads(content)
        return f"process {holder['process']} on {holder['host']} since {holder['since']}"
    except (ValueError, TypeError, KeyError, RecursionError):
        return "another process"
