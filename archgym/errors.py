"""What archgym raises for bad input: one sentence that a user can act on."""

import difflib
from collections.abc import Iterable


class ArchgymError(ValueError):
    """Bad input, in one sentence; the command line prints it and exits with code 2."""


class MalformedError(ArchgymError):
    """A document is not what its format is like."""


class DamagedError(ArchgymError):
    """A file does not hold what was written to it."""


class SimulationError(ArchgymError):
    """A single design could not be simulated."""


class MissingExtraError(ArchgymError):
    """A feature needs an optional dependency that is not installed or fails to import."""


class ArchgymWarning(UserWarning):
    """What a user should know of a result: one sentence, which the command line prints."""


class OtherVersionWarning(ArchgymWarning):
    """Results are of another version of a simulator than the one that is here."""


def unknown(kind: str, name: object, known: Iterable[str]) -> ArchgymError:
    """Builds the error for a name that is not known, with the closest known one.

    Args:
        kind: What the name stands for, e.g. `"device"`.
        name: The name as given.
        known: All valid names.
    """
    names = sorted(known)
    folded = {known.casefold(): known for known in names}
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.5)
    hint = f"did you mean {folded[close[0]]!r}?" if close else f"known: {', '.join(names)}"
    return ArchgymError(f"unknown {kind} {name!r}; {hint}")
