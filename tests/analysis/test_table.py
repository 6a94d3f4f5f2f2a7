"""The table's numbers, computed by hand."""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from archgym.analysis import Results, default_design, records, rich_table, summary
from archgym.analysis.table import NONE, cells

MakeUp = Callable[..., Results]

inf = math.inf


def shown(results: Results, width: int = 1000) -> str:
    output = io.StringIO()
    table = rich_table(summary(results), default_design(results.space, results.domain))
    Console(file=output, width=width).print(table)
    return output.getvalue()


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


def test_penalties_are_no_values(made_up: MakeUp) -> None:
    # The default has 10; what is beyond the limit costs ten times as much and more.
    results = made_up(
        {
            "all": [[120, 9], [9.5, 8], [11, 110]],
            "most": [[7, 120], [120, 120], [9, 130]],
            "few": [[120, 6], [120, 105], [inf, 130]],
            "none": [[120, 110], [105, 130], [inf, inf]],
        },
        {
            "all": [[0.2, 0], [0, 0], [0, 0.1]],
            "most": [[0, 0.2], [0.2, 0.2], [0, 0.3]],
            "few": [[0.2, 0], [0.2, 0.05], [0, 0.3]],
            "none": [[0.2, 0.1], [0.05, 0.3], [0, 0]],
        },
    )
    every, most, few, none = summary(results).to_dict("records")
    assert [row["met_limits"] for row in (every, most, few, none)] == [3, 2, 1, 0]
    assert {row["seeds"] for row in (every, most, few, none)} == {3}
    assert {(row["term"], row["unit"]) for row in (every, most, few, none)} == {("power", "mW")}
    values = [row["value_median"] for row in (every, most, few)]
    assert values == pytest.approx([9, 8, 6])
    assert [row["cost_median"] for row in (every, most, few)] == pytest.approx([0.9, 0.8, 0.6])
    assert [row["best_cost"] for row in (every, most, few)] == [8, 7, 6]
    assert (most["cost_min"], most["cost_max"]) == pytest.approx((0.7, 0.9))
    for name in ("cost_median", "cost_min", "cost_max", "value_median", "best_cost"):
        assert math.isnan(none[name])
    assert (every["violation"], few["violation"], none["violation"]) == (0, 0, 0.05)
    # Over all seeds, those that missed the limit being the worst: 9, 9 and no value for half.
    assert [row["won"] for row in (every, most, few, none)] == [True, True, False, False]
    assert cells(most)["met limits"] == "2 of 3"
    assert cells(most)["power"] == "8 mW"
    assert cells(none)["met limits"] == "0 of 3"
    assert cells(none)["power"] == "5 % beyond"
    assert (cells(none)["best cost"], cells(none)["range"]) == (NONE, NONE)
    assert cells(none)["to target"] == "never (0/3)"


def test_nobody_wins_where_nobody_met_the_limits(made_up: MakeUp) -> None:
    results = made_up({"a": [[120.0]], "b": [[110.0]]}, {"a": [[0.2]], "b": [[0.1]]})
    rows = summary(results).to_dict("records")
    assert [(row["won"], row["reached_target"]) for row in rows] == [(False, 0)] * 2
    assert [cells(row)["power"] for row in rows] == ["20 % beyond", "10 % beyond"]


def test_refreshes_owed_are_marked(made_up: MakeUp) -> None:
    row = {"metric.refreshes_owed": 7.0, "metric.commands_refab": 0.0}
    results = made_up({"a": [[5]], "b": [[6]]}, row=row)
    text = shown(results)
    assert "a, b: the best design owes 7 of 7 refreshes: too short to judge postponing" in text


def test_the_default_design_is_named(made_up: MakeUp) -> None:
    text = shown(made_up({"a": [[5]]}))
    assert "space archgym's default design {PagePolicy=OpenAdaptive" in text
    assert "the hardware's own has RefreshMaxPostponed=0" in text


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
    results = made_up({"good": [[8, 5]], "poor": [[0.25, 0.25]], "[bold]odd": [[20, 20]]})
    lines = shown(results, 160).splitlines()
    (poor,) = [line for line in lines if "poor" in line]
    assert poor.split() == (
        ["poor", "0.025", "0.025\N{EN DASH}0.025", "1", "(1/1)", "2", "250", "ms", "1.5", "s"]
    )
    assert any("[bold]odd" in line and "never (0/1)" in line for line in lines)


def test_nothing_is_cut_off_in_80_columns(made_up: MakeUp) -> None:
    name = "simulated_annealing"
    limited = made_up({name: [[9, 8]] * 3}, {name: [[0, 0], [0.1, 0.2], [0.3, 0]]})
    for results in (made_up({name: [[8, 5]] * 3}), limited):
        lines = shown(results, 80).splitlines()
        assert max(map(len, lines)) <= 80
        assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
        (line,) = [line for line in lines if name in line]
        assert f"{NONE}" in line
        assert ("of 3" in line) == (results is limited)
