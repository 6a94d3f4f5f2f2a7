"""Plays cases in a process of their own, which may crash or hang."""

import faulthandler
import traceback
from collections.abc import Callable, Generator
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar

Result = TypeVar("Result")


class WrongError(Exception):
    """What a case has found to be wrong, in words."""


class FoundError(Exception):
    """A case that something is wrong with.

    Attributes:
        case: Its number.
    """

    def __init__(self, case: int, what: str) -> None:
        super().__init__(what)
        self.case = case


def play(
    run: Callable[[int, int], Result], seed: int, first: int, limit_s: float = 300.0
) -> Generator[Result, None, None]:
    """Plays case after case, without end.

    Args:
        run: (seed, case) -> what came of it; a function of a module, so that the other process can
            import it.
        seed: Chooses all cases.
        first: The number of the first.
        limit_s: What takes longer, in seconds, hangs.

    Yields:
        What came of each case.

    Raises:
        FoundError: A case crashed, hung or raised; the message of a `WrongError` is kept as it is.
    """
    # Not a fork, which would inherit locks but not the threads that hold them.
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sender, run, seed, first))
    child.start()
    sender.close()
    try:
        for case in count(first):
            if not receiver.poll(limit_s):
                raise FoundError(case, f"takes longer than {limit_s:g} s")
            try:
                is_fine, result = receiver.recv()
            except EOFError:
                child.join()
                raise FoundError(case, f"crashed: exit code {child.exitcode}") from None
            if not is_fine:
                raise FoundError(case, result)
            yield result
    finally:
        child.kill()
        child.join()


def _child(sender: Connection, run: Callable[[int, int], object], seed: int, first: int) -> None:
    faulthandler.enable()
    for case in count(first):
        try:
            sender.send((True, run(seed, case)))
        except WrongError as error:
            sender.send((False, str(error)))
        except Exception:
            sender.send((False, traceback.format_exc()))
