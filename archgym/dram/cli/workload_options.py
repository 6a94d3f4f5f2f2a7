"""Options that say of a workload what its trace file leaves open, and how it is played.

A command takes them as parameters of these types, and `options` makes an option of each field.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.dram.workload import Workload
    from archgym.study.trial import WorkloadSpec
    from archgym.traces.player import Player

ClockMhz = Annotated[
    float | None,
    typer.Option(help="Clock of trace files that count in cycles; by default the device's."),
]
Size = Annotated[
    int | None,
    typer.Option(help="Bytes of requests whose file states none; by default one burst."),
]
ReadsOnly = Annotated[
    bool, typer.Option("--reads-only", help="A CSV or Parquet file without is_write only reads.")
]


@dataclass(frozen=True)
class FileOptions:
    """What a trace file may leave open.

    Attributes:
        clock_mhz: Clock in which it counts.
        size: Bytes of a request that states none.
        reads_only: Whether it has reads only, if it does not say which requests write.
    """

    clock_mhz: ClockMhz = None
    size: Size = None
    reads_only: ReadsOnly = False

    def given(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Returns the options that are given, for each of some workloads: none where it is no file.

        Raises:
            ArchgymError: An option is given, but none of the workloads is a file.
        """
        from archgym import traces

        # Not by equality, in which a size of 0 is False.
        given = {
            name: value
            for name, value in asdict(self).items()
            if value is not None and value is not False
        }
        names = list(names)
        if given and not any(map(traces.is_path, names)):
            option = f"--{next(iter(given)).replace('_', '-')}"
            raise ArchgymError(f"{option} is for trace files, which {', '.join(names)} is not")
        return {name: given if traces.is_path(name) else {} for name in names}


@dataclass(frozen=True)
class PlayerOptions:
    """How a workload is played, where not as its trace is meant to be.

    Attributes:
        player: `open` or `closed`.
        max_outstanding: Requests that an initiator may have under way.
        think_time: What passes between a response and a request that waited for it, in ns.
        dependent: Whether requests wait for the last read before them.
    """

    player: Annotated[
        str | None,
        typer.Option(
            help="open: requests at the trace's times; closed: as responses allow. By default as "
            "the trace is meant to be played: closed if it has no times."
        ),
    ] = None
    max_outstanding: Annotated[
        int | None, typer.Option(help="Requests under way an initiator, in closed play.")
    ] = None
    think_time: Annotated[
        float | None, typer.Option(help="From a response to a request that waited for it, in ns.")
    ] = None
    dependent: Annotated[
        bool | None,
        typer.Option(
            "--dependent/--independent", help="Whether requests wait for the last read before them."
        ),
    ] = None

    def instead_of(self, own: "Player") -> "Player":
        """Returns the player that is asked for, of a trace that is meant to be played by `own`.

        Raises:
            ArchgymError: There is no such player.
        """
        from archgym.traces.player import Player

        if self.think_time is not None and not 0 <= self.think_time <= 1e9:
            raise ArchgymError(f"--think-time must lie in 0 to 1e9 ns, is {self.think_time}")
        settings: dict[str, Any] = {
            "max_outstanding": self.max_outstanding,
            "think_time_ps": None if self.think_time is None else round(self.think_time * 1000),
            "dependent": self.dependent,
        }
        given = {name: value for name, value in settings.items() if value is not None}
        if self.player in (None, own.mode):
            return replace(own, **given)
        return Player(str(self.player), **given)

    @property
    def are_given(self) -> bool:
        """Whether anything is asked for."""
        return self != PlayerOptions()


def load(name: str, device: str, files: FileOptions, player: PlayerOptions) -> "Workload":
    """Makes a workload of what a command line says.

    Args:
        name: A bundled trace, a generator or a trace file.
        device: A bundled device or a device file.
        files: What the file leaves open.
        player: How it is played.

    Raises:
        ArchgymError: A name or an option is not known, or does not fit.
    """
    from archgym.dram.workload import Workload

    workload = Workload.load(name, device, **files.given([name])[name])
    played = player.instead_of(workload.player)
    return Workload(workload.system, workload.trace, played)


def specify(
    names: Iterable[str],
    device: str,
    files: FileOptions,
    player: PlayerOptions,
    others: Mapping[str, Any] | None = None,
) -> "tuple[list[WorkloadSpec], list[str]]":
    """Says what a study runs.

    Args:
        names: Bundled traces, generators and trace files.
        device: A bundled device or a device file.
        files: What the files leave open.
        player: How they are played.
        others: Further options of each.

    Returns:
        The workloads, and what was assumed of them.

    Raises:
        ArchgymError: A name or an option is not known, or does not fit.
    """
    from archgym import traces
    from archgym.dram.workload import Workload
    from archgym.study.trial import WorkloadSpec

    names = [name.strip() for name in names]
    told = files.given(names)
    specified, notes = [], []
    for name in names:
        spec = WorkloadSpec(name, tuple(sorted({**told[name], **(others or {})}.items())))
        if player.are_given or traces.is_path(name):
            workload = spec.load(device)
            played = player.instead_of(workload.player)
            notes += Workload(workload.system, workload.trace, played).notes
            if player.are_given:
                spec = replace(spec, player=played)
        specified.append(spec)
    return specified, notes


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command an option for each field of its parameters that are dataclasses."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in groups:
            named = parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=hints[name])
            parameters.append(named)
            continue
        types = get_type_hints(groups[name], include_extras=True)
        parameters += [
            inspect.Parameter(
                field.name,
                parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=types[field.name],
            )
            for field in fields(groups[name])
        ]

    @wraps(command)
    def flat(**values: Any) -> None:
        grouped = {
            name: group(**{field.name: values.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**values, **grouped)

    flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flat.__annotations__ = {each.name: each.annotation for each in parameters}
    return flat
