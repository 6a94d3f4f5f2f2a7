"""`archgym trace record`."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archgym import traces

pytestmark = pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")

PROGRAM = Path(sys.executable).parent / "archgym"


def test_record_writes_what_the_program_asks_of_memory(archgym):
    out, err = archgym("trace", "record", "-o", "t.csv", "--", "echo", "--limit")
    assert out.startswith("--limit\nt.csv: ")
    assert "of echo" in out
    assert "LLC" in out
    assert "note: not seen: the kernel" in err
    trace = traces.read("t.csv")
    assert not trace.is_write[0]
    assert len(trace) > 1000


def test_record_describes_itself_in_json(archgym):
    out, _ = archgym(
        *("trace", "record", "-o", "t.parquet", "--l2", "128k:8", "--page-size", "2M"),
        *("--memory", "2G", "--allocation", "contiguous", "--inclusive", "--prefetch"),
        *("--skip", 1000, "--limit", 200, "--json", "echo", "hello"),
    )
    said = json.loads(out)
    assert said["requests"] == 200 == len(traces.read("t.parquet"))
    assert said["ended"] == "limit"
    assert said["machine"]["l2"] == "128k:8"
    assert said["machine"]["memory_bytes"] == 2**31
    assert list(said["caches"]) == ["L1I", "L1D", "L2", "LLC"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "t.csv", "no-such-program"], "no-such-program'"),
        (["-o", "t.csv", "false"], "false ended with code 1"),
        (["-o", "t.csv", "--l1", "32", "true"], "--l1 must be SIZE:WAYS such as 32k:8, not '32'"),
        (["-o", "t.csv", "--page-size", "8k", "true"], "4k or 2M"),
        (["-o", "t.foo", "true"], "trace t.foo has none of the endings"),
        (["-o", "t.stl", "true"], "trace t.stl counts in cycles"),
        (["-o", "none/t.csv", "true"], "there is no folder none"),
        (["-o", "t.csv"], "COMMAND"),
    ],
)
def test_record_refuses_what_it_can_not_do(archgym, arguments, message):
    out, err = archgym("trace", "record", *arguments, code=2)
    assert out == ""
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_an_interrupted_recording_is_a_whole_trace(tmp_path):
    loop = "while :; do echo; done"
    with subprocess.Popen(
        [PROGRAM, "trace", "record", "-o", "t.csv", "sh", "-c", loop],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        # The shell is in its loop, so that there is something to keep.
        assert process.stdout.read(100) == b"\n" * 100
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"t.csv: " in out
    assert b"note: the trace holds what was recorded before the interruption" in err
    assert err.endswith(b"interrupted\n")
    assert len(traces.read(tmp_path / "t.csv")) > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
