"""The table's numbers, computed by hand."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from archgym.analysis import Results, records, rich_table, summary

MakeUp = Callable[[dict[str, list[list[float]]]], Results]

inf = math.inf


def test_by_hand(made_up: MakeUp) -> None:
    # The least cost of all is 5, so the target is 5.05.
    results = made_up(
        {
            "good": [[8, 5, 5], [9, 8, 5.05], [7, 7, 6]],
            "poor": [[inf, 20, 12], [9, 9, 9], [inf, inf, 8]],
        }
    )
    good, poor = summary(results).to_dict("records")
    assert (good["workload"], good["objective"], good["agent"]) == ("stream", "runtime", "good")
    assert [good[f"cost_{name}"] for name in ("median", "min", "max")] == pytest.approx(
        [0.505, 0.5, 0.6]
    )
    assert good["best_cost"] == 5
    assert (good["evaluations_to_target"], good["reached_target"]) == (3, 2)
    assert (good["won"], poor["won"]) == (True, False)
    assert [poor[f"cost_{name}"] for name in ("median", "min", "max")] == pytest.approx(
        [0.9, 0.8, 1.2]
    )
    assert math.isnan(poor["evaluations_to_target"])
    assert poor["reached_target"] == 0
    assert (good["seeds"], good["simulations"]) == (3, 3)
    assert (good["simulator_seconds"], good["agent_seconds"]) == (0.25, 1.5)


def test_agents_are_compared_after_equal_budgets(made_up: MakeUp) -> None:
    results = made_up({"short": [[8, 7], [6, 9]], "long": [[9, 8, 4], [9, 7, 5]]}, short=2, long=3)
    short, long, longer = summary(results).to_dict("records")
    assert [(row["agent"], row["budget"]) for row in (short, long, longer)] == [
        ("short", 2), ("long", 2), ("long", 3)
    ]  # fmt: skip
    medians = [row["cost_median"] for row in (short, long, longer)]
    assert medians == pytest.approx([0.65, 0.75, 0.45])
    assert [row["won"] for row in (short, long, longer)] == [True, False, True]
    # Within the budget, nobody comes near what the long one finds at last.
    assert [row["reached_target"] for row in (short, long, longer)] == [0, 0, 1]
    # What is only known of whole trials is not told of their first part.
    assert [row["simulations"] for row in (short, longer)] == [2, 3]
    assert math.isnan(long["simulations"])


def test_a_tie_has_two_winners(made_up: MakeUp) -> None:
    frame = summary(made_up({"a": [[5.0], [6.0]], "b": [[4.0], [7.0]]}))
    assert frame["won"].tolist() == [True, True]


def test_nothing_could_be_run(made_up: MakeUp) -> None:
    results = made_up({"a": [[inf, inf]]})
    (row,) = records(summary(results))
    assert row["cost_median"] is None
    json.dumps(row, allow_nan=False)


def test_records_are_json(folder: Path) -> None:
    rows = records(summary(Results.load(folder)))
    assert len(rows) == 4 * 3
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_terminal(made_up: MakeUp) -> None:
    output = io.StringIO()
    results = made_up({"good": [[8, 5]], "poor": [[0.25, 0.25]], "[bold]odd": [[20, 20]]})
    Console(file=output, width=160).print(rich_table(summary(results)))
    lines = output.getvalue().splitlines()
    (poor,) = [line for line in lines if "poor" in line]
    assert poor.split() == (
        ["poor", "0.025", "0.025\N{EN DASH}0.025", "1", "(1/1)", "2", "250", "ms", "1.5", "s"]
    )
    assert any("[bold]odd" in line and "never (0/1)" in line for line in lines)
