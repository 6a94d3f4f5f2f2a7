"""Records a program: its memory accesses, through caches and pages, to requests to memory."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from archgym.errors import ArchgymError
from archgym.traces.recorder._recorder import Recorder
from archgym.traces.recorder.machine import CacheSize, Machine
from archgym.traces.recorder.valgrind import PIPE_BYTES, Lackey, lackey
from archgym.traces.trace import Trace

DEFAULT_LIMIT = 10_000_000
"""Requests after which a recording ends; a bound on its memory, 17 bytes a request."""

# Lackey writes line by line: whoever reads at once gets a line at a time, at a system call each.
_PAUSE_S = 0.002


class CacheCounts(NamedTuple):
    """What a cache was asked for; neither prefetches nor write-backs count.

    Attributes:
        accesses: Accesses of the core that came to it.
        misses: Those that it did not have all lines of.
        fills: Lines that it fetched for them.
    """

    accesses: int
    misses: int
    fills: int


@dataclass(frozen=True)
class Recording:
    """A program's requests to memory.

    Attributes:
        trace: The requests. Time 0 is when the region of interest starts.
        instructions: Instructions executed in the region.
        caches: What each cache did in the region, by name.
        pages: Pages touched, before the region too.
        ended: Why it ended: `finished` with the program, `limit` or `interrupted`.
    """

    trace: Trace
    instructions: int
    caches: dict[str, CacheCounts]
    pages: int
    ended: str


class Progress(NamedTuple):
    """How far a recording is: instructions, skipped ones too, and requests."""

    instructions: int
    requests: int


def record(
    command: Sequence[str],
    machine: Machine | None = None,
    *,
    skip: int = 0,
    limit: int = DEFAULT_LIMIT,
    name: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: IO[Any] | int | None = None,
    stdout: IO[Any] | int | None = None,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Recording:
    """Runs a program and records its requests to memory.

    Ctrl-C ends the recording; what there is of it is returned.

    Args:
        command: The program and its arguments.
        machine: What it is taken to run on.
        skip: Instructions before the region of interest: they fill the caches, and what they
            request is left out.
        limit: Requests after which the recording, and the program, is ended.
        name: What to call the trace; the program's name by default.
        environment: The program's environment; that of this process by default.
        folder: Where it runs; here by default.
        stdin: Its input; by default that of this process, unless it is a terminal.
        stdout: Its output; by default that of this process.
        progress: Called now and then.

    Raises:
        ArchgymError: There is no Valgrind or no such program, it fails or can't be followed, it
            needs more memory than the machine has, or the region has no requests.
        KeyboardInterrupt: Ctrl-C came before the first request.
    """
    machine = machine or Machine()
    for what, value, least in (("skip", skip, 0), ("limit", limit, 1)):
        if not least <= value < 2**63:
            raise ArchgymError(f"{what} must be a whole number of {least} or more, not {value}")
    recorder = native_recorder(machine, skip, limit)
    columns: list[tuple[npt.NDArray[Any], ...]] = []
    with lackey(command, environment, folder, stdin, stdout) as running:
        try:
            for piece in _pieces(running):
                if not recorder.feed(piece):
                    break
                columns.append(recorder.requests())
                progress(Progress(recorder.instructions, recorder.emitted))
            ended = "limit" if recorder.emitted == limit else "finished"
            if recorder.fault:
                raise ArchgymError(f"can't record {command[0]}: {recorder.fault}")
            if ended == "finished":
                _check_end(recorder, running, command)
        except KeyboardInterrupt:
            if recorder.emitted == 0:
                raise
            ended = "interrupted"
    columns.append(recorder.requests())
    if recorder.emitted == 0:
        raise ArchgymError(
            f"{command[0]} asks memory for nothing after the first {skip} of its "
            f"{recorder.instructions} instructions"
        )
    instruction, address, is_write = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return Recording(
        trace=Trace(
            arrival_ps=machine.arrival_ps(instruction),
            address=address,
            is_write=is_write.view(np.bool_),
            size=machine.line_bytes,
            name=name or Path(command[0]).name,
        ),
        instructions=recorder.instructions - skip,
        caches={
            cache: CacheCounts(*counts)
            for cache, counts in zip(machine.cache_names, recorder.counts, strict=True)
        },
        pages=recorder.pages,
        ended=ended,
    )


def native_recorder(machine: Machine, skip: int = 0, limit: int = DEFAULT_LIMIT) -> Recorder:
    """Makes the native half of a recording, which takes lackey's output."""

    def shape(cache: CacheSize) -> tuple[int, int]:
        return machine.sets(cache), cache.ways

    return Recorder(
        line_bits=machine.line_bytes.bit_length() - 1,
        page_bits=machine.page_bytes.bit_length() - 1,
        first=shape(machine.l1),
        second=shape(machine.l2) if machine.l2 else None,
        last=shape(machine.llc),
        inclusive=machine.inclusive,
        prefetch=machine.prefetch,
        frames=machine.memory_bytes // machine.page_bytes,
        random=machine.allocation == "random",
        seed=machine.seed,
        skip=skip,
        limit=limit,
    )


def _pieces(running: Lackey) -> Iterator[npt.NDArray[np.uint8]]:
    """Yields what comes through the pipe; each piece lasts until the next."""
    buffer = np.empty(PIPE_BYTES, dtype=np.uint8)
    while count := os.readv(running.list_fd, [buffer.data]):
        yield buffer[:count]
        if count < PIPE_BYTES // 2:
            time.sleep(_PAUSE_S)


def _check_end(recorder: Recorder, running: Lackey, command: Sequence[str]) -> None:
    """Checks that a program whose list has ended has ended by itself, and well."""
    program, after = command[0], f"after {recorder.instructions} instructions"
    returncode = running.returncode()
    if returncode is not None and returncode < 0:
        raise ArchgymError(f"{program} ended with signal {-returncode} {after}")
    if recorder.instructions == 0:
        raise ArchgymError(f"Valgrind can't run {program}; what it says is above")
    if not recorder.ended:
        raise ArchgymError(
            f"{program} turned into another program (exec) {after}, which Valgrind does not "
            "follow: record that program itself"
        )
    if returncode:
        raise ArchgymError(f"{program} ended with code {returncode} {after}")
    if recorder.in_line:
        raise ArchgymError(f"lackey's output ends within a line {after}")
