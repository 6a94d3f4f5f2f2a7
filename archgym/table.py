"""A table of every distinct design of a space on one workload, in a folder.

`table.json` says what it is a table of: schema version, space, workload, device, simulator and its
version; once it is complete, also the hash of its content. `shard-NNNNN.parquet` hold a row a
design in the order of `archgym.distinct`, with the columns of the evaluation log (see
`archgym.dataset`): `param.NAME`, `metric.NAME` (float64, as simulated; null if not measured),
`feasible`, `failure`. Every file is written under another name and then renamed, so there is no
half of one, and a shard depends on nothing but its number: whoever writes it writes the same.

The hash is over what the rows say, so it depends neither on the size of the shards nor on how
Parquet packs them.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archgym.distinct import DistinctDesigns
from archgym.errors import ArchgymError
from archgym.simulators import Failure, Outcome
from archgym.space import DesignSpace
from archgym.space_document import from_document, to_document

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Header:
    """What a table is about.

    Attributes:
        space: The space whose distinct designs it lists.
        workload: The workload's `id`, whatever else it takes to make the workload again and, since
            the trace may be gone then, its `features` by name.
        device: `name`, the device's name or path as given; its `standard`; and `system`, what it
            calls itself.
        simulator: Name of the simulator.
        simulator_version: Its version.
        metrics: The metrics that it can report, in the order of the table's columns.
        shard_size: Designs a shard; the last one may have fewer.
        sha256: Hash of the content; `None` while the table is not complete.
    """

    space: DesignSpace
    workload: Mapping[str, Any]
    device: Mapping[str, str]
    simulator: str
    simulator_version: str
    metrics: tuple[str, ...]
    shard_size: int
    sha256: str | None = None

    @cached_property
    def designs(self) -> DistinctDesigns:
        """The designs that the rows stand for."""
        return DistinctDesigns(self.space)

    @property
    def system(self) -> str:
        """What the device calls itself; in older tables, what it was given as."""
        return self.device.get("system", self.device["name"])

    @property
    def shards(self) -> int:
        """How many shards a complete table has."""
        return -(-len(self.designs) // self.shard_size)

    def rows(self, shard: int) -> range:
        """Returns the numbers of the designs that a shard holds."""
        first = shard * self.shard_size
        return range(first, min(first + self.shard_size, len(self.designs)))

    @cached_property
    def document(self) -> dict[str, Any]:
        """The header as JSON has it."""
        document: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "space": to_document(self.space),
            "workload": dict(self.workload),
            "device": dict(self.device),
            "simulator": self.simulator,
            "simulator_version": self.simulator_version,
            "metrics": list(self.metrics),
            "designs": len(self.designs),
            "shard_size": self.shard_size,
        }
        return document | ({"sha256": self.sha256} if self.sha256 else {})

    @cached_property
    def identity(self) -> str:
        """Hash of what tells this table from others; how one is cut into shards does not."""
        content = json.dumps(self.distinctive, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def distinctive(self) -> dict[str, Any]:
        """What tells this table from others."""
        names = ("schema_version", "space", "simulator", "simulator_version", "metrics")
        workload = {"workload": self.workload["id"]}
        return {name: self.document[name] for name in names} | workload


def read_header(folder: Path) -> Header:
    """Reads what the table in a folder is about.

    Raises:
        ArchgymError: There is no table, or it was made by another version of this format.
    """
    path = folder / "table.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchgymError(
            f"{folder} holds no table of designs: can't read {path}: {error.strerror}"
        ) from error
    except ValueError as error:
        raise ArchgymError(f"{path} is not JSON: {error}") from None
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version != SCHEMA_VERSION:
        raise ArchgymError(f"{path} has schema version {version}, this archgym {SCHEMA_VERSION}")
    try:
        header = Header(
            space=from_document(document["space"]),
            workload=document["workload"],
            device=document["device"],
            simulator=document["simulator"],
            simulator_version=document["simulator_version"],
            metrics=tuple(document["metrics"]),
            shard_size=int(document["shard_size"]),
            sha256=document.get("sha256"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArchgymError(f"{path} does not describe a table of designs: {error}") from error
    if header.document != document or header.shard_size < 1 or "id" not in header.workload:
        raise ArchgymError(f"{path} contradicts itself")
    return header


def write_header(folder: Path, header: Header) -> None:
    """Writes what the table in a folder is about."""
    temporary = folder / f"table.json.{os.getpid()}.tmp"
    temporary.write_text(json.dumps(header.document, indent=1) + "\n", encoding="utf-8")
    temporary.replace(folder / "table.json")


def shard_name(shard: int) -> str:
    """Returns the name of a shard, without the ending of its file."""
    return f"shard-{shard:05}"


def shard_path(folder: Path, shard: int) -> Path:
    """Returns the file of a shard."""
    return folder / f"{shard_name(shard)}.parquet"


def write_shard(
    folder: Path, header: Header, shard: int, outcomes: Sequence[Outcome | None]
) -> None:
    """Writes a shard, all at once.

    Args:
        folder: The table's folder.
        header: The table's header.
        shard: The shard's number.
        outcomes: What the simulator made of each design, in order; `None` for infeasible ones.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = np.array(header.rows(shard))
    indices = header.designs.indices(numbers)
    reasons = header.designs.infeasibility(numbers)
    measured = [outcome if isinstance(outcome, dict) else {} for outcome in outcomes]
    failures = [
        f"{outcome.kind}: {outcome.reason}" if isinstance(outcome, Failure) else reason
        for outcome, reason in zip(outcomes, reasons, strict=True)
    ]
    columns: dict[str, Any] = {}
    for column, parameter in zip(indices.T, header.space.parameters.values(), strict=True):
        values = [parameter.values[index] for index in column.tolist()]
        columns[f"param.{parameter.name}"] = pa.array(values).dictionary_encode()
    for name in header.metrics:
        values = [metrics.get(name) for metrics in measured]
        columns[f"metric.{name}"] = pa.array(values, pa.float64())
    columns["feasible"] = pa.array([reason is None for reason in reasons], pa.bool_())
    columns["failure"] = pa.array(failures, pa.string())
    table = pa.table(columns).replace_schema_metadata({"archgym.table": header.identity})
    path = shard_path(folder, shard)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Table:
    """A complete table, in memory.

    Args:
        folder: Where it is.

    Attributes:
        folder: As given.
        header: What it is about.
        sha256: Hash of its content.
        metrics: The metrics that were measured.
        values: float64, shape `[designs, metrics]`, a row a distinct design in order; NaN without
            a metric. Read-only.
        failures: Why a design has no metrics, by its number.

    Raises:
        ArchgymError: There is no table in `folder`, it is not complete, or not what was written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.header = read_header(self.folder)
        self.sha256 = self.header.sha256 or ""
        if not self.sha256:
            raise ArchgymError(
                f"the table in {folder} is not complete; the command that began it goes on with it"
            )
        values, self.failures, sha256 = read_shards(self.folder, self.header)
        if sha256 != self.sha256:
            raise ArchgymError(f"the table in {folder} does not have the content that it had")
        measured = np.flatnonzero(~np.isnan(values).all(axis=0))
        self.metrics = tuple(self.header.metrics[column] for column in measured)
        self.values = np.take(values, measured, axis=1)
        self.values.flags.writeable = False

    def __len__(self) -> int:
        """Returns the number of designs."""
        return len(self.values)

    @property
    def designs(self) -> DistinctDesigns:
        """The designs that the rows stand for."""
        return self.header.designs

    def frame(self) -> "pd.DataFrame":
        """Returns the table with the columns of an evaluation log, less those of a trial."""
        import pandas as pd

        header, numbers = self.header, np.arange(len(self))
        columns: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "space": header.space.name,
            "workload": header.workload["id"],
            "simulator": header.simulator,
            "simulator_version": header.simulator_version,
        }
        parameters = header.space.parameters.values()
        for column, parameter in zip(self.designs.indices(numbers).T, parameters, strict=True):
            columns[f"param.{parameter.name}"] = np.array(parameter.values)[column]
        columns |= {f"metric.{name}": self.values[:, i] for i, name in enumerate(self.metrics)}
        columns["feasible"] = [reason is None for reason in self.designs.infeasibility(numbers)]
        columns["failure"] = [self.failures.get(number) for number in numbers.tolist()]
        return pd.DataFrame(columns, index=numbers)


def read_shards(folder: Path, header: Header) -> tuple[NDArray[np.float64], dict[int, str], str]:
    """Reads all shards of a table.

    Returns:
        The metrics, shape `[designs, len(header.metrics)]`; the failures by number; the hash of
        the content.

    Raises:
        ArchgymError: A shard is missing, can't be read or is not this table's.
    """
    values = np.full((len(header.designs), len(header.metrics)), np.nan)
    failures: dict[int, str] = {}
    for shard in range(header.shards):
        numbers = header.rows(shard)
        table = _read_shard(shard_path(folder, shard), header, len(numbers))
        for column, name in enumerate(header.metrics):
            read = table.column(f"metric.{name}").to_numpy()
            values[numbers.start : numbers.stop, column] = read
        found = zip(numbers, table.column("failure").to_pylist(), strict=True)
        failures |= {number: failure for number, failure in found if failure is not None}
    digest = hashlib.sha256(header.identity.encode())
    digest.update(values.astype("<f8", copy=False).data)
    digest.update(json.dumps(sorted(failures.items())).encode())
    return values, failures, digest.hexdigest()


def _read_shard(path: Path, header: Header, rows: int) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        columns = [f"metric.{name}" for name in header.metrics]
        table = pq.ParquetFile(path).read([*columns, "failure"], use_threads=False)
    except FileNotFoundError:
        raise ArchgymError(f"{path} is missing") from None
    except (OSError, pa.ArrowException) as error:
        raise ArchgymError(f"can't read {path}: {error}") from error
    metadata = table.schema.metadata or {}
    if metadata.get(b"archgym.table") != header.identity.encode() or table.num_rows != rows:
        raise ArchgymError(f"{path} is of another table")
    return table
