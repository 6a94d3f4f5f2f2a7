"""Proxies as files: a zip archive of JSON, ONNX and text, nothing that runs when it is read."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archgym import atomic, versions
from archgym.errors import ArchgymError, MissingExtraError
from archgym.proxy.coding import Coding
from archgym.proxy.conformal import Margins
from archgym.proxy.models import model_class
from archgym.proxy.proxy import Predictor, Proxy
from archgym.proxy.targets import Target, Targets
from archgym.proxy.workloads import Context, Facts
from archgym.space_document import from_document, to_document

SCHEMA_VERSION = 1
_HEADER = "proxy.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # So that equal proxies make equal files.


def save(proxy: Proxy, path: str | Path) -> None:
    """Writes a proxy into one file, all at once.

    Raises:
        ArchgymError: The file can't be written.
    """
    path = Path(path)
    files: dict[str, bytes] = {}
    header = {
        "format": "archgym proxy",
        "schema_version": SCHEMA_VERSION,
        "kind": proxy.kind,
        "space": to_document(proxy.coding.space),
        "simulator": proxy.simulator,
        "metrics": list(proxy.metrics),
        "seen": {name: sorted(positions) for name, positions in proxy.seen.items()},
        "workloads": {name: facts.to_document() for name, facts in proxy.facts.items()},
        "known": {
            name: _write_predictor(predictor, f"known/{number}", files)
            for number, (name, predictor) in enumerate(proxy.known.items())
        },
        "transfer": proxy.transfer and _write_predictor(proxy.transfer, "transfer", files),
        "context": proxy.context and proxy.context.to_document(),
        "provenance": dict(proxy.provenance),
    }
    header["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            atomic.output(path) as temporary,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            text = json.dumps(header, indent=1)
            for name, content in {_HEADER: text.encode(), **files}.items():
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror or error}") from error


def load(path: str | Path) -> Proxy:
    """Reads a proxy.

    Warns:
        OtherVersionWarning: It has learnt from another version of its simulator than the one here.

    Raises:
        ArchgymError: There is none at `path`, it is damaged, or a newer archgym has written it.
    """
    path = Path(path)
    header, files = _read(path)
    try:
        coding = Coding(from_document(header["space"]))
        transfer = header["transfer"]
        context = header["context"]
        loaded = Proxy(
            coding=coding,
            kind=header["kind"],
            metrics=tuple(header["metrics"]),
            simulator=header["simulator"],
            seen={name: frozenset(each) for name, each in header["seen"].items()},
            facts={
                name: Facts.from_document(name, each) for name, each in header["workloads"].items()
            },
            known={
                name: _read_predictor(each, header["kind"], coding, files)
                for name, each in header["known"].items()
            },
            transfer=transfer and _read_predictor(transfer, header["kind"], coding, files),
            context=context and Context.from_document(context),
            provenance=header["provenance"],
        )
    except MissingExtraError:
        raise
    # A library may take offence at a foreign file in any way it likes.
    except Exception as error:
        raise ArchgymError(f"{path} is not a proxy that can be used: {error!r}") from error
    simulator, _, version = loaded.simulator.partition(" ")
    versions.check(f"the proxy {path}", simulator, version)
    return loaded


def describe(path: str | Path) -> dict[str, Any]:
    """Returns what a proxy's file says of it, without loading its models.

    Raises:
        ArchgymError: As `load`.
    """
    header, _ = _read(Path(path))
    return header


def _read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        header = json.loads(files.pop(_HEADER))
    except OSError as error:
        raise ArchgymError(f"can't read proxy {path}: {error.strerror or error}") from error
    except KeyError:
        raise ArchgymError(f"{path} is not a proxy: it holds no {_HEADER}") from None
    # Of damage, zipfile and zlib tell in many ways.
    except Exception as error:
        raise ArchgymError(f"{path} is not a proxy, or damaged: {error}") from error
    if not isinstance(header, dict) or header.get("format") != "archgym proxy":
        raise ArchgymError(f"{path} is not a proxy of archgym")
    version = header.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ArchgymError(
            f"{path} has schema version {version}, and this archgym reads {SCHEMA_VERSION}; "
            "train it anew, or use the archgym that wrote it"
        )
    found = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    if found != header.get("files"):
        raise ArchgymError(f"{path} is damaged: its files are not those that were written")
    return header, files


def _write_predictor(
    predictor: Predictor, folder: str, files: dict[str, bytes]
) -> Mapping[str, Any]:
    for name, content in predictor.model.write().items():
        files[f"{folder}/{name}"] = content
    files[f"{folder}/keys.bin"] = predictor.keys.astype("<i8").tobytes()
    return {
        "folder": folder,
        "targets": [target.to_document() for target in predictor.targets.targets],
        "margins": [margins.to_document() for margins in predictor.margins],
        "scores": {metric: dict(each) for metric, each in predictor.scores.items()},
        "designs": len(predictor.keys),
    }


def _read_predictor(
    document: Mapping[str, Any], kind: str, coding: Coding, files: Mapping[str, bytes]
) -> Predictor:
    folder = f"{document['folder']}/"
    own = {
        name.removeprefix(folder): each for name, each in files.items() if name.startswith(folder)
    }
    keys = np.frombuffer(own.pop("keys.bin"), "<i8").astype(np.int64)
    return Predictor(
        model=model_class(kind).read(coding, own),
        targets=Targets(tuple(Target.from_document(each) for each in document["targets"])),
        margins=tuple(Margins.from_document(each) for each in document["margins"]),
        scores=document["scores"],
        keys=keys,
    )
