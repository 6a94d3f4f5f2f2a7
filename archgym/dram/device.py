"""DRAM devices: organisation, timing and currents, read from data files."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from archgym.documents import is_there, parse_json, read_json
from archgym.dram.device_keys import ORGANIZATION, ROOT, check_keys
from archgym.dram.device_rules import (
    check_architecture,
    check_clock,
    check_timing,
    check_width,
    larger_row_cycle,
    read_currents,
    read_power_factors,
    read_refresh_mode,
)
from archgym.dram.organization import Organization
from archgym.dram.section import Section
from archgym.dram.standards import STANDARDS, Rules, Standard
from archgym.errors import ArchgymError, unknown
from archgym.texts import check_printable
from archgym.traces.clock import MHZ, is_clock


@dataclass(frozen=True, eq=False)
class Device:
    """A DRAM device, in as many copies as make up a memory system.

    Attributes:
        name: What it is called, e.g. `ddr4-2400`.
        standard: The JEDEC standard, e.g. `DDR4`.
        clock_ps: Clock period tCK, rounded to whole picoseconds.
        timing: Timing parameters in clock cycles, named as by DRAMSys (`RCD`, `CCD_L`, ...); tRC
            is at least tRAS + tRP, of which the file's may be a clock of rounding short.
        currents: Currents (A) and voltages (V), named as by DRAMSys (`idd0`, `vpp`, ...); empty
            when the source gives none, or all as 0.
        power_factors: Factors of the bank-wise power model (`factRho`, ...).
        organization: How the storage is divided.
        address_mapping: Level -> address bits, as in the file.
        player_clock_mhz: Clock in which `.stl` traces for this device count.
        bytes_per_request: Size of a trace's request that states none: one burst.
        data_rate: Beats of data a clock cycle.
        source: Where the figures come from.
        data: The whole file, for backends that hand it on.
        file: Its path as it was given; `None` if it is a bundled one, or from no file.
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
    file: str | None = None

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
        name = str(name_or_path)
        if name in cls.names():
            text = (_bundled() / f"{name}.json").read_text(encoding="utf-8")
            return cls.from_dict(parse_json(text, name), origin=name)
        path = Path(name_or_path)
        if path.name == name and not path.suffix and not is_there(path):
            raise unknown("device", name, cls.names())
        return replace(cls.from_dict(read_json(path), origin=name), file=name)

    @classmethod
    def from_dict(cls, data: Any, origin: str = "device") -> "Device":
        """Checks and takes over a device's data.

        Args:
            data: What a device file holds.
            origin: Named in error messages.

        Raises:
            ArchgymError: A key is missing or not known, has an impossible value, or contradicts
                another or the standard.
        """
        root = Section(data, origin)
        root.allow(ROOT)
        memspec = root.section("memspec")
        standard = STANDARDS.get(memspec.text("memoryType"))
        if standard is not None:
            check_keys(memspec, standard)
        architecture = memspec.section("memarchitecturespec")
        timing = memspec.section("memtimingspec")
        organization = _organization(architecture, standard)
        device = cls(
            name=_name(root),
            standard=memspec.text("memoryType"),
            clock_ps=_clock_ps(timing, standard),
            timing=_cycles(timing, architecture, organization, standard),
            currents=read_currents(memspec.section("mempowerspec", optional=True), standard),
            power_factors=read_power_factors(memspec.section("bankwisespec", optional=True)),
            organization=organization,
            address_mapping=root.section("addressmapping").data,
            player_clock_mhz=_player_clock_mhz(root),
            bytes_per_request=root.integer("bytes_per_request"),
            data_rate=architecture.integer("dataRate"),
            source=root.text("source") if "source" in root.data else "",
            data=data,
        )
        burst = device.organization.bytes_per_burst
        if device.bytes_per_request != burst:
            raise ArchgymError(
                f"{origin}: bytes_per_request is {device.bytes_per_request}, "
                f"but one burst of this device transfers {burst}"
            )
        return device

    @property
    def label(self) -> str:
        """Tells the user which one is meant: the path of its file, or its name."""
        return self.file or self.name

    @property
    def peak_bandwidth_gb_per_s(self) -> float:
        """Bandwidth of all channels' data pins, in GB/s (bytes a ns)."""
        organization = self.organization
        per_clock = self.data_rate * organization.bytes_per_beat * organization.pseudo_channels
        return organization.channels * per_clock * 1000 / self.clock_ps

    @property
    def dramsys_clock_mhz(self) -> float:
        """The player's clock as DRAMSys plays traces: of whole picoseconds."""
        return 1e6 / round(1e6 / self.player_clock_mhz)

    def rules(self) -> Rules:
        """Returns the standard's rules for commands, in cycles of the device's own timing.

        Raises:
            ArchgymError: The standard is not known.
        """
        if self.standard not in STANDARDS:
            raise unknown("standard", self.standard, STANDARDS)
        return STANDARDS[self.standard].rules(self.timing, self.organization)

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that the file says, its name and source apart."""
        content = {key: self.data[key] for key in self.data if key not in ("name", "source")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _bundled() -> Traversable:
    return resources.files("archgym.dram") / "devices"


def _name(root: Section) -> str:
    name = root.text("name")
    try:
        check_printable(name)
    except ArchgymError as error:
        raise root.wrong("name", "a text in one line") from error
    return name


def _organization(architecture: Section, standard: Standard | None) -> Organization:
    counts = {}
    for name, (key, default) in ORGANIZATION.items():
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
    check_width(architecture, organization)
    if standard is not None:
        check_architecture(architecture, organization, standard)
    return organization


def _clock_ps(timing: Section, standard: Standard | None) -> int:
    # A second and more is refused as a clock in another unit is; 1e308 of them would overflow.
    clock_ps = round(min(timing.number("tCK", positive=True), 1.0) * 1e12)
    check_clock(timing, clock_ps, standard)
    return clock_ps


def _player_clock_mhz(root: Section) -> float:
    if not is_clock(root.number("player_clock_MHz")):
        raise root.wrong("player_clock_MHz", MHZ)
    return root.number("player_clock_MHz")


def _cycles(
    timing: Section,
    architecture: Section,
    organization: Organization,
    standard: Standard | None,
) -> dict[str, int]:
    cycles = {key: timing.integer(key) for key in timing.data if key != "tCK"}
    if standard is not None:
        timing.require(standard.timing.split())
        if standard.refresh_modes:
            cycles["REFM"] = read_refresh_mode(architecture, timing, standard.refresh_modes)
        cycles = larger_row_cycle(timing, cycles)
        check_timing(timing, cycles, organization, standard)
    return cycles
