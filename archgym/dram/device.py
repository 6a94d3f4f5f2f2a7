"""DRAM devices: organisation, timing and currents, read from data files."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from archgym.dram.organization import Organization
from archgym.dram.standards import STANDARDS
from archgym.errors import ArchgymError, unknown

# Organization field -> (key under memarchitecturespec, value when the key is absent).
_ORGANIZATION: dict[str, tuple[str, int | None]] = {
    "channels": ("nbrOfChannels", None),
    "ranks": ("nbrOfRanks", 1),
    "pseudo_channels": ("nbrOfPseudoChannels", 1),
    "stacks": ("nbrOfStacks", 1),
    "bank_groups": ("nbrOfBankGroups", 1),
    "banks": ("nbrOfBanks", None),
    "rows": ("nbrOfRows", None),
    "columns": ("nbrOfColumns", None),
    "width": ("width", None),
    "devices": ("nbrOfDevices", None),
    "burst_length": ("burstLength", None),
}


@dataclass(frozen=True, eq=False)
class Device:
    """A DRAM device, in as many copies as make up a memory system.

    Attributes:
        name: What it is called, e.g. `ddr4-2400`.
        standard: The JEDEC standard, e.g. `DDR4`.
        clock_ps: Clock period tCK, rounded to whole picoseconds.
        timing: Timing parameters in clock cycles, named as by DRAMSys (`RCD`, `CCD_L`, ...).
        currents: Currents (A) and voltages (V), named as by DRAMSys (`idd0`, `vpp`, ...); empty
            when the source gives none.
        power_factors: Factors of the bank-wise power model (`factRho`, ...).
        organization: How the storage is divided.
        address_mapping: Level -> address bits, as in the file.
        player_clock_mhz: Clock in which `.stl` traces for this device count.
        bytes_per_request: Size of a trace's request that states none: one burst.
        data_rate: Beats of data a clock cycle.
        source: Where the figures come from.
        data: The whole file, for backends that hand it on.
    """

    name: str
    standard: str
    clock_ps: int
    timing: dict[str, int]
    currents: dict[str, float]
    power_factors: dict[str, float]
    organization: Organization
    address_mapping: dict[str, Any]
    player_clock_mhz: float
    bytes_per_request: int
    data_rate: int
    source: str
    data: dict[str, Any] = field(repr=False)

    @staticmethod
    def names() -> list[str]:
        """Returns the names of the bundled devices, sorted."""
        return sorted(path.name.removesuffix(".json") for path in _bundled().iterdir())

    @classmethod
    def load(cls, name_or_path: str | Path) -> "Device":
        """Reads a bundled device or a device file.

        Args:
            name_or_path: A bundled device's name, or the path of a JSON file of the same shape.

        Raises:
            ArchgymError: The name is not known, or the file can't be read or is not a device.
        """
        path = Path(name_or_path)
        file: Path | Traversable = path
        if str(name_or_path) in cls.names():
            file = _bundled() / f"{name_or_path}.json"
        elif path.name == str(name_or_path) and not path.suffix and not path.exists():
            raise unknown("device", name_or_path, cls.names())
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ArchgymError(f"can't read device {path}: {error.strerror}") from error
        except ValueError as error:
            raise ArchgymError(f"device {path} is not JSON: {error}") from error
        return cls.from_dict(data, origin=str(name_or_path))

    @classmethod
    def from_dict(cls, data: Any, origin: str = "device") -> "Device":
        """Checks and takes over a device's data.

        Args:
            data: What a device file holds.
            origin: Named in error messages.

        Raises:
            ArchgymError: A key is missing or has an impossible value.
        """
        root = _Section(data, origin)
        memspec = root.section("memspec")
        standard = memspec.text("memoryType")
        architecture = memspec.section("memarchitecturespec")
        timing = memspec.section("memtimingspec")
        power = memspec.section("mempowerspec", optional=True)
        device = cls(
            name=root.text("name"),
            standard=standard,
            clock_ps=round(timing.number("tCK", positive=True) * 1e12),
            timing={key: timing.integer(key) for key in timing.data if key != "tCK"},
            currents={key: power.number(key) for key in power.data},
            power_factors=_numbers(memspec.section("bankwisespec", optional=True).data),
            organization=_organization(architecture),
            address_mapping=root.section("addressmapping").data,
            player_clock_mhz=root.number("player_clock_MHz", positive=True),
            bytes_per_request=root.integer("bytes_per_request"),
            data_rate=architecture.integer("dataRate"),
            source=root.text("source") if "source" in root.data else "",
            data=data,
        )
        if standard in STANDARDS:
            timing.require(STANDARDS[standard].timing.split())
            if power.data:
                power.require(STANDARDS[standard].currents.split())
            if STANDARDS[standard].refresh_modes:
                device.timing["REFM"] = _refresh_mode(
                    architecture, timing, STANDARDS[standard].refresh_modes
                )
        if not 1 <= device.clock_ps <= 10**6:
            raise timing.wrong("tCK", "a clock period in seconds")
        burst = device.organization.bytes_per_burst
        if device.bytes_per_request != burst:
            raise ArchgymError(
                f"{origin}: bytes_per_request is {device.bytes_per_request}, "
                f"but one burst of this device transfers {burst}"
            )
        return device

    @property
    def peak_bandwidth_gb_per_s(self) -> float:
        """Bandwidth of all channels' data pins, in GB/s (bytes a ns)."""
        organization = self.organization
        per_clock = self.data_rate * organization.bytes_per_beat * organization.pseudo_channels
        return organization.channels * per_clock * 1000 / self.clock_ps

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that the file says, its name and source apart."""
        content = {key: self.data[key] for key in self.data if key not in ("name", "source")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _bundled() -> Traversable:
    return resources.files("archgym.dram") / "devices"


def _numbers(data: dict[str, Any]) -> dict[str, float]:
    return {key: float(value) for key, value in data.items() if isinstance(value, int | float)}


def _organization(architecture: "_Section") -> Organization:
    counts = {}
    for name, (key, default) in _ORGANIZATION.items():
        if default is not None and key not in architecture.data:
            counts[name] = default
        else:
            counts[name] = architecture.integer(key)
        if counts[name].bit_count() != 1:
            raise architecture.wrong(key, "a power of two")
    organization = Organization(**counts)
    if organization.banks % organization.bank_groups:
        raise architecture.wrong("nbrOfBanks", "a multiple of nbrOfBankGroups")
    if organization.bank_groups % organization.stacks:
        raise architecture.wrong("nbrOfBankGroups", "a multiple of nbrOfStacks")
    return organization


def _refresh_mode(architecture: "_Section", timing: "_Section", modes: Sequence[int]) -> int:
    """Returns the mode of refresh, which DRAMSys's files state in two places."""
    given = []
    for section, key in ((architecture, "RefMode"), (timing, "REFM")):
        if key in section.data:
            given.append(section.integer(key))
            if given[-1] not in modes:
                *others, last = modes
                raise section.wrong(key, f"{', '.join(map(str, others))} or {last}")
    if len(set(given)) > 1:
        raise timing.wrong("REFM", f"as memarchitecturespec.RefMode, {given[0]}")
    mode = given[0] if given else modes[0]
    timing.require([f"RFC{mode}"])
    return mode


class _Section:
    """One object of a device file, whose look-ups name the file and the full key on error."""

    def __init__(self, data: Any, where: str, prefix: str = "") -> None:
        if not isinstance(data, dict):
            raise ArchgymError(f"{where}: {prefix.rstrip('.') or 'a device'} must be an object")
        self.data: dict[str, Any] = data
        self._where = where
        self._prefix = prefix

    def wrong(self, key: str, expected: str) -> ArchgymError:
        value = json.dumps(self.data.get(key))
        return ArchgymError(f"{self._where}: {self._prefix}{key} must be {expected}, is {value}")

    def require(self, keys: list[str]) -> None:
        for key in keys:
            if key not in self.data:
                raise ArchgymError(f"{self._where}: {self._prefix}{key} is missing")

    def section(self, key: str, optional: bool = False) -> "_Section":
        if not optional:
            self.require([key])
        return _Section(self.data.get(key, {}), self._where, f"{self._prefix}{key}.")

    def text(self, key: str) -> str:
        self.require([key])
        value = self.data[key]
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def number(self, key: str, positive: bool = False) -> float:
        self.require([key])
        value = self.data[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < float("inf") or (positive and value == 0):
            raise self.wrong(key, "a positive number" if positive else "a number, 0 or more")
        return float(value)

    def integer(self, key: str) -> int:
        value = self.number(key)
        if value != int(value):
            raise self.wrong(key, "a whole number")
        return int(value)
