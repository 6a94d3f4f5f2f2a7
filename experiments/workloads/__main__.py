"""Writes the pages; see `experiments.workloads`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from archgym.dram.trace_statistics import describe
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
    loaded = load()
    out.mkdir(parents=True, exist_ok=True)
    for name, text in pages(loaded).items():
        (out / name).write_text(text, encoding="utf-8")
    for name, workload in track(loaded.items(), "Drawing the workloads"):
        write_picture(workload, out / f"{name}.png")


def load() -> dict[str, Workload]:
    """Returns every bundled workload by its name."""
    return {name: Workload.load(name, DEVICE) for name in workloads.names()}


def pages(loaded: dict[str, Workload]) -> dict[str, str]:
    """Returns the text of each file: a page for each workload, and the index."""
    files, found, metrics = {}, {}, {}
    manifest = workloads.manifest()
    for name, workload in track(loaded.items(), "Measuring the workloads"):
        found[name] = describe(workload)
        metrics[name] = simulate({}, workload)
        files[f"{name}.md"] = page(workload, manifest[name], found[name], metrics[name])
    sections = (
        HEADER,
        overview(DEVICE, manifest, found, metrics),
        comparison(DEVICE, loaded, compared(loaded, found)),
        feature_section(DEVICE, found),
    )
    return files | {"README.md": "\n".join(sections)}


if __name__ == "__main__":
    typer.run(main)
