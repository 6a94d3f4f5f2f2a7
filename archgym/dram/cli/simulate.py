"""`archgym simulate`: one design on one workload."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgym.cli.options import options
from archgym.cli.output import AsJson, print_json, print_notes, print_table
from archgym.documents import parse_json, read_json
from archgym.dram.cli.workload_options import FileOptions, PlayerOptions, load
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.parameter import Design, Parameter
    from archgym.simulator import Metrics
    from archgym.space import DesignSpace


@options()
def simulate(
    trace: Annotated[str, typer.Option(help="A bundled workload, a generator or a trace file.")],
    files: FileOptions,
    player: PlayerOptions,
    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400",
    design: Annotated[
        str, typer.Option(help="Controller parameters as a JSON object, or @FILE that holds it.")
    ] = "{}",
    space: Annotated[
        str | None,
        typer.Option(
            help="Space that the design is of, whose defaults hold for parameters left out; "
            "otherwise those of the simulator."
        ),
    ] = None,
    allow_data_loss: Annotated[
        bool, typer.Option("--allow-data-loss", help="A design of --space may do without refresh.")
    ] = False,
    simulator: Annotated[str, typer.Option(help="What simulates it.")] = "native",
    timeline: Annotated[
        Path | None, typer.Option(help="Write the commands to this file, for ui.perfetto.dev.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one design on one workload and print both the whole design and its metrics."""
    from archgym import simulators
    from archgym.dram.controller import complete
    from archgym.dram.spaces import make_space
    from archgym.dram.timeline import ShowsCommands, write_timeline
    from archgym.parameter import Completion

    values = _read_design(design)
    if allow_data_loss and space is None:
        raise ArchgymError("--allow-data-loss is for a design of a --space, which is not given")
    backend = simulators.make(simulator)
    if timeline and not isinstance(backend, ShowsCommands):
        raise ArchgymError(
            f"--timeline needs a simulator that shows its commands, as native does; {simulator} "
            "does not"
        )
    workload = load(trace, device, files, player)
    if timeline and workload.player.mode != "open":
        raise ArchgymError("--timeline shows requests from their arrival: it needs --player open")
    parameters: Mapping[str, Parameter] = backend.parameters
    if space is not None:
        chosen = make_space(space, device, allow_data_loss=allow_data_loss)
        values = _of_space(chosen, values)
        parameters = {**parameters, **chosen.parameters}
    metrics = simulators.simulate(values, workload, backend)
    if timeline:
        assert isinstance(backend, ShowsCommands)
        write_timeline(timeline, backend.command_trace(values, workload), workload)
    full = complete(values, Completion(parameters))
    print_notes(workload.notes)
    if full.get("RefreshPolicy") == "NoRefresh":
        typer.echo(
            "warning: with RefreshPolicy NoRefresh the DRAM loses its data, so no system can use "
            "this design",
            err=True,
        )
    if as_json:
        print_json({"design": full, "metrics": metrics})
        return
    _print_design(full, parameters, f"space {space}" if space else f"simulator {simulator}")
    typer.echo()
    _print_metrics(metrics)


def _of_space(space: "DesignSpace", design: "Design") -> dict[str, Any]:
    """Returns a design of a space in full.

    Raises:
        ArchgymError: The space has no such parameter or value, or rules the design out.
    """
    try:
        full = space.validate(design)
    except ArchgymError as error:
        raise ArchgymError(f"--space {space.name}: {error}") from error
    if reason := space.infeasibility(full):
        raise ArchgymError(f"space {space.name} rules the design out: {reason}")
    return full


def _print_design(
    design: "Design", parameters: "Mapping[str, Parameter]", whose_defaults: str
) -> None:
    """Prints a design, which of its values are not the defaults, and what else there are."""
    from archgym.dram.controller import PARAMETERS

    rows = []
    for name, value in design.items():
        default, usual = parameters[name].default, PARAMETERS[name].default
        notes = [] if value == default else [f"default: {default}"]
        if default != usual:
            notes.append(f"the controller's own default: {usual}")
        rows.append((name, str(value), "; ".join(notes)))
    typer.echo(f"design, by the defaults of {whose_defaults}")
    print_table(("parameter", "value", ""), rows)


def _print_metrics(metrics: "Metrics") -> None:
    from archgym.dram.metrics import METRICS, refreshes_left_out

    rows = []
    for name, value in metrics.items():
        known = METRICS.get(name)
        unit, description = (known.unit, known.description) if known else ("", "")
        if name == "refreshes_owed":
            description = refreshes_left_out(metrics) or description
        rows.append(
            (name, f"{value:,.15g}" if value == int(value) else f"{value:,.2f}", unit, description)
        )
    print_table(("metric", "value>", "unit", ""), rows)


def _read_design(text: str) -> dict[str, Any]:
    where = text[1:] if text.startswith("@") else "--design"
    expected = 'expected a JSON object such as \'{"PagePolicy": "Open"}\''
    try:
        design = read_json(where) if text.startswith("@") else parse_json(text, where)
    except ArchgymError as error:
        raise ArchgymError(f"{error}; {expected}") from None
    if not isinstance(design, dict):
        raise ArchgymError(f"{where}: {expected}, not {str(design)[:40]}")
    return design
