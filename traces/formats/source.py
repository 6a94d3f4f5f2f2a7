"""A trace file as a stream: decompressed, in blocks of whole lines, never as a whole in memory."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from archgym.errors import ArchgymError

BLOCK_BYTES = 2**18
LONGEST_LINE = 2**16

_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

COMPRESSION_SUFFIXES = {".gz": "gzip", ".zst": "zstd"}
"""What the ending of a file to write asks for."""


class Block(NamedTuple):
    """Whole lines of a text file, each ended by a newline; `line` is the first one's number."""

    line: int
    text: bytes


def magic(path: Path, count: int = 4) -> bytes:
    """Returns the first bytes of a file that can be read more than once, and of others none.

    Raises:
        ArchgymError: The file can't be read.
    """
    with _named_errors(path, None):
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(count)


def blocks(path: Path) -> Iterator[Block]:
    """Yields a text file's lines; the last one gets the newline that it may lack.

    Args:
        path: The file, compressed by gzip or Zstandard or not at all, which its content tells.

    Raises:
        ArchgymError: The file can't be read, its compressed stream is damaged or cut off, or a
            line is longer than `LONGEST_LINE`.
    """
    line, rest = 1, b""
    for chunk in _chunks(path):
        text = rest + chunk
        if line == 1:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if end:
            yield Block(line, text[:end])
            line += text.count(b"\n", 0, end)
        if len(rest) > LONGEST_LINE:
            raise too_long(path, line)
    if rest:
        yield Block(line, rest + b"\n")


def too_long(path: Path, line: int) -> ArchgymError:
    """Builds the error for a line that no trace has."""
    return ArchgymError(f"{path}:{line}: a line of more than {LONGEST_LINE} bytes")


def _chunks(path: Path) -> Iterator[bytes]:
    with ExitStack() as stack:
        with _named_errors(path, None):
            file = stack.enter_context(path.open("rb"))
            start = file.peek(4)
        compression = next((c for sign, c in _COMPRESSIONS.items() if start.startswith(sign)), None)
        stream: Any = pa.PythonFile(file, "r")
        if compression is not None:
            stream = stack.enter_context(pa.CompressedInputStream(stream, compression))
        while True:
            with _named_errors(path, compression):
                # Its `read` would lose the memory when the stream turns out to be damaged.
                chunk: bytes = stream.read_buffer(BLOCK_BYTES).to_pybytes()
            if not chunk:
                return
            yield chunk


@contextmanager
def _named_errors(path: Path, compression: str | None) -> Iterator[None]:
    """Tells which file the system or a decompressor complains of."""
    try:
        yield
    except OSError as error:
        # A decompressor's complaint is no error of the system's.
        if error.errno is None and compression is not None:
            raise ArchgymError(
                f"trace {path} is not a whole {compression} file: {error}"
            ) from error
        raise ArchgymError(f"can't read trace {path}: {error.strerror or error}") from error
