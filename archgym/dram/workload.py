"""A workload: a trace, played on a memory system."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym import traces
from archgym.dram.features import features
from archgym.dram.played_trace import PlayedTrace
from archgym.dram.system import System
from archgym.traces.player import OPEN, Player
from archgym.workload import NamedWorkload


class Workload(PlayedTrace, NamedWorkload):
    """A played trace that has a name, shared by every design that is tried on it.

    Args:
        system: The memory system.
        trace: What is asked of it.
        player: Whether the trace's arrivals or the responses decide when; by default as the trace
            is meant to be played.

    Attributes:
        system: The memory system.
        trace: What is asked of it; requests that stated no size are the bursts that hold their
            addresses.
        player: How the trace is played.

    Raises:
        ArchgymError: A request of the trace lies beyond the system's capacity.
    """

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        device: str | Path = "ddr4-2400",
        clock_mhz: float | None = None,
        player: Player | None = None,
        *,
        size: int | None = None,
        reads_only: bool = False,
    ) -> "Workload":
        """Reads a trace file.

        Args:
            path: An `.stl` file, or any other that `archgym.traces` reads.
            device: A bundled device's name, or the path of a device file.
            clock_mhz: Clock in which an `.stl` file counts; by default that of the device's data.
            player: Whether the trace's arrivals or the responses decide when; by default closed
                with 16 outstanding if the file has no times.
            size: Bytes of a request that states none; by default one burst.
            reads_only: Whether a file that does not say which requests write has reads only.

        Raises:
            ArchgymError: The file is not a trace, or does not fit the device.
        """
        options = {"clock_mhz": clock_mhz, "size": size, "reads_only": reads_only}
        return cls.load(Path(path), device, player, **options)

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        device: str | Path | System = "ddr4-2400",
        player: Player | None = None,
        **options: object,
    ) -> "Workload":
        """Makes a workload of a bundled trace, a generator or a trace file.

        Args:
            name_or_path: One of `archgym.traces.names()`, or a file.
            device: A bundled device's name, the path of a device file, or a memory system.
            player: Whether the trace's arrivals or the responses decide when.
            options: The generator's options, such as `requests`, `read_share` and `seed`; or a
                file's, `clock_mhz` (by default that of the device's data), `size` (by default one
                burst) and `reads_only`.

        Raises:
            ArchgymError: The name or an option is not known, or the trace does not fit the device.
        """
        system = device if isinstance(device, System) else System.load(device)
        trace = traces.load(name_or_path, system.device.player_clock_mhz, **options)
        return cls(system, trace, player)

    @property
    def notes(self) -> Sequence[str]:
        """What was assumed of the trace and of how it is played, a sentence each."""
        return self.trace.assumptions(self.player)

    @property
    def record(self) -> Mapping[str, Any]:
        """How the trace is played, and how many requests it has."""
        return {"player": self.player.to_mapping(), "requests": len(self)}

    @cached_property
    def sha256(self) -> str:
        """Hash of what the trace and the device contain and of the player."""
        content = f"{self.trace.sha256} {self.system.sha256}"
        if self.player != OPEN:
            content += f" {self.player}"
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def id(self) -> str:
        """Names the trace and the device, with the first digits of `sha256`."""
        return f"{self.trace.name}@{self.system.device.name}#{self.sha256[:8]}"

    @cached_property
    def features(self) -> npt.NDArray[np.float64]:
        """What the workload is like: one float for each of `FEATURE_NAMES`, read-only."""
        array = features(self)
        array.flags.writeable = False
        return array

    def __repr__(self) -> str:
        """Shows the id."""
        return f"Workload({self.id})"
