"""The evaluation log: one row a design, written while a trial runs, then sealed for good.

A trial writes a *journal*, JSON lines that survive being killed at any moment; when the trial has
ended the journal is sealed into one Parquet file. A row has

- `trial`, `agent`, `seed` and whatever else labels the trial, the same in all its rows;
- `schema_version`, `space`, `workload`, `objective`, `simulator`, `simulator_version`;
- `step`, from 0, and `param.NAME`, the design as the agent gave it, in full;
- `metric.NAME`, as simulated; absent for a design without metrics;
- `cost` (`inf` for a design that is infeasible or failed), `feasible`, `failure` (why there are no
  metrics, or nothing), and `default_cost`, that of the space's default design;
- `wall_time_s` since the trial began and `simulator_time_s`, the part of it spent in the simulator.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgym.errors import ArchgymError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1

# The columns in which two runs of the same trial differ.
TIMES = ("wall_time_s", "simulator_time_s")

Row = dict[str, Any]


class Journal:
    """The log of one running trial: JSON lines, appended and flushed a batch at a time.

    Opening the journal of a trial that was killed recovers its rows; a last line that was cut off
    in the middle is dropped. Floats are written with the fewest digits that read back as the same
    float, infinity as `Infinity`.

    Args:
        path: The file; it and its folder are made if missing.
        labels: Columns that are the same in every row, such as `trial`, `agent` and `seed`.

    Attributes:
        path: As given.
        recovered: The rows that the file had when it was opened, oldest first.

    Raises:
        ArchgymError: The file can't be written, or is not the journal of a trial with these labels.
    """

    def __init__(self, path: str | Path, **labels: Any) -> None:
        self.path = Path(path)
        self._labels = {"schema_version": SCHEMA_VERSION, **labels}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as error:
            raise ArchgymError(f"can't write {self.path}: {error.strerror}") from error
        self._file.seek(0)
        self.recovered, length = _parse(self._file.read(), self.path)
        self._file.truncate(length)
        for row in self.recovered:
            if any(row.get(name) != value for name, value in self._labels.items()):
                self.close()
                raise ArchgymError(f"{self.path} is the journal of another trial")

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends rows, the labels added to each, and hands them to the operating system."""
        lines = [json.dumps({**self._labels, **row}) for row in rows]
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        self._file.flush()

    def close(self) -> None:
        """Closes the file; the journal can be opened again."""
        self._file.close()

    def __enter__(self) -> "Journal":
        """Returns the journal itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Closes the file."""
        self.close()


def seal(journal: Journal) -> Path:
    """Turns a journal into the Parquet file beside it, all at once, and removes the journal.

    Returns:
        The path of the sealed log: the journal's, ending in `.parquet`.
    """
    journal.close()
    sealed = journal.path.with_suffix(".parquet")
    temporary = sealed.with_suffix(f".{os.getpid()}.tmp")
    try:
        read(journal.path).to_parquet(temporary, index=False)
        temporary.replace(sealed)
    finally:
        temporary.unlink(missing_ok=True)
    journal.path.unlink()
    return sealed


def read(path: str | Path) -> "pd.DataFrame":
    """Reads a log: a sealed one, a journal, or a folder of sealed ones.

    Returns:
        One row a design, with the columns listed in this module's docstring.

    Raises:
        ArchgymError: There is no log at `path`.
    """
    import pandas as pd

    path = Path(path)
    try:
        if path.is_dir():
            files = sorted(path.glob("*.parquet"))
            if not files:
                raise ArchgymError(f"folder {path} holds no sealed log (*.parquet)")
            return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        rows, _ = _parse(path.read_bytes(), path)
    except OSError as error:
        raise ArchgymError(f"can't read log {path}: {error.strerror or error}") from error
    frame = pd.DataFrame(rows)
    metrics = [name for name in frame if str(name).startswith("metric.")]
    return frame.astype(dict.fromkeys(metrics, "float64"))


def equal(a: "str | Path | pd.DataFrame", b: "str | Path | pd.DataFrame") -> bool:
    """Tells whether two logs hold the same rows, in any order and however long they took."""
    return _comparable(a).equals(_comparable(b))


def _comparable(log: "str | Path | pd.DataFrame") -> "pd.DataFrame":
    frame = read(log) if isinstance(log, (str, Path)) else log
    frame = frame.drop(columns=[name for name in TIMES if name in frame])
    by = [name for name in ("trial", "step") if name in frame]
    return frame.sort_values(by, ignore_index=True).sort_index(axis="columns")


def _parse(content: bytes, path: Path) -> tuple[list[Row], int]:
    """Returns the rows of a journal and the length in bytes of the lines that hold them."""
    whole, newline, _torn = content.rpartition(b"\n")
    rows = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except ValueError:
            raise ArchgymError(f"{path} line {number} is not a row of a journal") from None
    return rows, len(whole) + len(newline)
