"""The tables to read, and a picture of how regret falls."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, StrMethodFormatter

from archgym.analysis.curves import COLOURS
from archgym.analysis.statistics import Comparison, Estimate, compare, holm, median
from experiments.regret.regrets import Regrets

BASELINE = "random_search"
"""With whom the others are compared."""

# Below this share, curves would fall out of a logarithmic picture.
_FLOOR = 1e-4


def analyse(regrets: Regrets) -> dict[str, Any]:
    """Returns, by objective, budget and agent, medians, quantiles and comparisons."""
    objectives = dict.fromkeys(problem.objective for problem in regrets.problems)
    return {
        objective: {str(budget): _after(regrets, objective, budget) for budget in regrets.budgets}
        for objective in objectives
    }


def _after(regrets: Regrets, objective: str, budget: int) -> dict[str, Any]:
    there = [
        agent
        for agent in regrets.agents
        if all(
            budget in agents[agent].regret
            for problem, agents in regrets.problems.items()
            if problem.objective == objective
        )
    ]
    samples = {agent: regrets.sample(objective, agent, budget) for agent in there}
    comparisons: dict[str, Comparison] = (
        {agent: compare(samples[agent], samples[BASELINE]) for agent in there if agent != BASELINE}
        if BASELINE in there
        else {}
    )
    adjusted = holm({agent: comparison.p_value for agent, comparison in comparisons.items()})
    return {
        agent: {
            "regret": median(samples[agent])._asdict(),
            "quantile": median(regrets.sample(objective, agent, budget, "quantile")).value,
            "worst_problem": max(float(np.median(values)) for values in samples[agent]),
            "seeds": min(len(values) for values in samples[agent]),
        }
        | (
            {
                "difference": comparisons[agent].difference._asdict(),
                "p_value": adjusted[agent],
                "improvement": comparisons[agent].improvement._asdict(),
            }
            if agent in comparisons
            else {}
        )
        for agent in there
    }


def markdown(regrets: Regrets, analysis: dict[str, Any], title: str, command: str) -> str:
    """Returns the page.

    Args:
        regrets: What was measured.
        analysis: What `analyse` made of it.
        title: The page's heading.
        command: What makes the page.
    """
    lines = [f"# {title}", "", f"Made by `{command}`; see `experiments/regret`.", ""]
    lines += [
        "Regret: 0 % is the best design that keeps its data, 100 % the default design; median over "
        "problems and seeds with its 95 % bootstrap interval. Quantile: the share of all designs "
        "that cost less, median. Worst: the greatest median of a single problem. Better: "
        f"probability that a run beats one of `{BASELINE}`; p: of no paired difference from it, "
        "corrected (Holm) for all agents of the table.",
        "",
    ]
    for objective, budgets in analysis.items():
        workloads = [p.workload for p in regrets.problems if p.objective == objective]
        lines += [f"## {objective[0].upper()}{objective[1:]}", ""]
        lines += [f"{len(workloads)} problems: {', '.join(f'`{name}`' for name in workloads)}.", ""]
        for budget, agents in budgets.items():
            lines += [f"After {int(budget):,} evaluations:", "", *_table(agents), ""]
    if regrets.too_easy:
        left_out = ", ".join(f"{p.objective} on `{p.workload}`" for p in regrets.too_easy)
        lines += [f"Left out, as too easy: {left_out}.", ""]
    return "\n".join(lines)


def _table(agents: dict[str, Any]) -> Iterator[str]:
    headings = ("Agent", "Seeds", "Regret", "Quantile", "Worst", "Better", "p")
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for agent, row in sorted(agents.items(), key=lambda item: item[1]["regret"]["value"]):
        cells = (
            f"`{agent}`",
            str(row["seeds"]),
            _interval(Estimate(**row["regret"])),
            _percent(row["quantile"]),
            _percent(row["worst_problem"]),
            _interval(Estimate(**row["improvement"]), 0) if "improvement" in row else "",
            _p(row["p_value"]) if "p_value" in row else "",
        )
        yield f"| {' | '.join(cells)} |"


def _interval(estimate: Estimate, digits: int = 2) -> str:
    low, high = (_percent(end, digits) for end in (estimate.low, estimate.high))
    return f"{_percent(estimate.value, digits)} ({low} to {high})"


def _percent(value: float, digits: int = 2) -> str:
    return f"{100 * value:.{digits}f} %"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def picture(regrets: Regrets) -> Figure:
    """Draws the median regret of each agent against evaluations, one panel per objective."""
    objectives: Sequence[str] = list(dict.fromkeys(p.objective for p in regrets.problems))
    figure = Figure(figsize=(4.2 * len(objectives), 3.6), layout="constrained")
    for axes, objective in zip(
        figure.subplots(1, len(objectives), squeeze=False)[0], objectives, strict=True
    ):
        for index, agent in enumerate(regrets.agents):
            found = [
                agents[agent] for p, agents in regrets.problems.items() if p.objective == objective
            ]
            middle = np.median(np.concatenate([each.curve for each in found]), axis=0)
            axes.plot(
                found[0].steps,
                np.maximum(middle, _FLOOR),
                color=COLOURS[index % len(COLOURS)],
                linestyle=("-", "--", ":")[index // len(COLOURS) % 3],
                label=agent.replace("_", " "),
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(_FLOOR * 0.9, 2)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
        axes.set_title(objective, fontsize=11)
        axes.set_xlabel("evaluations")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e3e6ea", linewidth=0.8)
    figure.axes[0].set_ylabel(f"median regret, {100 * _FLOOR:g} % for less")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure
