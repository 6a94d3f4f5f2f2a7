"""The command `archgym`: what can happen to a process, whatever the command does.

It is installed beside the package `archgym`, since importing anything of that takes a while, in
which an interrupt or a lack of memory has to end in a sentence too.
"""

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

FAILED = 1
INTERRUPTED = 130

# What the system may lack. Any other error is a fault of archgym's and keeps its traceback.
_LACKS = {
    errno.ENOMEM: "not enough memory",
    errno.EMFILE: "too many open files; allow more, e.g. with: ulimit -n 1024",
    errno.ENFILE: "too many open files in the whole system",
    errno.EAGAIN: "no more processes or threads can be started",
    errno.ENOSPC: "no space left on the device",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would become larger than allowed",
    errno.EIO: "a device fails to read or write",
}

# How libraries put the same into errors of their own, mostly when they are imported.
_PHRASES = {
    "cannot allocate memory": errno.ENOMEM,
    "failed to map segment": errno.ENOMEM,
    "bad_alloc": errno.ENOMEM,
    "without exception set": errno.ENOMEM,
    "without setting an exception": errno.ENOMEM,
    "too many open files": errno.EMFILE,
    "can't start new thread": errno.EAGAIN,
    "resource temporarily unavailable": errno.EAGAIN,
}


def main() -> NoReturn:
    """Runs `archgym` and exits.

    The exit code is 0 when done, 1 when something failed or the output's reader went away, 2 on bad
    input, 130 when interrupted.
    """
    interrupts = _Interrupts()
    _speak_utf8()
    _open_streams()
    code: Any
    try:
        from archgym.cli import main as run

        interrupts.tidy = True
        run()
    except SystemExit as ended:
        code = INTERRUPTED if interrupts.any else ended.code
    except BaseException as error:
        try:
            code = _explain(error, interrupts.any)
        except MemoryError:  # There may be too little for the explanation too.
            os.write(2, b"error: not enough memory\n")
            os._exit(FAILED)
    interrupts.tidy = False
    _settle_streams()
    sys.exit(code)


class _Interrupts:
    """Ends the process on SIGINT, whatever it is doing.

    Attributes:
        tidy: Whether there may be something to tidy up: `KeyboardInterrupt` is raised then.
        any: Whether that has happened; libraries turn it into other errors while they are imported.
    """

    def __init__(self) -> None:
        self.tidy = self.any = False
        # Else the parent wants interrupts to be ignored.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)
            sys.unraisablehook = self._end_if_lost

    def _interrupt(self, *_: Any) -> None:
        self.any = True
        if self.tidy:
            raise KeyboardInterrupt
        _end_interrupted()

    def _end_if_lost(self, lost: "sys.UnraisableHookArgs") -> None:
        """Ends the process if an interrupt came where no error gets any further, in a `__del__`."""
        if issubclass(lost.exc_type, KeyboardInterrupt):
            _end_interrupted()
        sys.__unraisablehook__(lost)


def _end_interrupted() -> NoReturn:
    with suppress(OSError):
        os.write(2, b"interrupted\n")
    os._exit(INTERRUPTED)


def _speak_utf8() -> None:
    """Starts Python again if it took names of files, or texts, for anything but UTF-8."""
    if sys.getfilesystemencoding() != "utf-8":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _open_streams() -> None:
    """Opens standard streams that are closed, so that no file opened later takes their place.

    What goes to one that was closed is lost, as was asked for.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # Gets the lowest number that is free: this one.
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w" if descriptor else "r", encoding="utf-8"))


def _settle_streams() -> None:
    """Lets go of output that can't be written, of which the interpreter would complain at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _explain(error: BaseException, interrupted: bool) -> int:
    """Says in a sentence why the command ended, and returns its exit code, if it gets so far."""
    if interrupted:
        _end_interrupted()
    if isinstance(error, BrokenPipeError):
        return FAILED  # As in `archgym list metrics | head -1`: no error of the user's.
    lack = next(filter(None, map(_lack, _chain(error))), None)
    if lack is None:
        raise error
    with suppress(OSError):
        print(f"error: {lack}", file=sys.stderr, flush=True)
    _settle_streams()
    os._exit(FAILED)  # Libraries that got too little memory crash when they tidy up.


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yields an error and those that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _lack(error: BaseException) -> str | None:
    """Returns what an error says that the system lacks."""
    if isinstance(error, MemoryError):
        return _LACKS[errno.ENOMEM]
    if isinstance(error, OSError) and error.errno in _LACKS:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{_LACKS[error.errno]}"
    text = str(error).lower()
    return next((_LACKS[number] for words, number in _PHRASES.items() if words in text), None)
