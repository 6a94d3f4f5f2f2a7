"""Misses as Valgrind's own cache simulator counts them."""

import os
import random
import re
import shutil
import subprocess
from importlib import resources

import pytest

from archgym.traces.recorder import CacheSize, Machine, record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind"),
]

# Cachegrind's caches hold virtual addresses. A page as large as a way of the last level, or larger,
# leaves the sets as they are.
MACHINE = Machine(
    l1=CacheSize(32 * 1024, 8), llc=CacheSize(256 * 1024, 8), page_bytes=2**21, inclusive=False
)
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
COUNT = r"{} +misses: +([0-9,]+)"


def cachegrind(command, folder):
    """Returns misses of the first level for instructions and data, and of the last."""
    done = subprocess.run(
        [
            *("valgrind", "--tool=cachegrind", "--cache-sim=yes"),
            *("--I1=32768,8,64", "--D1=32768,8,64", "--LL=262144,8,64"),
            *("--cachegrind-out-file=/dev/null", *command),
        ],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        check=True,
    )
    counts = [re.search(COUNT.format(name), done.stderr)[1] for name in ("I1 ", "D1 ", "LL")]
    return [int(count.replace(",", "")) for count in counts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Has the programs' data in it."""
    folder = tmp_path_factory.mktemp("programs")
    seeded = random.Random(0)
    words = [f"{seeded.randrange(10**9):09d}" for _ in range(3000)]
    (folder / "words").write_text("\n".join(words) + "\n")
    sources = resources.files("archgym.traces.workloads.programs")
    subprocess.run(
        ["c++", "-std=c++20", "-O2", "-o", "hash_join", str(sources / "hash_join.cpp")],
        cwd=folder,
        check=True,
    )
    return folder


@pytest.mark.parametrize(
    "command",
    [["gzip", "--stdout", "words"], ["sort", "words"], ["./hash_join"]],
    ids=["gzip", "sort", "hash_join"],
)
def test_misses_are_those_of_cachegrind(command, folder):
    recording = record(
        command,
        MACHINE,
        environment=ENVIRONMENT,
        folder=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    misses = [counts.misses for counts in recording.caches.values()]
    expected = cachegrind(command, folder)
    assert min(expected) > 500
    assert misses == pytest.approx(expected, rel=0.02)
