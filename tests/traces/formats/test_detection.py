"""A file's format is found in it; its ending decides only what the content leaves open."""

import pytest

from archgym import Player, traces
from archgym.dram.testing.trace_files import TEXTS, compress, parquet
from archgym.errors import ArchgymError
from archgym.traces.formats import FORMATS, decode

CLOCK_MHZ = 1000

EXPECTED = {
    "arrival_ps": [0, 3000, 3000],
    "address": [0x40, 0x80, 0xC0],
    "is_write": [False, True, False],
    "size": [0, 32, 0],
    "initiator": [0, 0, 0],
}
DIFFERENT = {
    "loadstore": {"arrival_ps": [0, 1000, 2000], "size": [0] * 3},
    "simpleo3": {"arrival_ps": [0, 4000, 4000], "is_write": [False, False, True], "size": [0] * 3},
    "dramsim3": {"size": [0] * 3},
    "csv": {"size": [64, 32, 64]},
    "parquet": {"size": [64, 32, 64], "initiator": [0, 1, 2]},
}


@pytest.fixture(params=FORMATS)
def example(request):
    return request.param, TEXTS.get(request.param) or parquet()


@pytest.mark.parametrize("ending", ["", ".trace", ".csv", ".stl", ".dramsim3", ".parquet"])
def test_any_ending_will_do(write, example, ending, columns):
    name, content = example
    path = write(content, f"app{'.rstl' if name == 'rstl' else ending}")
    assert decode(path).format.name == name
    trace = traces.read(path, CLOCK_MHZ)
    assert columns(trace) == EXPECTED | DIFFERENT.get(name, {})
    assert trace.name == "app"


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("name", TEXTS)
def test_compression_is_found_too(write, name, compression, ending, columns):
    stem = "app.rstl" if name == "rstl" else "app"
    path = write(compress(TEXTS[name], compression), stem + ending)
    assert columns(traces.read(path, CLOCK_MHZ)) == EXPECTED | DIFFERENT.get(name, {})


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"\n \t\n# a comment\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [True, False])
def test_line_ends_comments_and_byte_order_marks(write, name, newline, start, end, columns):
    text = (start + TEXTS[name]).replace(b"\n", newline)
    path = write(text if end else text.removesuffix(newline), f"app.{name}")
    assert columns(traces.read(path, CLOCK_MHZ)) == EXPECTED | DIFFERENT.get(name, {})


@pytest.mark.parametrize("name", TEXTS)
def test_no_line_is_of_two_formats(name):
    line = TEXTS[name].split(b"\n")[0]
    found = {other for other, format in FORMATS.items() if format.recognizes(line)}
    assert found == ({"stl", "rstl"} if name.endswith("stl") else {name})


def test_comments_of_more_than_a_block_come_before_a_trace(write, columns):
    path = write(b"# nothing\n" * 100_000 + TEXTS["csv"])
    trace = traces.read(path)
    assert columns(trace) == EXPECTED | DIFFERENT["csv"]
    assert trace.where(2) == f"{path}:100004"


@pytest.mark.parametrize("ending", ["", ".trace", ".gz"])
def test_files_of_no_format_are_refused(write, ending):
    path = write(b"\n# x\nhello, world\n", f"app{ending}")
    with pytest.raises(ArchgymError) as error:
        traces.read(path, CLOCK_MHZ)
    assert str(error.value).startswith(f"{path}:3: of no known trace format (stl, rstl, ")
    assert "found 'hello, world'" in str(error.value)


@pytest.mark.parametrize("name", FORMATS)
def test_clocks_are_asked_for_where_they_are_needed(write, example, name, columns):
    name, content = example
    path = write(content, f"app.{name}")
    if name in ("csv", "parquet"):
        assert columns(traces.read(path)) == EXPECTED | DIFFERENT.get(name, {})
        return
    reason = (
        r"has no times and gets one request per cycle" if name == "loadstore" else r"counts in \w+s"
    )
    with pytest.raises(ArchgymError, match=rf"app\.\w+ {reason}: clock_mhz is needed"):
        traces.read(path)


def test_the_size_is_that_of_requests_that_state_none(write, example):
    name, content = example
    path = write(content, f"app.{name}")
    sizes = traces.read(path, CLOCK_MHZ, size=16).size.tolist()
    stated = {"stl": [16, 32, 16], "rstl": [16, 32, 16], "csv": [64, 32, 64]}
    assert sizes == stated.get(name, [64, 32, 64] if name == "parquet" else [16] * 3)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        *(("size", size, "a whole number from 1 to") for size in (0, -1, 2**32, 1.5, True, "64")),
        *(("clock_mhz", clock, "a number from 0.001 to") for clock in (0, 1e7, True, "1000", [1])),
        *(("reads_only", switch, "true or false") for switch in (1, "true", None)),
    ],
)
def test_impossible_options_are_refused(write, option, value, message):
    options = {"clock_mhz": CLOCK_MHZ} | {option: value}
    with pytest.raises(ArchgymError, match=f"^{option} must be {message}"):
        traces.read(write(TEXTS["loadstore"]), **options)


ASSUMED = {"stl": "cycle", "rstl": "cycle", "simpleo3": "instruction", "dramsim3": "cycle"}


def test_the_format_and_the_devices_clock_are_noted(write, example):
    name, content = example
    path = write(content, f"app.{name}")
    notes = traces.read(path, device_clock_mhz=1200).notes
    if name in ASSUMED:
        (note,) = notes
        start = f"{path}: read as {name}, in {ASSUMED[name]}s of the device's clock, 1200 MHz"
        assert note.startswith(start)
        assert (note == start) == (name != "rstl")
    else:
        assert notes == ((f"{path}: read as {name}",) if name == "loadstore" else ())
    assert (traces.read(path, 1000, device_clock_mhz=1200).arrival_ps % 1000 == 0).all()


def test_a_format_is_noted_unless_the_ending_names_it(write, example):
    name, content = example
    named = traces.read(write(content, f"app.{name}"), CLOCK_MHZ)
    assert bool(named.notes) == (name in ("rstl", "loadstore"))
    if name != "rstl":
        other = "csv" if name == "stl" else "stl"
        for ending in ("", ".txt", f".{other}"):
            path = write(content, f"app{ending}")
            assert traces.read(path, CLOCK_MHZ).notes == (f"{path}: read as {name}",)


@pytest.mark.parametrize("name", ["loadstore", "csv", "parquet"])
def test_a_trace_without_times_is_played_closed(write, tmp_path, name):
    trace = traces.read(write(TEXTS["loadstore"], "app.loadstore"), CLOCK_MHZ)
    traces.write(trace, tmp_path / f"t.{name}", clock_mhz=CLOCK_MHZ)
    trace = traces.read(tmp_path / f"t.{name}", CLOCK_MHZ)
    assert not trace.has_times
    assert trace.player == Player("closed", max_outstanding=16)
    assert trace.arrival_ps.tolist() == [0, 1000, 2000]
    assert traces.read(write(TEXTS["stl"]), CLOCK_MHZ).player == Player()


@pytest.mark.parametrize("path", ["app", "app.txt", "app.gz", "app.xz", "stl"])
def test_an_ending_or_a_format_says_what_to_write(tmp_path, write, path):
    trace = traces.read(write(TEXTS["csv"], "in"))
    with pytest.raises(ArchgymError, match=r"none of the endings \.stl, \.rstl, "):
        traces.write(trace, tmp_path / path, clock_mhz=CLOCK_MHZ)
    traces.write(trace, tmp_path / path, "dramsim3", CLOCK_MHZ)
    assert decode(tmp_path / path).format.name == "dramsim3"
    with pytest.raises(ArchgymError, match="unknown trace format 'dramsim'; did you mean"):
        traces.write(trace, tmp_path / path, "dramsim", CLOCK_MHZ)


@pytest.mark.parametrize("name", ["stl", "rstl", "dramsim3", "simpleo3"])
def test_formats_that_count_cycles_are_written_by_a_clock(tmp_path, write, name):
    trace = traces.read(write(TEXTS["simpleo3"]), CLOCK_MHZ)
    with pytest.raises(ArchgymError, match="clock_mhz is needed"):
        traces.write(trace, tmp_path / f"t.{name}")
    assert not (tmp_path / f"t.{name}").exists()
