"""The options of generators: what each means, and whether a value is possible."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from archgym.errors import ArchgymError, unknown

LINE = 64
"""Bytes of a request: a cache line."""

MOST_COUNTED = 10**8
"""The most requests, and of whatever else a generator counts: they are held in memory."""

MOST = {"seed": 2**64 - 1, "footprint": 2**48, "stride": 2**48}
"""The largest value of options that only describe."""

MEANINGS: Mapping[str, str] = {
    "requests": "how many",
    "read_share": "share of reads, 0 to 1",
    "intensity": "mean requests a nanosecond; inf: all at time 0",
    "footprint": "bytes that the addresses lie in, from 0",
    "seed": "0 or more; others draw other traces",
    "streams": "sequential streams",
    "random_share": "share of requests to random lines, 0 to 1",
    "pages": "4 KiB pages in use",
    "exponent": "of the Zipf distribution; 0: all are equally popular",
    "shortest": "requests of the shortest run",
    "longest": "requests of the longest run",
    "stride": "bytes from one request to the next, a multiple of 64",
    "burst": "mean requests that arrive at once",
    "on_ns": "mean length of the times with requests",
    "off_ns": "mean length of the times without",
    "write_allocate": "whether a line is read before all of it is written",
    "lookahead": "updates whose reads come before their writes",
    "chains": "independent chases, one initiator each",
    "tile": "rows and columns of a tile",
    "element_bytes": "bytes of an element",
    "tables": "embedding tables",
    "row_bytes": "bytes of a table's row, a multiple of 64",
    "bag": "rows gathered at once from a table",
    "layers": "layers of the model",
    "hidden": "width of the model, a multiple of 32",
    "feedforward": "width of its feed-forward network, a multiple of 32",
    "weight_bits": "bits of a weight: 2, 4, 8 or 16",
    "context": "tokens whose keys and values are there at the start",
    "prompt": "tokens of the prompt",
    "block": "tokens that are worked on at once",
}
"""What each option of any generator means, in a few words."""


def check(option: str, value: Any, valid: bool, expected: str) -> None:
    """Refuses an option's value unless it is valid.

    Raises:
        ArchgymError: It is not; the sentence names the option, the value and what was expected.
    """
    if not valid:
        raise ArchgymError(f"{option} must be {expected}, is {_shown(value)}")


def _shown(value: Any) -> str:
    # Python refuses to write out numbers of thousands of digits.
    huge = isinstance(value, int) and abs(value) > 10**30
    return "a number of over 30 digits" if huge else repr(value)[:100]


def check_footprint(lines: int, needed: int) -> None:
    """Refuses a footprint of fewer lines than needed.

    Raises:
        ArchgymError: The footprint is too small.
    """
    check("footprint", lines * LINE, lines >= needed, f"{needed * LINE} or more")


def defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """Returns the options that a pattern or process takes, with their defaults."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def merged(name: str, known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns all options, those given in place of their defaults.

    Args:
        name: What the generator is called.
        known: Its options, with their defaults.
        given: Options that a user gave.

    Raises:
        ArchgymError: An option is not known, not of the type of its default, or too large.
    """
    values = dict(known)
    for option, value in given.items():
        if option not in known:
            raise unknown(f"option of trace {name}", option, known)
        valid, expected = _type(value, known[option])
        check(option, value, valid, expected)
        most = MOST.get(option, MOST_COUNTED)
        values[option] = value
        if isinstance(known[option], bool):
            continue
        if isinstance(known[option], int):
            check(option, value, value <= most, f"at most {most:,}")
        else:
            fits = not isinstance(value, int) or abs(value) <= 1e300
            check(option, value, fits, "at most 1e300, or inf")
            values[option] = float(value) + 0.0  # Without the sign of a -0.0.
    return values


def _type(value: Any, default: Any) -> tuple[bool, str]:
    """Tells whether a value is of the type of a default, and what that is."""
    # Python holds True for 1; a switch given for a number is a mistake.
    is_switch = isinstance(value, bool)
    if isinstance(default, bool):
        return is_switch, "true or false"
    if isinstance(default, int):
        return isinstance(value, (int, np.integer)) and not is_switch, "a whole number"
    return isinstance(value, (int, float, np.number)) and not is_switch, "a number"
