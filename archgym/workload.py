"""What the gym needs to know of a workload; the rest is its simulators' business."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Workload(Protocol):
    """What designs are evaluated on, as a problem sees it."""

    @property
    def id(self) -> str:
        """A name that tells it from every other workload, for the log."""

    @property
    def features(self) -> Iterable[float]:
        """Numbers that describe it to an agent or model that learns across workloads."""


def platform_name(identity: str) -> str:
    """Returns what the platform calls itself, of a workload's id."""
    return identity.partition("@")[2].rpartition("#")[0]


class NamedWorkload(ABC):
    """A workload that a domain makes from a name, as studies, tables and datasets see it."""

    @property
    @abstractmethod
    def id(self) -> str:
        """A name that tells it from every other workload: `NAME@PLATFORM#HASH`.

        The hash is the first eight digits of `sha256`.
        """

    @property
    @abstractmethod
    def sha256(self) -> str:
        """Hash of all that it contains, its platform included."""

    @property
    @abstractmethod
    def features(self) -> NDArray[np.float64]:
        """One number for each of the domain's features; shape `[features]`."""

    @property
    def notes(self) -> Sequence[str]:
        """What was assumed of it, a sentence each."""
        return ()

    @property
    def record(self) -> Mapping[str, Any]:
        """What else a table says of it, as JSON has it: its tables of options, and other facts."""
        return {}
