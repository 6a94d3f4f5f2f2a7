"""Makes the tables that are missing, and sums up; see `experiments.enumeration`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from matplotlib import rc_context

from archgym.dram.spaces import make_space
from archgym.study.enumeration import enumerate_space
from experiments.enumeration.page import markdown, picture
from experiments.enumeration.summary import check, summarise
from experiments.enumeration.workloads import DEVELOPMENT, REPORT, WORKLOADS

RESULTS = Path(__file__).parent
GROUPS = {"Workloads to report on": tuple(REPORT), "Workloads to tune on": tuple(DEVELOPMENT)}
SPACE = "archgym-pow2"

# Designs of each table that are simulated again, so that no table outlives what it was made by.
CHECKED = 200


def main(
    out: Annotated[Path, typer.Option(help="Folder for the tables.")] = Path("tables"),
    workload: Annotated[
        list[str] | None, typer.Option(help="Only this one; the results of others stay.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that simulate.")] = 1,
    results: Annotated[Path, typer.Option(help="Folder for what the tables say.")] = RESULTS,
) -> None:
    """Simulates every design of archgym-pow2 on every workload, and sums up."""
    for name in workload or []:
        if name not in WORKLOADS:
            raise typer.BadParameter(f"{name} is none of {', '.join(WORKLOADS)}")
    path = results / "summary.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in workload or WORKLOADS:
        space = make_space(SPACE, allow_data_loss=True)
        table = enumerate_space(space, WORKLOADS[name], out / name, workers=workers)
        check(table, WORKLOADS[name], CHECKED)
        known[name] = summarise(table)
        typer.echo(f"{name}: {len(table):,} designs, {table.sha256}")
        # After each, as the next may take a while.
        summary = {name: known[name] for name in WORKLOADS if name in known}
        results.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
        (results / "results.md").write_text(markdown(summary, GROUPS), encoding="utf-8")
        with rc_context({"svg.hashsalt": "enumeration", "svg.fonttype": "none"}):
            picture(summary, GROUPS).savefig(results / "costs.svg", metadata={"Date": None})


if __name__ == "__main__":
    typer.run(main)
