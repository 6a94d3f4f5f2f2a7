"""Simulates every distinct design of a space on a workload: the true optimum, and all the rest."""

import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from archgym import domain as domains
from archgym import simulators
from archgym.domain import Platform
from archgym.errors import ArchgymError, ArchgymWarning, DamagedError, unknown
from archgym.simulator import Outcome, Simulator
from archgym.space import DesignSpace
from archgym.study.executor import Executor
from archgym.study.lock import Lock, locked
from archgym.study.parts import WorkloadSpec
from archgym.study.processes import LocalProcesses
from archgym.study.progress import bar
from archgym.table import (
    Header,
    Table,
    read_header,
    read_shard,
    read_shards,
    shard_name,
    shard_path,
    write_header,
    write_shard,
)
from archgym.workload import NamedWorkload

LIMIT = 1_000_000
"""The most designs that are simulated unless more are asked for: half an hour and more."""

SHARD_SIZE = 2048
"""Designs a shard: seconds of work, the most that a worker loses when it is killed."""


def enumerate_space(
    space: DesignSpace,
    workload: WorkloadSpec,
    out: str | Path,
    *,
    domain: str = domains.DEFAULT,
    simulator: str | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    shard_size: int | None = None,
    limit: int = LIMIT,
    **options: Any,
) -> Table:
    """Simulates every distinct design of a space into the table in a folder, or the rest of it.

    It can be stopped or killed at any time and called again: shards that are written stay, unless
    they are damaged. The table depends neither on that nor on the number of workers. Infeasible
    designs are listed and not simulated.

    Args:
        space: The space.
        workload: The workload.
        out: The table's folder; made if missing.
        domain: Name of the domain.
        simulator: Name of the simulator; by default the domain's.
        workers: How many processes, each of one thread.
        executor: What makes the shards; by default so many processes on this machine.
        shard_size: Designs a shard; by default `SHARD_SIZE`, or as the table in `out` has it.
        limit: The most distinct designs that the space may have.
        options: Those of the domain, such as `device`.

    Returns:
        The complete table.

    Warns:
        ArchgymWarning: Something in the folder was damaged and is made again.

    Raises:
        ArchgymError: A name is not known, the space is larger than `limit`, the simulator lacks a
            parameter of it or can't run its default design, `out` can't be written, is being run by
            another process or holds another table, or a worker failed.
    """
    executor = executor or LocalProcesses(workers)
    if shard_size is not None and shard_size < 1:
        raise ArchgymError(f"a shard holds at least 1 design, not {shard_size}")
    folder = Path(out)
    simulator = simulator or domains.load(domain).defaults.simulator
    settled = tuple(sorted(domains.load(domain).settle(options).items()))
    inputs = _Inputs(workload, domain, settled, simulator)
    wanted = _header(space, inputs, shard_size or SHARD_SIZE, limit)
    if (folder / "table.json").exists():
        # What is damaged is said when it is made again.
        with suppress(DamagedError):
            if _checked(folder, wanted, shard_size).sha256:
                return Table(folder)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder) as lock:
        _run(folder, _prepare(folder, wanted, shard_size), inputs, executor, lock)
    return Table(folder)


def _run(folder: Path, header: Header, inputs: "_Inputs", executor: Executor, lock: Lock) -> None:
    """Makes the shards of a table that are missing, and completes it."""
    waiting = [
        _Shard(number, inputs)
        for number in range(header.shards)
        if not _is_whole(folder, header, number)
    ]
    designs = len(header.designs)
    left = sum(len(header.rows(shard.number)) for shard in waiting)
    with (
        bar(designs, designs - left, "designs") as advance,
        closing(executor.execute(waiting, folder, lock)) as ended,
    ):
        for shard, failure in ended:
            if failure:
                raise ArchgymError(
                    f"{shard.name} of {folder} failed: {failure.reason}; "
                    "the same command goes on from there"
                )
            advance("", len(header.rows(shard.number)))
    if waiting or header.sha256 is None:
        # Another release of the Parquet library may write the same in other bytes.
        _, _, sha256 = read_shards(folder, replace(header, files={}))
        if header.sha256 in (None, sha256):
            write_header(folder, replace(header, sha256=sha256))


def _is_whole(folder: Path, header: Header, shard: int) -> bool:
    """Tells whether a shard is there and undamaged, and warns if it is there."""
    if not shard_path(folder, shard).exists():
        return False
    try:
        read_shard(folder, header, shard)
    except DamagedError as error:
        _warn(error)
        return False
    return True


def _warn(error: DamagedError) -> None:
    warnings.warn(f"{error}; it is made again", ArchgymWarning, stacklevel=2)


@dataclass(frozen=True)
class _Inputs:
    """What a table is made of, as it was given: paths in the folder may be those of another day.

    Attributes:
        workload: The workload.
        domain: Name of the domain.
        options: All of the domain's options.
        simulator: Name of the simulator.
    """

    workload: WorkloadSpec
    domain: str
    options: tuple[tuple[str, Any], ...]
    simulator: str

    def platform(self) -> Platform:
        """Makes the platform."""
        return domains.load(self.domain).platform(dict(self.options))

    def load(self) -> tuple[NamedWorkload, Simulator]:
        """Makes the workload and the simulator."""
        return self.workload.load(self.platform()), simulators.make(self.simulator)


@dataclass(frozen=True)
class _Shard:
    """The job of making one shard; what it is part of stands in the folder."""

    number: int
    inputs: _Inputs

    @property
    def name(self) -> str:
        return shard_name(self.number)

    @property
    def files(self) -> tuple[str, ...]:
        return "table.json", shard_path(Path(), self.number).name

    def needs(self) -> Mapping[Hashable, Callable[[], Any]]:
        return {self.inputs: self.inputs.load}

    def run(self, folder: Path, given: Mapping[Hashable, Any] | None = None) -> None:
        workload, simulator = given[self.inputs] if given else _load(self.inputs)
        header = _header_of(folder, workload, simulator)
        rows = header.rows(self.number)
        designs = header.designs.designs(rows)
        reasons = header.designs.infeasibility(rows)
        feasible = [number for number, reason in enumerate(reasons) if reason is None]
        outcomes: list[Outcome | None] = [None] * len(rows)
        simulated = simulator.evaluate([designs[number] for number in feasible], workload)
        for number, outcome in zip(feasible, simulated, strict=True):
            outcomes[number] = outcome
        with _writing(folder):
            write_shard(folder, header, self.number, outcomes)


# A worker keeps what the shards of a table have in common.


@lru_cache(maxsize=1)
def _load(inputs: _Inputs) -> tuple[NamedWorkload, Simulator]:
    return inputs.load()


@lru_cache(maxsize=1)
def _read_header(content: bytes, folder: Path) -> Header:
    return read_header(folder)


def _header_of(folder: Path, workload: NamedWorkload, simulator: Simulator) -> Header:
    """Returns what the folder says that its table is of, if that is what there is."""
    header = _read_header((folder / "table.json").read_bytes(), folder)
    if workload.id != header.workload["id"]:
        raise ArchgymError(
            f"workload {header.workload['id']} of {folder} has become {workload.id}: it was "
            "changed while the table is made"
        )
    if simulator.version != header.simulator_version:
        raise ArchgymError(
            f"simulator {header.simulator} {header.simulator_version} of {folder} has become "
            f"{simulator.version}: it was changed while the table is made"
        )
    return header


def _header(space: DesignSpace, inputs: _Inputs, shard_size: int, limit: int) -> Header:
    """Describes the table that is asked for, once it is known to be possible."""
    designs = space.count_distinct()
    if designs > limit:
        raise ArchgymError(
            f"space {space.name} has {designs:,} distinct designs, more than the limit of "
            f"{limit:,}; enumerate a smaller space, or raise the limit"
        )
    spec, platform = inputs.workload, inputs.platform()
    workload = spec.load(platform)
    simulator = simulators.make(inputs.simulator)
    for parameter in space.parameters:
        if parameter not in simulator.parameters:
            known = simulator.parameters
            raise unknown(f"parameter of simulator {inputs.simulator}", parameter, known)
    # A workload that can't be played fails here, and not design by design.
    simulators.simulate(space.default, workload, simulator)
    domain = domains.load(inputs.domain)
    return Header(
        space=space,
        workload={
            "id": workload.id,
            "name": spec.name,
            "options": spec.others,
            **{name: table.to_mapping() for name, table in spec.tables.items()},
            **workload.record,
            "features": dict(zip(domain.features, workload.features.tolist(), strict=True)),
        },
        domain=inputs.domain,
        platform=platform.name,
        options={name: value for name, value in inputs.options if domain.options[name].is_read},
        simulator=inputs.simulator,
        simulator_version=simulator.version,
        metrics=tuple(sorted(simulator.metrics)),
        shard_size=shard_size,
    )


def _prepare(folder: Path, wanted: Header, shard_size: int | None) -> Header:
    """Begins a table, or checks the one in the folder; returns the header that it has."""
    if (folder / "table.json").exists():
        try:
            return _checked(folder, wanted, shard_size)
        except DamagedError as error:
            _warn(error)
            # Shards say themselves what table they are of; those of another are refused here.
            for number in range(wanted.shards):
                _is_whole(folder, wanted, number)
    with _writing(folder):
        write_header(folder, wanted)
    return wanted


def _checked(folder: Path, wanted: Header, shard_size: int | None) -> Header:
    """Returns the header of the table in a folder, if it is of the table that is wanted."""
    found = read_header(folder)
    for key, value in wanted.distinctive.items():
        difference = _difference(found.distinctive[key], value)
        if difference is not None:
            raise ArchgymError(
                f"{folder} holds a table of another {key}{difference}; choose another folder"
            )
    if shard_size not in (None, found.shard_size):
        raise ArchgymError(
            f"{folder} holds a table with {found.shard_size} designs a shard, not {shard_size}"
        )
    return found


def _difference(found: Any, wanted: Any) -> str | None:
    """Says how values differ, as far as a few words can; `None` if they do not."""
    if found == wanted:
        return None
    if isinstance(found, dict):
        found, wanted = found["name"], wanted["name"]
    return f": {found}, not {wanted}" if isinstance(found, str) and found != wanted else ""


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchgymError(f"can't write a table to {folder}: {error.strerror or error}") from error
