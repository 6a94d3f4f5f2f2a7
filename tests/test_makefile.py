"""What `make` says on a machine where something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parent.parent / "Makefile"

# A Python whose standard library lacks a module, as Debian's does without python3-venv.
LAME_PYTHON = """#!/bin/sh
case "$*" in *{missing}*) exit 1;; esac
exec {python} "$@"
"""


def make(folder, *arguments):
    done = subprocess.run(
        ["make", "--no-print-directory", "-f", MAKEFILE, "demo", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert not (folder / ".venv").exists()
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("archgym")]
    return sentence


@pytest.mark.parametrize("python", ["", "false", "/no/such/python"])
def test_missing_python(tmp_path, python):
    assert "needs Python 3.11 or newer" in make(tmp_path, f"PYTHON={python}")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("ensurepip", "needs the venv module"), ("Python.h", "needs the C headers")],
)
def test_incomplete_python(tmp_path, missing, sentence):
    python = tmp_path / "python"
    python.write_text(LAME_PYTHON.format(missing=missing, python=sys.executable))
    python.chmod(0o755)
    assert sentence in make(tmp_path, f"PYTHON={python}")


@pytest.mark.parametrize("compiler", ["false", "/no/such/compiler"])
def test_missing_compiler(tmp_path, compiler):
    sentence = make(tmp_path, f"PYTHON={sys.executable}", f"CXX={compiler}")
    assert "needs a C++20 compiler" in sentence
    assert compiler in sentence
