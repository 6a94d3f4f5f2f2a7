"""`archgym simulate`: one design on one workload."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from archgym.cli.output import AsJson, print_json, print_table
from archgym.errors import ArchgymError


def simulate(
    trace: Annotated[str, typer.Option(help="A bundled workload, a generator or a trace file.")],
    device: Annotated[str, typer.Option(help="A bundled device or a device file.")] = "ddr4-2400",
    design: Annotated[
        str, typer.Option(help="Controller parameters as a JSON object, or @FILE that holds it.")
    ] = "{}",
    simulator: Annotated[str, typer.Option(help="What simulates it.")] = "native",
    as_json: AsJson = False,
) -> None:
    """Simulate one design on one workload and print its metrics."""
    from archgym.dram.metrics import METRICS
    from archgym.dram.workload import Workload
    from archgym.simulators import simulate as simulate_design

    values = _read_design(design)
    metrics = simulate_design(values, Workload.load(trace, device=device), simulator)
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
