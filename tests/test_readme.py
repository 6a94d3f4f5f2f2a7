"""What README.md shows can be typed as it stands."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from archgym.cli.app import app

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXPERIMENTS = Path(__file__).parents[1] / "experiments"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow
def test_the_python_examples_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("skopt", reason="needs the extra [search]")
    exec(compile("\n".join(blocks("python")), "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert float(printed[0].split()[0]) > 0  # latency
    assert float(printed[-1].split()[0]) < 1  # cost / the default design's


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("archgym ")]


def test_there_are_commands_to_try() -> None:
    assert {"simulate", "compare", "run", "list"} <= {line.split()[1] for line in commands()}


@pytest.mark.parametrize("block", [block for block in blocks("sh") if "archgym " in block])
def test_the_commands_run_one_after_the_other(
    block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (line for line in commands() if line in block):
        # Studies take minutes, so only their options are tried here.
        arguments = shlex.split(command, comments=True)[1:]
        if arguments[0] in ("run", "compare"):
            arguments = [arguments[0], "--help"]
        if arguments[:2] == ["trace", "record"] and not shutil.which("valgrind"):
            continue
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"{command}: {done.output}"


def test_the_picture_and_the_figures_are_there() -> None:
    for link in re.findall(r"\]\((experiments/[^)]+)\)", README):
        assert (EXPERIMENTS.parent / link).stat().st_size > 0
