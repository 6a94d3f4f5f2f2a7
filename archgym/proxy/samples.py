"""What a proxy learns from: measured designs, each once a workload."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archgym.domain import DEFAULT
from archgym.errors import ArchgymError, unknown
from archgym.parameter import Parameter
from archgym.proxy.coding import Coding
from archgym.proxy.workloads import Facts
from archgym.space import DesignSpace

if TYPE_CHECKING:
    import pandas as pd

    from archgym.table import Table

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """Designs of one space and what one simulator measured of them, one row per sample.

    Attributes:
        coding: How the designs are coded.
        codes: The designs, shape `[n, groups]`; equivalent ones occur once a workload.
        workload: The position of each sample's workload in `facts`.
        metrics: Names of the metrics.
        values: Shape `[n, metrics]`.
        facts: The workloads.
        simulator: What measured, with its version.
    """

    coding: Coding
    codes: Ints
    workload: Ints
    metrics: tuple[str, ...]
    values: Floats
    facts: tuple[Facts, ...]
    simulator: str
    domain: str = DEFAULT

    def __len__(self) -> int:
        """Returns the number of samples."""
        return len(self.codes)

    @cached_property
    def keys(self) -> Ints:
        """One number per design, the same for equivalent ones."""
        return self.coding.keys(self.codes)

    @cached_property
    def sha256(self) -> str:
        """Hash of what was measured of which design on which workload, in any order."""
        order = np.lexsort((self.keys, self.workload))
        digest = hashlib.sha256(repr((self.metrics, [each.id for each in self.facts])).encode())
        for array in (self.keys, self.workload, self.values):
            digest.update(np.ascontiguousarray(array[order]).data)
        return digest.hexdigest()

    def take(self, rows: Ints | NDArray[np.bool_]) -> "Samples":
        """Returns some of the samples."""
        return replace(
            self,
            codes=self.codes[rows],
            workload=self.workload[rows],
            values=self.values[rows],
        )

    def of(self, workload: str) -> "Samples":
        """Returns the samples of one workload.

        Raises:
            ArchgymError: There is no such workload.
        """
        names = [each.id for each in self.facts]
        if workload not in names:
            raise unknown("workload of the data", workload, names)
        return self.take(self.workload == names.index(workload))

    def draw(self, count: int, rng: np.random.Generator) -> "Samples":
        """Returns `count` samples of each workload, or all if there are not as many."""
        rows = []
        for number in range(len(self.facts)):
            own = np.flatnonzero(self.workload == number)
            rows.append(rng.permutation(own)[:count])
        return self.take(np.sort(np.concatenate(rows)))

    def only(self, metrics: Sequence[str]) -> "Samples":
        """Returns the samples with some of the metrics.

        Raises:
            ArchgymError: There is no such metric.
        """
        for name in metrics:
            if name not in self.metrics:
                raise unknown("metric of the data", name, self.metrics)
        columns = [self.metrics.index(name) for name in metrics]
        return replace(self, metrics=tuple(metrics), values=self.values[:, columns])


def from_table(table: "Table", features: Sequence[float] = ()) -> Samples:
    """Returns all that a table knows.

    Args:
        table: A complete table.
        features: What its workload is like.
    """
    header = table.header
    measured = np.ones(len(table), np.bool_)
    measured[list(table.failures)] = False
    coding = Coding(header.space)
    default = table.designs.numbers(header.space.encode(header.space.default)[None])
    anchor = dict(zip(table.metrics, table.values[int(default[0])].tolist(), strict=True))
    numbers = np.flatnonzero(measured)
    return Samples(
        coding,
        coding.codes(table.designs.indices(numbers)),
        np.zeros(len(numbers), np.int64),
        table.metrics,
        table.values[numbers],
        (Facts(header.workload["id"], anchor, tuple(features), header.platform),),
        f"{header.simulator} {header.simulator_version}",
        header.domain,
    )


def from_frame(
    frame: "pd.DataFrame",
    space: DesignSpace,
    facts: Mapping[str, Facts],
    source: str,
    domain: str = DEFAULT,
) -> Samples:
    """Takes samples out of an evaluation log.

    Designs without metrics are left out, and so are repetitions. Where the log has the default
    design of a workload, that is its anchor.

    Args:
        frame: Rows as `archgym.evaluation_log` describes them.
        space: The space of the designs.
        facts: What else is known of the workloads, by their names in the log.
        source: Where the rows come from, for error messages.
        domain: Name of the domain that they are of.

    Raises:
        ArchgymError: There are no rows with metrics, columns are missing, designs are not of the
            space, rows are of several simulators, or contradict each other.
    """
    for column in ("workload", "simulator", "simulator_version"):
        if column not in frame:
            raise ArchgymError(f"{source}: an evaluation log has a column {column!r}, this has not")
    measured = [str(name) for name in frame if str(name).startswith("metric.")]
    if not measured or frame[measured].notna().sum().sum() == 0:
        raise ArchgymError(f"{source}: no row has metrics, so there is nothing to learn from")
    versions = frame[["simulator", "simulator_version"]].drop_duplicates()
    _check_one_simulator([" ".join(map(str, row)) for row in versions.to_numpy()], source)
    frame = frame[frame[measured].notna().any(axis=1)]
    # What some workloads have no value for is no metric of all of them.
    common = [name for name in measured if frame[name].notna().all()]
    if not common:
        raise ArchgymError(f"{source}: no metric was measured in every row")
    names = [str(name) for name in frame["workload"].unique()]
    numbers = frame["workload"].map({name: i for i, name in enumerate(names)})
    workload: Ints = np.asarray(numbers.to_numpy(), np.int64)
    coding = Coding(space)
    codes = coding.codes(encode_frame(frame, space, source))
    values = frame[common].to_numpy(np.float64)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise ArchgymError(f"{source}: row {row} has {values[row, column]} as {common[column]}")
    metrics = tuple(name.removeprefix("metric.") for name in common)
    first: Ints = _first_of_each(coding.keys(codes), workload, values, source)
    samples = Samples(
        coding,
        codes[first],
        workload[first],
        metrics,
        values[first],
        (),
        " ".join(versions.iloc[0]),
        domain,
    )
    default = coding.keys(coding.codes(space.encode(space.default)[None]))[0]
    found = []
    for number, name in enumerate(names):
        fact = facts.get(name, Facts(name, {}))
        at = np.flatnonzero((samples.workload == number) & (samples.keys == default))
        if at.size:
            anchor = dict(zip(metrics, samples.values[at[0]].tolist(), strict=True))
            fact = replace(fact, anchor={**fact.anchor, **anchor})
        found.append(fact)
    return replace(samples, facts=tuple(found))


def join(parts: Sequence[Samples]) -> Samples:
    """Returns the samples of several workloads together, with the metrics that all have.

    Raises:
        ArchgymError: They are of other spaces or simulators, or have a workload in common.
    """
    first = parts[0]
    facts = [each for part in parts for each in part.facts]
    if len({each.id for each in facts}) < len(facts):
        raise ArchgymError("samples of one workload come from two sources; merge these first")
    for part in parts:
        if part.coding.space.name != first.coding.space.name:
            names = f"{first.coding.space.name} and {part.coding.space.name}"
            raise ArchgymError(f"samples are of several spaces: {names}")
    _check_one_simulator([part.simulator for part in parts], "samples")
    metrics = [name for name in first.metrics if all(name in part.metrics for part in parts)]
    parts = [part.only(metrics) for part in parts]
    offsets = np.cumsum([0, *(len(part.facts) for part in parts)])
    return Samples(
        first.coding,
        np.concatenate([part.codes for part in parts]),
        np.concatenate([p.workload + offset for p, offset in zip(parts, offsets, strict=False)]),
        tuple(metrics),
        np.concatenate([part.values for part in parts]),
        tuple(facts),
        first.simulator,
        first.domain,
    )


def encode_frame(frame: "pd.DataFrame", space: DesignSpace, source: str) -> Ints:
    """Returns the designs of a log as `DesignSpace.encode` does, shape `[n, len(space)]`.

    Raises:
        ArchgymError: They are not of the space.
    """
    columns = []
    for name, parameter in space.parameters.items():
        if f"param.{name}" not in frame:
            raise ArchgymError(
                f"{source}: there is no column param.{name}, so the rows are not of space "
                f"{space.name}"
            )
        columns.append(_positions(frame[f"param.{name}"], parameter, source))
    for column in frame:
        name = str(column).removeprefix("param.")
        if name != column and name not in space.parameters and frame[column].notna().any():
            raise ArchgymError(
                f"{source}: there is a column {column}, so the rows are not of space {space.name}"
            )
    return np.column_stack(columns)


def _positions(column: "pd.Series[Any]", parameter: Parameter, source: str) -> Ints:
    distinct = column.unique()
    try:
        position = {value: parameter.index(_plain(value)) for value in distinct}
    except ArchgymError as error:
        raise ArchgymError(f"{source}: {error}") from error
    return np.asarray(column.map(position).to_numpy(), np.int64)


def _plain(value: Any) -> Any:
    """Returns a whole number as one, as tables make floats of columns with gaps."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _first_of_each(keys: Ints, workload: Ints, values: Floats, source: str) -> Ints:
    """Returns the first row of each design and workload, once all are known to agree."""
    pairs = np.column_stack([workload, keys])
    _, first, inverse = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    different = (values != values[first][inverse.reshape(-1)]).any(axis=1)
    if different.any():
        row = int(np.argmax(different))
        raise ArchgymError(
            f"{source}: row {row} contradicts an earlier row of an equivalent design on the same "
            f"workload"
        )
    return np.sort(first)


def _check_one_simulator(simulators: Sequence[str], source: str) -> None:
    """Refuses measurements of several simulators, or of versions that may measure otherwise.

    Args:
        simulators: What measured each part, with its version.
        source: Where the parts come from, for the error message.
    """
    different = list(dict.fromkeys(simulators))
    if len(different) < 2:
        return
    listed = " and ".join(different)
    if len({each.partition(" ")[0] for each in different}) > 1:
        raise ArchgymError(f"{source}: rows are of several simulators, {listed}: choose one")
    raise ArchgymError(
        f"{source}: rows are of several versions of one simulator, {listed}, which may measure "
        "something else: choose the data of one version"
    )
