"""Finds out what a path holds, and makes a dataset of it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgym import dataset
from archgym.datasets.collection import SCHEMA_VERSION, Dataset
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.space_document import to_document

if TYPE_CHECKING:
    import pandas as pd

    from archgym.study import Study


def load(path: str | Path) -> Dataset:
    """Reads a dataset: one that was made before, a table, the results of a study, or a mere log.

    Raises:
        ArchgymError: There is nothing of these at `path`, or it is empty.
    """
    path = Path(path)
    if (path / "dataset.json").exists():
        found = _folder(path)
    elif (path / "table.json").exists():
        found = _table(path)
    elif (path / "spec.toml").exists():
        found = _study(path)
    else:
        frame = dataset.read(path)
        found = Dataset(frame, _spaces(frame, str(path)), {}, (str(path),))
    if not len(found):
        raise ArchgymError(f"{path} holds no evaluations")
    return found


def _folder(path: Path) -> Dataset:
    header_path = path / "dataset.json"
    try:
        header = json.loads(header_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArchgymError(f"can't read {header_path}: {error}") from error
    version = header.get("schema_version") if isinstance(header, dict) else None
    if version != SCHEMA_VERSION:
        raise ArchgymError(
            f"{header_path} has schema version {version}, and this archgym reads {SCHEMA_VERSION}"
        )
    frame = dataset.read(path / "data", complete=False)
    found = Dataset(frame, header["spaces"], header["workloads"], tuple(header["sources"]))
    if found.sha256 != header["sha256"]:
        raise ArchgymError(f"the rows of dataset {path} are not those that were written")
    return found


def _table(path: Path) -> Dataset:
    from archgym.proxy.samples import from_table
    from archgym.study.trial import WorkloadSpec
    from archgym.table import Table

    table = Table(path)
    header = table.header
    document = dict(header.workload)
    frame = table.frame()
    frame = frame[frame["feasible"] & frame["failure"].isna()].reset_index(drop=True)
    known = {
        **{name: document.get(name) for name in ("name", "options", "player")},
        "system": header.device["name"],
        "anchor": dict(from_table(table).facts[0].anchor),
    }
    try:
        from archgym.dram.player import Player

        options = tuple(sorted(document["options"].items()))
        spec = WorkloadSpec(document["name"], options, Player.from_mapping(document["player"]))
        workload = spec.load(header.device["name"])
        if workload.id == document["id"]:
            known["features"] = workload.features.tolist()
    except ArchgymError:
        pass  # A trace that has gone; what was measured is no less true.
    space = header.space
    return Dataset(
        frame, {space.name: to_document(space)}, {document["id"]: known}, (f"table {path.name}",)
    )


def _study(path: Path) -> Dataset:
    from archgym.study import Study

    study = Study.parse(path / "spec.toml")
    frame = dataset.read(path / "trials")
    workloads: dict[str, dict[str, Any]] = {}
    for summary_path in sorted((path / "trials").glob("*.json")):
        summary = json.loads(summary_path.read_text(encoding="utf-8"))
        workloads.setdefault(
            summary["workload_id"],
            {"system": study.device, "anchor": summary["default_metrics"]},
        )
    for workload in _workloads(study):
        if workload.id in workloads:
            workloads[workload.id]["features"] = workload.features.tolist()
    return Dataset(frame, _spaces(frame, str(path)), workloads, (f"study {study.name}",))


def _workloads(study: "Study") -> list[Workload]:
    found = []
    for spec in study.workloads:
        try:
            found.append(spec.load(study.device))
        except ArchgymError:
            continue  # A trace that has gone.
    return found


def _spaces(frame: "pd.DataFrame", source: str) -> dict[str, Any]:
    """Makes the released spaces that a log names."""
    for column in ("space", "workload", "schema_version"):
        if len(frame) and column not in frame:
            raise ArchgymError(f"{source} is no evaluation log: it has no column {column!r}")
    if not len(frame):
        raise ArchgymError(f"{source} holds no evaluations")
    versions = sorted(set(frame["schema_version"].tolist()))
    if versions != [dataset.SCHEMA_VERSION]:
        raise ArchgymError(
            f"{source} has rows of schema version {', '.join(map(str, versions))}, and this "
            f"archgym reads {dataset.SCHEMA_VERSION}"
        )
    spaces = {}
    for name in map(str, frame["space"].unique()):
        plain = name.removesuffix("+data-loss")
        base, _, device = plain.partition("@")
        space = make_space(base, device or "ddr4-2400", allow_data_loss=plain != name)
        spaces[name] = to_document(space)
    return spaces
