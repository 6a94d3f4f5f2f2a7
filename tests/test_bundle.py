"""Arrays are those that NumPy writes, and an archive holds no more than it may."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from archgym import bundle
from archgym.errors import ArchgymError

ARRAYS = arrays.arrays(
    st.sampled_from(["<f8", "<f4", "<i8", "<i4", "<i2", "|u1", "|b1", ">i4"]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
)


@given(ARRAYS)
def test_arrays_are_packed_as_numpy_saves_them(array: np.ndarray) -> None:
    file = io.BytesIO()
    np.save(file, array.astype(array.dtype.newbyteorder("<"), order="C"))
    content = bundle.pack(array)
    assert content == file.getvalue()
    found = bundle.unpack(content, "it")
    np.testing.assert_array_equal(found, array)
    assert found.shape == array.shape


@given(ARRAYS)
def test_arrays_that_numpy_saves_in_fortran_order_are_read(array: np.ndarray) -> None:
    file = io.BytesIO()
    np.save(file, array.astype(array.dtype.newbyteorder("<")).T)
    np.testing.assert_array_equal(bundle.unpack(file.getvalue(), "it"), array.T)


@given(st.data())
def test_any_bytes_are_an_array_or_refused(data: st.DataObject) -> None:
    content = bytearray(bundle.pack(np.arange(6.0).reshape(2, 3)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        assert bundle.unpack(cut, "it").nbytes < len(cut)
    except ArchgymError as error:
        assert str(error).startswith("it is ")  # noqa: PT017


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999999, 10, 0, 1), }",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<b8', 'fortran_order': False, 'shape': (1,), }",
    ],
)
def test_headers_that_promise_something_else_are_refused(header: str) -> None:
    line = header.encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line
    for data in (b"", bytes(8)):
        with pytest.raises(ArchgymError, match="it is"):
            bundle.unpack(content + data, "it")


def test_what_is_written_is_read(tmp_path) -> None:
    parts = {"a": b"x" * 1000, "b/c": b""}
    bundle.write(tmp_path / "it", "it.json", {"key": [1, None]}, parts)
    document, found = bundle.read(tmp_path / "it", "bundle", "it.json")
    assert document["key"] == [1, None]
    assert found == parts
    assert [each.name for each in tmp_path.iterdir()] == ["it"]
    with pytest.raises(ArchgymError, match=r"is not a bundle: it holds no other\.json"):
        bundle.read(tmp_path / "it", "bundle", "other.json")


def test_what_is_written_is_read_however_much_it_repeats_itself(tmp_path) -> None:
    parts = {"zeros": bytes(1 << 25)}
    bundle.write(tmp_path / "it", "it.json", {}, parts)
    assert bundle.read(tmp_path / "it", "bundle", "it.json")[1] == parts


def test_more_than_can_be_read_is_not_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(bundle, "MOST_BYTES", 1000)
    with pytest.raises(ArchgymError, match="too many to be read"):
        bundle.write(tmp_path / "it", "it.json", {}, {"a": bytes(1000)})
