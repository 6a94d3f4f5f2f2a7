"""Signals reach Python while the core works, and what their handlers raise ends the work."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import archgym
from archgym.simulators.native import _core
from archgym.simulators.native.conduct import jedec
from archgym.simulators.native.encoding import encode
from archgym.simulators.native.lowering import make_memory, make_requests

# A batch that would take ten minutes.
BATCH = """
import signal, sys
import archgym
from archgym.simulators.native import Native

def end(*_):
    raise SystemExit("ended")

signal.signal(signal.SIGTERM, end)
workload = archgym.Workload.load("random", "ddr4-2400", requests=1_000_000)
native = Native(threads=int(sys.argv[1]))
expected = native.evaluate([{}], workload)
print("ready", flush=True)
try:
    native.evaluate([{}] * 2000, workload)
finally:
    assert native.evaluate([{}], workload) == expected
    print("still of use", flush=True)
"""


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, -signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, 1, "ended")],
)
def test_a_signal_ends_a_batch(threads, number, code, said):
    command = [sys.executable, "-c", BATCH, str(threads)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            threading.Timer(1, process.send_signal, [number]).start()
            out, err = process.communicate(timeout=100)
        finally:
            process.kill()
    assert out == "still of use\n"
    assert err.strip().endswith(said)
    assert process.returncode == code


@pytest.fixture(scope="module")
def arguments():
    """What the core simulates: a memory, a million requests, and a design."""
    workload = archgym.Workload.load("random", "ddr4-2400", requests=1_000_000)
    conduct = jedec(workload.system.device)
    memory = make_memory(workload.system, conduct)
    requests = make_requests(memory, workload, workload.locations(), conduct)
    fields = encode({}, workload.system.device, ("NoRefresh", "AllBank")).fields
    return memory, requests, np.array([fields])


@pytest.fixture
def handle():
    """Installs a handler of SIGUSR1 for the length of a test."""
    before = signal.getsignal(signal.SIGUSR1)
    yield lambda handler: signal.signal(signal.SIGUSR1, handler)
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("run", ["evaluate", "command_trace"])
def test_handlers_run_in_the_middle_of_one_run(arguments, handle, run):
    call = {
        "evaluate": lambda: _core.evaluate(*arguments, 1),
        "command_trace": lambda: _core.command_trace(*arguments),
    }[run]
    handled, is_over = [], threading.Event()

    def send():
        while not is_over.wait(0.01):
            os.kill(os.getpid(), signal.SIGUSR1)

    handle(lambda *_: handled.append(len(handled)))
    sender = threading.Thread(target=send)
    try:
        sender.start()
        # Signals that come during a call without polls are handled once, when it returns.
        handled.clear()
        call()
        assert len(handled) > 3
    finally:
        is_over.set()
        sender.join()


@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_handler_raises_ends_the_work_of_all_threads(arguments, handle, threads):
    memory, requests, fields = arguments
    expected = _core.evaluate(memory, requests, fields, 1)

    def end(*_):
        raise RuntimeError("ended")

    def run_until_signal():
        timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGUSR1])
        timer.start()
        _core.evaluate(memory, requests, fields.repeat(2000, axis=0), threads)

    handle(end)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="ended"):
            run_until_signal()
    assert np.array_equal(_core.evaluate(memory, requests, fields, 1), expected, equal_nan=True)
