"""`archgym trace info` and `archgym trace plot`."""

import json

import pytest

from archgym import Player, Workload
from archgym.dram.trace_plot import write_plot
from archgym.dram.trace_statistics import describe


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "t.stl"
    path.write_text("0: read 0x0\n3: write 0x40\n9: read 0x100000\n20: read 0x0\n")
    return path


@pytest.mark.parametrize("device", ["ddr4-2400", "hbm2"])
def test_json_is_what_the_library_measures(archgym, trace, device):
    out, err = archgym("trace", "info", trace, "--device", device, "--json")
    found = describe(Workload.from_file(trace, device))
    printed = json.loads(out)
    assert (printed["trace"], printed["device"]) == ("t", device)
    assert printed["player"] == {"mode": "open"}
    assert printed["statistics"] == found.values
    assert printed["features"] == found.features
    assert {int(bound): share for bound, share in printed["reuse"].items()} == found.reuse
    assert {int(stride): share for stride, share in printed["strides"].items()} == found.strides
    clock_mhz = {"ddr4-2400": 1200, "hbm2": 1000}[device]
    assert err == f"note: {trace}: read as stl, in cycles of the device's clock, {clock_mhz} MHz\n"


def test_tables_have_every_figure(archgym, trace):
    out, _ = archgym("trace", "info", trace)
    found = describe(Workload.from_file(trace))
    words = [line.split() for line in out.splitlines() if line]
    assert out.startswith("t on ddr4-2400, played open\n")
    statistics = [line.split() for line in out.partition("reuse distance (lines)")[0].splitlines()]
    for name, value in found.values.items():
        (row,) = (row for row in statistics if row[:1] == [name])
        assert float(row[1].replace(",", "")) == pytest.approx(value, abs=0.001)
    for name, value in found.features.items():
        assert any(row[:2] == [name, f"{value:.4f}"] for row in words)
    assert ["first", "touch", "75.00%"] in words
    assert any(row[:2] == ["<", "4"] and row[2:4] == ["25.00%", "25.00%"] for row in words)


def test_a_file_is_read_and_played_as_the_options_say(archgym, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("address\n8\n136\n")
    options = ("--clock-mhz", 500, "--size", 8, "--reads-only")
    out, err = archgym("trace", "info", path, *options, "--think-time", 3, "--json")
    assert err == (
        f"note: {path}: read as csv\n"
        f"note: {path}: has no times, so it is played closed, 16 outstanding, think time 3000 ps\n"
    )
    player = Player("closed", 16, 3000)
    workload = Workload.from_file(path, clock_mhz=500, size=8, reads_only=True, player=player)
    printed = json.loads(out)
    assert printed["player"] == player.to_mapping()
    assert printed["features"] == describe(workload).features
    assert printed["statistics"] == describe(workload).values
    assert printed["statistics"]["bytes"] == 16


def test_bundled_workloads_have_figures(archgym):
    out, _ = archgym("trace", "info", "sqlite", "--json")
    assert json.loads(out)["statistics"] == describe(Workload.load("sqlite")).values


def test_picture_is_the_librarys(archgym, trace, tmp_path):
    pytest.importorskip("matplotlib")
    out, err = archgym("trace", "plot", trace, "-o", "picture.png")
    assert err.startswith(f"note: {trace}: read as stl, in cycles")
    assert out == "wrote picture.png\n"
    write_plot(Workload.from_file(trace), tmp_path / "direct.png")
    assert (tmp_path / "picture.png").read_bytes() == (tmp_path / "direct.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("info", "none.stl"), "can't read trace none.stl"),
        (("info", "sqllite"), "did you mean 'sqlite'"),
        (("info", "sqlite", "--device", "ddr9"), "unknown device 'ddr9'"),
        (("plot", "sqlite", "-o", "a.pdf"), "ends with .svg or .png, not 'a.pdf'"),
        (("plot", "sqlite"), "Missing option '-o'"),
        (("info", "sqlite", "--clock-mhz", 1000), "--clock-mhz is for trace files, which sqlite"),
        (("info", "sqlite", "--reads-only"), "--reads-only is for trace files"),
        (("info", "sqlite", "--max-outstanding", 8), "max_outstanding is a closed player's"),
    ],
)
def test_bad_input(archgym, arguments, message):
    out, err = archgym("trace", *arguments, code=2)
    assert message in err
    assert len(err.splitlines()) == 1
    assert out == ""
