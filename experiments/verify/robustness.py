"""No design, mapping or trace makes the native simulator crash, hang or return nonsense."""

import faulthandler
import math
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.simulators.base import Failure, Outcome
from archgym.simulators.native import Native
from experiments.verify.cases import Rng, draw_design, draw_workload

DESIGNS_A_CASE = 32
"""Designs of a case, which share its mapping and trace."""

_MOST_REQUESTS = 64
_IMPOSSIBLE = (None, -1, 0, 2.5, 10**30, True, "", "Fifo", (), float("nan"))


class FoundError(Exception):
    """A case that went wrong.

    Attributes:
        case: Its number.
    """

    def __init__(self, case: int, what: str) -> None:
        super().__init__(what)
        self.case = case


def play_case(seed: int, case: int) -> Counter[str]:
    """Draws and simulates a case.

    Returns:
        How many designs ended how: `simulated`, or a failure's kind.

    Raises:
        AssertionError: An outcome is neither a failure nor finite metrics.
    """
    rng = np.random.default_rng([seed, case])
    workload = draw_workload(rng, int(rng.integers(1, _MOST_REQUESTS + 1)))
    designs = [_draw(rng, workload.system.device) for _ in range(DESIGNS_A_CASE)]
    outcomes = Native().evaluate(designs, workload)
    assert len(outcomes) == len(designs)
    for design, outcome in zip(designs, outcomes, strict=True):
        assert _is_sound(outcome), f"{design} on {workload.id} gave {outcome}"
    return Counter(o.kind if isinstance(o, Failure) else "simulated" for o in outcomes)


def play(
    seed: int,
    first: int,
    cases: int,
    limit_s: float = 120.0,
    run: Callable[[int, int], Counter[str]] = play_case,
) -> Iterator[Counter[str]]:
    """Plays cases in a process of their own, which may crash or hang.

    Args:
        seed: Chooses all cases.
        first: The number of the first.
        cases: How many are played.
        limit_s: What takes longer, in seconds, hangs.
        run: (seed, case) -> what came of it.

    Yields:
        What came of each case.

    Raises:
        FoundError: A case crashed, hung or raised.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sender, run, seed, first, cases), daemon=True)
    child.start()
    sender.close()
    try:
        for case in range(first, first + cases):
            if not receiver.poll(limit_s):
                raise FoundError(case, f"takes longer than {limit_s:g} s")
            try:
                result = receiver.recv()
            except EOFError:
                child.join()
                raise FoundError(case, f"crashed: exit code {child.exitcode}") from None
            if isinstance(result, str):
                raise FoundError(case, result)
            yield result
    finally:
        child.kill()
        child.join()


def _child(
    sender: Connection, run: Callable[[int, int], Counter[str]], seed: int, first: int, cases: int
) -> None:
    faulthandler.enable()
    for case in range(first, first + cases):
        try:
            sender.send(run(seed, case))
        except Exception:
            sender.send(traceback.format_exc())


def _draw(rng: Rng, device: Device) -> dict[str, Any]:
    """Returns a design that can be simulated, or one with something that can't be."""
    design = draw_design(rng, device)
    if rng.random() < 0.1:
        name = str(rng.choice([*PARAMETERS, "NoSuchParameter"]))
        design[name] = _IMPOSSIBLE[rng.integers(len(_IMPOSSIBLE))]
    return design


def _is_sound(outcome: Outcome) -> bool:
    if isinstance(outcome, Failure):
        return outcome.kind in ("invalid", "unsupported")
    return outcome["runtime_ns"] > 0 and all(map(math.isfinite, outcome.values()))
