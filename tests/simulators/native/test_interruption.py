"""Signals reach Python while the core works, and what their handlers raise ends the work."""

import os
import signal
import subprocess
import sys
import threading
from itertools import count

import numpy as np
import pytest

import archgym
from archgym.simulators.native import Native, _core
from archgym.simulators.native.channel import make_memory, make_requests
from archgym.simulators.native.conduct import jedec
from archgym.simulators.native.encoding import encode

# A batch that would take ten minutes.
BATCH = """
import signal, sys
import archgym
from archgym.simulators.native import Native

def end(*_):
    raise SystemExit("ended")

signal.signal(signal.SIGTERM, end)
workload = archgym.Workload.load("random", "ddr4-2400", requests=100_000)
native = Native(threads=int(sys.argv[1]))
expected = native.evaluate([{}], workload)
print("ready", flush=True)
try:
    native.evaluate([{}] * 20_000, workload)
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


@pytest.mark.parametrize("run", ["evaluate", "command_trace"])
def test_handlers_run_in_the_middle_of_one_run(run):
    workload = archgym.Workload.load("random", "ddr4-2400", requests=1_000_000)
    conduct = jedec(workload.system.device)
    memory = make_memory(workload.system, conduct)
    requests = make_requests(memory, workload, workload.locations(), conduct)
    fields = np.array([encode({}, workload.system.device, ("NoRefresh", "AllBank")).fields])
    call = {
        "evaluate": lambda: _core.evaluate(memory, requests, fields, 1),
        "command_trace": lambda: _core.command_trace(memory, requests, fields),
    }[run]
    handled, is_over = [], threading.Event()

    def send():
        while not is_over.wait(0.01):
            os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda *_: handled.append(len(handled)))
    sender = threading.Thread(target=send)
    try:
        sender.start()
        # Signals that have come meanwhile are handled once, when a function without polls returns.
        handled.clear()
        call()
        assert len(handled) > 3
    finally:
        is_over.set()
        sender.join()
        signal.signal(signal.SIGUSR1, before)


def test_what_a_handler_raises_ends_a_run_and_leaves_the_simulator_as_it_was():
    workload = archgym.Workload.load("random", "ddr4-2400", requests=200_000)
    native = Native(threads=2)
    expected = native.evaluate([{}], workload)
    numbers = count()

    def handler(*_):
        raise RuntimeError(f"signal {next(numbers)}")

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        for _ in range(3):
            timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGUSR1])
            timer.start()
            with pytest.raises(RuntimeError, match=r"signal \d"):
                native.evaluate([{}] * 10_000, workload)
            timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert native.evaluate([{}], workload) == expected
