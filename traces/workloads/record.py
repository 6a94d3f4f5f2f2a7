"""Records the bundled workloads: `python -m archgym.traces.workloads.record NAME|all`.

Needs valgrind, g++ and the programs of `PROGRAMS`, which says how each is run. With the versions
that the manifest names a recording comes out equal, except for zstd, which looks at the clock now
and then: up to some thousand of its eight million instructions differ.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from archgym.errors import ArchgymError
from archgym.traces import workloads
from archgym.traces.recorder import Machine, Recording, record
from archgym.traces.workloads import storage
from archgym.traces.workloads.programs import FOLDER as SOURCES
from archgym.traces.workloads.programs import MACHINE, PROGRAMS, Program

FOLDER = Path(__file__).parent
# A fixed, almost empty environment: its size shifts the stack.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "LC_ALL": "C",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Ready:
    """A program that can be recorded.

    Attributes:
        command: The program and its arguments.
        skip: Instructions before its region of interest.
        surroundings: The environment, folder, input and output that it needs, by parameter of
            `record` and of `record_accesses`.
    """

    command: list[str]
    skip: int
    surroundings: dict[str, Any]


@contextmanager
def prepared(program: Program) -> Iterator[Ready]:
    """Prepares a program, in a folder that is there until the context is left.

    Raises:
        ArchgymError: Something that it needs is missing or fails.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def source(file: str | None) -> IO[bytes] | int:
            if file is None:
                return subprocess.DEVNULL
            return stack.enter_context((SOURCES / file).open("rb"))

        for command, stdin, output in program.prepare:
            written = _run(command, folder, source(stdin))
            if output:
                (folder / output).write_bytes(written)
        yield Ready(
            command=_filled(program.command),
            skip=_instructions(program.setup, folder) if program.setup else 0,
            surroundings={
                "environment": ENVIRONMENT,
                "folder": folder,
                "stdin": source(program.stdin),
                "stdout": subprocess.DEVNULL,
            },
        )


def record_program(program: Program, name: str) -> tuple[Recording, int]:
    """Prepares and records a program.

    Args:
        program: What to record.
        name: What to call the trace.

    Returns:
        The recording; and the instructions before its region of interest.

    Raises:
        ArchgymError: Something that it needs is missing or fails.
    """
    with prepared(program) as ready:
        recording = record(
            ready.command,
            _machine(program),
            skip=ready.skip,
            limit=program.limit,
            name=name,
            **ready.surroundings,
        )
    return recording, ready.skip


def bundle(name: str) -> None:
    """Records a program and puts it among the bundled workloads, with its entry in the manifest."""
    program = PROGRAMS[name]
    recording, skip = record_program(program, name)
    trace, machine = recording.trace, _machine(program)
    content = storage.pack(trace, machine)
    entry = recipe(program) | {
        "made_by": f"python -m archgym.traces.workloads.record {name}",
        "versions": [_version(command) for command in (*program.versions, _VALGRIND)],
        "file_sha256": hashlib.sha256(content).hexdigest(),
        "trace_sha256": trace.sha256,
        "statistics": {
            "instructions": recording.instructions,
            "requests": len(trace),
            "reads": int((~trace.is_write).sum()),
            "footprint_bytes": int(np.unique(trace.address).size) * machine.line_bytes,
            "duration_ns": trace.duration_ps / 1000,
            "ended": recording.ended,
            "fills": {cache: counts.fills for cache, counts in recording.caches.items()},
        },
    }
    entry["setup"]["instructions"] = skip
    _replace(FOLDER / f"{name}.npz", content)
    _replace(FOLDER / "manifest.json", _json(workloads.manifest() | {name: entry}))
    workloads.manifest.cache_clear()


def recipe(program: Program) -> dict[str, Any]:
    """Returns what the manifest says of a program before it is recorded."""
    return {
        "description": program.description,
        "prepare": [
            {"command": _shown(command), "input": stdin, "output": output}
            for command, stdin, output in program.prepare
        ],
        "setup": {"command": _shown(program.setup)},
        "command": {"command": _shown(program.command), "input": program.stdin},
        "machine": _machine(program).to_mapping(),
    }


_VALGRIND = ["valgrind", "--version"]


def _machine(program: Program) -> Machine:
    return replace(MACHINE, ipc=program.ipc)


def _filled(command: Sequence[str]) -> list[str]:
    """Puts in what the words in braces stand for."""
    return [
        _cc1plus() if word == "{cc1plus}" else word.replace("{sources}", str(SOURCES))
        for word in command
    ]


def _shown(command: Sequence[str]) -> list[str]:
    """Leaves out what depends on the machine that the recording was made on."""
    return ["python" if word == sys.executable else word for word in command]


def _cc1plus() -> str:
    return _output(["g++", "-print-prog-name=cc1plus"])


def _instructions(command: Sequence[str], folder: Path) -> int:
    """Counts the instructions of a command."""
    log = folder / "lackey.log"
    lackey = ["valgrind", "--tool=lackey", f"--log-file={log}", *command]
    _run(lackey, folder, subprocess.DEVNULL)
    found = re.search(r"guest instrs: +([0-9,]+)", log.read_text(encoding="utf-8"))
    if found is None:
        raise ArchgymError(f"lackey counts no instructions of {command[0]}")
    return int(found[1].replace(",", ""))


def _run(command: Sequence[str], folder: Path | None, stdin: IO[bytes] | int) -> bytes:
    """Runs a command and returns its output."""
    filled = _filled(command)
    try:
        done = subprocess.run(
            filled, cwd=folder, stdin=stdin, stdout=subprocess.PIPE, env=ENVIRONMENT, check=False
        )
    except FileNotFoundError:
        raise ArchgymError(f"{filled[0]} is not installed") from None
    if done.returncode:
        raise ArchgymError(f"{filled[0]} ended with code {done.returncode}")
    return done.stdout


def _version(command: Sequence[str]) -> str:
    return _output(command).splitlines()[0]


def _output(command: Sequence[str]) -> str:
    return _run(command, None, subprocess.DEVNULL).decode().strip()


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


def main() -> None:
    """Records what the command line names."""
    parser = argparse.ArgumentParser(description="Record programs as bundled workloads.")
    parser.add_argument("names", nargs="+", choices=["all", *sorted(PROGRAMS)], metavar="NAME|all")
    names = parser.parse_args().names
    for name in PROGRAMS if "all" in names else names:
        print(name, flush=True)
        try:
            bundle(name)
        except ArchgymError as error:
            raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
