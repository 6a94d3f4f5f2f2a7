"""Writes the pages; see `experiments.workloads`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from archgym.analysis.trace_statistics import describe
from archgym.dram.workload import Workload
from archgym.simulators import simulate
from archgym.traces import workloads
from experiments.workloads.index import HEADER, feature_section, overview
from experiments.workloads.page import page, write_picture
from experiments.workloads.play import compared, comparison

DOCS = Path(__file__).parents[2] / "docs" / "workloads"
DEVICE = "ddr4-2400"


def main(
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = DOCS,
) -> None:
    """Writes a page and a picture for each bundled workload, and an index."""
    out.mkdir(parents=True, exist_ok=True)
    loaded, found, metrics = {}, {}, {}
    manifest = workloads.manifest()
    for name in track(sorted(manifest), "Looking at the workloads"):
        loaded[name] = workload = Workload.load(name, DEVICE)
        found[name] = describe(workload)
        metrics[name] = simulate({}, workload)
        text = page(workload, manifest[name], found[name], metrics[name])
        (out / f"{name}.md").write_text(text, encoding="utf-8")
        write_picture(workload, out / f"{name}.png")
    sections = (
        HEADER,
        overview(DEVICE, manifest, found, metrics),
        comparison(DEVICE, loaded, compared(loaded, found)),
        feature_section(DEVICE, found),
    )
    (out / "README.md").write_text("\n".join(sections), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
