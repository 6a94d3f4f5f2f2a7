"""Parquet files with checksums: whatever is in one, it is read as written or refused in a sentence.

Each page carries a CRC-32 of its bytes. The digest of a whole file lies in a document beside it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archgym import digest
from archgym.errors import ArchgymError, DamagedError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

# What a file may hold in memory: what it takes on disk times so much, and so much in any case.
# Columns with few values are packed well, but hardly by more than that.
_GROWTH = 100
_ALWAYS_BYTES = 1 << 28


def write(table: "pa.Table", path: Path, compression: str = "snappy") -> None:
    """Writes a table.

    Raises:
        OSError: The file can't be written.
    """
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression=compression, write_page_checksum=True)


def write_frame(frame: "pd.DataFrame", path: Path, compression: str = "snappy") -> None:
    """Writes a frame without its index.

    Raises:
        OSError: The file can't be written.
    """
    import pyarrow as pa

    write(pa.Table.from_pandas(frame, preserve_index=False), path, compression)


def read(path: Path, columns: Sequence[str] | None = None, sha256: str | None = None) -> "pa.Table":
    """Reads a table, with a limit to the memory that its size justifies.

    Args:
        path: The file.
        columns: What to read; by default all.
        sha256: What the SHA-256 of the file has to be; `None` if that is not known.

    Raises:
        ArchgymError: The file can't be read, or lacks a column.
        DamagedError: It is not what was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if not path.is_file() and path.exists():
            raise ArchgymError(f"can't read {path}: it is no regular file")
        content = path.read_bytes()
    except OSError as error:
        raise ArchgymError(f"can't read {path}: {error.strerror}") from error
    if sha256 is not None and digest.of_bytes(content) != sha256:
        raise DamagedError(f"{path} is damaged: its SHA-256 is not the one of what was written")
    try:
        with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
            schema = file.schema_arrow
            missing = [name for name in columns or () if name not in schema.names]
            if not missing:
                return _read(file, columns, _ALWAYS_BYTES + _GROWTH * len(content))
    # Of damage, the library tells in many ways.
    except Exception as error:
        raise DamagedError(f"can't read {path}: {error}") from error
    raise ArchgymError(f"{path} has no column {missing[0]!r}")


def read_frame(
    path: Path, columns: Sequence[str] | None = None, sha256: str | None = None
) -> "pd.DataFrame":
    """Reads a table as `read`, and returns it as a frame.

    Raises:
        ArchgymError: As `read`.
    """
    table = read(path, columns, sha256)
    try:
        frame: pd.DataFrame = table.to_pandas()
    except Exception as error:  # What it says of itself may be foreign too.
        raise DamagedError(f"can't read {path}: {error}") from error
    return frame


def _read(file: "pq.ParquetFile", columns: Sequence[str] | None, most_bytes: int) -> "pa.Table":
    import pyarrow as pa

    batches, left = [], most_bytes
    for batch in file.iter_batches(columns=columns):
        left -= batch.nbytes
        if left < 0:
            raise ValueError(
                f"it holds more than {most_bytes:,} bytes, out of proportion to its size"
            )
        batches.append(batch)
    if not batches:
        return file.read(columns)
    return pa.Table.from_batches(batches).replace_schema_metadata(file.schema_arrow.metadata)
