"""Puts datasets together and takes them apart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from archgym.datasets.collection import Dataset
from archgym.errors import ArchgymError
from archgym.evaluation_log import INCIDENTAL
from archgym.proxy.coding import Coding
from archgym.proxy.samples import encode_frame
from archgym.space_document import from_document

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def merge(parts: Sequence[Dataset], *, distinct: bool = False) -> Dataset:
    """Returns the rows of several datasets, each once.

    Args:
        parts: The datasets.
        distinct: Whether to keep only the first of equivalent designs that a simulator measured on
            a workload, whoever asked for them.

    Raises:
        ArchgymError: They are of several domains, use one name for different spaces, or have other
                parameters for one.
    """
    import pandas as pd

    domains = sorted({part.domain for part in parts})
    if len(domains) > 1:
        raise ArchgymError(f"the data are of domains {' and '.join(domains)}, and can't be merged")
    spaces: dict[str, object] = {}
    workloads: dict[str, dict[str, object]] = {}
    for part in parts:
        for name, document in part.spaces.items():
            if spaces.setdefault(name, document) != document:
                raise ArchgymError(f"the data mean different spaces by {name}, and can't be merged")
        for name, known in part.workloads.items():
            workloads[name] = {**known, **workloads.get(name, {})}
    _check_columns(parts)
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    compared = [name for name in frame if name not in INCIDENTAL]
    frame = frame.drop_duplicates(subset=compared, ignore_index=True)
    sources = tuple(dict.fromkeys(source for part in parts for source in part.sources))
    merged = Dataset(frame, spaces, workloads, sources, *domains)  # type: ignore[arg-type]
    return _distinct(merged) if distinct else merged


def split(
    whole: Dataset, share: float, *, by: Literal["design", "workload"] = "design", seed: int = 0
) -> tuple[Dataset, Dataset]:
    """Takes a dataset apart such that no design, or no workload, is on both sides.

    Args:
        whole: The dataset.
        share: The share of the designs or workloads that goes to the first part.
        by: Whether equivalent designs stay together, or the rows of a workload.
        seed: Chooses which.

    Raises:
        ArchgymError: A part would be empty.
    """
    if not 0 < share < 1:
        raise ArchgymError(f"the share of a split lies between 0 and 1, not {share}")
    labels = whole.frame["workload"].to_numpy() if by == "workload" else _designs(whole)
    distinct, inverse = np.unique(labels.astype(str), return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(distinct))
    first = np.zeros(len(distinct), np.bool_)
    first[order[: round(share * len(distinct))]] = True
    if first.all() or not first.any():
        raise ArchgymError(f"{len(distinct)} {by}s are too few to be split by {share}")
    is_first = first[inverse.reshape(-1)]
    return _rows(whole, is_first), _rows(whole, ~is_first)


def _rows(whole: Dataset, chosen: "NDArray[np.bool_]") -> Dataset:
    frame = whole.frame[chosen].reset_index(drop=True)
    return replace(whole, frame=frame)


def _designs(whole: Dataset) -> "NDArray[np.object_]":
    """Returns one label per row, the same for equivalent designs of a space."""
    labels = np.empty(len(whole), object)
    for name in whole.frame["space"].unique():
        rows = (whole.frame["space"] == name).to_numpy()
        space = from_document(whole.spaces[name])
        coding = Coding(space)
        codes = coding.codes(encode_frame(whole.frame[rows], space, "the data"))
        labels[rows] = [f"{name} {key}" for key in coding.keys(codes).tolist()]
    return labels


def _distinct(whole: Dataset) -> Dataset:
    frame = whole.frame.assign(design=_designs(whole))
    same = ["space", "workload", "simulator", "simulator_version", "design"]
    return _rows(whole, ~frame.duplicated(subset=same).to_numpy())


def _check_columns(parts: Sequence[Dataset]) -> None:
    """Checks that rows of one space have the same parameters in all parts."""
    known: dict[str, frozenset[str]] = {}
    for part in parts:
        for name, rows in part.frame.groupby("space"):
            found = _parameters(rows)
            if known.setdefault(str(name), found) != found:
                odd = sorted(known[str(name)] ^ found)[0]
                raise ArchgymError(
                    f"the data can't be merged: some rows of space {name} have {odd}, others not"
                )


def _parameters(rows: "pd.DataFrame") -> frozenset[str]:
    return frozenset(
        str(name) for name in rows if str(name).startswith("param.") and rows[name].notna().any()
    )
