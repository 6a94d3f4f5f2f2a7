"""Files of every format that are no traces: one sentence with file and line, in little memory."""

import os
import random
import tracemalloc
from functools import cache

import numpy as np
import pytest

from archgym import traces
from archgym.dram.testing.trace_files import TEXTS, check_reading, compress, damage, examples, names
from archgym.errors import ArchgymError

TIMED = {
    "stl": "{}: read 0x40",
    "dramsim3": "0x40 READ {}",
    "csv": "{},64,0,64",
}
ADDRESSED = {
    "stl": "9: read {:#x}",
    "rstl": "9: read {:#x}",
    "loadstore": "LD {}",
    "simpleo3": "9 64 {}",
    "dramsim3": "{:#x} READ 9",
    "csv": "9000,{},0,64",
}


def refused(path, line=None):
    """The sentence by which a file is refused, after the place it names."""
    with pytest.raises(ArchgymError) as error:
        traces.read(path, 1000)
    message = str(error.value)
    start = f"{path}:{line}: " if line else ""
    assert start in message
    assert str(path) in message
    assert "\n" not in message
    return message.removeprefix(start)


@pytest.mark.parametrize("name", TEXTS)
def test_addresses_too_large(write, name):
    line = ADDRESSED[name].format(10**20)
    path = write(TEXTS[name] + line.encode(), f"app.{name}")
    assert "too large" in refused(path, TEXTS[name].count(b"\n") + 1)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("time", ["-1", "1", "1e3", "10" * 10])
def test_negative_decreasing_and_impossible_times(write, name, time):
    path = write(TEXTS[name] + TIMED[name].format(time).encode(), f"app.{name}")
    message = refused(path, TEXTS[name].count(b"\n") + 1)
    said = {"1": "1 comes before", "10" * 10: "too large"}.get(time, "expected")
    assert said in message


@pytest.mark.parametrize("name", ["rstl", "simpleo3"])
def test_gaps_that_add_up_to_no_time(write, name):
    line = {"rstl": f"{2**63 - 1}: read 0x0\n", "simpleo3": f"{2**62} 0\n"}[name]
    assert "beyond what picoseconds hold" in refused(write(line.encode() * 3, f"app.{name}"))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "line", ["\x00" * 9, "\x00\x01\xff", "hello", "0: read", "\uff11", "0x", "LD", "1,,", "1 2 3 4"]
)
def test_lines_of_no_format(write, name, line):
    path = write(TEXTS[name] + b"\n" + line.encode() + b"\n", f"app.{name}")
    assert refused(path, TEXTS[name].count(b"\n") + 2).startswith("expected '")


@pytest.mark.parametrize("name", names())
def test_binary_garbage_and_empty_files(write, name):
    garbage = np.random.default_rng(0).integers(256, size=300_000, dtype=np.uint8).tobytes()
    refused(write(garbage, name), None if name.endswith(".parquet") else 1)
    for content in (b"", b"\n", b"# nothing\r\n\r\n"):
        assert "is empty" in refused(write(content, name))


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("name", TEXTS)
def test_compressed_streams_cut_off_anywhere(write, name, compression):
    whole = compress(TEXTS[name] * (1 if name == "csv" else 500), compression)
    for length in {5, len(whole) // 2, len(whole) - 9, len(whole) - 1}:
        message = refused(write(whole[:length], f"app.{name}"))
        assert f"is not a whole {compression} file" in message
    assert f"is not a whole {compression} file" in refused(write(whole + b"garbage", "app"))


@pytest.mark.parametrize("content", [b"\x1f\x8b", b"\x28\xb5\x2f", b"PAR1", b"PAR1" * 3])
def test_beginnings_of_files(write, content):
    refused(write(content))


def test_parquet_cut_off_or_changed_anywhere(write):
    whole = examples()["trace.parquet"]
    for length in range(0, len(whole), 7):
        refused(write(whole[:length], "app.parquet"))


@cache
def endless(byte, compression):
    """A line of 50 MB."""
    content = byte * 50_000_000
    return compress(content, compression) if compression else content


@pytest.mark.parametrize("name", ["app", *(f"app.{name}" for name in TEXTS)])
@pytest.mark.parametrize("byte", [b"0", b"\x00", b" ", b"#"])
@pytest.mark.parametrize("compression", [None, "gzip", "zstd"])
def test_lines_without_end_take_little_memory(write, name, byte, compression):
    path = write(endless(byte, compression), name)
    tracemalloc.start()
    try:
        assert "a line of more than 65536 bytes" in refused(path, 1)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", names())
def test_missing_files_folders_and_what_may_not_be_read(tmp_path, name):
    path = tmp_path / name
    assert refused(path) == f"can't read trace {path}: No such file or directory"
    path.mkdir()
    assert refused(path) == f"can't read trace {path}: Is a directory"
    path.rmdir()
    path.write_bytes(TEXTS["stl"])
    path.chmod(0)
    if not os.access(path, os.R_OK):
        assert refused(path) == f"can't read trace {path}: Permission denied"


@pytest.mark.parametrize("seed", range(5))
def test_damaged_files_are_traces_or_refused(tmp_path, seed):
    rng = random.Random(seed)
    files = sorted(examples().items())
    read = 0
    for _ in range(200):
        name, content = rng.choice(files)
        ending = rng.choice(["", name.removeprefix("trace"), rng.choice(names())])
        trace = check_reading(damage(content, rng), tmp_path / f"{rng.random()}{ending}")
        read += trace is not None
    assert 0 < read < 200
