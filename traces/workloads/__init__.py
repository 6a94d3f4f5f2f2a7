"""Recordings of real programs; `manifest.json` says how each was made."""

import json
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from archgym.dram.trace import Trace

_FOLDER = resources.files(__name__)


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """Returns what is known of each recording, by name: command, versions, caches, statistics."""
    content: dict[str, dict[str, Any]] = json.loads((_FOLDER / "manifest.json").read_text())
    return content


def names() -> list[str]:
    """Returns the names of all recordings, sorted."""
    return sorted(manifest())


def load(name: str) -> Trace:
    """Reads a recording.

    Args:
        name: One of `names()`.
    """
    line_bytes = manifest()[name]["machine"]["line_bytes"]
    with (_FOLDER / f"{name}.npz").open("rb") as file, np.load(file) as arrays:
        line = arrays["line"]
        return Trace(
            arrival_ps=np.cumsum(arrays["gap_ps"], dtype=np.int64),
            address=line.astype(np.uint64) * np.uint64(line_bytes),
            is_write=np.unpackbits(arrays["is_write"], count=line.size),
            size=line_bytes,
            name=name,
        )
