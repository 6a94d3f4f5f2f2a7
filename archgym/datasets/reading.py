"""Finds out what a path holds, and makes a dataset of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgym import digest, evaluation_log, parquet, versions
from archgym import domain as domains
from archgym.datasets.collection import SCHEMA_VERSION, Dataset
from archgym.documents import check_kind
from archgym.domain import Domain, Platform
from archgym.errors import ArchgymError, DamagedError
from archgym.space_document import to_document
from archgym.workload import platform_name

if TYPE_CHECKING:
    import pandas as pd

    from archgym.study import Study
    from archgym.study.parts import WorkloadSpec


def load(path: str | Path) -> Dataset:
    """Reads a dataset: one that was made before, a table, the results of a study, or a single log.

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
        frame = evaluation_log.read(path)
        found = _rows(frame, path, {}, str(path))
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
            frame = evaluation_log.read(path / "data", complete=False)
        else:
            parts = [
                parquet.read_frame(path / "data" / Path(name).name, sha256=sha256)
                for name, sha256 in header["files"].items()
            ]
            frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        found = Dataset(
            frame,
            header["spaces"],
            header["workloads"],
            tuple(header["sources"]),
            header.get("domain", domains.DEFAULT),
        )
        sha256 = header["sha256"]
    except (AttributeError, KeyError, TypeError) as error:
        raise DamagedError(f"{header_path} does not describe a dataset: {error!r}") from error
    if found.sha256 != sha256:
        raise DamagedError(f"the rows of dataset {path} are not those that were written")
    return found


def _table(path: Path) -> Dataset:
    from archgym.proxy.samples import from_table
    from archgym.study.parts import WorkloadSpec
    from archgym.table import Table

    table = Table(path)
    header = table.header
    document = dict(header.workload)
    frame = table.frame()
    frame = frame[frame["feasible"] & frame["failure"].isna()].reset_index(drop=True)
    domain = domains.load(header.domain)
    spec = WorkloadSpec.of_table(header)
    known = {
        **{name: document.get(name) for name in ("name", "options", *spec.tables)},
        "system": header.platform,
        "anchor": dict(from_table(table).facts[0].anchor),
        **_features(document, spec, domain, header.options, document["id"]),
    }
    space = header.space
    return Dataset(
        frame,
        {space.name: to_document(space)},
        {document["id"]: known},
        (f"table {path.name}",),
        header.domain,
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
    frame = evaluation_log.read(path / "trials")
    specs = {spec.label: spec for spec in study.workloads}
    domain = domains.load(study.domain)
    workloads: dict[str, dict[str, Any]] = {}
    for trial, rows in frame.groupby("trial").size().items():
        summary = read_summary(path / "trials" / f"{trial}.parquet", rows)
        name = summary["workload_id"]
        if name not in workloads:
            spec = specs.get(summary["workload"])
            workloads[name] = {
                "system": platform_name(name),
                "anchor": summary["default_metrics"],
                **(_features(summary, spec, domain, dict(study.options), name) if spec else {}),
            }
    return _rows(frame, path, workloads, f"study {study.name}")


def _features(
    known: Mapping[str, Any],
    spec: "WorkloadSpec",
    domain: Domain,
    options: Mapping[str, Any],
    identity: str,
) -> dict[str, Any]:
    """Returns the features of a workload, or why they are not known.

    Args:
        known: What was kept of the workload; its `features` by name, unless it is older than that.
        spec: The workload, to be made again if it has to be.
        domain: The domain.
        options: Those of the domain.
        identity: The workload's id.
    """
    features = known.get("features", {})
    if set(features) == set(domain.features):
        return {"features": [features[name] for name in domain.features]}
    try:
        workload = spec.load(domain.platform(options))
    except ArchgymError as error:
        return {"lacks": f"workload {spec.name} can't be made any more: {error}"}
    if workload.id != identity:
        return {"lacks": f"workload {spec.name} on {platform_name(identity)} has changed since"}
    return {"features": workload.features.tolist()}


def _rows(
    frame: "pd.DataFrame", path: Path, workloads: Mapping[str, Mapping[str, Any]], source: str
) -> Dataset:
    """Makes a dataset of rows, with the released spaces that they name."""
    from archgym.study import Study

    folder = next((each for each in _folders(path) if (each / "spec.toml").exists()), None)
    study = Study.parse(folder / "spec.toml") if folder else None
    domain = domains.load(study.domain if study else domains.DEFAULT)

    def find(name: str) -> Platform:
        return _platform(path, folder, study, domain, name)

    _check(frame, path)
    spaces = {
        name: to_document(domain.space_called(name, find))
        for name in map(str, frame["space"].unique())
    }
    return Dataset(frame, spaces, workloads, (source,), domain.name)


def _folders(path: Path) -> Iterator[Path]:
    """Yields where the spec of a study may be: a log's folder, or the one around that."""
    yield path
    yield from path.absolute().parents[:2]


def _check(frame: "pd.DataFrame", path: Path) -> None:
    """Checks that rows are of an evaluation log."""
    for column in ("space", "workload", "schema_version"):
        if len(frame) and column not in frame:
            raise ArchgymError(f"{path} is no evaluation log: it has no column {column!r}")
    if not len(frame):
        raise ArchgymError(f"{path} holds no evaluations")
    versions = set(frame["schema_version"].tolist())
    if newer := versions - set(evaluation_log.READABLE):
        raise ArchgymError(
            f"{path} has rows of schema version {', '.join(sorted(map(str, newer)))}, and this "
            f"archgym reads {evaluation_log.SCHEMA_VERSION}"
        )


def _platform(
    path: Path, folder: Path | None, study: "Study | None", domain: Domain, name: str
) -> Platform:
    """Returns the platform for which a log has a space.

    Args:
        path: The log.
        folder: That of the study that it is of, if any.
        study: That study.
        domain: The domain.
        name: What the platform calls itself.

    Raises:
        ArchgymError: The platform is neither in the study's folder nor a bundled one, and has gone.
    """
    from archgym.study import inputs

    if folder is not None and study is not None:
        try:
            found = inputs.platform(folder, domain, dict(study.options))
        except ArchgymError as error:
            raise ArchgymError(
                f"{path} names a space for {name}, which can't be read any more: {error}"
            ) from error
        if found.name == name:
            return found
    return domain.platform_called(name)
