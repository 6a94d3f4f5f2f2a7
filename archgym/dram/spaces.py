"""The design spaces of DRAM controllers; a released one never changes, a new one has a new name.

`archgym` and `archgym-pow2` code the ten-parameter space of Krishnan et al., "ArchGym:
An Open-Source Gymnasium for Machine Learning Assisted Architecture Design", ISCA 2023: all whole
numbers, and the powers of two that its reinforcement-learning agents choose from.

`controller-v1` has everything that a controller chooses, with the refresh granularities and
address mappings that a device allows. Delays are what a controller costs, so they are not in it.

`controller-v2` adds schedulers that are fairer. Until archgym 0.1.0 it may grow.

`common-v1` is what the simulators of all projects have in common, so that any of them can stand in
for another; what else their controllers do is each one's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from archgym.condition import Condition, NotBelow
from archgym.dram.address_mapping import AddressMapping
from archgym.dram.controller import PARAMETERS
from archgym.dram.mapping_family import mappings
from archgym.dram.standards import STANDARDS
from archgym.dram.system import System
from archgym.errors import ArchgymError, unknown
from archgym.space import DesignSpace


@dataclass(frozen=True)
class Outline:
    """What a space consists of.

    Attributes:
        values: Those of each parameter, in the order in which designs are encoded.
        defaults: Defaults that are not the controller's, since that is not in the space.
        active: Conditions under which a parameter has any effect.
        infeasible: What rules a design out, with the reason; the loss of data goes without saying.
    """

    values: Mapping[str, Sequence[Any]]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    active: Mapping[str, Condition] = field(default_factory=dict)
    infeasible: Mapping[Condition | NotBelow, str] = field(default_factory=dict)


def _powers_of_two(first: int, last: int) -> tuple[int, ...]:
    return tuple(1 << n for n in range(first.bit_length() - 1, last.bit_length()))


# The simple arbiter does not count transactions, and what is not refreshed is not postponed.
_ACTIVE = {
    "RefreshMaxPostponed": Condition("RefreshPolicy", not_in=("NoRefresh",)),
    "RefreshMaxPulledin": Condition("RefreshPolicy", not_in=("NoRefresh",)),
    "MaxActiveTransactions": Condition("Arbiter", not_in=("Simple",)),
}

_DATA_LOSS: Mapping[Condition | NotBelow, str] = {
    Condition("RefreshPolicy", one_of=("NoRefresh",)): "without refresh the DRAM loses its data"
}


def _archgym(
    sizes: Sequence[int], refresh_limits: Sequence[int], transactions: Sequence[int]
) -> Outline:
    return Outline(
        values={
            "PagePolicy": ("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
            "Scheduler": ("Fifo", "FrFcfs", "FrFcfsGrp"),
            "SchedulerBuffer": ("Bankwise", "ReadWrite", "Shared"),
            "RequestBufferSize": sizes,
            "RespQueue": ("Fifo", "Reorder"),
            "RefreshPolicy": ("NoRefresh", "AllBank"),
            "RefreshMaxPostponed": refresh_limits,
            "RefreshMaxPulledin": refresh_limits,
            "Arbiter": ("Simple", "Fifo", "Reorder"),
            "MaxActiveTransactions": transactions,
        },
        defaults={"RefreshMaxPostponed": 1, "RefreshMaxPulledin": 1},
        active=_ACTIVE,
    )


def _controller_v1(system: System) -> Outline:
    device = system.device
    if device.standard not in STANDARDS:
        raise ArchgymError(
            f"there is no controller space for {device.label}: {device.standard} is not known"
        )
    standard = STANDARDS[device.standard]
    refreshes = device.rules().refreshes
    refresh_limits = [limit for limit in (0, 1, 2, 4, 8) if limit <= standard.refresh_flexibility]
    sizes = _powers_of_two(1, 64)
    return Outline(
        values={
            "AddressMapping": _distinct_mappings(system),
            "PagePolicy": ("Open", "OpenAdaptive", "Closed", "ClosedAdaptive"),
            "Scheduler": ("Fifo", "FrFcfs", "FrFcfsGrp", "GrpFrFcfs", "GrpFrFcfsWm"),
            "LowWatermark": _powers_of_two(1, 32),
            "HighWatermark": _powers_of_two(2, 64),
            "SchedulerBuffer": ("Bankwise", "ReadWrite", "Shared"),
            "RequestBufferSize": sizes,
            "RequestBufferSizeRead": sizes,
            "RequestBufferSizeWrite": sizes,
            "CmdMux": ("Oldest", "Strict"),
            "RespQueue": ("Fifo", "Reorder"),
            "RefreshPolicy": ("NoRefresh", *refreshes),
            "RefreshMaxPostponed": refresh_limits,
            "RefreshMaxPulledin": refresh_limits,
            "PowerDownPolicy": ("NoPowerDown", "Staggered"),
            "Arbiter": ("Simple", "Fifo", "Reorder"),
            "MaxActiveTransactions": _powers_of_two(1, 128),
        },
        active={
            **_ACTIVE,
            "LowWatermark": Condition("Scheduler", one_of=("GrpFrFcfsWm",)),
            "HighWatermark": Condition("Scheduler", one_of=("GrpFrFcfsWm",)),
            "RequestBufferSize": Condition("SchedulerBuffer", not_in=("ReadWrite",)),
            "RequestBufferSizeRead": Condition("SchedulerBuffer", one_of=("ReadWrite",)),
            "RequestBufferSizeWrite": Condition("SchedulerBuffer", one_of=("ReadWrite",)),
            # No other scheduler can keep accesses in order of arrival.
            "CmdMux": Condition("Scheduler", one_of=("Fifo",)),
        },
        infeasible={
            NotBelow("LowWatermark", "HighWatermark"): "LowWatermark must be below HighWatermark"
        },
    )


def _controller_v2(system: System) -> Outline:
    first = _controller_v1(system)
    names = list(first.values)
    added = {
        "Scheduler": (*first.values["Scheduler"], "FrFcfsCap"),
        "RowHitCap": _powers_of_two(1, 32),
    }
    names.insert(names.index("HighWatermark") + 1, "RowHitCap")
    values = {**first.values, **added}
    return replace(
        first,
        values={name: values[name] for name in names},
        active={**first.active, "RowHitCap": Condition("Scheduler", one_of=("FrFcfsCap",))},
    )


def _common_v1(system: System) -> Outline:
    return Outline(
        values={
            "AddressMapping": _distinct_mappings(system),
            "PagePolicy": ("Open",),
            "RequestBufferSize": _powers_of_two(1, 64),
        },
        defaults={"PagePolicy": "Open"},
    )


def _distinct_mappings(system: System) -> tuple[str, ...]:
    """Returns the family of address mappings; of names that mean the same, the first."""
    distinct: dict[AddressMapping, str] = {}
    for name, mapping in mappings(system).items():
        distinct.setdefault(mapping, name)
    return tuple(distinct.values())


SPACES: dict[str, Outline | Callable[[System], Outline]] = {
    "archgym": _archgym(range(1, 9), range(1, 9), range(1, 129)),
    "archgym-pow2": _archgym(_powers_of_two(1, 128), _powers_of_two(1, 8), _powers_of_two(1, 128)),
    "controller-v1": _controller_v1,
    "controller-v2": _controller_v2,
    "common-v1": _common_v1,
}
"""By name; some depend on the memory system."""


def make_space(
    name: str,
    system: str | Path | System = "ddr4-2400",
    *,
    allow_data_loss: bool = False,
    added: Mapping[str, Outline | Callable[[System], Outline]] | None = None,
) -> DesignSpace:
    """Makes the space called `name`, one of `SPACES` or of those added.

    Args:
        name: Its name.
        system: What the controller is for: a system, a bundled device's name or a device file.
            Where it matters, the space is called `NAME@DEVICE`.
        allow_data_loss: Whether designs that never refresh are feasible, as they are in the paper.
            The space is then called `NAME+data-loss`.
        added: Spaces of other packages, by name.

    Raises:
        ArchgymError: The name is not known, or there is no such space for the device.
    """
    added = added or {}
    if name not in SPACES and name not in added:
        raise unknown("space", name, [*SPACES, *added])
    outline = SPACES[name] if name in SPACES else added[name]
    if not isinstance(outline, Outline):
        system = system if isinstance(system, System) else System.load(system)
        outline = outline(system)
        name = f"{name}@{system.device.name}"
    parameters = [
        replace(
            PARAMETERS[parameter],
            values=values,
            default=outline.defaults.get(parameter, PARAMETERS[parameter].default),
        )
        for parameter, values in outline.values.items()
    ]
    data_loss: Mapping[Condition | NotBelow, str] = {}
    if not allow_data_loss and "RefreshPolicy" in outline.values:
        data_loss = _DATA_LOSS
    return DesignSpace(
        f"{name}+data-loss" if allow_data_loss else name,
        parameters,
        active=outline.active,
        infeasible={**outline.infeasible, **data_loss},
    )
