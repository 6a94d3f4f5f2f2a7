"""Bundles: zip archives of a JSON document and arrays, read within bounds.

A small archive can claim to hold more than a memory does, and so can the header of an array. What
is read here is no larger than what was announced, and what is announced is held to bounds that
nothing that archgym writes comes near.
"""

import json
import math
import re
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from archgym import atomic, digest
from archgym.errors import ArchgymError

MOST_PARTS = 10_000
"""The most parts of an archive: a proxy has about a dozen for each workload."""

MOST_BYTES = 1 << 31
"""The most bytes of all parts: those of a forest of a million samples."""

MOST_GROWTH = 64
"""How many times as large as their archive parts are at most; weights shrink to a tenth or so."""

FREE_BYTES = 1 << 24
"""The bytes that parts may have in any case, as what repeats itself shrinks to next to nothing."""

_LONGEST_NAME = 256
_EPOCH = (1980, 1, 1, 0, 0, 0)  # So that equal bundles make equal files.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# The header of an array just as NumPy writes it, so that nothing of it has to be evaluated.
_ARRAY = re.compile(
    rb"\x93NUMPY\x01\x00.."
    rb"\{'descr': '(\|[biu]1|<[iuf][248])', 'fortran_order': (False|True), "
    rb"'shape': \(((?:\d{1,18}, ?)*(?:\d{1,18})?)\), \} *\n",
    re.DOTALL,
)


def write(path: Path, name: str, document: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
    """Writes a JSON document and other parts into an archive, all at once.

    The document gets the digests of the parts, under the key `files`, and its own.

    Args:
        path: The archive.
        name: What the document is called in it.
        document: The document.
        parts: The content of each other part by its name.

    Raises:
        ArchgymError: The file can't be written.
    """
    files = {part: digest.of_bytes(content) for part, content in parts.items()}
    text = json.dumps(digest.stamp({**document, "files": files}), indent=1)
    whole = {name: text.encode(), **parts}
    total = sum(map(len, whole.values()))
    if total > MOST_BYTES:
        raise ArchgymError(
            f"can't write {path}: it would hold {total:,} bytes, too many to be read"
        )
    try:
        with atomic.output(path) as temporary:
            _archive(temporary, whole, zipfile.ZIP_DEFLATED)
            # What repeats itself that much is kept at length, or it would not be read again.
            if total > _most(temporary.stat().st_size):
                _archive(temporary, whole, zipfile.ZIP_STORED)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror or error}") from error


def read(path: Path, what: str, name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Reads what `write` has written.

    Args:
        path: The archive.
        what: What it should be, for error messages, e.g. `proxy`.
        name: What its document is called.

    Returns:
        The document, and the content of each other part by its name.

    Raises:
        ArchgymError: There is none at `path`, it is damaged, or it holds more than it may. That the
            document lacks its digest is up to the caller, as older ones do.
    """
    parts = _parts(path, what)
    if name not in parts:
        raise ArchgymError(f"{path} is not a {what}: it holds no {name}")
    try:
        document = json.loads(parts.pop(name))
    except (ValueError, RecursionError, MemoryError) as error:
        raise ArchgymError(f"{path} is not a {what}, or damaged: {error}") from error
    if not isinstance(document, dict):
        raise ArchgymError(f"{path} is not a {what}: its {name} holds no object")
    digest.check(document, path, required=False)
    if document.get("files") != {part: digest.of_bytes(each) for part, each in parts.items()}:
        raise ArchgymError(f"{path} is damaged: its parts are not those that were written")
    return document, parts


def pack(array: NDArray[Any]) -> bytes:
    """Returns an array as the content of a `.npy` file, little-endian and in C order."""
    array = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    header = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
    # As NumPy pads it: the data begin at a multiple of 64 bytes, after 10 before the header.
    header = header.ljust(-(-(len(header) + 11) // 64) * 64 - 11) + "\n"
    length = len(header).to_bytes(2, "little")
    return b"\x93NUMPY\x01\x00" + length + header.encode() + array.tobytes()


def unpack(content: bytes, name: str) -> NDArray[Any]:
    """Returns the array in the content of a `.npy` file; it can't be written to.

    Only plain numbers are read: no objects, no records.

    Raises:
        ArchgymError: It is no such content, or not as much of it as it says.
    """
    found = _ARRAY.match(content)
    if not found or found.end() != 10 + int.from_bytes(content[8:10], "little"):
        raise ArchgymError(f"{name} is not an array of numbers as NumPy writes it")
    dtype = np.dtype(found[1].decode())
    shape = tuple(int(length) for length in found[3].split(b",") if length.strip())
    if math.prod(shape) * dtype.itemsize != len(content) - found.end():
        raise ArchgymError(
            f"{name} is damaged: an array of shape {shape} does not take {len(content)} bytes"
        )
    order: Literal["F", "C"] = "F" if found[2] == b"True" else "C"
    try:
        return np.ndarray(shape, dtype, content, found.end(), order=order)
    # Of lengths that are too many or too large, though one is 0.
    except ValueError as error:
        raise ArchgymError(f"{name} is not an array that can be held: {error}") from error


def _parts(path: Path, what: str) -> dict[str, bytes]:
    """Returns the content of each part of an archive by its name."""
    try:
        size = _size(path, what)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check(members, size, f"{what} {path}")
            parts = {}
            for member in members:
                with archive.open(member) as part:
                    # More is never inflated than this, whatever the archive goes on to say.
                    parts[member.filename] = part.read(member.file_size)
                    if len(parts[member.filename]) < member.file_size or part.read(1):
                        raise zipfile.BadZipFile(f"{member.filename} is not as long as announced")
            return parts
    except ArchgymError:
        raise
    except OSError as error:
        raise ArchgymError(f"can't read {what} {path}: {error.strerror or error}") from error
    # Of damage, zipfile and zlib tell in many ways.
    except Exception as error:
        raise ArchgymError(f"{path} is not a {what}, or damaged: {error}") from error


def _size(path: Path, what: str) -> int:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ArchgymError(f"can't read {what} {path}: it is no regular file")
    if status.st_size > MOST_BYTES + FREE_BYTES:
        raise ArchgymError(f"{what} {path} is larger than {MOST_BYTES + FREE_BYTES:,} bytes")
    return status.st_size


def _archive(path: Path, parts: Mapping[str, bytes], compression: int) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, compression)


def _most(size: int) -> int:
    """Returns how many bytes an archive of some bytes may hold once inflated."""
    return min(MOST_BYTES, FREE_BYTES + MOST_GROWTH * size)


def _check(members: list[zipfile.ZipInfo], size: int, what: str) -> None:
    """Holds what an archive announces to the bounds."""
    if len(members) > MOST_PARTS:
        raise ArchgymError(f"{what} holds {len(members):,} parts, more than {MOST_PARTS:,}")
    names = {member.filename for member in members}
    if len(names) < len(members) or any(len(name) > _LONGEST_NAME for name in names):
        raise ArchgymError(f"{what} holds parts of the same or of endless names")
    if any(member.compress_type not in _COMPRESSIONS for member in members):
        raise ArchgymError(f"{what} holds parts that are compressed as archgym's never are")
    total = sum(member.file_size for member in members)
    most = _most(size)
    if total > most:
        raise ArchgymError(
            f"{what} would hold {total:,} bytes once inflated, and one of its {size:,} bytes "
            f"holds {most:,} at most"
        )
