"""Texts from outside never decide where files go."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.errors import ArchgymError
from archgym.texts import LONGEST_NAME, check_printable, file_name, one_line

texts = st.text(st.characters(), max_size=300)  # Halves of characters among them.
HOSTILE = ["", ".", "..", "/etc/passwd", "../../x", "a\0b", "a\nb", "x" * 300, "-", "\ud800", "  "]


@given(st.lists(texts | st.sampled_from(HOSTILE), min_size=1, max_size=4))
def test_names_are_fit_for_any_file_system(parts):
    name = file_name(*parts)
    assert name
    assert name.isascii()
    assert name.isprintable()
    assert name not in (".", "..")
    assert Path(name).name == name
    assert len(f"{name}.{2**22}.parquet.tmp") < 255


@pytest.mark.parametrize("text", HOSTILE)
def test_names_stay_in_their_folder(tmp_path, text):
    path = tmp_path / file_name(text)
    assert Path(os.path.normpath(path)).parent == tmp_path
    path.mkdir()


def test_usual_names_stay_as_they_are():
    assert file_name("stream(requests=500)", "power with runtime <= 1.05x", "my_agent", "0") == (
        "stream-requests-500_power-with-runtime-1.05x_my-agent_0"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [("größe", "grösse"), ("大", "小"), ("", "."), ("x" * 300, "x" * 301), ("a\nb", "a\tb")],
)
def test_texts_of_which_too_little_is_left_get_names_of_their_own(first, second):
    assert file_name(first) != file_name(second)
    assert file_name(first) == file_name(first)


@given(texts)
def test_messages_are_one_line_that_can_be_written(text):
    line = one_line(text)
    assert line.splitlines() in ([line], [])
    assert "\x1b" not in line
    assert len(line) <= LONGEST_NAME * 10
    line.encode()


@pytest.mark.parametrize("text", ["a\nb", "\0", "\x1b[31m", "\x9b31m", "\ud800", "a\u2028b"])
def test_control_characters_are_refused(text):
    with pytest.raises(ArchgymError, match="holds the control character"):
        check_printable(text)
    for fine in ("größe", "大きい", "$\\frac{$", "[red]", "<b>", "\N{NO-BREAK SPACE}"):
        check_printable(fine)
