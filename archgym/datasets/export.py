"""Writes datasets, for archgym and for others."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archgym import atomic, digest, parquet
from archgym.datasets.collection import SCHEMA_VERSION, Dataset
from archgym.errors import ArchgymError

ROWS_A_FILE = 500_000


def to_csv(whole: Dataset, path: str | Path) -> None:
    """Writes the rows as one CSV file, all at once.

    Raises:
        ArchgymError: The file can't be written.
    """
    path = Path(path)
    try:
        with atomic.output(path) as temporary:
            whole.frame.to_csv(temporary, index=False)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror or error}") from error


def to_folder(whole: Dataset, folder: str | Path) -> None:
    """Writes a dataset as a folder in the layout of Hugging Face, all at once.

    Raises:
        ArchgymError: The folder exists and is not empty, or can't be written.
    """
    folder = Path(folder)
    with new_folder(folder) as temporary:
        (temporary / "data").mkdir()
        files = -(-len(whole) // ROWS_A_FILE)
        sha256 = {}
        for number in range(files):
            part = whole.frame.iloc[number * ROWS_A_FILE : (number + 1) * ROWS_A_FILE]
            name = f"train-{number:05}-of-{files:05}.parquet"
            parquet.write_frame(part, temporary / "data" / name, "zstd")
            sha256[name] = digest.of_file(temporary / "data" / name)
        header = {
            "schema_version": SCHEMA_VERSION,
            "rows": len(whole),
            "sha256": whole.sha256,
            "files": sha256,
            "sources": list(whole.sources),
            "domain": whole.domain,
            "spaces": dict(whole.spaces),
            "workloads": dict(whole.workloads),
        }
        text = json.dumps(digest.stamp(header), indent=1) + "\n"
        (temporary / "dataset.json").write_text(text, encoding="utf-8")
        (temporary / "README.md").write_text(card(whole, folder.name), encoding="utf-8")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Makes a folder that appears when it is complete, and not at all if it never is.

    Yields:
        The folder to write to meanwhile.

    Raises:
        ArchgymError: The folder exists and is not empty, or can't be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArchgymError(f"{folder} exists already; choose another folder")
    try:
        path = folder.resolve()  # Of `.` too, which has no name to write beside.
        with atomic.output(path) as temporary:
            temporary.mkdir(parents=True)
            yield temporary
            if path.exists():
                path.rmdir()
    except OSError as error:
        raise ArchgymError(f"can't write {folder}: {error.strerror or error}") from error


def summary(whole: Dataset) -> dict[str, Any]:
    """Returns what there is in a dataset, in figures."""
    frame = whole.frame
    metrics = [str(name) for name in frame if str(name).startswith("metric.")]
    return {
        "schema_version": SCHEMA_VERSION,
        "rows": len(frame),
        "with_metrics": int(frame[metrics].notna().any(axis=1).sum()) if metrics else 0,
        "sha256": whole.sha256,
        "sources": list(whole.sources),
        "metrics": [name.removeprefix("metric.") for name in metrics],
        **{name: _counts(whole, name) for name in ("space", "workload", "agent", "simulator")},
    }


def card(whole: Dataset, name: str) -> str:
    """Returns the dataset card: what Hugging Face reads of it, then what people do."""
    found = summary(whole)
    category = next(label for limit, label in _SIZES if len(whole) < limit)
    lines = [
        *("---", f"pretty_name: {name}", "license: apache-2.0", "task_categories:"),
        *(
            "- tabular-regression",
            "tags:",
            f"- {whole.domain}",
            "- design-space-exploration",
            "- archgym",
        ),
        *("size_categories:", f"- {category}", "configs:", "- config_name: default"),
        *("  data_files:", "  - split: train", "    path: data/*.parquet", "---", ""),
        *(f"# {name}", ""),
        f"{len(whole):,} evaluations of designs of domain `{whole.domain}`, made by archgym.",
        f"Schema version {SCHEMA_VERSION}; content `{found['sha256']}`.",
        "",
        "A row is an evaluation. Columns `param.*` are the design; `metric.*` what was measured, "
        "with the unit in the name; `feasible` and `failure` say why nothing was. `dataset.json` "
        "describes the spaces, and the workloads by features and the default design's metrics.",
        "",
    ]
    for title in ("space", "workload", "agent", "simulator"):
        if found[title]:
            lines += [f"| {title} | rows |", "| --- | ---: |"]
            lines += [f"| `{label}` | {count:,} |" for label, count in found[title].items()]
            lines.append("")
    lines += ["Sources: " + "; ".join(whole.sources) + ".", ""]
    return "\n".join(lines)


_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (float("inf"), "10M<n<100M"),
)


def _counts(whole: Dataset, column: str) -> dict[str, int]:
    if column not in whole.frame:
        return {}
    counts = whole.frame[column].value_counts()
    return {str(name): int(count) for name, count in counts.items()}
