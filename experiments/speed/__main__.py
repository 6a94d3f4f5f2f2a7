"""Measures, prints and writes everything; see `experiments.speed`."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import archgym
from experiments.speed.comparison import compare
from experiments.speed.environment import batch_scaling, steps
from experiments.speed.peers import PEERS
from experiments.speed.saturating import NAMES
from experiments.speed.simulator import by_scheduler, by_standard, costs, peak_memory_mb

RESULTS = Path(__file__).parents[1] / "speed.json"


def measure(scale: float) -> dict[str, Any]:
    """Returns all figures; `scale` shortens traces and batches."""

    def scaled(count: int) -> int:
        return max(round(count * scale), 20)

    long, repeats = scaled(200_000), 9 if scale >= 1 else 2
    return {
        "machine": machine(),
        "requests_per_cpu_second": {
            "standards": by_standard(long, repeats),
            "schedulers": by_scheduler(long, repeats),
        },
        "peers": compare(scaled(100_000), 5 if scale >= 1 else 1),
        "environment": steps(scaled(10_000), scaled(200)),
        "batch": batch_scaling(scaled(256), 2, scaled(20_000), repeats),
        "cost_shares": costs(long, repeats),
        "peak_memory_mb": peak_memory_mb(long),
    }


def machine() -> dict[str, Any]:
    """Describes the machine that the figures hold for, and how busy it was."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "archgym": archgym.__version__,
    }


def show(report: Mapping[str, Any], console: Console) -> None:
    """Prints tables of the figures."""
    rates = report["requests_per_cpu_second"]
    _rates(console, "Requests per CPU second", rates["standards"])
    for buffer, rows in rates["schedulers"].items():
        _rates(console, f"Requests per CPU second, ddr4-2400, {buffer}", rows)
    table = Table(title="Other simulators: speed, and how many times that native has")
    for column in ("", "trace", "speed", "native", "native with reading the trace"):
        table.add_column(column)
    for peer, traces in report["peers"].items():
        for trace, figures in traces.items():
            ratios = (f"{figures[name]:.1f}" for name in ("ratio", "ratio_from_file"))
            table.add_row(peer, trace, _millions(figures["peer"]), *ratios)
    console.print(table)
    for peer in PEERS:
        if peer.name not in report["peers"]:
            console.print(f"Not compared with {peer.name}: {peer.variable} is not set")
    for name, figures in report["environment"].items():
        console.print(
            f"Environment, {name}: {figures['steps_per_second']:.0f} designs per CPU second, "
            f"{figures['overhead']:+.1%} to the simulation"
        )
    batch = report["batch"]
    console.print(
        f"{batch['designs']} designs on {batch['threads']} threads take "
        f"{batch['wall_time_ratio']:.2f} of one's time, with {batch['cores']:.1f} cores free "
        "(0.53 or less is wanted)",
        soft_wrap=True,
    )
    for name, share in report["cost_shares"].items():
        console.print(f"Cost beside the simulation, {name}: {share:+.0%}")
    console.print("Percentiles and energy are measured in every simulation.")
    if report["peak_memory_mb"]:
        memory = report["peak_memory_mb"]
        console.print(
            f"Peak memory: {memory['run']:.1f} MB for a run, {memory['before']:.0f} MB before it"
        )


def _rates(console: Console, title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    table = Table("", *NAMES, title=title)
    for row, by_trace in rows.items():
        table.add_row(row, *(_millions(by_trace[name]) for name in NAMES))
    console.print(table)


def _millions(rate: float) -> str:
    return f"{rate / 1e6:.2f} M/s"


def main(
    out: Annotated[Path, typer.Option(help="Where the figures are written.")] = RESULTS,
    scale: Annotated[float, typer.Option(help="Below 1: a quick try, not to be relied on.")] = 1.0,
) -> None:
    """Measures how fast archgym is."""
    report = measure(scale)
    console = Console()
    show(report, console)
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    console.print(f"Written to {out}")


if __name__ == "__main__":
    typer.run(main)
