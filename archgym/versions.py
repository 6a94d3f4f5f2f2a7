"""Whether stored results are of the version of their simulator that is here."""

import multiprocessing
import warnings

from archgym import simulators
from archgym.errors import ArchgymError, OtherVersionWarning


def check(what: str, simulator: str, version: str) -> None:
    """Warns if results are of another version of a simulator than the one that is here.

    Nothing can be said of a simulator that is not on this machine, or that stands for stored
    results itself. Workers leave it to the process that started them.

    Args:
        what: What the results are, e.g. `the table in tables/stream`.
        simulator: The name of the simulator that they are of.
        version: Its version.
    """
    if multiprocessing.parent_process() is not None:
        return
    try:
        here = simulators.make(simulator).version
    except ArchgymError:
        return
    if here != version:
        warnings.warn(
            f"{what} is of {simulator} {version}, and this is {simulator} {here}, which may "
            "measure something else",
            OtherVersionWarning,
            stacklevel=3,
        )
