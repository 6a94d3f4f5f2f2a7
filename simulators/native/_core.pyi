"""The C++ core: numbers in, numbers out."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

COMMANDS: tuple[str, ...]
"""Command names by number."""
METRICS: tuple[str, ...]
"""Metric names by column of `evaluate`."""
MAX_CHANNELS: int
MAX_BANKS: int
MAX_RANKS: int
UNBOUNDED: int
MAX_MANAGER_COMMANDS: int
"""Commands that serve no request, such as refreshes, in a command trace."""
MAX_RUN_PS: int
"""Simulated time of a run."""
SOURCES: str
DECLARATIONS: str
"""Hash of the C++ sources, the same for every build of them."""

class StuckError(RuntimeError):
    """Requests wait, but no command can ever serve them."""

class TooLongError(RuntimeError):
    """A run takes more than `MAX_RUN_PS`."""

class TooManyCommandsError(RuntimeError):
    """A command trace has more than `MAX_MANAGER_COMMANDS`."""

class Memory:
    """A memory system: organisation, timing edges, energy."""

    def __init__(
        self,
        spec: dict[str, object],
        constraints: Sequence[Mapping[str, object]],
        activate_windows: Sequence[Mapping[str, object]],
    ) -> None: ...

class Requests:
    """A decoded trace, in order of arrival, and how it is played."""

    def __init__(
        self,
        memory: Memory,
        arrival_cycle: npt.NDArray[np.int64],
        arrival_ps: npt.NDArray[np.int64],
        channel: npt.NDArray[np.uint8],
        bank: npt.NDArray[np.uint8],
        row: npt.NDArray[np.uint32],
        column: npt.NDArray[np.uint32],
        is_write: npt.NDArray[np.bool_],
        request: npt.NDArray[np.uint32],
        initiator: npt.NDArray[np.uint16],
        bytes: int,
        player: Mapping[str, object],
    ) -> None: ...

def evaluate(
    memory: Memory,
    requests: Requests,
    designs: npt.NDArray[np.int64],
    threads: int,
    skips_idleness: bool = True,
) -> npt.NDArray[np.float64]:
    """Returns one row of METRICS per design; NaN where a metric does not apply.

    A run that got stuck has none, one that is too long an infinite runtime. They are the same
    whether long idleness is skipped or gone through step by step. Handlers of signals run
    meanwhile, in the main thread; what they raise ends the work of all threads.
    """

def command_trace(
    memory: Memory, requests: Requests, design: npt.NDArray[np.int64]
) -> tuple[
    npt.NDArray[np.int64],
    npt.NDArray[np.uint8],
    npt.NDArray[np.uint8],
    npt.NDArray[np.uint8],
    npt.NDArray[np.uint32],
    npt.NDArray[np.uint32],
    npt.NDArray[np.int64],
]:
    """Returns columns (time_ps, command, channel, bank, row, column, burst) of one design's run.

    Handlers of signals run meanwhile, as in `evaluate`.
    """
