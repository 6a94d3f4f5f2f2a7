"""The evaluation log: one row per design, written while a trial runs, then sealed for good.

A trial writes a *journal*, JSON lines that survive being killed at any moment; when the trial has
ended the journal is sealed into one Parquet file, whose digest lies in the trial's summary beside
it. Each line of a journal ends with a checksum of what it says. A row has

- `trial`, `agent`, `seed` and whatever else labels the trial, the same in all its rows;
- `schema_version`, `space`, `workload`, `objective`, `simulator`, `simulator_version`;
- `step`, from 0, and `param.NAME`, the design as the agent gave it, in full;
- `metric.NAME`, as simulated; absent for a design without metrics;
- `cost` (`inf` for a design that is infeasible or failed), `feasible`, `failure` (why there are no
  metrics, or nothing), and `default_cost`, that of the space's default design;
- `wall_time_s` since the trial began and `simulator_time_s`, the part of it spent in the simulator.
"""

import errno
import fcntl
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import orjson

from archgym import atomic, digest, parquet
from archgym.errors import ArchgymError, DamagedError

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 2
"""Of rows and summaries; those of version 1 have neither checksum nor digest."""

READABLE = (1, SCHEMA_VERSION)
"""The versions that can be read."""

TIMES = ("wall_time_s", "simulator_time_s")
"""The columns in which two runs of the same trial differ."""

INCIDENTAL = (*TIMES, "schema_version")
"""The columns in which rows differ that say the same."""

LOG_SHA256 = "log_sha256"
"""The key of a trial's summary under which the digest of its sealed log stands."""

_CHECKSUM = ', "crc32": "{:08x}"}}\n'

Row = dict[str, Any]


class Journal:
    """The log of one running trial: JSON lines, appended and flushed one batch at a time.

    Opening the journal of a trial that was killed recovers its rows; a last line that was cut off
    in the middle is dropped. Floats are written with the fewest digits that read back as the same
    float, infinity as `Infinity`. Steps follow on one another from 0, and one process at a time has
    the journal open.

    Args:
        path: The file, no symbolic link; it and its folder are made if missing.
        labels: Columns that are the same in every row, such as `trial`, `agent` and `seed`.

    Attributes:
        path: As given.
        recovered: The rows that the file had when it was opened, oldest first.
        rows: How many it has now.

    Raises:
        ArchgymError: The file can't be written, is being written by another process, or is not the
            journal of a trial with these labels, each step once.
        DamagedError: A line is not what was written.
    """

    def __init__(self, path: str | Path, **labels: Any) -> None:
        self.path = Path(path)
        # Encoded once, as there are many rows.
        self._labels = _json({"schema_version": SCHEMA_VERSION, **labels})[:-1]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchgymError(f"can't write {self.path}: {error.strerror}") from error
        self._file = _open(self.path, "a+b")
        try:
            self._lock()
            self._file.seek(0)
            self.recovered, length = _parse(self._file.read(), self.path)
            for row in self.recovered:
                is_ours = row.get("schema_version") in READABLE
                if not is_ours or any(row.get(name) != value for name, value in labels.items()):
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
            if fault := _step_fault(row, number):
                raise ArchgymError(f"{self.path}: a row to append {fault}")
        self._file.write(b"".join([_line(self._labels, row) for row in rows]))
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


def seal(journal: Journal, announce: Callable[[str], None] | None = None) -> Path:
    """Turns a journal into the Parquet file beside it, all at once, and removes the journal.

    Args:
        journal: The journal, complete.
        announce: Called with the SHA-256 of the sealed log before there is one.

    Returns:
        The path of the sealed log: the journal's, ending in `.parquet`.

    Raises:
        ArchgymError: The file does not hold the rows that were appended.
    """
    sealed = journal.path.with_suffix(".parquet")
    try:
        with atomic.replacing(sealed) as temporary:
            frame = read(journal.path)
            if len(frame) != journal.rows:
                raise ArchgymError(
                    f"{journal.path} has {len(frame)} rows, and {journal.rows} were written to it"
                )
            # The rows that an older archgym had written are sealed as all others.
            parquet.write_frame(frame.assign(schema_version=SCHEMA_VERSION), temporary)
            if announce:
                announce(digest.of_file(temporary))
        journal.path.unlink()  # Before it is closed, so that nobody else goes on with it.
    finally:
        journal.close()
    return sealed


def read_summary(log: Path) -> dict[str, Any] | None:
    """Reads the summary of a trial, `NAME.json` beside its sealed log, if there is one.

    Raises:
        ArchgymError: It can't be read.
        DamagedError: It is not what was written.
    """
    path = log.with_suffix(".json")
    if not path.exists():
        return None
    summary = digest.read_json(path)
    # Those of version 1 name neither their version nor the digest of the log.
    digest.check(summary, path, required="schema_version" in summary or LOG_SHA256 in summary)
    return summary


def salvage(path: Path) -> bytes | None:
    """Returns the lines of a journal before the first that is damaged; `None` if none is.

    Lines without a checksum are not kept, since they may be damaged too.

    Raises:
        ArchgymError: It can't be read, or is a symbolic link.
    """
    with _open(path, "rb") as file:
        content = file.read()
    whole = 0
    try:
        for _, line in _lines(content, path):
            whole += len(line) if _is_checked(line) else 0
    except DamagedError:
        return content[:whole]
    return None


def read(path: str | Path, *, complete: bool = True) -> "pd.DataFrame":
    """Reads a log: a sealed one, a journal, or a folder of sealed ones.

    Args:
        path: The file or the folder.
        complete: Whether each trial has to have each of its steps, from 0 to the last one logged,
            once. The rows of a dataset may be a part of those.

    Returns:
        One row per design, with the columns listed in this module's docstring.

    Raises:
        ArchgymError: There is no log at `path`, or a step is missing or there twice.
        DamagedError: It is not what was written, which is known of a journal and, by its summary,
            of the sealed log of a trial.
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
    frame = frame.drop(columns=[name for name in INCIDENTAL if name in frame])
    by = [name for name in ("trial", "step") if name in frame]
    return frame.sort_values(by, ignore_index=True).sort_index(axis="columns")


def _read(path: Path) -> "pd.DataFrame":
    """Reads the log in one file."""
    import pandas as pd

    if path.suffix == ".parquet":
        summary = read_summary(path) or {}
        return parquet.read_frame(path, sha256=summary.get(LOG_SHA256))
    try:
        rows, _ = _parse(path.read_bytes(), path)
    except OSError as error:
        raise ArchgymError(f"can't read log {path}: {error.strerror}") from error
    try:
        frame = pd.DataFrame(rows)
        metrics = [name for name in frame if str(name).startswith("metric.")]
        return frame.astype(dict.fromkeys(metrics, "float64"))
    except (ValueError, TypeError, OverflowError) as error:
        raise DamagedError(f"{path} is not a journal: {error}") from error


def _check_steps(frame: "pd.DataFrame", path: Path) -> None:
    if "step" not in frame:
        return  # No log of a trial, which whoever needs one will say.
    if "trial" not in frame:
        check_steps(frame["step"], str(path))
        return
    for trial, rows in frame.groupby("trial", sort=False, dropna=False)["step"]:
        check_steps(rows, f"{path}: trial {trial}")


def _open(path: Path, mode: str) -> BinaryIO:
    """Opens a journal, which is a file: what a link leads to may be anybody's."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)

    try:
        file: BinaryIO = open(path, mode, opener=opener)  # type: ignore[assignment] # noqa: SIM115
    except OSError as error:
        reason = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise ArchgymError(f"can't open journal {path}: {reason}") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ArchgymError(f"can't open journal {path}: it is no regular file")
    return file


def _line(labels: bytes, row: Mapping[str, Any]) -> bytes:
    """Returns the line of a row: JSON, whose last key holds the CRC-32 of what precedes it.

    Args:
        labels: The JSON of what comes first, without the closing brace.
        row: The rest.
    """
    content = labels + b"," + _json(row)[1:-1]
    return content + _CHECKSUM.format(zlib.crc32(content)).encode()


def _json(row: Mapping[str, Any]) -> bytes:
    """Returns a row as JSON; `Infinity` and `NaN` are written as such, which not all writers do."""
    try:
        content = orjson.dumps(row)
    except TypeError:  # E.g. of a number beyond 64 bits.
        return json.dumps(row).encode()
    if content.count(b":null") > (row.get("failure", "") is None):
        return json.dumps(row).encode()
    return content


def _is_checked(line: bytes) -> bool:
    """Tells whether a line ends with the checksum that its content has."""
    content = line[: -len(_CHECKSUM.format(0))]
    return line == content + _CHECKSUM.format(zlib.crc32(content)).encode()


def _parse(content: bytes, path: Path) -> tuple[list[Row], int]:
    """Returns the rows of a journal and the length in bytes of the lines that hold them."""
    rows, length = [], 0
    for row, line in _lines(content, path):
        rows.append(row)
        length += len(line)
    return rows, length


def _lines(content: bytes, path: Path) -> Iterator[tuple[Row, bytes]]:
    """Yields each row of a journal and its line; what follows the last line end is no row yet."""
    for number, line in enumerate(content.split(b"\n")[:-1]):
        where = f"{path} line {number + 1}"
        whole = line + b"\n"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise DamagedError(f"{where} is not a row of a journal") from None
        if fault := _step_fault(row, number):
            raise DamagedError(f"{where} {fault}")
        # Rows of version 1 have no checksum.
        if (row.pop("crc32", None) or row.get("schema_version", 1) != 1) and not _is_checked(whole):
            raise DamagedError(f"{where} is damaged: it does not have its checksum")
        yield row, whole


def _step_fault(row: Any, number: int) -> str | None:
    """Says what is wrong with a row in the place of a step."""
    step = row.get("step") if isinstance(row, Mapping) else None
    is_right = step == number and not isinstance(step, bool)
    return None if is_right else f"has step {step} in the place of step {number}"
