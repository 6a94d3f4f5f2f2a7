"""Records a real program: all its memory accesses, through caches, to a trace of DRAM requests.

Run as `python -m archgym.traces.workloads.record sqlite`; needs valgrind and the program. Lackey, a
tool of Valgrind's, lists each instruction, load and store. They pass through first-level
instruction and data caches and a last-level cache (write-back, write-allocate, least recently
used); what is left are line fills and write-backs. Pages get frames at random when they are first
touched, as on a machine that has run for a while. Time is counted in instructions.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.traces import workloads
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
    llc_bytes: int = 512 * 1024
    llc_ways: int = 16
    memory_bytes: int = 2**30
    page_seed: int = 0
    clock_ghz: float = 3.0
    instructions_per_cycle: float = 1.0


@dataclass(frozen=True)
class Program:
    """A program to record; its files lie next to this one.

    Attributes:
        description: What it does.
        prepare: A command to run before, unrecorded, and the file it reads.
        command: The command to record, and the file it reads.
        version: A command that prints the program's version.
    """

    description: str
    prepare: tuple[Sequence[str], str]
    command: tuple[Sequence[str], str]
    version: Sequence[str]


PROGRAMS = {
    "sqlite": Program(
        "SQLite, a 30 MB database in memory: look-ups, a scan, updates and inserts",
        prepare=(["sqlite3", "shop.db"], "sqlite-build.sql"),
        command=(["sqlite3", "-cmd", ".open --deserialize shop.db"], "sqlite.sql"),
        version=["sqlite3", "--version"],
    ),
}


def accesses(program: Program) -> Iterator[tuple[str, int, int]]:
    """Runs a program under lackey.

    Yields:
        Kind (`I` fetch of an instruction, `L` load, `S` store, `M` load and store), address and
        size in bytes, in program order.
    """
    # A fixed, almost empty environment: its size shifts the stack.
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    read_end, write_end = os.pipe()
    lackey = ["valgrind", "--tool=lackey", "--trace-mem=yes", f"--log-fd={write_end}"]
    prepare, command = program.prepare, program.command
    with (
        tempfile.TemporaryDirectory() as folder,
        (FOLDER / prepare[1]).open("rb") as build,
        (FOLDER / command[1]).open("rb") as script,
    ):
        subprocess.run(prepare[0], cwd=folder, stdin=build, env=environment, check=True)
        with subprocess.Popen(
            [*lackey, *command[0]],
            cwd=folder,
            stdin=script,
            stdout=subprocess.DEVNULL,
            pass_fds=[write_end],
            env=environment,
        ) as process:
            os.close(write_end)
            with os.fdopen(read_end, encoding="ascii", buffering=1 << 20) as lines:
                for line in lines:
                    if line.startswith(("I  ", " L ", " S ", " M ")):
                        address, size = line[3:].split(",")
                        yield line[:2].strip(), int(address, 16), int(size)
    if process.returncode:
        raise SystemExit(f"{command[0][0]} ended with code {process.returncode}")


def record(program: Program, machine: Machine) -> tuple[dict[str, npt.NDArray[Any]], int]:
    """Turns a program into memory requests.

    Returns:
        The arrays of a recording's file; and the number of instructions executed.
    """
    order = np.random.default_rng(machine.page_seed)
    frames = order.permutation(machine.memory_bytes // PAGE_BYTES).tolist()
    frame_of: dict[int, int] = {}
    lines_per_page = PAGE_BYTES // machine.line_bytes
    caches = Caches(machine)
    instructions, fetched = 0, -1
    requests: list[tuple[int, int, bool]] = []
    for kind, address, size in accesses(program):
        instructions += kind == "I"
        last = (address + size - 1) // machine.line_bytes
        for virtual in range(address // machine.line_bytes, last + 1):
            if kind == "I":
                if virtual == fetched:
                    continue
                fetched = virtual
            page, inside = divmod(virtual, lines_per_page)
            if page not in frame_of:
                frame_of[page] = frames[len(frame_of)]
            physical = frame_of[page] * lines_per_page + inside
            for line, is_write in caches.access(physical, kind):
                requests.append((instructions, line, is_write))
    when, lines, writes = zip(*requests, strict=True)
    ps_per_instruction = 1000 / (machine.clock_ghz * machine.instructions_per_cycle)
    arrival_ps = np.rint(np.array(when) * ps_per_instruction).astype(np.int64)
    return {
        "gap_ps": np.diff(arrival_ps, prepend=0).astype(np.uint32),
        "line": np.array(lines, dtype=np.uint32),
        "is_write": np.packbits(np.array(writes, dtype=np.bool_)),
    }, instructions


def bundle(name: str, machine: Machine) -> None:
    """Records a program and puts it among the bundled workloads, with its entry in the manifest."""
    program = PROGRAMS[name]
    arrays, instructions = record(program, machine)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    _replace(FOLDER / f"{name}.npz", file.getvalue())

    entry: dict[str, Any] = {
        "description": program.description,
        "made_by": f"python -m archgym.traces.workloads.record {name}",
        "prepare": {"command": program.prepare[0], "input": program.prepare[1]},
        "command": {"command": program.command[0], "input": program.command[1]},
        "versions": [_output(program.version), _output(["valgrind", "--version"])],
        "machine": asdict(machine),
        "file_sha256": hashlib.sha256(file.getvalue()).hexdigest(),
    }
    manifest = workloads.manifest() | {name: entry}
    _replace(FOLDER / "manifest.json", _json(manifest))
    workloads.manifest.cache_clear()
    trace = workloads.load(name)
    entry["trace_sha256"] = trace.sha256
    entry["statistics"] = {
        "instructions": instructions,
        "requests": len(trace),
        "reads": int((~trace.is_write).sum()),
        "distinct_lines": int(np.unique(trace.address).size),
        "duration_ns": trace.duration_ps / 1000,
    }
    _replace(FOLDER / "manifest.json", _json(manifest))


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record a program as a bundled workload.")
    parser.add_argument("name", choices=sorted(PROGRAMS))
    name = parser.parse_args().name
    for needed in ("valgrind", PROGRAMS[name].command[0][0]):
        if shutil.which(needed) is None:
            raise SystemExit(f"{needed} is not installed")
    bundle(name, Machine())
