"""Proxies as files: a zip archive of JSON and arrays, nothing that runs when it is read.

Whatever a file says is checked before it is used as a size or an index, so one from elsewhere gives
a proxy or a sentence.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from archgym import bundle, digest, versions
from archgym.errors import ArchgymError, MissingExtraError
from archgym.proxy import header as headers
from archgym.proxy import version1
from archgym.proxy.arrays import array
from archgym.proxy.coding import Coding
from archgym.proxy.conformal import Margins
from archgym.proxy.models import model_class
from archgym.proxy.proxy import Predictor, Proxy
from archgym.proxy.targets import Target, Targets
from archgym.proxy.workloads import Context, Facts
from archgym.space_document import from_document, to_document

SCHEMA_VERSION = 2
READABLE = (1, SCHEMA_VERSION)
"""The schema versions that are read; the first has models as text, JSON and ONNX."""

_HEADER = "proxy.json"


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchgymError(f"can't write {path}: {error.strerror or error}") from error
    bundle.write(path, _HEADER, header, files)


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
        loaded = _load(header, files)
    except MissingExtraError:
        raise
    except ArchgymError as error:
        raise ArchgymError(f"{path} is not a proxy that can be used: {error}") from error
    # A library may reject a foreign file with any exception.
    except Exception as error:
        raise ArchgymError(f"{path} is not a proxy that can be used: {error!r}") from error
    simulator, _, version = loaded.simulator.partition(" ")
    # One with an argument stands for other results, and may be this very file.
    if ":" not in simulator:
        versions.check(f"the proxy {path}", simulator, version)
    return loaded


def describe(path: str | Path) -> dict[str, Any]:
    """Returns what a proxy's file says of it, without making its models.

    Raises:
        ArchgymError: As `load`.
    """
    header, _ = _read(Path(path))
    return header


def _read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Returns the header, checked, and the content of the other files by name."""
    header, files = bundle.read(path, "proxy", _HEADER)
    if header.get("format") != "archgym proxy":
        raise ArchgymError(f"{path} is not a proxy of archgym")
    version = header.get("schema_version")
    if version not in READABLE:
        raise ArchgymError(
            f"{path} has schema version {version}, and this archgym reads "
            f"{' and '.join(map(str, READABLE))}; train it again, or use the archgym that wrote it"
        )
    if version > 1 and digest.KEY not in header:
        raise ArchgymError(f"{path} is damaged: its {_HEADER} lacks its digest, {digest.KEY}")
    try:
        headers.check(header)
    except ArchgymError as error:
        raise ArchgymError(f"{path} is not a proxy that can be used: {error}") from error
    return header, files


def _load(header: Mapping[str, Any], files: Mapping[str, bytes]) -> Proxy:
    coding = Coding(from_document(header["space"]))
    parameters = coding.space.parameters.values()
    headers.check_seen(header["seen"], {each.name: len(each.values) for each in parameters})
    transfer, context = None, None
    if header.get("transfer") is not None:
        context = Context.from_document(header["context"])
        transfer = _read_predictor(header["transfer"], header, coding, len(context.mean), files)
    return Proxy(
        coding=coding,
        kind=header["kind"],
        metrics=tuple(header["metrics"]),
        simulator=header["simulator"],
        seen={name: frozenset(each) for name, each in header["seen"].items()},
        facts={name: Facts.from_document(name, each) for name, each in header["workloads"].items()},
        known={
            name: _read_predictor(each, header, coding, 0, files)
            for name, each in header["known"].items()
        },
        transfer=transfer,
        context=context,
        provenance=header["provenance"],
    )


def _write_predictor(
    predictor: Predictor, folder: str, files: dict[str, bytes]
) -> Mapping[str, Any]:
    arrays = {**predictor.model.write(), "keys": predictor.keys}
    for name, content in arrays.items():
        files[f"{folder}/{name}.npy"] = bundle.pack(content)
    return {
        "folder": folder,
        "targets": [target.to_document() for target in predictor.targets.targets],
        "margins": [margins.to_document() for margins in predictor.margins],
        "scores": {metric: dict(each) for metric, each in predictor.scores.items()},
        "designs": len(predictor.keys),
    }


def _read_predictor(
    document: Mapping[str, Any],
    header: Mapping[str, Any],
    coding: Coding,
    context: int,
    files: Mapping[str, bytes],
) -> Predictor:
    folder = f"{document['folder']}/"
    own = {
        name.removeprefix(folder): each for name, each in files.items() if name.startswith(folder)
    }
    model = model_class(header["kind"])
    if header["schema_version"] == 1:
        keys = np.frombuffer(own.pop("keys.bin"), "<i8")
        arrays = version1.arrays(model.kind, own)
    else:
        arrays = {
            name.removesuffix(".npy"): bundle.unpack(each, folder + name)
            for name, each in own.items()
        }
        keys = array(arrays, "keys", np.int64, (None,))
    return Predictor(
        model=model.read(coding, arrays, context, len(header["metrics"])),
        targets=Targets(tuple(Target.from_document(each) for each in document["targets"])),
        margins=tuple(Margins.from_document(each) for each in document["margins"]),
        scores=document["scores"],
        keys=keys,
    )
