"""`archgym list`: what there is to choose from."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from archgym import domain as domains
from archgym.cli.output import AsJson, print_json, print_table
from archgym.domain import Domain
from archgym.errors import ArchgymError, unknown
from archgym.registry import Registry

Entries = Iterator[tuple[str, str]]


def list_names(
    kind: Annotated[
        str,
        typer.Argument(
            help="agents, simulators, domains, workloads, spaces, objectives, metrics; and of "
            "DRAM devices and formats."
        ),
    ],
    domain: Annotated[str, typer.Option(help="Of which domain.")] = domains.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """List agents, simulators, domains, or what a domain has."""
    kinds = _of_all() | _of(domains.load(domain))
    if kind not in kinds:
        raise unknown("list", kind, kinds)
    entries = list(kinds[kind]())
    if as_json:
        print_json([{"name": name, "description": text} for name, text in entries])
    else:
        print_table((kind, ""), entries)


def _of_all() -> dict[str, Callable[[], Entries]]:
    return {"agents": _agents, "simulators": _simulators, "domains": _domains}


def _of(domain: Domain) -> dict[str, Callable[[], Entries]]:
    return {
        "workloads": lambda: iter(domain.workloads().items()),
        "spaces": lambda: _spaces(domain),
        "objectives": lambda: iter(domain.vocabulary.described().items()),
        "metrics": lambda: ((each.name, each.description) for each in domain.metrics.values()),
        **domain.listings(),
    }


def _agents() -> Entries:
    from archgym.agents import registry

    return _registered(registry)


def _simulators() -> Entries:
    from archgym.simulators import registry

    return _registered(registry, lambda kind: kind.status())


def _domains() -> Entries:
    for name in domains.names():
        try:
            description = (type(domains.load(name)).__doc__ or "").partition("\n")[0]
        except ArchgymError as error:
            description = str(error)
        yield name, description


def _spaces(domain: Domain) -> Entries:
    platform = domain.platform({})
    for name in domain.spaces():
        try:
            space = platform.space(name)
        except ArchgymError as error:
            yield name, str(error)
            continue
        # Only what depends on the platform has it in its name.
        where = f" ({space.name})" if space.name != name else ""
        yield (
            name,
            f"{space.size:,} points, {space.count_distinct():,} distinct, "
            f"{space.count_feasible():,} of them feasible{where}",
        )


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
