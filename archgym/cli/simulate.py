"""`archgym simulate`: one design on one workload."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym.cli.output import AsJson, print_json, print_table
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.dram.workload import Workload
    from archgym.space import Design


def simulate(
    trace: Annotated[str, typer.Option(help="A bundled workload, a generator or a trace file.")],
    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400",
    design: Annotated[
        str, typer.Option(help="Controller parameters as a JSON object, or @FILE that holds it.")
    ] = "{}",
    player: Annotated[
        str | None,
        typer.Option(
            help="open: requests at the trace's times; closed: as responses allow. "
            "By default as the trace is meant to be played."
        ),
    ] = None,
    max_outstanding: Annotated[
        int | None, typer.Option(help="Requests under way an initiator, in closed play.")
    ] = None,
    think_time: Annotated[
        float | None, typer.Option(help="From a response to a request that waited for it, in ns.")
    ] = None,
    dependent: Annotated[
        bool | None,
        typer.Option(
            "--dependent/--independent", help="Whether requests wait for the last read before them."
        ),
    ] = None,
    simulator: Annotated[str, typer.Option(help="What simulates it.")] = "native",
    timeline: Annotated[
        Path | None, typer.Option(help="Write the commands to this file, for ui.perfetto.dev.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one design on one workload and print its metrics."""
    from archgym.dram.metrics import METRICS
    from archgym.dram.workload import Workload
    from archgym.simulators import simulate as simulate_design

    values = _read_design(design)
    if timeline and simulator != "native":
        raise ArchgymError(f"--timeline needs simulator native, {simulator} shows no commands")
    if think_time is not None and not 0 <= think_time <= 1e9:
        raise ArchgymError(f"--think-time must lie in 0 to 1e9 ns, is {think_time}")
    think_time_ps = None if think_time is None else round(think_time * 1000)
    workload = _played(
        Workload.load(trace, device),
        player,
        max_outstanding=max_outstanding,
        think_time_ps=think_time_ps,
        dependent=dependent,
    )
    if timeline and workload.player.mode != "open":
        raise ArchgymError("--timeline shows requests from their arrival: it needs --player open")
    metrics = simulate_design(values, workload, simulator)
    if timeline:
        _write_timeline(timeline, values, workload)
    if as_json:
        print_json(metrics)
        return
    rows = []
    for name, value in metrics.items():
        known = METRICS.get(name)
        unit, description = (known.unit, known.description) if known else ("", "")
        rows.append(
            (name, f"{value:,.15g}" if value == int(value) else f"{value:,.2f}", unit, description)
        )
    print_table(("metric", "value>", "unit", ""), rows)


def _played(workload: "Workload", mode: str | None, **settings: Any) -> "Workload":
    """Returns the workload played as its trace is meant to be, but for what is given."""
    from archgym.dram.player import Player
    from archgym.dram.workload import Workload

    given = {name: value for name, value in settings.items() if value is not None}
    own = workload.player
    player = replace(own, **given) if mode in (None, own.mode) else Player(str(mode), **given)
    return Workload(workload.system, workload.trace, player)


def _write_timeline(path: Path, design: "Design", workload: "Workload") -> None:
    from archgym.dram.timeline import write_timeline
    from archgym.simulators.native import COMMANDS, Native

    write_timeline(path, Native().command_trace(design, workload), workload, names=COMMANDS)


def _read_design(text: str) -> dict[str, Any]:
    where = "--design"
    if text.startswith("@"):
        where = text[1:]
        try:
            text = Path(where).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ArchgymError(f"{where}: expected a JSON object, found no text") from None
    try:
        design = json.loads(text)
    except json.JSONDecodeError as error:
        raise ArchgymError(
            f'{where}: expected a JSON object such as \'{{"PagePolicy": "Open"}}\' '
            f"(line {error.lineno}, column {error.colno}: {error.msg})"
        ) from None
    if not isinstance(design, dict):
        raise ArchgymError(f"{where}: expected a JSON object, not {text.strip()[:40]}")
    return design
