"""Reading a large trace takes little more memory than the trace."""

import subprocess
import sys

import numpy as np
import pytest

from archgym import traces
from archgym.traces.trace import Trace

REQUESTS = 1_000_000
DECODED = REQUESTS * (8 + 8 + 1 + 4 + 2)

# Memory that a process needs above what it has used to read a small file, which loads libraries.
PEAK = """
import sys
from archgym import traces
def memory():
    status = dict(line.split(":") for line in open("/proc/self/status"))
    return int(status["VmHWM"].split()[0]) * 1024
traces.read(sys.argv[1], 1200)
before = memory()
traces.read(sys.argv[2], 1200)
print(memory() - before)
"""


@pytest.fixture(scope="module")
def trace():
    rng = np.random.default_rng(0)
    return Trace(
        np.arange(REQUESTS) * 7 * 833,
        rng.integers(2**34, size=REQUESTS),
        rng.random(REQUESTS) < 0.3,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "suffix",
    [
        "stl",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("stl.gz", "csv", "dramsim3")),
        "parquet",
    ],
)
def test_memory_is_at_most_three_times_the_decoded_arrays(trace, folder, suffix):
    large, small = folder / f"large.{suffix}", folder / f"small.{suffix}"
    traces.write(trace, large, clock_mhz=1200)
    few = Trace(trace.arrival_ps[:9], trace.address[:9], trace.is_write[:9])
    traces.write(few, small, clock_mhz=1200)
    printed = subprocess.run(
        [sys.executable, "-c", PEAK, small, large], check=True, capture_output=True, text=True
    )
    assert int(printed.stdout) <= 3 * DECODED
