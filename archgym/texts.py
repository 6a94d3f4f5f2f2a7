"""Texts from outside, such as names and labels: as names of files, and where people read them."""

import hashlib
import re

from archgym.errors import ArchgymError

LONGEST_NAME = 180
"""The most characters of a text that go into a name; file systems hold 255, endings included."""

_LONGEST_LINE = 1000
# What moves the cursor or begins a line, and halves of characters, which no file can hold.
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def file_name(*parts: str) -> str:
    """Returns texts as the name of a file, without its ending, for any file system and any locale.

    What is no ASCII letter, digit, `.`, `+` or `-` becomes a `-`, and parts are joined by `_`. A
    hash of the texts makes up for letters of other alphabets and for what is left out of long
    texts. Texts that differ in punctuation alone may get the same name.

    Args:
        parts: Any texts.
    """
    kept = [re.sub(r"[^A-Za-z0-9.+-]+", "-", part).strip("-") for part in parts]
    name = "_".join(kept)
    readable = all(part.isascii() and part.isprintable() for part in parts)
    if readable and all(part.strip(".") for part in kept) and len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[:LONGEST_NAME].strip('.-_')}-{digest}".lstrip("-")


def check_printable(text: str) -> None:
    """Checks that a text can be written to a file and shown in a line.

    Raises:
        ArchgymError: It holds a control character or a half of one.
    """
    if found := _CONTROL.search(text):
        raise ArchgymError(
            f"{text[:40]!r} holds the control character {found[0]!r}, which no name may"
        )


def one_line(text: str) -> str:
    """Returns a message for a terminal: one line of bearable length, control characters escaped."""
    line = _CONTROL.sub(lambda found: repr(found[0])[1:-1], " ".join(text.split()))
    return shorten(line, _LONGEST_LINE)


def shorten(text: str, most: int) -> str:
    """Returns a text of at most so many characters, without its middle if it has more."""
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end - 3]}...{text[-end:]}"
