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

import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

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
    float, infinity as `Infinity`. Steps follow on one another from 0, and one process at a time has
    the journal open.

    Args:
        path: The file; it and its folder are made if missing.
        labels: Columns that are the same in every row, such as `trial`, `agent` and `seed`.

    Attributes:
        path: As given.
        recovered: The rows that the file had when it was opened, oldest first.
        rows: How many it has now.

    Raises:
        ArchgymError: The file can't be written, is being written by another process, or is not the
            journal of a trial with these labels, each step once.
    """

    def __init__(self, path: str | Path, **labels: Any) -> None:
        self.path = Path(path)
        self._labels = {"schema_version": SCHEMA_VERSION, **labels}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as error:
            raise ArchgymError(f"can't write {self.path}: {error.strerror}") from error
        try:
            self._lock()
            self._file.seek(0)
            self.recovered, length = _parse(self._file.read(), self.path)
            for row in self.recovered:
                if any(row.get(name) != value for name, value in self._labels.items()):
                    raise ArchgymError(f"{self.path} is the journal of another trial")
        except ArchgymError:
            self.close()
            raise
        self._file.truncate(length)
        self.rows = len(self.recovered)

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Appends rows, the labels added to each, and hands them to the operating system.

        Raises:
            ArchgymError: Their steps do not follow on those before; nothing was written.
        """
        for number, row in enumerate(rows, start=self.rows):
            _check_step(row, number, f"{self.path}: a row to append")
        lines = [json.dumps({**self._labels, **row}) for row in rows]
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        self._file.flush()
        self.rows += len(rows)

    def _lock(self) -> None:
        """Keeps other processes out until the file is closed."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchgymError(f"{self.path} is being written by another process") from None
        except OSError as error:
            raise ArchgymError(f"can't lock {self.path}: {error.strerror}") from error
        if not os.fstat(self._file.fileno()).st_nlink:
            raise ArchgymError(f"{self.path} was sealed by another process meanwhile")

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

    Raises:
        ArchgymError: The file does not hold the rows that were appended.
    """
    sealed = journal.path.with_suffix(".parquet")
    temporary = sealed.with_suffix(f".{os.getpid()}.tmp")
    try:
        frame = read(journal.path)
        if len(frame) != journal.rows:
            raise ArchgymError(
                f"{journal.path} has {len(frame)} rows, and {journal.rows} were written to it"
            )
        frame.to_parquet(temporary, index=False)
        temporary.replace(sealed)
        journal.path.unlink()  # Before it is closed, so that nobody else goes on with it.
    finally:
        temporary.unlink(missing_ok=True)
        journal.close()
    return sealed


def read(path: str | Path, *, complete: bool = True) -> "pd.DataFrame":
    """Reads a log: a sealed one, a journal, or a folder of sealed ones.

    Args:
        path: The file or the folder.
        complete: Whether each trial has to have each of its steps, from 0 to the last one logged,
            once. The rows of a dataset may be a part of those.

    Returns:
        One row a design, with the columns listed in this module's docstring.

    Raises:
        ArchgymError: There is no log at `path`, or a step is missing or there twice.
    """
    import pandas as pd

    path = Path(path)
    files = [path]
    if path.is_dir():
        files = sorted(path.glob("*.parquet"))
        if not files:
            raise ArchgymError(f"folder {path} holds no sealed log (*.parquet)")
    frames = [_read(file) for file in files]
    if complete:
        for file, frame in zip(files, frames, strict=True):
            _check_steps(frame, file)
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def check_steps(steps: "pd.Series[Any]", what: str) -> None:
    """Checks that the steps of one trial are 0, 1, 2 and so on in any order, each once.

    Args:
        steps: The steps.
        what: The trial and its file, for the error message.

    Raises:
        ArchgymError: A step is missing, or there twice.
    """
    ascending = np.sort(steps.to_numpy())
    wrong = np.flatnonzero(ascending != np.arange(len(ascending)))
    if wrong.size:
        number = int(wrong[0])
        twice = number > 0 and ascending[number] == ascending[number - 1]
        fault = f"has step {ascending[number]} twice" if twice else f"lacks step {number}"
        raise ArchgymError(
            f"{what} {fault}, so it is not the log of one trial; remove it to run the trial again"
        )


def equal(a: "str | Path | pd.DataFrame", b: "str | Path | pd.DataFrame") -> bool:
    """Tells whether two logs hold the same rows, in any order and however long they took."""
    return _comparable(a).equals(_comparable(b))


def _comparable(log: "str | Path | pd.DataFrame") -> "pd.DataFrame":
    frame = read(log) if isinstance(log, (str, Path)) else log
    frame = frame.drop(columns=[name for name in TIMES if name in frame])
    by = [name for name in ("trial", "step") if name in frame]
    return frame.sort_values(by, ignore_index=True).sort_index(axis="columns")


def _read(path: Path) -> "pd.DataFrame":
    """Reads the log in one file."""
    import pandas as pd
    import pyarrow as pa

    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        rows, _ = _parse(path.read_bytes(), path)
    except OSError as error:
        raise ArchgymError(f"can't read log {path}: {error.strerror or error}") from error
    except pa.ArrowInvalid as error:
        raise ArchgymError(f"can't read log {path}: {error}") from error
    frame = pd.DataFrame(rows)
    metrics = [name for name in frame if str(name).startswith("metric.")]
    return frame.astype(dict.fromkeys(metrics, "float64"))


def _check_steps(frame: "pd.DataFrame", path: Path) -> None:
    if "step" not in frame:
        return  # No log of a trial, which whoever needs one will say.
    if "trial" not in frame:
        check_steps(frame["step"], str(path))
        return
    for trial, rows in frame.groupby("trial", sort=False, dropna=False)["step"]:
        check_steps(rows, f"{path}: trial {trial}")


def _parse(content: bytes, path: Path) -> tuple[list[Row], int]:
    """Returns the rows of a journal and the length in bytes of the lines that hold them."""
    whole, newline, _torn = content.rpartition(b"\n")
    rows: list[Row] = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except ValueError:
            raise ArchgymError(f"{path} line {number} is not a row of a journal") from None
        _check_step(rows[-1], number - 1, f"{path} line {number}")
    return rows, len(whole) + len(newline)


def _check_step(row: Any, number: int, where: str) -> None:
    step = row.get("step") if isinstance(row, Mapping) else None
    if step != number:
        raise ArchgymError(f"{where} has step {step} in the place of step {number}")
