"""A table of every distinct design of a space on one workload, in a folder.

`table.json` says what it is a table of: schema version, space, workload, domain and platform,
simulator and its version; once it is complete, also the hash of its content and the SHA-256 of each
shard. It carries its own digest (see `archgym.digest`). `shard-NNNNN.parquet` hold a row for each
design in the order of `archgym.distinct`, with these columns of a log (`archgym.evaluation_log`):
`param.NAME`, `metric.NAME` (float64, as simulated; null if not measured), `feasible`, `failure`.
Every file is written under another name and then renamed, so there is no half of one, and a shard
depends on nothing but its number: whoever writes it writes the same.

The hash is over what the rows say, so it depends neither on the size of the shards nor on how
Parquet packs them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archgym import atomic, digest, evaluation_log, parquet
from archgym import domain as domains
from archgym.distinct import DistinctDesigns
from archgym.domain import Platform
from archgym.errors import ArchgymError, DamagedError
from archgym.simulator import Failure, Outcome
from archgym.space import DesignSpace
from archgym.space_document import from_document, to_document

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 3
"""Of `table.json`; those of version 1 have no digests, and before 3 platforms were devices."""

_ROWS_VERSION = 1  # Of what shards hold, which is part of what tells tables apart.


@dataclass(frozen=True)
class Header:
    """What a table is about.

    Attributes:
        space: The space whose distinct designs it lists.
        workload: The workload's `id`, whatever else it takes to make the workload again and, since
            the trace may be gone then, its `features` by name.
        domain: Name of the domain.
        platform: What the platform of the workload calls itself.
        options: The domain's options that name what the platform is made of, as they were given.
        simulator: Name of the simulator.
        simulator_version: Its version.
        metrics: The metrics that it can report, in the order of the table's columns.
        shard_size: Designs a shard; the last one may have fewer.
        sha256: Hash of the content; `None` while the table is not complete.
        files: SHA-256 of each shard's file, by name; none before the table is complete.
    """

    space: DesignSpace
    workload: Mapping[str, Any]
    domain: str
    platform: str
    options: Mapping[str, Any]
    simulator: str
    simulator_version: str
    metrics: tuple[str, ...]
    shard_size: int
    sha256: str | None = None
    files: Mapping[str, str] = field(default_factory=dict, compare=False)

    @cached_property
    def designs(self) -> DistinctDesigns:
        """The designs that the rows stand for."""
        return DistinctDesigns(self.space)

    def make_platform(self) -> Platform:
        """Makes the platform, as far as it still is what it was.

        Raises:
            ArchgymError: What it is made of is not there any more.
        """
        return domains.load(self.domain).platform(self.options)

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
        """The header as JSON has it, except for its version and digests."""
        document: dict[str, Any] = {
            "space": to_document(self.space),
            "workload": dict(self.workload),
            "domain": self.domain,
            "platform": self.platform,
            "options": dict(self.options),
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
        names = ("space", "simulator", "simulator_version", "metrics")
        others = {"schema_version": _ROWS_VERSION, "workload": self.workload["id"]}
        return {name: self.document[name] for name in names} | others


def read_header(folder: Path) -> Header:
    """Reads what the table in a folder is about.

    Raises:
        ArchgymError: There is no table, or it was made by another version of this format.
        DamagedError: It is not what was written.
    """
    path = folder / "table.json"
    if not path.exists():
        raise ArchgymError(f"{folder} holds no table of designs: there is no {path}")
    document = digest.read_json(path)
    version = document.get("schema_version")
    digest.check(document, path, required=version in range(2, SCHEMA_VERSION + 1))
    if version not in range(1, SCHEMA_VERSION + 1):
        raise ArchgymError(
            f"{path} has schema version {version}, and this archgym reads {SCHEMA_VERSION}"
        )
    try:
        if "device" in document:
            document = _of_devices(document)
        header = Header(
            space=from_document(document["space"]),
            workload=document["workload"],
            domain=document["domain"],
            platform=document["platform"],
            options=document["options"],
            simulator=document["simulator"],
            simulator_version=document["simulator_version"],
            metrics=tuple(document["metrics"]),
            shard_size=int(document["shard_size"]),
            sha256=document.get("sha256"),
            files=dict(document.get("files", {})),
        )
        described = {
            name: value
            for name, value in document.items()
            if name not in ("schema_version", "files", digest.KEY)
        }
        is_consistent = header.document == described
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DamagedError(f"{path} does not describe a table of designs: {error}") from error
    if not is_consistent or header.shard_size < 1 or "id" not in header.workload:
        raise DamagedError(f"{path} contradicts itself")
    return header


def _of_devices(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns an older header, of when all tables were of DRAM, as it is today."""
    device = document["device"]
    others = {name: value for name, value in document.items() if name != "device"}
    return others | {
        "domain": "dram",
        # Once what the device calls itself was not kept.
        "platform": device.get("system", device["name"]),
        "options": {"device": device["name"]},
    }


def write_header(folder: Path, header: Header) -> None:
    """Writes what the table in a folder is about, and if it is complete, the digests of its files.

    Raises:
        ArchgymError: A shard of a complete table can't be read.
    """
    document = {"schema_version": SCHEMA_VERSION, **header.document}
    if header.sha256:
        shards = [shard_path(folder, shard) for shard in range(header.shards)]
        document["files"] = {path.name: digest.of_file(path) for path in shards}
    with atomic.replacing(folder / "table.json") as temporary:
        text = json.dumps(digest.stamp(document), indent=1) + "\n"
        temporary.write_text(text, encoding="utf-8")


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

    numbers = np.array(header.rows(shard))
    indices = header.designs.indices(numbers)
    reasons = header.designs.infeasibility(numbers)
    measured = [outcome if isinstance(outcome, dict) else {} for outcome in outcomes]
    failures = [
        outcome.to_text() if isinstance(outcome, Failure) else reason
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
    with atomic.replacing(shard_path(folder, shard)) as temporary:
        parquet.write(table, temporary, "zstd")


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
            raise DamagedError(f"the table in {folder} does not have the content that it had")
        # Column by column and in place: tables are large.
        measured = [i for i in range(values.shape[1]) if not np.isnan(values[:, i]).all()]
        for column, source in enumerate(measured):
            values[:, column] = values[:, source]
        self.metrics = tuple(self.header.metrics[column] for column in measured)
        self.values = values[:, : len(measured)]
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
            "schema_version": evaluation_log.SCHEMA_VERSION,
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
        ArchgymError: A shard is of another table.
        DamagedError: A shard is missing or not what was written.
    """
    values = np.full((len(header.designs), len(header.metrics)), np.nan)
    failures: dict[int, str] = {}
    for shard in range(header.shards):
        numbers = header.rows(shard)
        measured, failed = read_shard(folder, header, shard)
        values[numbers.start : numbers.stop] = measured
        found = zip(numbers, failed, strict=True)
        failures |= {number: failure for number, failure in found if failure is not None}
    digest = hashlib.sha256(header.identity.encode())
    digest.update(values.astype("<f8", copy=False).data)
    digest.update(json.dumps(sorted(failures.items())).encode())
    return values, failures, digest.hexdigest()


def read_shard(
    folder: Path, header: Header, shard: int
) -> tuple[NDArray[np.float64], list[str | None]]:
    """Reads a shard of a table.

    Returns:
        The metrics, shape `[designs, len(header.metrics)]`, and why a design has none.

    Raises:
        ArchgymError: It is of another table.
        DamagedError: It is missing or not what was written.
    """
    import pyarrow as pa

    path, rows = shard_path(folder, shard), len(header.rows(shard))
    if not path.exists():
        raise DamagedError(f"{path} is missing")
    columns = [f"metric.{name}" for name in header.metrics]
    table = parquet.read(path, [*columns, "failure"], header.files.get(path.name))
    metadata = table.schema.metadata or {}
    if metadata.get(b"archgym.table") != header.identity.encode() or table.num_rows != rows:
        raise ArchgymError(f"{path} is of another table")
    try:
        values = [table.column(name).to_numpy() for name in columns]
        failures = table.column("failure").cast(pa.string()).to_pylist()
        return np.array(values, np.float64).reshape(-1, rows).T, failures
    except (ValueError, TypeError, pa.ArrowException) as error:
        raise DamagedError(f"can't read {path}: {error}") from error
