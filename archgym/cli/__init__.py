"""The command line: thin commands over the library."""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, TextIO

import typer

from archgym.cli.app import app
from archgym.errors import ArchgymError, ArchgymWarning

BAD_INPUT = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs `archgym` and exits: 0 when done, 2 on bad input, 130 when interrupted.

    Bad input of any kind is one sentence on stderr, and so is a warning. A reader that goes away,
    as in `archgym list metrics | head -1`, is no error of the user's and is met with silence.

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
    except BrokenPipeError:
        # The interpreter would flush stdout once more and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        if error.filename is None:
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
            print(f"warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        show_others = warnings.showwarning
        warnings.simplefilter("always", ArchgymWarning)
        warnings.showwarning = show
        yield


def _refuse(message: str) -> int:
    """Prints a message as one line, since some of the option parser's are tables."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT
