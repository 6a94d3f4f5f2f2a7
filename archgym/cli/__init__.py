"""The command line: thin commands over the library."""

import errno
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

import typer

from archgym.cli.app import app
from archgym.errors import ArchgymError, ArchgymWarning
from archgym.texts import one_line

BAD_INPUT = 2
# What is wrong with the name of a file, and not with the system.
_OF_NAMES = {
    *(errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENXIO, errno.ENODEV, errno.EINVAL),
}
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs `archgym` and exits: 0 when done, 2 on bad input, 130 when interrupted.

    Bad input of any kind is one sentence on stderr, and so is a warning. What else can happen to a
    process is left to `archgym_command`, the entry point.

    Args:
        arguments: The command line without the program's name; by default the process's own.
    """
    try:
        # A typer.Exit comes back as its code, and so does Ctrl-C.
        with _plain_warnings():
            code = app(arguments, prog_name="archgym", standalone_mode=False) or 0
        sys.stdout.flush()
    except typer.TyperException as error:
        code = _refuse(error.format_message())
    except ArchgymError as error:
        code = _refuse(str(error))
    except OSError as error:
        if error.filename is None or error.errno not in _OF_NAMES:
            raise
        code = _refuse(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        print("interrupted", file=sys.stderr)
    sys.exit(code)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Prints each of archgym's own warnings as one line, without the place in the code."""
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if not issubclass(category, ArchgymWarning):
            show_others(message, category, filename, lineno, file, line)
        elif str(message) not in said:
            said.add(str(message))
            print(f"warning: {one_line(str(message))}", file=sys.stderr)

    with warnings.catch_warnings():
        show_others = warnings.showwarning
        warnings.simplefilter("always", ArchgymWarning)
        warnings.showwarning = show
        yield


def _refuse(message: str) -> int:
    """Prints a message as one line, since some of the option parser's are tables."""
    with suppress(OSError):
        print(f"error: {one_line(message)}", file=sys.stderr)
    return BAD_INPUT
