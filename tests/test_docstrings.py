"""The examples in docstrings run and print what they say."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from archgym.errors import MissingExtraError
from archgym.extras import EXTRAS

ROOT = Path(__file__).parents[1]
FOLDERS = ("archgym", "agents", "simulators", "traces")


def modules_with_examples() -> list[str]:
    """Names the modules that have an example, as they are imported."""
    names = []
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), re.MULTILINE):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            names.append(name if parts[0] == "archgym" else f"archgym.{name}")
    return sorted(names)


def test_there_are_examples_of_every_part() -> None:
    names = modules_with_examples()
    for part in ("archgym.proxy", "archgym.agents", "archgym.simulators", "archgym.traces"):
        assert any(name.startswith(f"{part}.") for name in names)


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # An example may write files.
    runner = doctest.DebugRunner()  # Raises what an example raises.
    try:
        module = importlib.import_module(name)
        for examples in doctest.DocTestFinder(exclude_empty=True).find(module):
            runner.run(examples)
    except doctest.DocTestFailure as failure:
        example = failure.example
        pytest.fail(f"{example.source.strip()} gave {failure.got!r}, not {example.want!r}")
    except doctest.UnexpectedException as error:
        skip_if_an_extra_is_missing(error.exc_info[1])
        raise
    except ImportError as error:
        skip_if_an_extra_is_missing(error)
        raise
    assert runner.tries > 0


def skip_if_an_extra_is_missing(error: BaseException) -> None:
    missing = isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in EXTRAS
    if missing or isinstance(error, MissingExtraError):
        pytest.skip(str(error))
