"""Recordings of programs, under Valgrind."""

import os
import shutil
import signal
import threading
import time

import numpy as np
import pytest

from archgym.errors import ArchgymError
from archgym.traces.recorder import CacheSize, Machine, record
from archgym.traces.recorder.valgrind import lackey

pytestmark = pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")


def ended(process_group):
    """Whether all processes of a group are gone."""
    try:
        os.killpg(process_group, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_program_is_recorded():
    machine = Machine(llc=CacheSize(64 * 1024, 16), ipc=2.0)
    recording = record(["/bin/true"], machine)
    trace = recording.trace
    assert recording.ended == "finished"
    assert trace.name == "true"
    assert len(trace) > 1000
    assert not trace.is_write[0]
    assert trace.is_write.any()
    assert (trace.size == 64).all()
    assert (trace.address % np.uint64(64) == 0).all()
    assert int(trace.address.max()) < machine.memory_bytes
    assert trace.duration_ps <= recording.instructions * machine.ps_per_instruction
    reads = int((~trace.is_write).sum())
    instructions, data, last = recording.caches.values()
    assert reads == last.fills >= last.misses
    assert instructions.misses + data.misses == last.accesses
    assert instructions.accesses >= recording.instructions
    assert 0 < recording.pages < 1000


def test_recording_again_gives_the_same():
    first, again = (record(["/bin/true"], environment={}) for _ in range(2))
    assert first.trace.sha256 == again.trace.sha256
    other = record(["/bin/true"], Machine(seed=1), environment={})
    assert (other.trace.address != first.trace.address).any()
    assert (other.trace.arrival_ps == first.trace.arrival_ps).all()


def test_a_region_is_a_stretch_of_the_whole():
    whole = record(["/bin/true"], environment={})
    skip = 60_000
    part = record(["/bin/true"], environment={}, skip=skip, limit=500)
    assert part.ended == "limit"
    assert len(part.trace) == 500
    time_ps = skip * Machine().ps_per_instruction
    first = int(np.searchsorted(whole.trace.arrival_ps, round(time_ps)))
    stretch = slice(first, first + 500)
    assert (part.trace.address == whole.trace.address[stretch]).all()
    assert (part.trace.is_write == whole.trace.is_write[stretch]).all()
    moved = whole.trace.arrival_ps[stretch] - part.trace.arrival_ps
    assert np.abs(moved - time_ps).max() <= 1


def test_what_is_forked_is_not_mixed_in():
    """A shell's child would write into the same list."""
    loop = "i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done"
    alone = record(["/bin/sh", "-c", "true"], environment={})
    forked = record(["/bin/sh", "-c", f"({loop}) & wait"], environment={})
    assert forked.ended == "finished"
    assert forked.instructions < 2 * alone.instructions


def test_progress_is_told():
    seen = []
    recording = record(["/bin/true"], progress=seen.append)
    assert seen
    assert seen == sorted(seen)
    assert seen[-1].requests <= len(recording.trace)


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        ([], {}, "no command to record"),
        (["no-such-program"], {}, "can't record 'no-such-program': there is no such program"),
        (["/"], {}, "can't record '/': there is no such program"),
        (["false"], {}, r"false ended with code 1 after \d+ instructions"),
        (["sh", "-c", "kill -9 $$"], {}, r"sh ended with signal 9 after \d+ instructions"),
        (["env", "true"], {}, r"env turned into another program \(exec\) after \d+ instructions"),
        (["true"], {"skip": 10**9}, r"asks memory for nothing after the first 1000000000 of its"),
        (["true"], {"skip": -1}, "skip must be a whole number of 0 or more, not -1"),
        (["true"], {"limit": 0}, "limit must be a whole number of 1 or more, not 0"),
        (["true"], {"machine": Machine(memory_bytes=8192)}, "more pages than the 2 that the"),
    ],
)
def test_what_can_not_be_recorded_is_said(command, options, message):
    with pytest.raises(ArchgymError, match=message):
        record(command, **options)


def test_valgrind_may_be_missing(tmp_path):
    with pytest.raises(ArchgymError, match="recording needs Valgrind, which is not installed"):
        record(["/bin/true"], environment={"PATH": str(tmp_path)})


def test_a_program_that_is_left_is_ended():
    with lackey(["sleep", "1000"]) as running:
        assert os.read(running.list_fd, 1)
    assert ended(running.process.pid)


def test_ctrl_c_keeps_what_was_recorded():
    def interrupt_soon(progress):
        if progress.requests > 500 and not waiting:
            waiting.append(True)
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()

    waiting = []
    recording = record(["sh", "-c", "while :; do :; done"], progress=interrupt_soon)
    assert recording.ended == "interrupted"
    assert len(recording.trace) > 500


def test_ctrl_c_before_the_region_ends_all():
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        record(["sh", "-c", "while :; do :; done"], skip=10**15)
    assert time.monotonic() - began < 60
