"""Options that say of a workload what its trace file leaves open, and how it is played.

A command takes them as parameters of these types, see `archgym.cli.options`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.dram.workload import Workload
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
        max_outstanding: Requests that an initiator may have in flight.
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
        int | None, typer.Option(help="Requests in flight per initiator, in closed-loop replay.")
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

    workload = _made(name, device, files.given([name])[name])
    played = player.instead_of(workload.player)
    return Workload(workload.system, workload.trace, played)


def _made(name: str, device: str, options: Mapping[str, Any]) -> "Workload":
    """Makes a workload as studies do, so that those of other packages are known too."""
    from archgym import domain as domains
    from archgym.dram.workload import Workload

    workload = domains.load("dram").platform({"device": device}).workload(name, options)
    assert isinstance(workload, Workload)
    return workload


@dataclass(frozen=True)
class DramOptions:
    """What the commands that any domain has can be told of DRAM.

    Attributes:
        device: What the workloads run on.
        allow_data_loss: Whether designs that never refresh are feasible.
        files: What trace files leave open.
        player: How workloads are played.
    """

    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400"
    allow_data_loss: Annotated[
        bool, typer.Option("--allow-data-loss", help="Designs without refresh are feasible too.")
    ] = False
    files: FileOptions = FileOptions()
    player: PlayerOptions = PlayerOptions()

    def settings(self) -> dict[str, Any]:
        """Returns the options of the domain."""
        return {"device": self.device, "allow_data_loss": self.allow_data_loss}

    def specify(
        self, names: Iterable[str], others: Mapping[str, Any]
    ) -> tuple[list[tuple[str, dict[str, Any]]], list[str]]:
        """Says what a study runs.

        Args:
            names: Bundled traces, generators and trace files.
            others: Further options of each.

        Returns:
            The name and the options of each workload, and what was assumed of them.

        Raises:
            ArchgymError: A name or an option is not known, or does not fit.
        """
        from archgym import traces
        from archgym.dram.workload import Workload

        names = [name.strip() for name in names]
        told = self.files.given(names)
        specified: list[tuple[str, dict[str, Any]]] = []
        notes: list[str] = []
        for name in names:
            given = {**told[name], **others}
            if self.player.are_given or traces.is_path(name):
                workload = _made(name, self.device, given)
                played = self.player.instead_of(workload.player)
                notes += Workload(workload.system, workload.trace, played).notes
                if self.player.are_given:
                    given["player"] = played
            specified.append((name, given))
        return specified, notes
