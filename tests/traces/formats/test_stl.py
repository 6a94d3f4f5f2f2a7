import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import traces
from archgym.errors import ArchgymError
from archgym.traces.trace import Trace


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="app.stl"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def columns(trace):
    return (
        trace.arrival_ps.tolist(),
        trace.address.tolist(),
        trace.is_write.tolist(),
        trace.size.tolist(),
    )


def test_reads_cycles_directions_and_addresses(write):
    path = write("0: read 0x40\n3: write 0xFFc0\n3: read 0x0\n")
    trace = traces.read(path, clock_mhz=1200, size=32)
    assert columns(trace) == ([0, 2500, 2500], [0x40, 0xFFC0, 0], [False, True, False], [32] * 3)
    assert trace.name == "app"
    assert trace.where(1) == f"{path}:2"


def test_reads_all_that_the_format_allows(write):
    path = write(
        "# a comment\n\n  \n31: read 0x400140\n33:\twrite\t7fff8000 0x1234abcd\n"
        "81: (128) read 0x400180\r\n\r\n 90 : ( 8 )  write 0X10"
    )
    trace = traces.read(path, clock_mhz=1000)
    assert columns(trace) == (
        [31000, 33000, 81000, 90000],
        [0x400140, 0x7FFF8000, 0x400180, 0x10],
        [False, True, False, True],
        [0, 0, 128, 8],
    )
    assert [trace.where(i).rpartition(":")[2] for i in range(4)] == ["4", "5", "6", "8"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line_ends(write, end):
    newline = "\r\n" if "\r" in end else "\n"
    trace = traces.read(write(f"1: read 0x40{newline}2: write 0x80{end}"), clock_mhz=1000)
    assert columns(trace)[:2] == ([1000, 2000], [0x40, 0x80])


def test_reads_gzip(write):
    path = write(gzip.compress(b"1: read 0x40\n"), "app.stl.gz")
    trace = traces.read(path, clock_mhz=1000)
    assert (trace.name, columns(trace)[1]) == ("app", [0x40])


def test_relative_cycles_add_up(write):
    path = write("5: read 0x0\n0: read 0x40\n2: read 0x80\n", "app.rstl")
    assert columns(traces.read(path, clock_mhz=1000))[0] == [5000, 5000, 7000]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**9), st.integers(0, 2**64 - 1), st.booleans(), st.integers(1, 4096)
        ),
        min_size=1,
    ),
    st.sampled_from(["t.stl", "t.stl.gz"]),
)
def test_round_trip(tmp_path_factory, requests, name):
    path = tmp_path_factory.mktemp("stl") / name
    gap, address, is_write, size = (list(column) for column in zip(*requests, strict=True))
    trace = Trace(np.cumsum(gap) * 1250, np.array(address, dtype=np.uint64), is_write, size)
    traces.write(trace, path, clock_mhz=800)
    assert traces.read(path, clock_mhz=800).sha256 == trace.sha256


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\r\n"])
def test_empty_traces_are_refused(write, text):
    with pytest.raises(ArchgymError, match=r"trace .*app\.stl is empty"):
        traces.read(write(text), clock_mhz=1000)


@pytest.mark.parametrize(
    "line",
    [
        "1 read 0x40",
        "1: red 0x40",
        "1: READ 0x40",
        "1: read",
        "1: read 0x",
        "1: read 0xZ0",
        "1: read 0x4 0",
        "1: read 0x40 2",
        "1: (64 read 0x40",
        "1: (-8) read 0x40",
        "-1: read 0x40",
        "1.5: read 0x40",
        "1_0: read 0x40",
        "0x1: read 0x40",
        ": read 0x40",
        "1: read 0x40 2: read 0x80",
        "read 0x40",
        "\x00\x01\x02",
        "\uff11: read 0x40",
    ],
)
@pytest.mark.parametrize("before", ["0: read 0x0\n0: read 0x0\n", "# x\n\n"])
def test_malformed_lines_are_named(write, line, before):
    path = write(f"{before}{line}\n9: read 0x0\n")
    with pytest.raises(ArchgymError) as error:
        traces.read(path, clock_mhz=1000)
    assert str(error.value).startswith(f"{path}:3: expected 'cycle: [(bytes)] read|write 0xADDRESS")


def test_binary_garbage_is_refused(write):
    garbage = np.random.default_rng(0).integers(256, size=10_000, dtype=np.uint8).tobytes()
    with pytest.raises(ArchgymError, match=r"app\.stl:1: expected"):
        traces.read(write(garbage), clock_mhz=1000)


@pytest.mark.parametrize(
    "line", [f"{2**63}: read 0x0", "1: read 0x10000000000000000", "1: (4294967296) read 0x0"]
)
def test_numbers_too_large_for_their_field_are_named(write, line):
    with pytest.raises(ArchgymError, match=r"app\.stl:2: a number is too large"):
        traces.read(write(f"0: read 0x0\n{line}\n"), clock_mhz=1000)


def test_requests_of_no_bytes_are_named(write):
    with pytest.raises(ArchgymError, match=r"app\.stl:1: a request of 0 bytes"):
        traces.read(write("0: (0) read 0x0\n"), clock_mhz=1000)


def test_cycles_too_late_for_picoseconds_are_refused(write):
    with pytest.raises(ArchgymError, match=r"app\.stl: ends after cycle"):
        traces.read(write(f"{2**62}: read 0x0\n"), clock_mhz=1000)


@pytest.mark.parametrize("comment", ["", "# x\n"])
def test_descending_cycles_are_named(write, comment):
    line = 3 + bool(comment)
    path = write(f"{comment}1: read 0x0\n5: read 0x0\n4: read 0x0\n")
    with pytest.raises(ArchgymError, match=rf"app\.stl:{line}: cycle 4 comes before cycle 5"):
        traces.read(path, clock_mhz=1000)


def test_a_file_is_compressed_if_its_content_is(write):
    assert len(traces.read(write(b"1: read 0x0\n", "app.stl.gz"), clock_mhz=1000)) == 1
    assert len(traces.read(write(gzip.compress(b"1: read 0x0\n")), clock_mhz=1000)) == 1
    with pytest.raises(ArchgymError, match=r"app\.stl\.gz is empty"):
        traces.read(write(b"", "app.stl.gz"), clock_mhz=1000)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(ArchgymError, match=r"can't read trace .*none\.stl: No such file"):
        traces.read(tmp_path / "none.stl", clock_mhz=1000)
    (tmp_path / "folder.stl").mkdir()
    with pytest.raises(ArchgymError, match=r"can't read trace .*folder\.stl"):
        traces.read(tmp_path / "folder.stl", clock_mhz=1000)


def test_unwritable_files_are_refused_and_leave_nothing(tmp_path):
    trace = Trace([0], [0], [0])
    with pytest.raises(ArchgymError, match="can't write trace"):
        traces.write(trace, tmp_path / "none" / "t.stl", clock_mhz=1000)
    (tmp_path / "folder.stl").mkdir()
    with pytest.raises(ArchgymError, match="can't write trace"):
        traces.write(trace, tmp_path / "folder.stl", clock_mhz=1000)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.stl"]


def test_sizes_that_are_not_stated_are_not_written(write, tmp_path):
    text = "0: read 0x40\n3: (32) write 0x8\n"
    traces.write(traces.read(write(text), 1000), tmp_path / "out.stl", clock_mhz=1000)
    assert (tmp_path / "out.stl").read_text() == text


@pytest.mark.parametrize("clock_mhz", [0, -1, 1e7, float("nan")])
def test_impossible_clocks_are_refused(write, clock_mhz):
    with pytest.raises(ArchgymError, match="clock_mhz"):
        traces.read(write("0: read 0x0\n"), clock_mhz=clock_mhz)


def test_load_needs_a_clock(write):
    path = write("2: read 0x40\n")
    assert traces.load(path, clock_mhz=1000).arrival_ps.tolist() == [2000]
    with pytest.raises(ArchgymError, match="clock_mhz is needed"):
        traces.load(path)
    with pytest.raises(ArchgymError, match="unknown option of a trace file 'seed'"):
        traces.load(path, seed=1)


def test_a_name_is_not_taken_for_a_file(write, monkeypatch):
    monkeypatch.chdir(write("2: read 0x40\n", "stream").parent)
    assert len(traces.load("stream", requests=7)) == 7
    assert traces.is_path("./stream")
    assert traces.is_path("stream.stl")
    assert not traces.is_path("strem")
