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
from archgym.traces.recorder._recorder import AccessRecorder, Recorder
from archgym.traces.recorder.caches import CacheCounts
from archgym.traces.recorder.machine import Machine
from archgym.traces.recorder.valgrind import PIPE_BYTES, Lackey, lackey
from archgym.traces.trace import Trace

DEFAULT_LIMIT = 10_000_000
"""Requests after which a recording ends; a bound on its memory, 17 bytes per request."""

# Lackey writes line by line: whoever reads at once gets a line at a time, at a system call each.
_PAUSE_S = 0.002


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
    _check_region(skip, limit)
    recorder = native_recorder(machine, skip, limit)
    columns: list[tuple[npt.NDArray[Any], ...]] = []

    def take() -> None:
        columns.append(recorder.requests())
        progress(Progress(recorder.instructions, recorder.emitted))

    with lackey(command, environment, folder, stdin, stdout) as running:
        ended = _follow(running, recorder, take, command, limit)
    take()
    if recorder.emitted == 0:
        raise ArchgymError(
            f"{command[0]} asks memory for nothing after the first {skip} of its "
            f"{recorder.instructions} instructions"
        )
    instruction, address, is_write = _joined(columns)
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

    first, *shared = (
        (cache.sets(machine.line_bytes), cache.ways)
        for cache in (machine.l1, machine.l2, machine.llc)
        if cache
    )
    return Recorder(
        line_bits=machine.line_bytes.bit_length() - 1,
        page_bits=machine.page_bytes.bit_length() - 1,
        first=first,
        shared=shared,
        inclusive=machine.inclusive,
        prefetch=machine.prefetch,
        frames=machine.memory_bytes // machine.page_bytes,
        random=machine.allocation == "random",
        seed=machine.seed,
        skip=skip,
        limit=limit,
    )


@dataclass(frozen=True)
class Accesses:
    """A program's accesses to its data, before any cache; columns have one element per access.

    Attributes:
        instruction: Instructions executed in the region before; uint64.
        address: Virtual address of the first byte; uint64.
        size: Bytes; uint16.
        is_write: Whether it writes, be it that it reads first; bool.
        instructions: Instructions executed in the region.
        ended: Why it ended: `finished` with the program, `limit` or `interrupted`.
    """

    instruction: npt.NDArray[np.uint64]
    address: npt.NDArray[np.uint64]
    size: npt.NDArray[np.uint16]
    is_write: npt.NDArray[np.bool_]
    instructions: int
    ended: str


def record_accesses(
    command: Sequence[str],
    *,
    skip: int = 0,
    limit: int = DEFAULT_LIMIT,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: IO[Any] | int | None = None,
    stdout: IO[Any] | int | None = None,
) -> Accesses:
    """Runs a program and records its loads and stores, for caches of any kind to be tried on.

    Ctrl-C ends the recording; what there is of it is returned.

    Args:
        command: The program and its arguments.
        skip: Instructions before the region of interest.
        limit: Accesses after which the recording, and the program, is ended.
        environment: The program's environment; that of this process by default.
        folder: Where it runs; here by default.
        stdin: Its input; by default that of this process, unless it is a terminal.
        stdout: Its output; by default that of this process.

    Raises:
        ArchgymError: There is no Valgrind or no such program, it fails or can't be followed, or the
            region has no accesses.
        KeyboardInterrupt: Ctrl-C came before the first access.
    """
    _check_region(skip, limit)
    recorder = AccessRecorder(skip=skip, limit=limit)
    columns: list[tuple[npt.NDArray[Any], ...]] = []

    def take() -> None:
        columns.append(recorder.accesses())

    with lackey(command, environment, folder, stdin, stdout) as running:
        ended = _follow(running, recorder, take, command, limit)
    take()
    if recorder.emitted == 0:
        raise ArchgymError(
            f"{command[0]} accesses no data after the first {skip} of its "
            f"{recorder.instructions} instructions"
        )
    instruction, address, size, is_write = _joined(columns)
    instructions = recorder.instructions - skip
    return Accesses(instruction, address, size, is_write.view(np.bool_), instructions, ended)


def _check_region(skip: int, limit: int) -> None:
    for what, value, least in (("skip", skip, 0), ("limit", limit, 1)):
        if not least <= value < 2**63:
            raise ArchgymError(f"{what} must be a whole number of {least} or more, not {value}")


def _joined(columns: Sequence[tuple[npt.NDArray[Any], ...]]) -> Iterator[npt.NDArray[Any]]:
    return (np.concatenate(parts) for parts in zip(*columns, strict=True))


def _follow(
    running: Lackey,
    recorder: Recorder | AccessRecorder,
    take: Callable[[], None],
    command: Sequence[str],
    limit: int,
) -> str:
    """Feeds a recorder until it wants no more, calling `take` now and then; says why it ended."""
    try:
        for piece in _pieces(running):
            if not recorder.feed(piece):
                break
            take()
        ended = "limit" if recorder.emitted == limit else "finished"
        if recorder.fault:
            raise ArchgymError(f"can't record {command[0]}: {recorder.fault}")
        if ended == "finished":
            _check_end(recorder, running, command)
    except KeyboardInterrupt:
        if recorder.emitted == 0:
            raise
        ended = "interrupted"
    return ended


def _pieces(running: Lackey) -> Iterator[npt.NDArray[np.uint8]]:
    """Yields what comes through the pipe; each piece lasts until the next."""
    buffer = np.empty(PIPE_BYTES, dtype=np.uint8)
    while count := os.readv(running.list_fd, [buffer.data]):
        yield buffer[:count]
        if count < PIPE_BYTES // 2:
            time.sleep(_PAUSE_S)


def _check_end(
    recorder: Recorder | AccessRecorder, running: Lackey, command: Sequence[str]
) -> None:
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
