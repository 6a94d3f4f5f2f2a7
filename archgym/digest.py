"""Digests, by which damage to a file that archgym has written is detected.

A JSON document carries its own: the key `document_sha256` holds the SHA-256 of the rest of it. What
it lists of other files is thereby as safe as it is itself. How a document is laid out, and the
order of its keys, do not count.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgym import documents
from archgym.errors import ArchgymError, DamagedError, MalformedError

KEY = "document_sha256"
"""The key of a document under which its digest stands."""


def of_document(document: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of a JSON document, in hexadecimal, whether it is stamped or not."""
    # Through JSON, so that a tuple is a list and every key a text, as when it is read.
    plain = json.loads(json.dumps({name: value for name, value in document.items() if name != KEY}))
    content = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def of_bytes(content: bytes) -> str:
    """Returns the SHA-256 of the bytes of a file, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def of_file(path: str | Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal.

    Raises:
        ArchgymError: The file can't be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArchgymError(f"can't read {path}: {error.strerror}") from error


def stamp(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a JSON document with its digest, in place of the one that it may have."""
    return {**document, KEY: of_document(document)}


def check(document: Mapping[str, Any], what: str | Path, *, required: bool = True) -> None:
    """Checks that a document says what it said when it was stamped.

    Args:
        document: The document, as read.
        what: What it is, for the error message: mostly its file.
        required: Whether it has to be stamped; older documents are not. One that is, is checked in
            any case.

    Raises:
        DamagedError: It was changed since, or lacks a digest that is required.
    """
    if KEY not in document:
        if required:
            raise DamagedError(f"{what} is damaged: it lacks its digest, {KEY}")
        return
    try:
        is_whole = document[KEY] == of_document(document)
    except RecursionError:
        is_whole = False
    if not is_whole:
        raise DamagedError(f"{what} is damaged: it is not what its digest, {KEY}, stands for")


def read_json(path: str | Path) -> dict[str, Any]:
    """Reads a JSON document, an object; whether it is damaged is up to `check`.

    Raises:
        ArchgymError: There is no file at `path` that can be read.
        DamagedError: It is not such a document.
    """
    try:
        document = documents.read_json(path)
    except MalformedError as error:
        raise DamagedError(str(error)) from error
    if not isinstance(document, dict):
        raise DamagedError(f"{path} holds no JSON object, but a {type(document).__name__}")
    return document
