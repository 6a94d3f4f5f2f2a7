"""Reads JSON and TOML from outside: whatever the file is, a value or one sentence, and soon.

Only regular files are read, and what the shell has opened for the command (standard input and
`/dev/fd/N`): a named pipe that nobody writes to would never end, nor would `/dev/zero`. A document
is limited in size, in depth, and TOML in the length of its dotted keys, for which Python's parser
takes time that grows with the square.
"""

import json
import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from archgym.errors import ArchgymError, MalformedError

MOST_JSON_BYTES = 2**24
"""The largest JSON document, as bytes; a device has 5 thousand, the header of a table a million."""

MOST_TOML_BYTES = 2**20
"""The largest TOML document, as bytes: Python's parser reads about a quarter of it a second."""

DEEPEST = 64
"""How deep lists and objects may be nested; a device has 4 levels."""

_OPENED = re.compile(r"/dev/stdin|/dev/fd/\d+|/proc/self/fd/\d+")
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")


def read_json(path: str | Path) -> Any:
    """Reads a JSON document; see `parse_json`.

    Raises:
        ArchgymError: The file can't be read.
        MalformedError: It is not such a document.
    """
    return parse_json(_text(path, MOST_JSON_BYTES, "JSON"), str(path))


def parse_json(text: str, where: str) -> Any:
    """Reads the text of a JSON document, in which no key is given twice.

    Args:
        text: The document.
        where: Its file or option, for error messages.

    Raises:
        MalformedError: It is not JSON, gives a key twice or is too deep.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"{where} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except ValueError as error:
        raise MalformedError(f"{where} is not JSON: {error}") from None
    except RecursionError:
        raise _too_deep(where) from None
    _check_depth(value, where)
    return value


def read_toml(path: str | Path) -> dict[str, Any]:
    """Reads a TOML document; see `parse_toml`.

    Raises:
        ArchgymError: The file can't be read.
        MalformedError: It is not such a document.
    """
    return parse_toml(_text(path, MOST_TOML_BYTES, "TOML"), str(path))


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Reads the text of a TOML document.

    Args:
        text: The document.
        where: Its file or option, for error messages.

    Raises:
        MalformedError: It is not TOML, has a key of very many parts, or is too deep.
    """
    if key := _LONG_KEY.search(text):
        raise MalformedError(f"{where} has a key of more than 32 parts, {key[0][:40]}...")
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise MalformedError(f"{where} is not TOML: {error}") from None
    except RecursionError:
        raise _too_deep(where) from None
    _check_depth(document, where)
    return document


def _text(path: str | Path, most: int, form: str) -> str:
    try:
        check_kind(path)
        with Path(path).open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ArchgymError(f"can't read {path}: {error.strerror}") from error
    except ArchgymError:
        raise
    except ValueError as error:  # A path with a NUL.
        raise ArchgymError(f"can't read {str(path)!r}: {error}") from None
    if len(content) > most:
        raise MalformedError(f"{path} is no {form} document of archgym: it is over {most:,} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise MalformedError(f"{path} is not {form}: {error}") from None


def is_there(path: str | Path) -> bool:
    """Tells whether there is anything at a path, which may be any text."""
    # `Path.exists` raises where a name is too long for the file system.
    return os.path.exists(path)  # noqa: PTH110


def check_kind(path: str | Path) -> None:
    """Checks that a path can be read to its end.

    Raises:
        ArchgymError: It is a folder, a named pipe, a device or a socket.
        OSError: There is nothing.
    """
    mode = Path(path).stat().st_mode
    if not stat.S_ISREG(mode) and not _OPENED.fullmatch(str(path)):
        kinds: dict[str, Callable[[int], bool]] = {
            "folder": stat.S_ISDIR,
            "named pipe": stat.S_ISFIFO,
            "device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
            "socket": stat.S_ISSOCK,
        }
        kind = next(name for name, is_kind in kinds.items() if is_kind(mode))
        raise ArchgymError(f"can't read {path}: it is a {kind}, not a file")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Builds an object of JSON, which would otherwise keep the last of equal keys."""
    built = dict(pairs)
    if len(built) < len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"key {twice!r} is given twice")
    return built


def _check_depth(document: Any, where: str) -> None:
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise _too_deep(where)


def _too_deep(where: str) -> MalformedError:
    return MalformedError(f"{where} is nested more than {DEEPEST} levels deep")
