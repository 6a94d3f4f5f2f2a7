"""Recordings of real programs; `manifest.json` says how each was made."""

import json
from functools import cache
from importlib import resources
from typing import Any

from archgym.dram.trace import Trace
from archgym.traces.recorder import Machine
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
    """
    machine = Machine.from_mapping(manifest()[name]["machine"])
    with (_FOLDER / f"{name}.npz").open("rb") as file:
        return storage.unpack(file, machine, name)
