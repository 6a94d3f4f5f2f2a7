"""The command line: thin commands over the library."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from archgym.cli.app import app
from archgym.errors import ArchgymError

BAD_INPUT = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs `archgym` and exits: 0 when done, 2 on bad input, 130 when interrupted.

    Bad input of any kind is one sentence on stderr. A reader that goes away, as in
    `archgym list metrics | head -1`, is no error of the user's and is met with silence.

    Args:
        arguments: The command line without the program's name; by default the process's own.
    """
    try:
        # A typer.Exit comes back as its code, and so does Ctrl-C.
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


def _refuse(message: str) -> int:
    """Prints a message as one line, since some of the option parser's are tables."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT
