"""Documents from outside: a value or one sentence, in bounded time and memory."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.documents import (
    DEEPEST,
    MOST_JSON_BYTES,
    MOST_TOML_BYTES,
    is_there,
    parse_json,
    parse_toml,
    read_json,
    read_toml,
)
from archgym.dram.device import Device
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.study import toml

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner)
)


@given(values)
def test_json_comes_back_as_it_was_written(value):
    assert parse_json(json.dumps(value), "it") == value


@given(st.text() | st.binary().map(lambda content: content.decode("latin-1")))
def test_any_text_is_a_document_or_one_sentence(text):
    for parse in (parse_json, parse_toml):
        with suppress(ArchgymError):
            parse(text, "it")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON: Expecting property name .*line 1, column 2"),
        ('{"a": 1, "b": {"c": 2, "c": 2}}', "it is not JSON: key 'c' is given twice"),
        ("[" * 10**6, "it is nested more than 64 levels deep"),
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "it is nested more than 64 levels deep"),
        ('{"a": ' * 10**6, "it is nested more than 64 levels deep"),
        ("9" * 10**6, "it is not JSON: Exceeds the limit"),
        ("\0", "it is not JSON"),
        ("{" + ", ".join(f'"{number % 9**6}": 0' for number in range(10**6)) + "}", "given twice"),
    ],
    ids=["cut", "twice", "deep", "a level too deep", "deep objects", "long", "NUL", "many keys"],
)
def test_json_that_is_refused(text, said):
    with pytest.raises(ArchgymError, match=said):
        parse_json(text, "it")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = 2", "it is not TOML: Cannot overwrite a value"),
        ("a = " + "[" * 10**5, "it is nested more than 64 levels deep"),
        ("a." * 10**5 + "a = 1", "it has a key of more than 32 parts"),
        ("[" + "'a' . " * 10**5 + "a]", "it has a key of more than 32 parts"),
        ("a = " + "9" * 10**5, "it is not TOML: Exceeds the limit"),
        ("a = \0", "it is not TOML"),
    ],
    ids=["twice", "deep", "long key", "long table", "long number", "NUL"],
)
def test_toml_that_is_refused(text, said):
    with pytest.raises(ArchgymError, match=said):
        parse_toml(text, "it")


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e308, -0.0, 5e-324, 2**63 - 1])
def test_numbers_come_back_from_toml(number):
    text = toml.dumps({"a": number, "b": {"c": [number]}})
    assert repr(parse_toml(text, "it")) == repr({"a": number, "b": {"c": [number]}})


def test_paths_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    cases = {
        tmp_path: "it is a folder, not a file",
        tmp_path / "pipe": "it is a named pipe, not a file",
        Path("/dev/zero"): "it is a device, not a file",
        tmp_path / "none": "No such file",
        tmp_path / ("x" * 300): "name too long",
        "a\0b": "embedded null",
    }
    for path, said in cases.items():
        for read in (read_json, read_toml):
            with pytest.raises(ArchgymError, match=said) as refused:
                read(path)
            assert "\0" not in str(refused.value)


@pytest.mark.parametrize(
    ("read", "most"), [(read_json, MOST_JSON_BYTES), (read_toml, MOST_TOML_BYTES)]
)
def test_large_files_are_refused_unread(tmp_path, read, most):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**40)  # Without a terabyte being there.
    with pytest.raises(ArchgymError, match=f"large .* is over {most:,} bytes"):
        read(tmp_path / "large")


def test_files_of_another_encoding_are_refused(tmp_path):
    (tmp_path / "it").write_bytes('{"grün": 1}'.encode("latin-1"))
    for read in (read_json, read_toml):
        with pytest.raises(ArchgymError, match=r"it is not (JSON|TOML): 'utf-8' codec"):
            read(tmp_path / "it")


@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/fd/0"])
@pytest.mark.parametrize("given", [b'{"a": 1}', b" " * (MOST_JSON_BYTES + 1)])
def test_what_the_shell_opened_is_read(path, given):
    code = f"""
from archgym.documents import read_json
from archgym.errors import ArchgymError
try:
    print(read_json({path!r}))
except ArchgymError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True)
    assert re.search(r"\{'a': 1\}|is over [0-9,]+ bytes", done.stdout.decode()), done.stderr


@pytest.mark.parametrize("text", ["", "é" * 300, "a\0b", "x/" * 3000, "/dev/null/x"])
def test_nothing_is_where_nothing_can_be(text):
    assert not is_there(text)


@pytest.mark.parametrize("name", ["é" * 300, "a\0b", "+".join(["é" * 300] * 2)])
def test_names_that_no_file_can_have_are_refused(name):
    with pytest.raises(ArchgymError):
        Workload.load(name)
    with pytest.raises(ArchgymError):
        Device.load(name)
