import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from archgym import traces
from archgym.dram.testing.trace_files import compress, parquet
from archgym.errors import ArchgymError


@pytest.fixture
def write_table(tmp_path):
    def write(table, metadata=None):
        path = tmp_path / "app.parquet"
        pa.parquet.write_table(pa.table(table).replace_schema_metadata(metadata), path)
        return path

    return write


@pytest.mark.parametrize(
    "is_write", [[False, True], np.array([0, 1], np.int8), np.array([0, 1], np.uint64)]
)
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_columns_of_any_integer_type(write_table, dtype, is_write, columns):
    path = write_table({"size": np.array([1, 2], dtype), "address": [5, 6], "is_write": is_write})
    assert columns(traces.read(path, 1000)) == {
        "arrival_ps": [0, 1000],
        "address": [5, 6],
        "is_write": [False, True],
        "size": [1, 2],
        "initiator": [0, 0],
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"address": [1], "sise": [1]}, "unknown column 'sise'; did you mean 'size'?"),
        ({"size": [1]}, "there is no column 'address'"),
        ({"address": [-1]}, "requests 0 to 0: address must lie in 0 to"),
        ({"address": [1.5]}, "address must be whole numbers, is double"),
        ({"address": ["x"]}, "address must be whole numbers, is string"),
        ({"address": [[1]]}, "address must be whole numbers, is list"),
        ({"address": [1, None]}, "address is missing in some"),
        ({"address": [1, 1], "is_write": [0, 2]}, "is_write must lie in 0 to 1"),
        ({"address": [1], "initiator": [2**16]}, "initiator must lie in 0 to 65535"),
        ({"address": [1, 1], "size": [1, 0]}, "request 1: a request of 0 bytes"),
        ({"address": [1], "size": [1.5]}, "size must be whole numbers, is double"),
        ({"address": [1], "size": [False]}, "size must be whole numbers, is bool"),
        ({"address": [1]}, "there is no column 'is_write'"),
        ({"address": [1, 1], "arrival_ps": [2, 1]}, "request 1: picosecond 1 comes before"),
        ({"address": [1, 1], "arrival_ps": [-2, 1]}, "before time 0"),
        ({"address": pa.array([], pa.int64())}, "is empty"),
    ],
)
def test_columns_are_checked(write_table, table, message):
    path = write_table(table)
    with pytest.raises(ArchgymError) as error:
        traces.read(path, 1000)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_a_size_that_is_null_is_not_stated(write_table, columns):
    path = write_table({"address": [1, 2], "is_write": [0, 1], "size": [None, 8]})
    trace = traces.read(path, 1000)
    assert columns(trace)["size"] == [0, 8]
    assert columns(traces.read(path, 1000, size=16))["size"] == [16, 8]
    traces.write(trace, path)
    assert columns(traces.read(path, 1000)) == columns(trace)
    path = write_table({"address": [1, 2], "is_write": [0, 1], "size": [None, None]})
    assert columns(traces.read(path, 1000))["size"] == [0, 0]


def test_directions_are_never_guessed(write_table, columns):
    path = write_table({"address": [1, 2]})
    with pytest.raises(ArchgymError, match=r"app\.parquet: there is no column 'is_write'"):
        traces.read(path, 1000)
    assert columns(traces.read(path, 1000, reads_only=True))["is_write"] == [False, False]


@pytest.mark.parametrize(
    "player", ["", "closed", "[]", '{"mode": "close"}', '{"max": 1}', "\xff", "[" * 100_000]
)
def test_players_are_checked(write_table, player):
    path = write_table({"address": [1]}, {b"archgym.player": player.encode("latin-1")})
    with pytest.raises(ArchgymError, match=r"app\.parquet: player: "):
        traces.read(path, 1000)


def test_a_parquet_file_in_a_compressed_one_is_of_no_known_format(write):
    packed = compress(parquet(), "gzip")
    with pytest.raises(ArchgymError, match="of no known trace format"):
        traces.read(write(packed, "t.gz"), 1000)
