"""Parquet: the columns of `archgym.traces.formats.csv` in binary, and the player.

The player stands in the schema's metadata under `archgym.player`, as a JSON object of its
attributes that are not at their defaults. Columns may be of any integer type; `is_write` may be
boolean too. A `size` is null where a request states none.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from archgym.errors import ArchgymError
from archgym.traces.formats.columns import Columns, Ints, concatenate, to_numpy
from archgym.traces.formats.csv import COLUMNS, check_header, sizes, stated_columns
from archgym.traces.formats.format import ARRIVAL, INITIATOR, PLAYER, SIZE, Format, slices
from archgym.traces.formats.source import Block
from archgym.traces.player import Player
from archgym.traces.trace import Trace

MAGIC = b"PAR1"

_PLAYER_KEY = b"archgym.player"
_ROWS = 2**16
_SCHEMA = pa.schema(
    [
        pa.field("arrival_ps", pa.int64(), nullable=False),
        pa.field("address", pa.uint64(), nullable=False),
        pa.field("is_write", pa.bool_(), nullable=False),
        pa.field("size", pa.uint32()),
        pa.field("initiator", pa.uint16(), nullable=False),
    ]
)
_TYPES = {field.name: np.dtype(field.type.to_pandas_dtype()) for field in _SCHEMA}
# Times and addresses repeat little but differ little from their neighbours.
_DELTAS = ["arrival_ps", "address"]


def _decode(path: Path, blocks: Iterable[Block]) -> Columns:
    try:
        with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            names = file.schema_arrow.names
            check_header(names, str(path))
            player = _player(file.schema_arrow.metadata or {}, path)
            columns = concatenate(_batches(file, path), path)
    # The reader's complaints are of many types; a damaged footer may ask for any amount of memory.
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError, OverflowError) as error:
        complaint = " ".join(str(error).split())[:200]
        raise ArchgymError(f"trace {path} is not a whole Parquet file: {complaint}") from error
    columns.player = player
    if "arrival_ps" not in names:
        columns.time = None
    if "is_write" not in names:
        columns.is_write = None
    return columns


def _batches(file: Any, path: Path) -> Iterator[Columns]:
    first = 0
    for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
        columns = {
            COLUMNS[name]: _column(batch.column(name), name, path, first)
            for name in batch.schema.names
        }
        columns.setdefault("time", np.zeros(batch.num_rows, np.int64))
        columns.setdefault("is_write", np.zeros(batch.num_rows, np.bool_))
        first += batch.num_rows
        yield Columns(**columns)


def _column(array: Any, name: str, path: Path, first: int) -> Any:
    where = f"{path}: requests {first} to {first + len(array) - 1}: {name}"
    if name == "size" and pa.types.is_null(array.type):
        array = array.cast(pa.uint32())
    is_switch = name == "is_write" and pa.types.is_boolean(array.type)
    if not (pa.types.is_integer(array.type) or is_switch):
        raise ArchgymError(f"{where} must be whole numbers, is {array.type}")
    if name == "size":
        array = _stated_sizes(array, path, first)
    if array.null_count:
        raise ArchgymError(f"{where} is missing in some")
    # A copy, for a view would keep all columns of the batch.
    numbers = to_numpy(array).copy()
    dtype = _TYPES[name]
    least, most = (0, 1) if dtype == np.bool_ else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if numbers.size and not least <= int(numbers.min()) <= int(numbers.max()) <= most:
        raise ArchgymError(f"{where} must lie in {least} to {most}")
    return numbers.astype(dtype, copy=False)


def _stated_sizes(array: Any, path: Path, first: int) -> Any:
    """Returns sizes with 0 for those that are null; none that is stated may be 0."""
    zero = array.index(pa.scalar(0, array.type)).as_py()
    if zero >= 0:
        raise ArchgymError(f"{path}: request {first + zero}: a request of 0 bytes")
    return array.fill_null(0)


def _player(metadata: dict[bytes, bytes], path: Path) -> Player | None:
    if _PLAYER_KEY not in metadata:
        return None
    try:
        values = json.loads(metadata[_PLAYER_KEY])
        if not isinstance(values, dict):
            raise ArchgymError("expected a JSON object")
        return Player.from_mapping(values)
    except (ValueError, RecursionError) as error:
        raise ArchgymError(f"{path}: player: {error}") from error


def _encode(trace: Trace, time: Ints, file: BinaryIO) -> None:
    player = json.dumps(trace.player.to_mapping()).encode()
    columns = stated_columns(trace, time)
    schema = pa.schema([_SCHEMA.field(name) for name in columns], {_PLAYER_KEY: player})
    with pa.parquet.ParquetWriter(
        file,
        schema,
        compression="zstd",
        use_dictionary=[name for name in schema.names if name not in _DELTAS],
        column_encoding={name: "DELTA_BINARY_PACKED" for name in _DELTAS if name in columns},
        write_page_checksum=True,
    ) as writer:
        for part in slices(len(trace), 2**20):
            arrays = [
                sizes(values[part]) if name == "size" else pa.array(values[part])
                for name, values in columns.items()
            ]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=2**20)


PARQUET = Format(
    "parquet",
    frozenset({ARRIVAL, SIZE, INITIATOR, PLAYER}),
    "picosecond",
    lambda line: False,
    _decode,
    _encode,
    may_omit_times=True,
)
