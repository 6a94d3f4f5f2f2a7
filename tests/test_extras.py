import os
import subprocess
import sys

import pytest

from archgym.errors import ArchgymError, MissingExtraError
from archgym.extras import EXTRAS, needed_by

BACKENDS = ("__init__", "backend_agg", "backend_svg")

# What is left of matplotlib, by file -> what is said of it.
HALF_INSTALLED = {
    "a library of another version": (
        {"__init__.py": "from matplotlib import ft2font", "ft2font.py": "raise ImportError('ABI')"},
        "ImportError: ABI",
    ),
    "without a dependency": (
        {"__init__.py": "import kiwisolver_of_old"},
        "ModuleNotFoundError: No module named 'kiwisolver_of_old'",
    ),
    "with a dependency of another version": (
        {"__init__.py": "import math; math.long_gone"},
        "AttributeError: module 'math' has no attribute 'long_gone'",
    ),
    "without most of its files": (
        {"__init__.py": ""},
        "ModuleNotFoundError: No module named 'matplotlib.backends'",
    ),
    "with an empty file": (
        dict.fromkeys(
            ("__init__.py", "figure.py", *(f"backends/{name}.py" for name in BACKENDS)), ""
        ),
        "ImportError: cannot import name 'Figure' from 'matplotlib.figure'",
    ),
}


@pytest.fixture(params=HALF_INSTALLED)
def broken(request, tmp_path):
    """Runs the command line beside a broken matplotlib; returns the process and the reason."""
    files, reason = HALF_INSTALLED[request.param]
    for name, source in files.items():
        file = tmp_path / "site" / "matplotlib" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-c", "from archgym.cli import main; main()", *arguments],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done, reason

    return run


def test_a_study_is_no_worse_for_a_page_that_cannot_be_drawn(broken, tmp_path):
    options = ("--agents", "random_search", "--workloads", "stream", "--budget", "3")
    done, reason = broken("compare", *options, "--seeds", "1", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert "random_search" in done.stdout
    said = "no report.html: the report needs matplotlib, which fails to import: "
    assert done.stderr.startswith(said + reason)
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "out").rglob("*.parquet"))


def test_a_picture_that_cannot_be_drawn_is_refused_in_a_sentence(broken, tmp_path):
    done, reason = broken("trace", "plot", "stream", "--out", "stream.svg")
    assert done.returncode == 2
    said = "error: a picture needs matplotlib, which fails to import: "
    assert done.stderr.startswith(said + reason)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("package", EXTRAS)
def test_what_is_not_installed_is_named_with_its_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError) as raised, needed_by("the page"):
        __import__(package)
    assert str(raised.value) == (
        f"the page needs {package}, which is not installed; "
        f"run: pip install 'archgym[{EXTRAS[package]}]'"
    )


def test_bad_input_and_requests_to_stop_pass():
    for ending in (ArchgymError("bad input"), KeyboardInterrupt()):
        with pytest.raises(type(ending)) as raised, needed_by("the page"):
            raise ending
        assert raised.value is ending
