"""Files appear all at once, and what killed processes leave goes at the next run."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from archgym.atomic import output, remove_leftovers, replacing


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("make", [replacing, output])
def test_a_file_is_replaced_as_a_whole_or_not_at_all(
    tmp_path: Path, make: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    path = tmp_path / "it.csv"
    path.write_text("old")

    def begin() -> None:
        with make(path) as temporary:
            assert not temporary.exists()
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert path.read_text() == "old"
    with make(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_too(tmp_path: Path) -> None:
    with replacing(tmp_path / "it") as temporary:
        temporary.mkdir()
        (temporary / "file").write_text("")
    assert (tmp_path / "it" / "file").exists()

    def begin() -> None:
        with replacing(tmp_path / "other") as temporary:
            temporary.mkdir()
            (temporary / "file").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_leftovers_of_the_same_that_are_nobodys_go(tmp_path: Path, gone: int) -> None:
    kept = {"it.csv", "it.csv.tmp", f"other.csv.{gone}.tmp", "it.csv.1.tmp", "it.csv.x.tmp"}
    kept |= {f"it.csv.{10**30}.tmp", f"it.csv.{gone}.tmp.gz", f"a{gone}.tmp"}
    for name in kept | {f"it.csv.{gone}.tmp"}:
        (tmp_path / name).write_text("")
    folder = tmp_path / f"[it].{gone}.tmp"
    (folder / "data").mkdir(parents=True)
    with output(tmp_path / "it.csv") as temporary:
        temporary.write_text("")
    remove_leftovers(tmp_path / "[it]")
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path, gone: int) -> None:
    for name in ("folder", "file"):
        (tmp_path / "inside" / name).mkdir(parents=True)
    for number in (gone, os.getpid()):
        link = tmp_path / f"it.{number}.tmp"
        link.symlink_to(tmp_path / "inside")
    with output(tmp_path / "it") as temporary:
        temporary.write_text("new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "it"]
    assert len(list((tmp_path / "inside").iterdir())) == 2


@pytest.mark.parametrize("name", [".", "..", "/"])
def test_a_folder_is_not_replaced_by_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    with pytest.raises(IsADirectoryError), output(Path(name)) as temporary:
        temporary.write_text("new")
    assert [path.name for path in tmp_path.rglob("*")] == ["inside"]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "it")
    with (
        pytest.raises(OSError, match="it is a device or a pipe, not a file"),
        replacing(tmp_path / "it") as temporary,
    ):
        temporary.write_text("new")
    assert (tmp_path / "it").is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["it"]
