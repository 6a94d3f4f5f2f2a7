"""What computes the results in a process; it has to be the same on all machines of a study."""

import hashlib
import importlib.util
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

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
        return cls(VERSION, _hash_sources()[:12], simulators.make(default).version)

    def difference(self, other: "Release") -> str | None:
        """Says what another release has that differs; `None` if nothing does."""
        mine, theirs = asdict(self), asdict(other)
        for name, value in mine.items():
            if theirs[name] != value:
                return f"{name} {theirs[name]}, not {value}"
        return None


# In a source tree, they are folders beside that of archgym.
_PACKAGES = ("archgym", "archgym.agents", "archgym.simulators", "archgym.traces")


def _hash_sources() -> str:
    """Returns the hash of all Python sources, the same however they are installed."""
    sources = {}
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        for path in folder.rglob("*.py"):
            # That one is a package of its own when installed.
            if "archgym_command" not in path.parts:
                name = "/".join((*package.split("."), *path.relative_to(folder).parts))
                sources[name] = path.read_bytes()
    digest = hashlib.sha256()
    for name, source in sorted(sources.items()):
        digest.update(f"{name} {len(source)}\n".encode())
        digest.update(source)
    return digest.hexdigest()
