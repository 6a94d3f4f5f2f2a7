"""`archgym simulate`: one design on one workload."""

import json
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
        str, typer.Option(help="open: requests at the trace's times; closed: as responses allow.")
    ] = "open",
    max_outstanding: Annotated[
        int | None, typer.Option(help="Requests under way an initiator, in closed play.")
    ] = None,
    think_time: Annotated[
        float, typer.Option(help="From a response to a request that waited for it, in ns.")
    ] = 0.0,
    dependent: Annotated[
        bool, typer.Option("--dependent", help="Requests wait for the last read before them.")
    ] = False,
    simulator: Annotated[str, typer.Option(help="What simulates it.")] = "native",
    timeline: Annotated[
        Path | None, typer.Option(help="Write the commands to this file, for ui.perfetto.dev.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one design on one workload and print its metrics."""
    from archgym.dram.metrics import METRICS
    from archgym.dram.player import Player
    from archgym.dram.workload import Workload
    from archgym.simulators import simulate as simulate_design

    values = _read_design(design)
    if timeline and simulator != "native":
        raise ArchgymError(f"--timeline needs simulator native, {simulator} shows no commands")
    if timeline and player != "open":
        raise ArchgymError("--timeline shows requests from their arrival: it needs --player open")
    if not 0 <= think_time <= 1e9:
        raise ArchgymError(f"--think-time must lie in 0 to 1e9 ns, is {think_time}")
    played_by = Player(player, max_outstanding, round(think_time * 1000), dependent)
    workload = Workload.load(trace, device, played_by)
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
