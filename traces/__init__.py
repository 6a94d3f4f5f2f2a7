"""Where memory traces come from: file formats, generators and bundled workloads."""

from pathlib import Path
from typing import Any

from archgym.dram.trace import Trace
from archgym.errors import ArchgymError, unknown
from archgym.traces import generators, stl, workloads


def names() -> list[str]:
    """Returns the names of all generators and bundled workloads, sorted."""
    return sorted([*generators.GENERATORS, *workloads.names()])


def is_path(name_or_path: str | Path) -> bool:
    """Tells a path from a name: it is one of no trace, and exists, has a suffix or a separator."""
    if isinstance(name_or_path, Path):
        return True
    path = Path(name_or_path)
    return name_or_path not in names() and (
        path.name != name_or_path or bool(path.suffix) or path.exists()
    )


def read(path: str | Path, clock_mhz: float, size: int = 64) -> Trace:
    """Reads a trace file.

    Args:
        path: An `.stl` or `.rstl` file, gzipped or not.
        clock_mhz: Clock in which the file counts.
        size: Bytes of a request that states none.

    Raises:
        ArchgymError: The file is of no known format, or not a trace.
    """
    if not str(path).endswith(stl.SUFFIXES):
        raise ArchgymError(f"trace {path} has none of the endings {', '.join(stl.SUFFIXES)}")
    return stl.read(path, clock_mhz, size)


def load(name_or_path: str | Path, **options: Any) -> Trace:
    """Makes or reads a trace.

    Args:
        name_or_path: One of `names()`, or a file.
        options: Those of the generator, or of `read`; a bundled workload has none.

    Raises:
        ArchgymError: The name or an option is not known, or the file is not a trace.
    """
    if is_path(name_or_path):
        for option in options:
            if option not in ("clock_mhz", "size"):
                raise unknown("option of a trace file", option, ("clock_mhz", "size"))
        if "clock_mhz" not in options:
            raise ArchgymError(f"trace {name_or_path} counts in cycles: clock_mhz is needed")
        return read(name_or_path, **options)
    name = str(name_or_path)
    if name in generators.GENERATORS:
        return generators.generate(name, **options)
    if name not in workloads.names():
        raise unknown("trace", name, names())
    if options:
        raise ArchgymError(f"trace {name} is a recording and has no option {next(iter(options))!r}")
    return workloads.load(name)
