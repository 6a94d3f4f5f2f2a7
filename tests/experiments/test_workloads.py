"""The pages on the bundled workloads are there, and say what is so."""

import pytest

from archgym.dram.trace_statistics import describe
from archgym.dram.workload import Workload
from archgym.simulators import simulate
from archgym.traces import workloads
from archgym.traces.player import OPEN, Player

pytest.importorskip("matplotlib")

from PIL import Image

from archgym.dram.trace_plot import READS, WRITES
from experiments.workloads import __main__ as command_line
from experiments.workloads.markdown import number, table
from experiments.workloads.page import page, write_picture
from experiments.workloads.play import compared


def test_every_bundled_workload_has_its_page_and_its_picture():
    files = {path.name for path in command_line.DOCS.iterdir()}
    expected = {f"{name}.{form}" for name in workloads.names() for form in ("md", "png")}
    assert files == {*expected, "README.md"}


def test_pages_are_small_enough_to_be_cloned_by_everyone():
    for picture in command_line.DOCS.glob("*.png"):
        assert picture.stat().st_size <= 60_000, picture.name


def test_the_index_links_all_pages():
    index = (command_line.DOCS / "README.md").read_text(encoding="utf-8")
    for name in workloads.names():
        assert f"[{name}]({name}.md)" in index


def test_the_page_of_the_shortest_workload_is_up_to_date():
    manifest = workloads.manifest()
    name = min(manifest, key=lambda name: len(workloads.load(name)))
    workload = Workload.load(name, command_line.DEVICE)
    text = page(workload, manifest[name], describe(workload), simulate({}, workload))
    assert (command_line.DOCS / f"{name}.md").read_text(encoding="utf-8") == text


@pytest.mark.slow
def test_all_pages_are_up_to_date():
    kept = {path.name: path.read_text("utf-8") for path in command_line.DOCS.glob("*.md")}
    assert command_line.pages(command_line.load()) == kept


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A picture of random addresses, the hardest to compress, and of reads and writes."""
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    write_picture(Workload.load("random", requests=20_000, read_share=0.5), path)
    return path


def test_pictures_are_reproducible(picture, tmp_path):
    again = tmp_path / "b.png"
    write_picture(Workload.load("random", requests=20_000, read_share=0.5), again)
    assert again.read_bytes() == picture.read_bytes()
    assert picture.stat().st_size <= 60_000


def test_pictures_keep_the_colours_that_mean_something(picture):
    seen = {colour for _, colour in Image.open(picture).convert("RGB").getcolors()}
    for colour in (READS, WRITES, "#FFFFFF"):
        assert tuple(bytes.fromhex(colour[1:])) in seen


def test_compared_are_the_least_the_median_and_the_most_demanding():
    loads = {"b": 0.05, "d": 0.2, "a": 0.01, "c": 0.1, "e": 0.3}
    played = {name: Workload.load("random", intensity=x) for name, x in loads.items()}
    played["closed"] = Workload.load("random", player=Player("closed", 4), intensity=1)
    found = {name: describe(workload) for name, workload in played.items()}
    assert compared(played, found) == ["a", "c", "e"]
    assert all(played[name].player == OPEN for name in compared(played, found))
    assert compared({"a": played["a"]}, found) == ["a"]


def test_markdown():
    assert table(("a", "b>"), [("1", "2")]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |\n"
    written = [number(value) for value in (0, 12345, 12345.6, 0.012345, 9.87654)]
    assert written == ["0", "12,345", "12,346", "0.01235", "9.877"]
