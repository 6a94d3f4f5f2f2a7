"""Recordings of real programs; `manifest.json` says how each was made."""

import io
import json
from functools import cache
from importlib import resources
from typing import Any

from archgym import digest
from archgym.errors import ArchgymError
from archgym.traces.recorder import Machine
from archgym.traces.trace import Trace
from archgym.traces.workloads import storage

_FOLDER = resources.files(__name__)


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """Returns what is known of each recording, by name: command, versions, caches, statistics."""
    content: dict[str, dict[str, Any]] = json.loads(
        (_FOLDER / "manifest.json").read_text(encoding="utf-8")
    )
    return content


def names() -> list[str]:
    """Returns the names of all recordings, sorted."""
    return sorted(manifest())


def load(name: str) -> Trace:
    """Reads a recording.

    Args:
        name: One of `names()`.

    Raises:
        ArchgymError: Its file is missing or damaged.
    """
    entry = manifest()[name]
    try:
        content = (_FOLDER / f"{name}.npz").read_bytes()
    except OSError as error:
        raise ArchgymError(f"can't read the recording {name}: {error.strerror}") from error
    # What is inflated is what was recorded, and not what a damaged file says of itself.
    if digest.of_bytes(content) != entry["file_sha256"]:
        raise ArchgymError(f"the recording {name} is damaged: install archgym again")
    return storage.unpack(io.BytesIO(content), Machine.from_mapping(entry["machine"]), name)
