"""Finds out what a path holds, and makes a dataset of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgym import dataset, digest, parquet, versions
from archgym.datasets.collection import SCHEMA_VERSION, Dataset
from archgym.documents import check_kind
from archgym.dram.features import FEATURE_NAMES
from archgym.dram.spaces import make_space
from archgym.dram.system import System
from archgym.errors import ArchgymError, DamagedError
from archgym.space_document import to_document
from archgym.traces.player import Player

if TYPE_CHECKING:
    import pandas as pd

    from archgym.study.trial import WorkloadSpec


def load(path: str | Path) -> Dataset:
    """Reads a dataset: one that was made before, a table, the results of a study, or a mere log.

    Warns:
        OtherVersionWarning: Rows are of another version of their simulator than the one here.

    Raises:
        ArchgymError: There is nothing of these at `path`, or it is empty.
        DamagedError: It is not what was written.
    """
    path = Path(path)
    if (path / "dataset.json").exists():
        found = _folder(path)
    elif (path / "table.json").exists():
        found = _table(path)
    elif (path / "spec.toml").exists():
        found = _study(path)
    else:
        if path.exists() and not path.is_dir():
            check_kind(path)
        _check_is_log(path)
        frame = dataset.read(path)
        found = Dataset(frame, _spaces(frame, path), {}, (str(path),))
    if not len(found):
        raise ArchgymError(f"{path} holds no evaluations")
    columns = ["simulator", "simulator_version"]
    if found.frame.columns.isin(columns).sum() == len(columns):
        for simulator, version in found.frame[columns].drop_duplicates().to_numpy():
            versions.check(str(path), str(simulator), str(version))
    return found


def _check_is_log(path: Path) -> None:
    """Refuses what is there but looks like nothing of what `load` reads."""
    if path.is_file() and path.suffix not in (".parquet", ".jsonl"):
        raise ArchgymError(
            f"{path} is no log, which ends with .parquet or .jsonl, nor the folder of a dataset, a "
            "table or a study"
        )
    if path.is_dir() and not any(path.glob("*.parquet")):
        raise ArchgymError(f"folder {path} holds no dataset, table, study or sealed log")


def _folder(path: Path) -> Dataset:
    import pandas as pd

    header_path = path / "dataset.json"
    header = digest.read_json(header_path)
    version = header.get("schema_version")
    digest.check(header, header_path, required=version == SCHEMA_VERSION)
    if version not in (1, SCHEMA_VERSION):
        raise ArchgymError(
            f"{header_path} has schema version {version}, and this archgym reads {SCHEMA_VERSION}"
        )
    for key in ("spaces", "workloads", "sources", "sha256"):
        if key not in header:
            raise ArchgymError(f"{header_path} is no dataset's: it lacks the key {key!r}")
    try:
        if version == 1:
            frame = dataset.read(path / "data", complete=False)
        else:
            parts = [
                parquet.read_frame(path / "data" / Path(name).name, sha256=sha256)
                for name, sha256 in header["files"].items()
            ]
            frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        found = Dataset(frame, header["spaces"], header["workloads"], tuple(header["sources"]))
        sha256 = header["sha256"]
    except (AttributeError, KeyError, TypeError) as error:
        raise DamagedError(f"{header_path} does not describe a dataset: {error!r}") from error
    if found.sha256 != sha256:
        raise DamagedError(f"the rows of dataset {path} are not those that were written")
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
    options = tuple(sorted(document["options"].items()))
    spec = WorkloadSpec(document["name"], options, Player.from_mapping(document["player"]))
    known = {
        **{name: document.get(name) for name in ("name", "options", "player")},
        "system": header.system,
        "anchor": dict(from_table(table).facts[0].anchor),
        **_features(document, spec, header.device["name"], document["id"]),
    }
    space = header.space
    return Dataset(
        frame, {space.name: to_document(space)}, {document["id"]: known}, (f"table {path.name}",)
    )


def _study(path: Path) -> Dataset:
    from archgym.study.damage import repairable

    with repairable(path):
        return _trials(path)


def _trials(path: Path) -> Dataset:
    from archgym.study import Study
    from archgym.study.trial import read_summary

    study = Study.parse(path / "spec.toml")
    if not any((path / "trials").glob("*.parquet")):
        raise ArchgymError(
            f"{path} holds a study of {len(study.trials)} trial(s), none of which is finished; "
            f"go on with: archgym run {path / 'spec.toml'} --out {path}"
        )
    frame = dataset.read(path / "trials")
    specs = {spec.label: spec for spec in study.workloads}
    workloads: dict[str, dict[str, Any]] = {}
    for trial, rows in frame.groupby("trial").size().items():
        summary = read_summary(path / "trials" / f"{trial}.parquet", rows)
        name = summary["workload_id"]
        if name not in workloads:
            spec = specs.get(summary["workload"])
            workloads[name] = {
                # Between the names of the trace and the hash.
                "system": name.partition("@")[2].rpartition("#")[0],
                "anchor": summary["default_metrics"],
                **(_features(summary, spec, study.device, name) if spec else {}),
            }
    return Dataset(frame, _spaces(frame, path), workloads, (f"study {study.name}",))


def _features(
    known: Mapping[str, Any], spec: "WorkloadSpec", device: str, identity: str
) -> dict[str, Any]:
    """Returns the features of a workload, or why they are not known.

    Args:
        known: What was kept of the workload; its `features` by name, unless it is older than that.
        spec: The workload, to be made again if it has to be.
        device: Name or path of its device.
        identity: The workload's id.
    """
    features = known.get("features", {})
    if set(features) == set(FEATURE_NAMES):
        return {"features": [features[name] for name in FEATURE_NAMES]}
    try:
        workload = spec.load(device)
    except ArchgymError as error:
        return {"lacks": f"trace {spec.name} can't be read any more: {error}"}
    if workload.id != identity:
        return {"lacks": f"trace {spec.name} or device {device} has changed since"}
    return {"features": workload.features.tolist()}


def _spaces(frame: "pd.DataFrame", path: Path) -> dict[str, Any]:
    """Makes the released spaces that a log names."""
    for column in ("space", "workload", "schema_version"):
        if len(frame) and column not in frame:
            raise ArchgymError(f"{path} is no evaluation log: it has no column {column!r}")
    if not len(frame):
        raise ArchgymError(f"{path} holds no evaluations")
    versions = set(frame["schema_version"].tolist())
    if newer := versions - set(dataset.READABLE):
        raise ArchgymError(
            f"{path} has rows of schema version {', '.join(sorted(map(str, newer)))}, and this "
            f"archgym reads {dataset.SCHEMA_VERSION}"
        )
    spaces = {}
    for name in map(str, frame["space"].unique()):
        plain = name.removesuffix("+data-loss")
        base, _, device = plain.partition("@")
        system = _system(path, device) if device else "ddr4-2400"
        space = make_space(base, system, allow_data_loss=plain != name)
        spaces[name] = to_document(space)
    return spaces


def _system(path: Path, device: str) -> System:
    """Returns the memory system for which a log has a space.

    Args:
        path: The log, or the folder of the study that it is of.
        device: What the device calls itself.

    Raises:
        ArchgymError: The device is neither in the study's folder nor a bundled one, and has gone.
    """
    from archgym.study import Study, inputs

    for folder in (path, *path.absolute().parents[:2]):
        if not (folder / "spec.toml").exists():
            continue
        given = Study.parse(folder / "spec.toml").device
        try:
            found = inputs.system(folder, given)
        except ArchgymError as error:
            raise ArchgymError(
                f"{path} names a space for device {device}, which can't be read any more: {error}"
            ) from error
        if found.device.name == device:
            return found
    return System.load(device)
