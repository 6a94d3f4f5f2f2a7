"""Trace files of every format: good ones, damaged ones, and what reading any file may do."""

import gzip
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from archgym.errors import ArchgymError
from archgym.traces.formats import FORMATS, read, write
from archgym.traces.trace import Trace

TEXTS = {
    "stl": b"0: read 0x40\n3: (32) write 0x80\n3: read 0xc0 0x12\n",
    "rstl": b"0: read 0x40\n3: (32) write 0x80\n0: read 0xc0\n",
    "loadstore": b"LD 0x40\nST 128\nLD 0xC0\n",
    "simpleo3": b"0 64\n3 128 192\n",
    "dramsim3": b"0x40 READ 0\n0x80 WRITE  3\nC0 read 3\n",
    "csv": b"arrival_ps,address,is_write,size\n0,64,0,64\n3000,0x80,1,32\n3000,192,0,64\n",
}
"""A file of three requests in every text format, with what other programs write in it."""

WORDS = [
    *(b"read", b"write", b"READ", b"WRITE", b"LD ", b"ST ", b": read 0x", b": (", b") write 0x"),
    *(b"\n", b"\r", b"\r\n", b",", b":", b" ", b"\t", b"#", b'"', b"(", b")", b"0x", b"0X", b"w"),
    *(b"-", b"+", b".", b"_", b"\x00", b"\xff", b"\xef\xbb\xbf", b"1e9", b"nan", b"NULL", b"true"),
    *(b"100000000000000000000", b"18446744073709551615", b"9223372036854775807", b"4294967296"),
    *(b"0x10000000000000000", b"0" * 50 + b"7", b"9" * 5000, b"address", b"PAR1", b"{}"),
]
"""Pieces of the formats, and what readers of numbers stumble over."""


def parquet() -> bytes:
    """Returns a Parquet file of three requests."""
    trace = Trace([0, 3000, 3000], [64, 128, 192], [0, 1, 0], [64, 32, 64], [0, 1, 2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.parquet")
        write(trace, path)
        return path.read_bytes()


def compress(content: bytes, compression: str) -> bytes:
    """Compresses by `gzip` or `zstd`, the same content always to the same file."""
    if compression == "gzip":
        return gzip.compress(content, mtime=0)
    return bytes(pa.Codec("zstd").compress(content, asbytes=True))


def examples() -> dict[str, bytes]:
    """Returns a file of every format, and one for each way to compress it, by their names."""
    files = {f"trace.{name}": content for name, content in TEXTS.items()}
    for name, content in tuple(files.items()):
        files[f"{name}.gz"] = compress(content, "gzip")
        files[f"{name}.zst"] = compress(content, "zstd")
    return files | {"trace.parquet": parquet()}


def damage(content: bytes, rng: random.Random) -> bytes:
    """Returns a file with a few bytes changed, removed, repeated, or replaced by awkward words."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        start = rng.randint(0, len(content))
        end = min(len(content), start + rng.choice((0, 1, 1, 2, 5, 20)))
        change: Callable[[], bytes] = rng.choice(
            (
                lambda: bytes([rng.randrange(256)]),
                lambda: rng.choice(WORDS),
                lambda part=content[start:end]: part * rng.choice((0, 2, 3)),
                lambda: rng.randbytes(rng.choice((1, 4, 30))),
            )
        )
        content = content[:start] + change() + content[end:]
        if rng.random() < 0.05:
            content = content[:start]
    return content


def check_reading(content: bytes, path: Path) -> Trace | None:
    """Reads a file of any content: it has to be a trace, or refused by an error that names it.

    Args:
        content: What to put in the file.
        path: The file, which is replaced.

    Returns:
        The trace, or `None` if the file is refused.

    Raises:
        AssertionError: The error does not name the file, or is not one sentence.
        Exception: Anything that reading let through but an `ArchgymError`.
    """
    path.write_bytes(content)
    try:
        return read(path, clock_mhz=1000)
    except ArchgymError as error:
        message = str(error)
    if str(path) not in message or "\n" in message:
        raise AssertionError(f"not a sentence about {path}: {message!r}")
    return None


def names() -> list[str]:
    """Returns file names whose endings matter to reading."""
    return ["trace", *(f"trace.{name}" for name in FORMATS), "trace.stl.gz"]
