"""Where memory traces come from: file formats, generators and bundled workloads."""

from pathlib import Path
from typing import Any

from archgym.documents import is_there
from archgym.errors import ArchgymError, unknown
from archgym.traces import generators, mix, workloads
from archgym.traces.formats import read, write
from archgym.traces.trace import Trace
from archgym.traces.window import window

# Which part of a recording or a file to take.
_STRETCH = ("first", "requests")
# What can be said of a file that leaves it open.
_OF_FILES = ("clock_mhz", "size", "reads_only")

__all__ = ["descriptions", "is_path", "load", "names", "read", "write"]


def names() -> list[str]:
    """Returns the names of all generators and bundled workloads, sorted."""
    return sorted([*generators.GENERATORS, *workloads.names()])


def descriptions() -> dict[str, str]:
    """Returns what each of `names()` is."""
    recordings = workloads.manifest()
    return {
        name: str(recordings[name]["description"])
        if name in recordings
        else f"generated: {generators.GENERATORS[name].description}"
        for name in names()
    }


def is_path(name_or_path: str | Path) -> bool:
    """Tells a path from a name: it is one of no trace, and exists, has a suffix or a separator."""
    if isinstance(name_or_path, Path):
        return True
    path = Path(name_or_path)
    return name_or_path not in names() and (
        path.name != name_or_path or bool(path.suffix) or is_there(path)
    )


def load(
    name_or_path: str | Path, device_clock_mhz: float | None = None, /, **options: Any
) -> Trace:
    """Makes or reads a trace.

    Args:
        name_or_path: One of `names()`, several of them joined by `+` for a mix, or a file.
        device_clock_mhz: Clock that a file is taken to count in if its option `clock_mhz` is not
            given, as a note of the trace then says.
        options: Those of the generator; those of `read` and, for a recording or a file, `first` and
            `requests`, which cut a stretch out of it; a mix has none.

    Raises:
        ArchgymError: The name or an option is not known, or the file is not a trace.
    """
    if not str(name_or_path):
        raise ArchgymError("the name of a trace is empty")
    if is_path(name_or_path):
        _check_no_mix(name_or_path)
        stretch = _stretch(options)
        for option in options:
            if option not in _OF_FILES:
                raise unknown("option of a trace file", option, (*_OF_FILES, *_STRETCH))
        trace = read(name_or_path, device_clock_mhz=device_clock_mhz, **options)
        return window(trace, **stretch)
    name = str(name_or_path)
    if "+" in name:
        for option in options:
            raise ArchgymError(f"trace {name} is a mix and has no option {option!r}")
        return mix.mix([_load(part) for part in name.split("+")])
    return _load(name, **options)


def _check_no_mix(path: str | Path) -> None:
    """Refuses a mix of names and files, whose name would be taken for a file's."""
    parts = str(path).split("+")
    is_mix = len(parts) > 1 and any(part in names() or is_there(part) for part in parts)
    if is_mix and not is_there(path):
        raise ArchgymError(
            f"trace {path}: only names of traces can be joined by '+'; "
            f"mix files by: archgym trace mix {' '.join(parts)} --out MIX.csv"
        )


def _load(name: str, **options: Any) -> Trace:
    """Makes or reads one of `names()`."""
    if name in generators.GENERATORS:
        return generators.generate(name, **options)
    if name not in workloads.names():
        raise unknown("trace", name, names())
    stretch = _stretch(options)
    for option in options:
        raise ArchgymError(
            f"trace {name} is a recording and has no option {option!r}, only {', '.join(_STRETCH)}"
        )
    return window(workloads.load(name), **stretch)


def _stretch(options: dict[str, Any]) -> dict[str, Any]:
    """Takes out of options those that say which part of a trace to take."""
    return {name: options.pop(name) for name in _STRETCH if name in options}
