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
    assert err == f"note: {trace}: no sizes: 64 bytes\n"
    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()) == (
        b"arrival_ps,address,is_write,size,initiator\n"
        b"0,0,0,64,0\n3000,64,1,32,0\n9000,1048576,0,64,0\n"
    )
    assert archgym("trace", "convert", "t.csv.gz", "u.parquet") == ("", "")
    assert archgym("trace", "convert", "u.parquet", "v", "--format", "stl", "--clock-mhz", 500) == (
        "",
        "note: v: arrivals are moved to cycles of 2000 ps\n",
    )
    assert (tmp_path / "v").read_text() == (
        "0: (64) read 0x0\n1: (32) write 0x40\n4: (64) read 0x100000\n"
    )


def test_a_device_says_clock_and_size(archgym, trace, tmp_path):
    archgym("trace", "convert", trace, "t.parquet", "--device", "ddr3-1600")
    read = traces.read(tmp_path / "t.parquet")
    assert read.arrival_ps.tolist() == [0, 3 * 1250, 9 * 1250]
    assert read.size.tolist() == [64, 32, 64]
    archgym(
        "trace", "convert", trace, "u.parquet", "--device", "ddr3-1600", "--from-clock-mhz", 1000,
        "--size", 8,
    )  # fmt: skip
    read = traces.read(tmp_path / "u.parquet")
    assert (read.duration_ps, read.size.tolist()) == (9000, [8, 32, 8])


def test_what_is_lost_and_what_is_assumed_is_said(archgym, trace):
    _, err = archgym("trace", "convert", trace, "t.loadstore", "--from-clock-mhz", 1000)
    assert err.endswith("note: t.loadstore: arrivals are lost; sizes are lost\n")
    _, err = archgym("trace", "convert", "t.loadstore", "t.dramsim3", "--from-clock-mhz", 1000)
    assert err == "note: t.loadstore: no arrivals: one request a cycle; no sizes: 64 bytes\n"


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
