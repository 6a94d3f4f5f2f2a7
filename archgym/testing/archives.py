"""Alters proxies and saved agents as someone would who makes the digests right again."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym import bundle, digest

DOCUMENTS = ("proxy.json", "agent.json")
"""What the JSON document of an archive may be called."""

EVIL: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2, 7, 10**6, 10**18, 10**400, -0.0, 0.5, 1e-320, 1e16, -1e308, 1e308,
    float("inf"), float("-inf"), float("nan"), "", "x", "0", "../x", "ridge", "proxy:self", [],
    [[]], {}, {"start": 0, "stop": 10**12, "step": 1}, {"start": 0, "stop": 10, "step": 0},
)  # fmt: skip
"""Values that a document is not likely to be prepared for."""


def read(path: Path) -> dict[str, bytes]:
    """Returns the parts of an archive by their names."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def document(parts: Mapping[str, bytes]) -> str:
    """Returns the name of the JSON document among parts."""
    (name,) = parts.keys() & set(DOCUMENTS)
    return name


def write(path: Path, parts: Mapping[str, bytes], header: Mapping[str, Any] | None = None) -> Path:
    """Writes parts, with another document perhaps, and digests that are right."""
    name = document(parts)
    header = dict(header or json.loads(parts[name]))
    rest = {part: content for part, content in parts.items() if part != name}
    header["files"] = {part: digest.of_bytes(content) for part, content in rest.items()}
    if digest.KEY in header:
        header = digest.stamp(header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in {name: json.dumps(header).encode(), **rest}.items():
            archive.writestr(part, content)
    return path


def alter(path: Path, out: Path, rng: np.random.Generator) -> Path:
    """Writes an archive that was altered at random in a few places."""
    parts = read(path)
    header = json.loads(parts[document(parts)])
    if rng.random() < 0.6:
        names = rng.permutation([name for name in parts if name not in DOCUMENTS]).tolist()
        for name in names[: rng.integers(1, 3)]:
            parts[name] = _alter_part(name, parts[name], rng)
    else:
        for _ in range(rng.integers(1, 3)):
            _alter_value(header, rng)
    return write(out, parts, header)


def _alter_value(inside: Any, rng: np.random.Generator) -> None:
    """Changes, removes or copies something somewhere in a JSON document."""
    while True:
        key = list(inside)[rng.integers(len(inside))] if isinstance(inside, dict) else (
            int(rng.integers(len(inside))))  # fmt: skip
        inner = inside[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.2:
            break
        inside = inner
    way = rng.random()
    if way < 0.1:
        del inside[key]
    elif way < 0.2 and isinstance(inside, list):
        inside.append(inside[key])
    elif way < 0.4 and isinstance(inside[key], float):
        inside[key] *= float(rng.choice([-1, 0.5, 1e3, 1e150]))
    else:
        inside[key] = EVIL[rng.integers(len(EVIL))]


def _alter_part(name: str, content: bytes, rng: np.random.Generator) -> bytes:
    if name.endswith(".npy") and rng.random() < 0.8:
        return _alter_array(bundle.unpack(content, name), rng)
    if name.endswith((".txt", ".json")) and rng.random() < 0.8:
        return _alter_text(content, rng)
    changed = bytearray(content or b"0")
    for at in rng.integers(len(changed), size=rng.integers(1, 6)):
        changed[at] = rng.integers(256)
    return bytes(changed[: rng.integers(len(changed))] if rng.random() < 0.2 else changed)


def _alter_array(array: NDArray[Any], rng: np.random.Generator) -> bytes:
    way = rng.random()
    if way < 0.1:
        return bundle.pack(array.reshape(-1)[: rng.integers(array.size + 1)])
    if way < 0.2:
        with np.errstate(invalid="ignore"):
            return bundle.pack(array.astype(rng.choice(["<f4", "<f8", "<i4", "<u1"])))
    changed = array.copy()
    if changed.size:
        evil: list[float] = [-2, -1, 0, 1, 2, 5, 200, 2**31 - 1, -(2**31)]
        if changed.dtype.kind == "f":
            evil += [np.nan, np.inf, -np.inf, 3e38, 1e-45, -1e30]
        at = rng.integers(changed.size, size=rng.integers(1, 5))
        changed.reshape(-1)[at] = rng.choice(evil, len(at))
    return bundle.pack(changed)


def _alter_text(content: bytes, rng: np.random.Generator) -> bytes:
    words = content.decode().split(" ")
    evil = ["-1", "0", "1", "99999999999", "nan", "inf", "-2147483648", "x", "", "1e999", "3\n5"]
    for at in rng.integers(len(words), size=rng.integers(1, 4)):
        words[at] = str(rng.choice(evil))
    if rng.random() < 0.3:
        lines = " ".join(words).split("\n")
        del lines[rng.integers(len(lines))]
        return "\n".join(lines).encode()
    return " ".join(words).encode()
