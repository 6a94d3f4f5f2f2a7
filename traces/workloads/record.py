"""Records a real program: every memory access of it, through caches, to a trace of DRAM requests.

Run as `python -m archgym.traces.workloads.record sqlite`; needs valgrind and the program. Valgrind's
lackey tool lists each instruction and each load and store. They pass through a first-level
instruction and data cache and a last-level cache (write-back, write-allocate, least recently used);
what is left are line fills and write-backs. Pages get frames at random when they are first
touched, as on a machine that has run for a while. Time is counted in instructions.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from archgym.traces.workloads.caches import Caches

PAGE_BYTES = 4096
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Machine:
    """The machine that the program is taken to run on.

    Attributes:
        line_bytes: Size of a cache line.
        l1_bytes: Size of the first-level instruction cache, and of the data cache.
        l1_ways: Associativity of both.
        llc_bytes: Size of the last-level cache.
        llc_ways: Its associativity.
        memory_bytes: Memory whose pages are given out.
        page_seed: Seed of the order in which they are.
        clock_ghz: Clock of the core.
        instructions_per_cycle: What it executes a cycle.
    """

    line_bytes: int = 64
    l1_bytes: int = 32 * 1024
    l1_ways: int = 8
    llc_bytes: int = 256 * 1024
    llc_ways: int = 16
    memory_bytes: int = 2**30
    page_seed: int = 0
    clock_ghz: float = 4.0
    instructions_per_cycle: float = 2.0


@dataclass(frozen=True)
class Program:
    """A program to record.

    Attributes:
        command: Its command line.
        input: The file next to this one that it reads as standard input.
        version: A command that prints its version.
    """

    command: Sequence[str]
    input: str
    version: Sequence[str]


PROGRAMS = {
    "sqlite": Program(("sqlite3", "-cmd", ".open --deserialize /tmp/c/rec/sqlite.db"), "sqlite.sql", ("sqlite3", "--version")),
}


def accesses(program: Program) -> Iterator[tuple[str, int, int]]:
    """Runs a program under lackey.

    Yields:
        Kind (`I` fetch of an instruction, `L` load, `S` store, `M` load and store), address and
        size in bytes, in program order.
    """
    read_end, write_end = os.pipe()
    command = ["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-fd={write_end}"]
    # A fixed, almost empty environment: its size would shift the stack.
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    with (
        (FOLDER / program.input).open("rb") as source,
        subprocess.Popen(
            [*command, *program.command],
            stdin=source,
            stdout=subprocess.DEVNULL,
            pass_fds=[write_end],
            env=environment,
        ) as process,
    ):
        os.close(write_end)
        with os.fdopen(read_end, encoding="ascii", buffering=1 << 20) as lines:
            for line in lines:
                if line.startswith(("I  ", " L ", " S ", " M ")):
                    address, size = line[3:].split(",")
                    yield line[:2].strip(), int(address, 16), int(size)
    if process.returncode:
        raise SystemExit(f"{program.command[0]} ended with code {process.returncode}")


def record(program: Program, machine: Machine) -> tuple[dict[str, np.ndarray[Any, Any]], int]:
    """Turns a program into memory requests.

    Returns:
        Arrays of equal length: the number of instructions before each request, its physical line
        and whether it writes; and the number of instructions in all.
    """
    frames = np.random.default_rng(machine.page_seed).permutation(
        machine.memory_bytes // PAGE_BYTES
    )
    frame_of: dict[int, int] = {}
    lines_per_page = PAGE_BYTES // machine.line_bytes
    caches = Caches(machine)
    instructions, fetched = 0, -1
    requests: list[tuple[int, int, bool]] = []
    for kind, address, size in accesses(program):
        instructions += kind == "I"
        first = address // machine.line_bytes
        for virtual in range(first, (address + size - 1) // machine.line_bytes + 1):
            if kind == "I":
                if virtual == fetched:
                    continue
                fetched = virtual
            page, line = divmod(virtual, lines_per_page)
            if page not in frame_of:
                frame_of[page] = int(frames[len(frame_of)])
            physical = frame_of[page] * lines_per_page + line
            for request, is_write in caches.access(physical, kind):
                requests.append((instructions, request, is_write))
    when, line_number, is_write = zip(*requests, strict=True)
    return {
        "instruction": np.array(when, dtype=np.int64),
        "line": np.array(line_number, dtype=np.uint32),
        "is_write": np.array(is_write, dtype=np.bool_),
    }, instructions


if __name__ == "__main__":
    import pickle, sys, time
    t = time.time()
    r = record(PROGRAMS["sqlite"], Machine())
    print(time.time() - t, r[1], len(r[0]["line"]), r[0]["is_write"].mean())
    pickle.dump(r, open("/tmp/c/rec/r.pkl", "wb"))
