"""Runs the trials and writes the results; see `experiments.plain`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from archgym.analysis.statistics import Estimate, median, median_difference
from archgym.study import LocalProcesses
from archgym.study.progress import bar
from archgym.study.trial import replace_text
from experiments.enumeration.workloads import REPORT
from experiments.generalist.__main__ import OBJECTIVES, Tabulated
from experiments.plain.trials import PAIRS, SIDES, Trial

MARGIN = 0.005
"""By how much a median regret may be above the library's: half a percentage point."""

Found = Mapping[Trial, Mapping[str, Any]]


def main(
    out: Annotated[Path, typer.Argument(help="Folder for the results.")],
    tables: Annotated[Path, typer.Option(help="The folder of the tables.")] = Path("tables"),
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Trials a side and a problem; by default 2 to 40.")
    ] = None,
    budget: Annotated[int, typer.Option(min=10, help="Evaluations per trial.")] = 100,
    workers: Annotated[int, typer.Option(min=1, help="Processes that run trials.")] = 1,
    side: Annotated[
        Literal["ours", "plain", "both"], typer.Option(help="Which trials to run.")
    ] = "both",
) -> None:
    """Compares our agents with the libraries' own ways."""
    hard = problems(tables)
    trials = [
        Trial(tables.resolve(), workload, objective, pair, each, seed, budget)
        for pair in PAIRS  # The cheap ones first.
        for workload, objective in hard
        for each in SIDES
        for seed in range(seeds or PAIRS[pair].seeds)
    ]
    folder = out / "trials"
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [
        trial for trial in trials if side in (trial.side, "both") and trial.found(folder) is None
    ]
    with bar(len(trials), len(trials) - len(waiting)) as advance:
        for trial, failure in LocalProcesses(workers).execute(waiting, folder):
            if failure:
                typer.echo(f"{trial.name} failed: {failure.reason}", err=True)
            advance(trial.name)
    found = {trial: result for trial in trials if (result := trial.found(folder)) is not None}
    if len(found) < len(trials):
        typer.echo(f"{len(trials) - len(found)} of {len(trials)} trials are still to be run")
        raise typer.Exit(1 if side == "both" else 0)
    results = analyse(found)
    replace_text(out / "results.json", json.dumps(results, indent=1) + "\n")
    replace_text(out / "results.md", markdown(results, budget))
    typer.echo(f"written to {out}")


def problems(tables: Path) -> list[tuple[str, str]]:
    """Returns workloads and objectives, without those that are too easy to prove anything."""
    return [
        (workload, objective)
        for workload in REPORT
        for objective in OBJECTIVES
        if not Tabulated(tables, workload, objective).landscape.is_too_easy
    ]


def analyse(found: Found) -> dict[str, Any]:
    """Compares the sides, by objective and pair.

    Args:
        found: What each trial wrote; both sides have the same problems and seeds.
    """
    return {
        objective: {pair: _compare(found, objective, pair) for pair in PAIRS}
        for objective in dict.fromkeys(trial.objective for trial in found)
    }


def _compare(found: Found, objective: str, pair: str) -> dict[str, Any]:
    sides: dict[str, dict[str, list[float]]] = {side: {} for side in SIDES}
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    settings: dict[str, Any] = {}
    for trial, result in found.items():
        if (trial.objective, trial.pair) == (objective, pair):
            sides[trial.side].setdefault(trial.workload, []).append(result["regret"])
            seconds[trial.side].append(result["cpu_seconds"])
            settings[trial.side] = result["settings"]
    ours, plain = (list(sides[side].values()) for side in SIDES)
    difference = median_difference(ours, plain)
    return {
        "ours": median(ours)._asdict(),
        "plain": median(plain)._asdict(),
        "difference": difference._asdict(),
        "non_inferior": difference.high <= MARGIN,
        "seeds": len(ours[0]),
        "cpu_seconds": {side: float(np.median(each)) for side, each in seconds.items()},
        "settings": settings,
        "regrets": sides,
    }


def markdown(results: Mapping[str, Mapping[str, Any]], budget: int) -> str:
    """Returns the page."""
    lines = ["# Our agents beside plain libraries", ""]
    lines += [
        "Made by `python -m experiments.plain OUT`; see `experiments/plain`.",
        "",
        f"Regret after {budget} evaluations: 0 % is the best design that keeps its data, 100 % the "
        "default design; median over problems and seeds. Difference: of the medians, ours less the "
        "library's, with its 95 % bootstrap interval in pairs of seeds. An agent is non-inferior "
        f"if the interval ends at {100 * MARGIN:g} percentage points or below. CPU seconds: of a "
        "search, median.",
        "",
    ]
    headings: Sequence[str] = (
        *("Agent", "Library", "Seeds", "Regret", "Library's", "Difference (points)"),
        *("Non-inferior", "CPU s", "Library's"),
    )
    for objective, pairs in results.items():
        workloads = next(iter(pairs.values()))["regrets"]["ours"]
        lines += [f"## {objective[0].upper()}{objective[1:]}", ""]
        lines += [f"{len(workloads)} problems: {', '.join(f'`{name}`' for name in workloads)}.", ""]
        lines += [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
        for name, row in pairs.items():
            difference = Estimate(**row["difference"])
            cells = (
                _agent(name),
                f"`{PAIRS[name].call}`",
                str(row["seeds"]),
                *(f"{row[side]['value']:.2%}" for side in SIDES),
                f"{100 * difference.value:+.2f} "
                f"({100 * difference.low:+.2f} to {100 * difference.high:+.2f})",
                "yes" if row["non_inferior"] else "no",
                *(f"{row['cpu_seconds'][side]:.2g}" for side in SIDES),
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _agent(name: str) -> str:
    (setting,) = PAIRS[name].hyperparameters.values()
    return f"`{PAIRS[name].agent}`, `{setting}`"


if __name__ == "__main__":
    typer.run(main)
