"""Parquet files are read as they were written, within the memory that they justify."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import parquet
from archgym.errors import ArchgymError, DamagedError

FRAME = pd.DataFrame(
    {
        "step": range(40),
        "text": ["one", None] * 20,
        "cost": np.linspace(0.1, 1e300, 40),
        "none": [None] * 40,
        "flag": [True, None] * 20,
    }
)


WHOLE = pa.Table.from_pandas(FRAME).to_pandas()


def test_a_frame_comes_back_as_pandas_would_read_it(tmp_path: Path) -> None:
    path = tmp_path / "it.parquet"
    for frame in (FRAME, FRAME.iloc[:0], FRAME[["cost"]]):
        parquet.write_frame(frame, path)
        pd.testing.assert_frame_equal(parquet.read_frame(path), pd.read_parquet(path))
    parquet.write_frame(FRAME, path)
    assert list(parquet.read_frame(path, ["text", "cost"])) == ["text", "cost"]
    with pytest.raises(ArchgymError, match=r"it\.parquet has no column 'other'"):
        parquet.read(path, ["cost", "other"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_in_a_page_is_noticed_without_a_digest(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "it.parquet"
    parquet.write_frame(FRAME, path)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        read = parquet.read_frame(path)
    except ArchgymError as error:
        assert str(path) in str(error)  # noqa: PT017 - it may as well be read
    else:  # Of the footer, which has no checksum, the names are all that shows.
        for name in set(read) & set(FRAME):
            assert read[name].astype(str).tolist() == WHOLE[name].astype(str).tolist()
    with pytest.raises(DamagedError, match="is damaged"):
        parquet.read(path, sha256="0" * 64)


@pytest.mark.parametrize("rows", [10_000_000, 100_000_000])
def test_what_would_fill_the_memory_is_refused(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "bomb.parquet"
    long = pa.array(["x" * 10_000])
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows // 100, np.int32)), long)
    pq.write_table(pa.table({"text": text}), path, store_schema=False, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(DamagedError, match="out of proportion to its size"):
        parquet.read(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        with pytest.raises(ArchgymError, match=f"can't read {path}"):
            parquet.read(path)
    (tmp_path / "it").write_bytes(b"")
    with pytest.raises(DamagedError, match="can't read"):
        parquet.read(tmp_path / "it")
