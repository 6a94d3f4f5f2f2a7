"""Files and folders that appear all at once: made as `NAME.PID.tmp`, then renamed.

A process that is killed leaves what it had begun, which the next one removes that makes the same.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Replaces a file, or makes a folder, at the end; not at all if that is never reached.

    Args:
        path: The file, or a folder that does not exist or is empty.

    Yields:
        What to write to meanwhile; nothing is there.

    Raises:
        OSError: It can't be put in place, or what is there is neither a file nor a folder.
    """
    _check_name(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        # Root's rename would put the file in the place of /dev/null.
        raise OSError(errno.EINVAL, "it is a device or a pipe, not a file", str(path))
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    _remove(temporary)  # One of our number was killed before us.
    try:
        yield temporary
        temporary.replace(path)
    finally:
        _remove(temporary)


@contextmanager
def output(path: Path) -> Iterator[Path]:
    """Replaces as `replacing`, and removes what killed processes had begun of the same.

    That takes a look at every name in the folder, so it is for what is written once a command.
    """
    _check_name(path)
    remove_leftovers(path)
    with replacing(path) as temporary:
        yield temporary


def remove_leftovers(path: Path) -> None:
    """Removes what processes that are gone had begun of a file or folder, as far as possible."""
    for temporary in path.parent.glob(f"{escape(path.name)}.*.tmp"):
        number = temporary.name[len(path.name) + 1 : -len(".tmp")]
        if number.isascii() and number.isdecimal() and not _runs(number):
            _remove(temporary)


def _check_name(path: Path) -> None:
    """Refuses `.` and `..`, beside which nothing can be made."""
    if path.name in ("", ".."):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _runs(number: str) -> bool:
    """Tells whether there is a process, or can't be known not to be."""
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError, ValueError):
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
