"""DRAM memory controllers as a domain."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from archgym import traces
from archgym.domain import Columns, Defaults, Domain, Option, Platform
from archgym.dram.cli.workload_options import DramOptions
from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.features import FEATURES
from archgym.dram.metrics import METRICS, refreshes_left_out
from archgym.dram.objectives import VOCABULARY
from archgym.dram.spaces import SPACES, make_space
from archgym.dram.system import System
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.objectives import Vocabulary
from archgym.space import DesignSpace
from archgym.traces.formats import catalogue
from archgym.traces.player import Player

if TYPE_CHECKING:
    from archgym.datasets import Dataset


class DramPlatform(Platform):
    """A memory system, and whether its data may be lost.

    Args:
        domain: The domain.
        system: The memory system.
        options: Those of the domain.

    Attributes:
        system: As given.
    """

    def __init__(self, domain: "Dram", system: System, options: Mapping[str, Any]) -> None:
        self._domain = domain
        self.system = system
        self.options = options

    @property
    def name(self) -> str:
        """That of the device."""
        return self.system.device.name

    @property
    def contents(self) -> Mapping[str, str]:
        """The device."""
        device = self.system.device
        return {"device": f"{device.name}#{device.sha256}"}

    @property
    def document(self) -> Mapping[str, Any] | None:
        """The device's data, if it is not a bundled one."""
        return None if self.options["device"] in Device.names() else self.system.device.data

    def space(self, name: str) -> DesignSpace:
        """Makes a space for the memory system."""
        return make_space(
            name,
            self.system,
            allow_data_loss=self.options["allow_data_loss"],
            added=self._domain.added("spaces"),
        )

    def workload(self, name: str, options: Mapping[str, Any]) -> Workload:
        """Makes a workload of a bundled trace, a generator or a trace file."""
        others = {key: value for key, value in options.items() if key != "player"}
        added = self._domain.added("workloads")
        if name in added and name not in traces.names():
            try:
                trace = added[name](**others)
            except TypeError as error:
                raise ArchgymError(f"workload {name} can't be made: {error}") from error
            return Workload(self.system, trace, options.get("player"))
        return Workload.load(name, self.system, options.get("player"), **others)


class Dram(Domain):
    """DRAM memory controllers, tuned on traces.

    Other packages add to it through entry points: `archgym.dram.spaces`, an `Outline` or a function
    from a `System` to one; `archgym.dram.workloads`, a function from options to a `Trace`;
    `archgym.dram.trace_formats`, a `Format`; and `archgym.dram.objectives`, a `Term` or a
    `Formula`.
    """

    name: ClassVar[str] = "dram"
    options: ClassVar[Mapping[str, Option]] = {
        "device": Option("ddr4-2400", "a bundled device or a device file", is_read=True),
        "allow_data_loss": Option(False, "whether designs that never refresh are feasible"),
    }
    tables: ClassVar[Mapping[str, type[Player]]] = {"player": Player}
    defaults = Defaults("archgym", "stream", "runtime", "native", "archgym-pow2")
    metrics = METRICS
    features = FEATURES
    columns: ClassVar[Mapping[int, Columns]] = {
        0: Columns(
            (
                "runtime_ns", "latency_ns", "latency_p99_ns", "latency_max_ns", "energy_nj",
                "power_mw",
            ),
            ("runtime", "latency", "energy", "edp", "power"),
            has_floors=False,
        ),
        1: Columns(
            (
                "runtime_ns", "latency_ns", "latency_p99_ns", "latency_max_ns", "energy_nj",
                "power_mw", "read_latency_ns", "read_latency_p99_ns", "bandwidth_gb_per_s",
                "queue_entries",
            ),
            (
                "runtime", "latency", "energy", "edp", "power", "latency_p99", "read_latency",
                "read_latency_p99", "bandwidth", "queue_entries",
            ),
        ),
    }  # fmt: skip
    compared = (
        "runtime_ns",
        "latency_ns",
        "latency_p99_ns",
        "bandwidth_gb_per_s",
        "energy_nj",
        "power_mw",
        "queue_entries",
        "refreshes_owed",
    )
    # What objectives need, except for tails, latencies of reads and bandwidth: each metric takes
    # time to learn.
    learned = (
        "runtime_ns",
        "latency_ns",
        "energy_nj",
        "power_mw",
        "refresh_debt_ns",
        "refresh_debt_nj",
        "queue_entries",
    )
    judged = ("runtime", "latency", "energy", "edp", "power with runtime <= 1.05x")
    own_defaults: ClassVar[Mapping[str, Any]] = {
        name: parameter.default for name, parameter in PARAMETERS.items()
    }

    @property
    def words(self) -> Vocabulary:
        """Runtime, latency, energy, power and the like, and the formulas of the ArchGym paper."""
        return VOCABULARY

    def spaces(self) -> Sequence[str]:
        """Returns the names of the controller spaces."""
        return [*SPACES, *self.added("spaces")]

    def workloads(self) -> Mapping[str, str]:
        """Returns the names of bundled traces and generators."""
        others = self.added("workloads")
        described = {}
        for name in others:
            try:
                described[name] = (others[name].__doc__ or "").partition("\n")[0]
            except ArchgymError as error:
                described[name] = str(error)
        return described | traces.descriptions()

    def platform(self, options: Mapping[str, Any]) -> DramPlatform:
        """Reads the device."""
        settled = self.settle(options)
        return DramPlatform(self, System.load(settled["device"]), settled)

    def restore(
        self, document: Mapping[str, Any], options: Mapping[str, Any], source: str
    ) -> DramPlatform:
        """Makes a memory system of a device's data."""
        system = System(Device.from_dict(document, f"{source}: device"))
        return DramPlatform(self, system, self.settle(options))

    def space_called(self, name: str, find: Callable[[str], Platform]) -> DesignSpace:
        """Makes the space called `NAME`, `NAME@DEVICE` or either with `+data-loss`."""
        plain = name.removesuffix("+data-loss")
        base, _, device = plain.partition("@")
        platform = find(device) if device else self.platform({})
        assert isinstance(platform, DramPlatform)
        added = self.added("spaces")
        return make_space(base, platform.system, allow_data_loss=plain != name, added=added)

    def platform_of(self, workload: Workload) -> DramPlatform:
        """Returns the memory system of a workload."""
        return DramPlatform(self, workload.system, self.settle({}))

    def platform_called(self, name: str) -> DramPlatform:
        """Returns that of a bundled device."""
        return self.platform({"device": name})

    def is_file(self, workload: str) -> bool:
        """Tells whether the name of a workload is the path of a trace."""
        return workload not in self.added("workloads") and traces.is_path(workload)

    def remark(self, design: Mapping[str, Any], metrics: Mapping[str, float]) -> str:
        """Returns how many refreshes a design owes at the end of its run."""
        left_out = refreshes_left_out(metrics)
        if left_out and design.get("RefreshPolicy") == "NoRefresh":
            refreshes, _, _ = left_out.partition(":")
            return f"{refreshes}: never refreshes, so the DRAM loses its data"
        return left_out or ""

    def import_log(self, path: Path, workload: str) -> "tuple[Dataset, str]":
        """Reads a trajectory of ArchGym."""
        from archgym.dram.archgym_csv import import_archgym

        whole, units = import_archgym(path, workload)
        return whole, f"latency was in ms in {units['ms']} rows and in s in {units['s']}"

    def listings(self) -> Mapping[str, Callable[[], Iterator[tuple[str, str]]]]:
        """Returns the devices, and the formats of trace files."""
        return {"devices": _devices, "formats": _formats}

    def command_options(self) -> type[DramOptions]:
        """Returns the device, and what is said of trace files and their players."""
        return DramOptions

    def commands(self) -> Mapping[str, Any]:
        """Returns `simulate`, `validate` and `trace`."""
        from archgym.dram.cli.simulate import simulate
        from archgym.dram.cli.trace import app
        from archgym.dram.cli.validate import validate

        return {"simulate": simulate, "validate": validate, "trace": app}


def _formats() -> Iterator[tuple[str, str]]:
    for name in catalogue.names():
        try:
            found = catalogue.find(name)
        except ArchgymError as error:
            yield name, str(error)
        else:
            assert found is not None
            held = ", ".join(sorted(found.carries)) or "addresses and directions alone"
            yield name, f"counts in {found.unit}s; holds {held}"


def _devices() -> Iterator[tuple[str, str]]:
    for name in Device.names():
        device = Device.load(name)
        organization = device.organization
        yield (
            name,
            f"{device.standard}, {1e6 / device.clock_ps:.0f} MHz, {organization.channels} "
            f"channel(s), {organization.ranks} rank(s), {organization.banks} banks",
        )
