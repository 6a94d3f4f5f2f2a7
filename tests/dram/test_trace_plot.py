"""The picture of a trace: its files, and what is drawn."""

import sys

import numpy as np
import pytest

from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, MissingExtraError
from archgym.traces.player import Player
from archgym.traces.trace import Trace

pytest.importorskip("matplotlib")

from archgym.dram import trace_plot
from archgym.dram.trace_plot import READS, WRITES, draw, write_plot

DDR4 = Workload.load("stream", requests=1).system


def colours(panel):
    """Returns the distinct colours of a panel's picture, as hexadecimal numbers."""
    (image,) = panel.get_images()
    pixels = np.rint(255 * np.asarray(image.get_array())).astype(int).reshape(-1, 3)
    return {"#{:02X}{:02X}{:02X}".format(*pixel) for pixel in pixels.tolist()}


@pytest.mark.parametrize("form", ["svg", "png"])
def test_equal_traces_make_equal_files(tmp_path, form):
    first, second = tmp_path / f"a.{form}", tmp_path / f"b.{form}"
    for path in (first, second):
        write_plot(Workload.load("mixed", requests=3000), path)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:8].startswith(b"\x89PNG" if form == "png" else b"<?xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, second.name]


def test_axes_have_titles_and_units():
    panels = draw(Workload.load("sqlite")).axes
    assert len(panels) == 6
    for panel in panels:
        assert panel.get_title(loc="left")
        assert panel.get_xlabel()
        assert panel.get_ylabel()
    assert panels[0].get_ylabel() == "address (MiB)"
    assert panels[2].get_ylabel() == "bandwidth (GB/s)"


def test_reads_and_writes_have_colours_of_their_own():
    numbers = np.arange(2000)
    for is_write, expected in ((0, READS), (1, WRITES)):
        trace = Trace(numbers * 1000, numbers * 64, numbers * 0 + is_write)
        addresses, pages, *_ = draw(Workload(DDR4, trace)).axes
        assert expected in colours(addresses)
        assert expected in colours(pages)
        assert len(colours(addresses)) < 20


def test_every_request_can_be_seen():
    """Ten requests far apart in time and address are ten cells, however few they are."""
    numbers = np.arange(10)
    trace = Trace(numbers * 10**6, numbers * 2**28, numbers % 2)
    (image,) = draw(Workload(DDR4, trace)).axes[0].get_images()
    seen = (np.asarray(image.get_array()) < 0.99).any(axis=2)
    assert seen.sum() == 10


def test_bandwidth_adds_up_to_the_bytes():
    workload = Workload.load("mixed", requests=5000)
    panel = draw(workload).axes[2]
    reads, both = (patch.get_data() for patch in panel.patches)
    step_ns = workload.trace.duration_ps / 1000 / len(reads.values)
    assert both.values.sum() * step_ns == pytest.approx(workload.trace.size.sum())
    read_bytes = workload.trace.size[~workload.trace.is_write].sum()
    assert reads.values.sum() * step_ns == pytest.approx(read_bytes)


@pytest.mark.parametrize(
    "trace",
    [
        Trace([0], [0], [0]),
        Trace([7], [2**32 - 64], [1]),
        Trace([0] * 50, np.arange(50) * 64, [0] * 50, player=Player("closed", 4)),
        Trace([0, 2**62], [0, 0], [0, 1], size=[1, 100_000], initiator=[0, 7]),
    ],
    ids=["one", "last", "at once", "far apart"],
)
def test_odd_traces_have_pictures_too(trace, tmp_path, recwarn):
    write_plot(Workload(DDR4, trace), tmp_path / "odd.png")
    assert not [str(warning.message) for warning in recwarn]


def test_many_channels_have_a_picture_too(tmp_path):
    write_plot(Workload.load("random", "hbm2", requests=500), tmp_path / "a.png")


@pytest.mark.parametrize("name", ["picture.pdf", "picture", "svg"])
def test_another_ending(name, tmp_path):
    with pytest.raises(ArchgymError, match=r"ends with .svg or .png, not"):
        write_plot(Workload.load("stream", requests=10), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ArchgymError, match=r"can't write .*No such file"):
        write_plot(Workload.load("stream", requests=10), tmp_path / "none" / "a.svg")


def test_missing_matplotlib(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"a picture needs matplotlib.*archgym\[report\]"):
        trace_plot.write_plot(Workload.load("stream", requests=10), tmp_path / "a.svg")
