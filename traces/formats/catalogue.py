"""All formats by name: the built-in ones, and those of other packages.

The latter come through entry points of the group `archgym.dram.trace_formats`, each a `Format`
under its own name. One that can't be imported is told of when a file's ending or a user asks for
it, and harms no other.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from archgym.errors import ArchgymError
from archgym.extras import needed_by
from archgym.traces.formats.csv import CSV
from archgym.traces.formats.dramsim3 import DRAMSIM3
from archgym.traces.formats.format import Format
from archgym.traces.formats.parquet import PARQUET
from archgym.traces.formats.ramulator import LOAD_STORE, SIMPLE_O3
from archgym.traces.formats.stl import RSTL, STL

FORMATS = {
    format.name: format for format in (STL, RSTL, LOAD_STORE, SIMPLE_O3, DRAMSIM3, CSV, PARQUET)
}
"""The built-in formats by name, which is the ending of their files too."""

_GROUP = "archgym.dram.trace_formats"


def names() -> list[str]:
    """Returns the names of all formats, the built-in ones first."""
    return [*FORMATS, *_added()]


def find(name: str) -> Format | None:
    """Returns the format called `name`, if there is one.

    Raises:
        MissingExtraError: It can't be imported.
        ArchgymError: It is no `Format`.
    """
    if name in FORMATS:
        return FORMATS[name]
    point = _added().get(name)
    if point is None:
        return None
    with needed_by(f"trace format {name!r}"):
        found = point.load()
    if not isinstance(found, Format):
        raise ArchgymError(f"trace format {name!r} of {point.value} is no Format: {found!r}")
    return found


def recognize(line: bytes) -> Format | None:
    """Returns the format that a line looks like, if there is one."""
    for format in FORMATS.values():
        if format.recognizes(line):
            return format
    for name in _added():
        try:
            added = find(name)
        except ArchgymError:
            continue
        if added is not None and added.recognizes(line):
            return added
    return None


def _added() -> Mapping[str, EntryPoint]:
    points = entry_points(group=_GROUP)
    return {point.name: point for point in points if point.name not in FORMATS}
