"""What a dataset consists of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from archgym.domain import DEFAULT
from archgym.errors import ArchgymError
from archgym.evaluation_log import TIMES
from archgym.proxy.samples import Samples, from_frame
from archgym.proxy.workloads import Facts
from archgym.space import DesignSpace
from archgym.space_document import from_document

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 2
"""Of `dataset.json`; that of version 1 has no digests."""


@dataclass(frozen=True)
class Dataset:
    """Rows of evaluation logs, and what they name.

    Attributes:
        frame: The rows, with the columns that `archgym.evaluation_log` lists.
        spaces: The spaces that they name, as `archgym.space_document` has them.
        workloads: What is known of the workloads, by their ids: `features`, or what is the reason
            that it `lacks` them; `anchor` (the metrics of the default design), `system`, and
            whatever it takes to make them again.
        sources: Where the rows come from.
        domain: Name of the domain that they are of.
    """

    frame: "pd.DataFrame"
    spaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    workloads: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    domain: str = DEFAULT

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self.frame)

    @cached_property
    def sha256(self) -> str:
        """Hash of the rows, in any order and however long they took."""
        import pandas as pd

        frame = self.frame.drop(columns=[name for name in TIMES if name in self.frame])
        frame = frame.sort_index(axis="columns").astype(object).where(frame.notna(), None)
        digest = hashlib.sha256(repr(list(map(str, frame.columns))).encode())
        rows = pd.util.hash_pandas_object(frame.map(repr), index=False).to_numpy()
        digest.update(np.sort(rows).tobytes())
        return digest.hexdigest()

    def space(self, name: str | None = None) -> DesignSpace:
        """Returns one of the spaces, by default the only one.

        Raises:
            ArchgymError: There is no such space, or several.
        """
        names = [str(each) for each in self.frame["space"].dropna().unique()]
        if name is None:
            if len(names) != 1:
                raise ArchgymError(
                    f"the data are of {len(names)} spaces, choose one: {', '.join(names)}"
                )
            (name,) = names
        if name not in self.spaces or name not in names:
            raise ArchgymError(f"the data have no space {name!r}, but {', '.join(names)}")
        return from_document(self.spaces[name])

    def samples(self, space: str | None = None) -> Samples:
        """Returns what a proxy can learn of one of the spaces.

        Raises:
            ArchgymError: There is nothing, or the rows contradict each other.
        """
        chosen = self.space(space)
        frame = self.frame[self.frame["space"] == chosen.name].reset_index(drop=True)
        facts = {
            name: Facts.from_document(name, {"anchor": {}, "features": [], "system": "", **known})
            for name, known in self.workloads.items()
        }
        return from_frame(frame, chosen, facts, "the data", self.domain)
