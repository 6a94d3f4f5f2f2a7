"""Files are UTF-8 whatever the locale: whatever opens one as text says so."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("archgym", "agents", "simulators", "traces", "experiments")
# What opens a file or a stream.
TEXT = ("read_text", "write_text", "open", "fdopen", "run", "Popen")
FILES = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]


def without_encoding(source: str) -> list[int]:
    """Returns the numbers of lines that open something as text without naming an encoding."""
    lines = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        function = call.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        if name not in TEXT:
            continue
        owner = getattr(getattr(function, "value", None), "id", "")
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in ("run", "Popen"):
            is_text = owner == "subprocess" and "text" in named
        elif name in ("open", "fdopen"):
            # `open(path, mode)`, but `path.open(mode)`; `os.open` knows no text.
            place = 1 if name == "fdopen" or isinstance(function, ast.Name) else 0
            mode = named.get("mode", call.args[place] if len(call.args) > place else None)
            # What is worked out, or the member of an archive, may be of any kind.
            text = mode.value if isinstance(mode, ast.Constant) else "r" if mode is None else "b"
            is_text = owner not in ("os", "Image") or name == "fdopen"
            is_text = is_text and isinstance(text, str) and "b" not in text
        else:
            is_text = True
        positional = name == "read_text" and call.args
        if is_text and "encoding" not in named and None not in named and not positional:
            lines.append(call.lineno)
    return lines


@pytest.mark.parametrize("line", ["a.read_text()", "open('a')", "a.open('w')", "os.fdopen(1, 'w')"])
def test_finds_what_it_looks_for(line):
    assert without_encoding(line) == [1]


def test_whatever_opens_text_names_its_encoding():
    found = {str(file): without_encoding(file.read_text(encoding="utf-8")) for file in FILES}
    assert {file: lines for file, lines in found.items() if lines} == {}
