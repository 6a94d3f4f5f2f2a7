"""What computes the results in a process; it has to be the same on all machines of a study."""

import hashlib
import importlib.util
import pkgutil
from dataclasses import asdict, dataclass
from functools import cache
from importlib.abc import InspectLoader

from archgym import domain as domains
from archgym import simulators
from archgym.version import VERSION


@dataclass(frozen=True)
class Release:
    """What computes the results in a process.

    Attributes:
        archgym: The version.
        sources: Hash of all Python sources of archgym.
        simulator: Version of the default simulator, and so of the compiled core.
    """

    archgym: str
    sources: str
    simulator: str

    @classmethod
    @cache
    def of_this_process(cls) -> "Release":
        """Returns that of this process."""
        default = domains.load(domains.DEFAULT).defaults.simulator
        return cls(VERSION, _hash_sources("archgym")[:12], simulators.make(default).version)

    def difference(self, other: "Release") -> str | None:
        """Says what another release has that differs; `None` if nothing does."""
        mine, theirs = asdict(self), asdict(other)
        for name, value in mine.items():
            if theirs[name] != value:
                return f"{name} {theirs[name]}, not {value}"
        return None


def _hash_sources(package: str) -> str:
    """Returns the hash of the sources of a package and all that is in it."""
    digest = hashlib.sha256()
    waiting = [package]
    while waiting:
        name = waiting.pop()
        spec = importlib.util.find_spec(name)
        assert spec is not None
        if isinstance(spec.loader, InspectLoader):
            source = spec.loader.get_source(name) or ""
            digest.update(f"{name}\n{source}\n".encode())
        folders = spec.submodule_search_locations or []
        waiting += sorted(
            (each.name for each in pkgutil.iter_modules(folders, f"{name}.")), reverse=True
        )
    return digest.hexdigest()
