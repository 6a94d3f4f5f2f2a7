"""A stamped document is what it was, or is refused in a sentence."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archgym import digest
from archgym.errors import ArchgymError

DOCUMENTS: Any = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)
per_example = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@per_example
@given(document=DOCUMENTS)
def test_a_stamped_document_comes_back(tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "it.json"
    stamped = digest.stamp(document)
    for text in (json.dumps(stamped), json.dumps(stamped, indent=3, sort_keys=True)):
        path.write_text(text)
        read = digest.read_json(path)
        digest.check(read, path)
        assert {name: value for name, value in read.items() if name != digest.KEY} == {
            name: value for name, value in document.items() if name != digest.KEY
        }
    assert digest.stamp(stamped) == stamped


def test_tuples_and_keys_count_as_json_has_them() -> None:
    assert digest.of_document({"a": (1, 2)}) == digest.of_document({"a": [1, 2]})
    assert digest.of_document({"a": {10: 1, 9: 2}}) == digest.of_document({"a": {"10": 1, "9": 2}})
    assert digest.of_document({"a": 1}) != digest.of_document({"a": 1.0})


DOCUMENT = digest.stamp(
    {"schema_version": 2, "spaces": {"a": [1, 2.5, None]}, "text": "\u00e9", "more": {"b": True}}
)


@per_example
@given(data=st.data())
def test_damage_is_noticed(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "it.json"
    content = bytearray(json.dumps(DOCUMENT, indent=1).encode())
    at = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(("flip", "cut", "twice", "without"))):
        case "flip":
            content[at] ^= data.draw(st.integers(1, 255))
        case "cut":
            del content[at:]
        case "twice":
            content[at:at] = content[: data.draw(st.integers(0, at))]
        case "without":
            del content[at : at + data.draw(st.integers(1, 40))]
    path.write_bytes(content)
    try:
        read = digest.read_json(path)
        digest.check(read, path)
    except ArchgymError as error:
        assert str(path) in str(error)  # noqa: PT017 - it may as well be read
    else:
        assert read == DOCUMENT


def test_a_missing_digest_is_missed_where_it_is_required() -> None:
    with pytest.raises(ArchgymError, match=r"it\.json is damaged: it lacks its digest"):
        digest.check({"a": 1}, "it.json")
    digest.check({"a": 1}, "it.json", required=False)
    with pytest.raises(ArchgymError, match=r"it\.json is damaged: it is not what"):
        digest.check({"a": 1, digest.KEY: "0"}, "it.json", required=False)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[" * 10**6, b'{"a":' * 10**6, b"1" * 10**6, b"[]", b"NaN", b"null", b"\0"],
)
def test_what_is_no_document_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "it.json").write_bytes(content)
    with pytest.raises(ArchgymError, match=r"it\.json"):
        digest.read_json(tmp_path / "it.json")


def test_neither_devices_nor_pipes_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        with pytest.raises(ArchgymError, match=f"can't read {path}"):
            digest.read_json(path)


def test_of_a_file(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "it").write_bytes(content)
    assert digest.of_file(tmp_path / "it") == digest.of_bytes(content)
    with pytest.raises(ArchgymError, match="can't read"):
        digest.of_file(tmp_path / "missing")
