"""`archgym list`: what there is to choose from."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from archgym.cli.output import AsJson, print_json, print_table
from archgym.errors import ArchgymError
from archgym.registry import Registry


class Kind(StrEnum):
    """What can be listed."""

    AGENTS = "agents"
    SIMULATORS = "simulators"
    WORKLOADS = "workloads"
    DEVICES = "devices"
    SPACES = "spaces"
    OBJECTIVES = "objectives"
    METRICS = "metrics"


def list_names(
    kind: Annotated[Kind, typer.Argument(help="What to list.")], as_json: AsJson = False
) -> None:
    """List the agents, simulators, workloads, devices, spaces, objectives or metrics."""
    entries = list(_ENTRIES[kind]())
    if as_json:
        print_json([{"name": name, "description": text} for name, text in entries])
    else:
        print_table((kind.value, ""), entries)


def _agents() -> Iterator[tuple[str, str]]:
    from archgym.agents import registry

    return _registered(registry)


def _simulators() -> Iterator[tuple[str, str]]:
    from archgym.simulators import registry
    from archgym.simulators._external import External

    # Other projects' simulators have to be installed.
    return _registered(registry, lambda kind: kind.status() if issubclass(kind, External) else "")


def _workloads() -> Iterator[tuple[str, str]]:
    from archgym import traces
    from archgym.traces import generators, workloads

    recordings = workloads.manifest()
    for name in traces.names():
        if name in recordings:
            yield name, str(recordings[name]["description"])
        else:
            yield name, f"generated: {generators.GENERATORS[name].description}"


def _devices() -> Iterator[tuple[str, str]]:
    from archgym.dram.device import Device

    for name in Device.names():
        device = Device.load(name)
        organization = device.organization
        yield (
            name,
            f"{device.standard}, {1e6 / device.clock_ps:.0f} MHz, {organization.channels} "
            f"channel(s), {organization.ranks} rank(s), {organization.banks} banks",
        )


def _spaces() -> Iterator[tuple[str, str]]:
    from archgym.dram.spaces import SPACES, make_space

    for name in SPACES:
        space = make_space(name)
        # Only what depends on the device has it in its name.
        where = f" ({space.name})" if space.name != name else ""
        yield (
            name,
            f"{space.size:,} points, {space.count_distinct():,} distinct, "
            f"{space.count_feasible():,} of them feasible{where}",
        )


def _objectives() -> Iterator[tuple[str, str]]:
    from archgym import objectives

    return iter(objectives.examples().items())


def _metrics() -> Iterator[tuple[str, str]]:
    from archgym.dram.metrics import METRICS

    return ((metric.name, metric.description) for metric in METRICS.values())


def _registered(
    registry: Registry[Any], status: Callable[[type[Any]], str] = lambda kind: ""
) -> Iterator[tuple[str, str]]:
    for name in registry.names():
        try:
            kind = registry.load(name)
            first_line = (kind.__doc__ or "").partition("\n")[0]
            description = f"{first_line} {status(kind)}".rstrip()
        except ArchgymError as error:
            description = str(error)
        yield name, description


_ENTRIES = {
    Kind.AGENTS: _agents,
    Kind.SIMULATORS: _simulators,
    Kind.WORKLOADS: _workloads,
    Kind.DEVICES: _devices,
    Kind.SPACES: _spaces,
    Kind.OBJECTIVES: _objectives,
    Kind.METRICS: _metrics,
}
