"""The `tabular` simulator: what another one measured of every design, looked up."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from archgym import versions
from archgym.errors import ArchgymError
from archgym.parameter import Design, Parameter
from archgym.simulator import Failure, Outcome, Simulator
from archgym.table import Table, read_header

# What tells the tables of a folder from each other.
_OWN = {"workload": None}


class Tabular(Simulator):
    """Replays tables that `archgym enumerate` has made, to the last bit: `tabular:FOLDER`.

    FOLDER is that of a table or, for several workloads, one of whose subfolders hold a table each.
    It knows the workloads of the tables, and the parameters and values of their space, whose
    defaults hold for parameters left out.

    Args:
        folder: The folder of the table, or of the tables.

    Attributes:
        table: The table in use: at first any, then that of the workload asked for last.

    Warns:
        OtherVersionWarning: They are of another version of their simulator than the one here.

    Raises:
        ArchgymError: There is no complete table in `folder`, or tables of several spaces.
    """

    name: ClassVar[str] = "tabular"
    argument: ClassVar[str | None] = "FOLDER"

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        several = sorted(path.parent for path in self.folder.glob("*/table.json"))
        if (self.folder / "table.json").exists() or not several:
            several = [self.folder]
        headers = {each: read_header(each) for each in several}
        first, *others = several
        for other in others:
            if headers[other].distinctive | _OWN != headers[first].distinctive | _OWN:
                raise ArchgymError(
                    f"{first} and {other} hold tables of different spaces, simulators or metrics"
                )
        self._folders = {header.workload["id"]: each for each, header in headers.items()}
        header = headers[first]
        digest = "".join(headers[each].sha256 or "" for each in several)
        if others:
            digest = hashlib.sha256(digest.encode()).hexdigest()
        versions.check(f"the table in {first}", header.simulator, header.simulator_version)
        self.version = f"{digest[:16]} ({header.simulator} {header.simulator_version})"
        self.parameters: Mapping[str, Parameter] = header.space.parameters
        self._open(first)
        self.metrics = frozenset(self.table.metrics)

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        """Looks up every design; see `Simulator.evaluate`."""
        if workload.id != self.table.header.workload["id"]:
            if workload.id not in self._folders:
                reason = f"{self._of_what()}, not {workload.id}"
                return [Failure("unsupported", reason)] * len(designs)
            self._open(self._folders[workload.id])
        encoded = [self._encode(design) for design in designs]
        rows = [each for each in encoded if not isinstance(each, Failure)]
        if not rows:
            return list(encoded)  # type: ignore[arg-type]
        numbers = iter(self.table.designs.numbers(np.array(rows, np.int64)).tolist())
        return [
            each if isinstance(each, Failure) else self._outcome(next(numbers)) for each in encoded
        ]

    def lookup(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Looks up many designs at once, far faster than as dictionaries.

        Args:
            indices: Designs as `DesignSpace.encode` gives them, shape `[n, len(space)]`; taken to
                be valid.

        Returns:
            float64, shape `[n, len(table.metrics)]`; NaN without a metric.
        """
        return self.table.values[self.table.designs.numbers(indices)]

    def _open(self, folder: Path) -> None:
        self.table = Table(folder)
        gaps = np.isnan(self.table.values).any(axis=1)
        self._is_ragged = int(gaps.sum()) > len(self.table.failures)

    def _of_what(self) -> str:
        what = (
            "the table in {} is of workload {}"
            if len(self._folders) == 1
            else ("the tables in {} are of workloads {}")
        )
        return what.format(self.folder, ", ".join(self._folders))

    def _encode(self, design: Design) -> list[int] | Failure:
        try:
            return self.table.header.space.positions(design)
        except ArchgymError as error:
            return Failure("invalid", str(error))

    def _outcome(self, number: int) -> Outcome:
        failure = self.table.failures.get(number)
        if failure is None:
            metrics = dict(zip(self.table.metrics, self.table.values[number].tolist(), strict=True))
            if self._is_ragged:
                return {name: value for name, value in metrics.items() if value == value}
            return metrics
        if found := Failure.from_text(failure):
            return found
        space = self.table.header.space.name
        return Failure(
            "unsupported",
            f"the table in {self.table.folder} is of space {space}, which rules the design out: "
            f"{failure}",
        )
