"""The summary to read: tables in Markdown, and a picture of how costs are distributed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from archgym.dram.spaces import make_space
from experiments.enumeration.summary import OBJECTIVES, gain

Summary = Mapping[str, Mapping[str, Any]]
"""What is known of each workload, by name."""

UNITS = {"runtime": "ns", "latency": "ns", "energy": "nJ", "edp": "nJ ns"}


def markdown(summary: Summary, groups: Mapping[str, Sequence[str]]) -> str:
    """Returns the page.

    Args:
        summary: What is known of each workload, by name.
        groups: Names of the workloads in the order to list them, by the group's title.
    """
    lines = ["# Every design of `archgym-pow2`", ""]
    lines += ["Made by `python -m experiments.enumeration`, which says what is measured.", ""]
    groups = {title: [name for name in names if name in summary] for title, names in groups.items()}
    for title, names in groups.items():
        if names:
            lines += [f"## {title}", "", *_tables(summary, names)]
    return "\n".join(lines)


def _tables(summary: Summary, names: Sequence[str]) -> Iterator[str]:
    intervals = [
        (f"`{name}`", f"{each['requests']:,}", f"`{each['workload']}`", f"`{each['sha256'][:16]}`")
        for name, each in summary.items()
        if name in names
    ]
    yield from _table(("Workload", "Requests", "Identity", "Checksum of the table"), intervals)
    for objective in OBJECTIVES:
        unit = UNITS.get(objective, "mW")
        yield f"### {objective[0].upper()}{objective[1:]}"
        yield ""
        yield from _table(
            (
                *("Workload", f"Default ({unit})", "Best that keeps data", "Gain"),
                *("Refreshes owed", "Within 1 %", "Best that loses data", "Gain "),
            ),
            [_row(name, summary[name]["objectives"][objective]) for name in names],
        )
        yield "Values that designs within 1 % of the best have, of those that keep data:"
        yield ""
        yield from _side_by_side(summary, names, objective)


def _row(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    default, keeping, losing = found["default"], found["keeping_data"], found["losing_data"]
    share = f"{keeping['share_within_1_percent']:.3%}"
    return (
        f"`{name}`",
        f"{default:,.6g}",
        f"{keeping['optimum']:,.6g}",
        f"{gain(keeping, default):.1%}",
        f"{keeping['refreshes_owed']:.0f}",
        f"**{share}, too easy**" if keeping["too_easy"] else share,
        f"{losing['optimum']:,.6g}",
        f"{gain(losing, default):.1%}",
    )


def _side_by_side(summary: Summary, names: Sequence[str], objective: str) -> Iterator[str]:
    optima = {name: summary[name]["objectives"][objective]["keeping_data"] for name in names}
    rows = [
        (
            parameter,
            *(
                _words(optimum["values_within_1_percent"][parameter], len(values))
                for optimum in optima.values()
            ),
        )
        for parameter, values in _values().items()
    ]
    return _table(("Parameter", *(f"`{name}`" for name in names)), rows)


def _values() -> dict[str, Sequence[Any]]:
    """Returns every value of each parameter that keeps data."""
    parameters = make_space("archgym-pow2").parameters.values()
    return {
        parameter.name: [value for value in parameter.values if value != "NoRefresh"]
        for parameter in parameters
    }


def _words(values: Sequence[Any], of: int) -> str:
    if len(values) == of:
        return "any" if of > 1 else str(values[0])
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) > 2 and numbers == [numbers[0] << i for i in range(len(numbers))]:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(map(str, values))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + " --- |" * len(columns)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def picture(summary: Summary, groups: Mapping[str, Sequence[str]]) -> Figure:
    """Draws, for each objective, which share of the designs costs at most how much."""
    figure = Figure(figsize=(3.2 * len(OBJECTIVES), 3.6), layout="constrained")
    panels = figure.subplots(1, len(OBJECTIVES), sharey=True)
    for axes, objective in zip(panels, OBJECTIVES, strict=True):
        for style, names in zip(("-", "--"), groups.values(), strict=True):
            for number, name in enumerate(name for name in names if name in summary):
                optimum = summary[name]["objectives"][objective]["keeping_data"]
                levels, costs = zip(*optimum["quantiles_over_optimum"].items(), strict=True)
                axes.plot(
                    costs, [float(level) for level in levels], style, color=f"C{number}", label=name
                )
        axes.set(xscale="log", title=objective, xlabel="cost / optimum")
        axes.xaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5) if axes.get_xlim()[1] < 50 else (1,))
        )
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("share of designs that keep data")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)
    return figure
