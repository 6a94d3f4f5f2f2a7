import gzip

import pytest

from archgym import Player, traces

STL = "0: read 0x0\n3: (32) write 0x40\n9: read 0x100000\n"


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "t.stl"
    path.write_text(STL)
    return path


def test_formats_are_those_of_the_endings(archgym, trace, tmp_path):
    out, err = archgym("trace", "convert", trace, "t.csv.gz", "--from-clock-mhz", 1000)
    assert out == ""
    assert err == ""
    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()) == (
        b"arrival_ps,address,is_write,size,initiator\n0,0,0,,0\n3000,64,1,32,0\n9000,1048576,0,,0\n"
    )
    assert archgym("trace", "convert", "t.csv.gz", "u.parquet") == ("", "")
    assert archgym("trace", "convert", "u.parquet", "v", "--format", "stl", "--clock-mhz", 500) == (
        "",
        "note: v: arrivals are moved to cycles of 2000 ps\n",
    )
    assert (tmp_path / "v").read_text() == ("0: read 0x0\n1: (32) write 0x40\n4: read 0x100000\n")


def test_clocks_of_both_files_are_one_unless_two_are_given(archgym, trace, tmp_path):
    for options, clocks in (
        (["--clock-mhz", 500], (500, 500)),
        (["--from-clock-mhz", 500], (500, 500)),
        (["--clock-mhz", 500, "--from-clock-mhz", 1000], (1000, 500)),
        (["--clock-mhz", 500, "--device", "ddr4-2400"], (500, 500)),
    ):
        _, err = archgym("trace", "convert", trace, "u.stl", *options)
        assert "device" not in err
        expected = traces.read(trace, clocks[0]).arrival_ps // (10**6 // clocks[1])
        assert traces.read(tmp_path / "u.stl", 10**6).arrival_ps.tolist() == expected.tolist()


def test_a_device_says_clock_and_size(archgym, trace, tmp_path):
    _, err = archgym("trace", "convert", trace, "t.parquet", "--device", "ddr3-1600")
    assert err == f"note: {trace}: read as stl, in cycles of the device's clock, 800 MHz\n"
    read = traces.read(tmp_path / "t.parquet")
    assert read.arrival_ps.tolist() == [0, 3 * 1250, 9 * 1250]
    assert read.size.tolist() == [64, 32, 64]
    archgym(
        "trace", "convert", trace, "u.parquet", "--device", "ddr3-1600", "--from-clock-mhz", 1000,
        "--size", 8,
    )  # fmt: skip
    read = traces.read(tmp_path / "u.parquet")
    assert (read.duration_ps, read.size.tolist()) == (9000, [8, 32, 8])


def test_what_is_lost_and_what_is_assumed_is_said(archgym, trace, tmp_path):
    _, err = archgym("trace", "convert", trace, "t.loadstore", "--from-clock-mhz", 1000)
    assert err == "note: t.loadstore: arrivals are lost; sizes are lost; the player is lost\n"
    _, err = archgym("trace", "convert", "t.loadstore", "t.dramsim3", "--from-clock-mhz", 1000)
    assert err == (
        "note: t.loadstore: read as loadstore\n"
        "note: t.dramsim3: the player is lost; arrivals are made up, for there are none\n"
    )
    (tmp_path / "u.csv").write_text("address\n0\n")
    options = ("--clock-mhz", 1000, "--reads-only", "--player", "closed", "--max-outstanding", 3)
    _, err = archgym("trace", "convert", "u.csv", "u.parquet", *options)
    assert err == "note: u.csv: read as csv\n"
    assert traces.read(tmp_path / "u.parquet", 1000).player == Player("closed", 3)


def test_a_player_is_carried_by_parquet_alone(archgym, trace, tmp_path):
    player = Player("closed", max_outstanding=8, dependent=True)
    before = traces.read(trace, 1000)
    before.player = player
    traces.write(before, tmp_path / "t.parquet")
    archgym("trace", "convert", "t.parquet", "u.parquet")
    assert traces.read(tmp_path / "u.parquet").player == player
    _, err = archgym("trace", "convert", "t.parquet", "u.csv")
    assert err == "note: u.csv: the player is lost\n"


def test_a_trace_can_replace_itself(archgym, trace, tmp_path):
    archgym("trace", "convert", trace, trace, "--from-clock-mhz", 1000, "--clock-mhz", 1000)
    assert traces.read(trace, 1000).arrival_ps.tolist() == [0, 3000, 9000]
    assert [path.name for path in tmp_path.iterdir()] == ["t.stl"]


TIMELESS = {"t.loadstore": "LD 0x0\nST 0x40\n", "t.csv": "address,is_write\n0,0\n64,1\n"}


@pytest.mark.parametrize("name", TIMELESS)
def test_times_that_are_neither_read_nor_written_need_no_clock(archgym, name, tmp_path):
    (tmp_path / name).write_text(TIMELESS[name])
    for target in ("u.csv", "u.parquet", "u.loadstore"):
        archgym("trace", "convert", name, target)
        read = traces.read(tmp_path / target, 1000)
        assert not read.has_times
        assert read.address.tolist() == [0, 64]
    (tmp_path / "v.stl").write_text(STL)
    _, err = archgym("trace", "convert", "v.stl", "v.loadstore")
    assert err == "note: v.loadstore: arrivals are lost; sizes are lost; the player is lost\n"


@pytest.mark.parametrize("name", TIMELESS)
def test_times_that_are_made_up_need_a_clock(archgym, name, tmp_path):
    (tmp_path / name).write_text(TIMELESS[name])
    said = f"error: trace {name} has no times and gets one request per cycle: "
    _, err = archgym("trace", "convert", name, "u.stl", code=2)
    assert err.startswith(f"{said}--clock-mhz")
    _, err = archgym("trace", "mix", name, name, "--out", "u.csv", code=2)
    assert err.startswith(f"{said}clock_mhz is needed")


def test_a_name_where_a_file_is_needed(archgym, tmp_path):
    _, err = archgym("trace", "convert", "stream", "t.csv", code=2)
    assert "generator: archgym trace generate stream --out t.csv writes one" in err
    _, err = archgym("trace", "convert", "sqlite", "t.csv", code=2)
    assert "sqlite is a bundled workload" in err
    (tmp_path / "stream").write_text(STL)
    archgym("trace", "convert", "stream", "t.csv", "--clock-mhz", 1000)
