"""Both sides are run for real on a small table, and the verdict is that of their regrets."""

import json
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from archgym.dram.spaces import SPACES, Outline, make_space
from archgym.study import WorkloadSpec
from archgym.study.enumeration import enumerate_space
from experiments.generalist.__main__ import Tabulated
from experiments.plain import __main__ as command_line
from experiments.plain.__main__ import analyse
from experiments.plain.trials import PAIRS, SIDES, Pair, Trial

WHOLE = SPACES["archgym-pow2"]
FEW = {"RespQueue": ("Fifo",), "RefreshMaxPulledin": (1,), "RefreshMaxPostponed": (1,)}
SPEC = WorkloadSpec("mixed", (("requests", 1500),))
OBJECTIVES = ("latency", "power with runtime <= 1.05x")
BUDGET = 12


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory):
    """The table of a part of the space, which this process takes for the whole."""
    assert isinstance(WHOLE, Outline)
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        part = Outline({**WHOLE.values, **FEW}, WHOLE.defaults, WHOLE.active)
        patch.setitem(SPACES, "archgym-pow2", part)
        patch.setattr("archgym.analysis.landscape.TOO_EASY", 1.1)
        patch.setattr("experiments.plain.__main__.REPORT", {"mixed": SPEC})
        patch.setitem(Tabulated.__init__.__globals__["WORKLOADS"], "mixed", SPEC)
        enumerate_space(make_space("archgym-pow2", allow_data_loss=True), SPEC, folder / "mixed")
        yield folder


def trial(tables: Path, pair: str, side: str, seed: int = 0, objective: str = "latency") -> Trial:
    return Trial(tables, "mixed", objective, pair, side, seed, BUDGET)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("pair", PAIRS)
def test_each_side_spends_the_budget_and_repeats_itself(
    pair: str, side: str, tables: Path, tmp_path: Path
) -> None:
    found = []
    for seed in (0, 0, 1):
        trial(tables, pair, side, seed).run(tmp_path)
        found.append(trial(tables, pair, side, seed).found(tmp_path))
    assert all(each["evaluations"] == BUDGET and each["regret"] >= 0 for each in found)
    assert found[0]["cost"] == found[1]["cost"]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_trial_is_repeated_only_when_its_settings_change(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = {side: trial(tables, "optuna_tpe", side) for side in SIDES}
    for each in sides.values():
        assert each.found(tmp_path) is None
        each.run(tmp_path)
        assert each.found(tmp_path) is not None
    tuned = Pair(**vars(PAIRS["optuna_tpe"]) | {"hyperparameters": {"sampler": "nsga2"}})
    monkeypatch.setitem(PAIRS, "optuna_tpe", tuned)
    assert sides["ours"].found(tmp_path) is None
    assert sides["plain"].found(tmp_path) is not None


def test_the_command_writes_what_the_trials_found(tables: Path, tmp_path: Path) -> None:
    app = Typer()
    app.command()(command_line.main)
    (tmp_path / "trials").mkdir()
    # In this process, whose space is the smaller one; workers would have the whole.
    every = [
        trial(tables, pair, side, 0, objective)
        for objective in OBJECTIVES
        for pair in PAIRS
        for side in SIDES
    ]
    for each in every:
        each.run(tmp_path / "trials")
    asked = [str(tmp_path), "--tables", str(tables), "--budget", str(BUDGET), "--seeds", "1"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    results = json.loads((tmp_path / "results.json").read_text())
    assert list(results) == list(OBJECTIVES)
    for each in every:
        row = results[each.objective][each.pair]
        found = each.found(tmp_path / "trials")
        assert row["regrets"][each.side] == {"mixed": [found["regret"]]}
        assert row["settings"][each.side] == found["settings"]
    page = (tmp_path / "results.md").read_text()
    assert page.count("\n| `optuna`, `tpe` |") == len(OBJECTIVES)


@pytest.mark.parametrize(
    ("worse", "verdict"), [(-0.1, True), (0.0, True), (0.0049, True), (0.0051, False), (0.1, False)]
)
def test_the_verdict_is_that_of_the_margin(worse: float, verdict: bool) -> None:
    found = {
        Trial(Path(), workload, "latency", pair, side, seed, BUDGET): {
            "regret": 0.2 + seed / 100 + (worse if side == "ours" else 0),
            "cpu_seconds": 1.0,
            "settings": {},
        }
        for workload in ("one", "other")
        for pair in PAIRS
        for side in SIDES
        for seed in range(6)
    }
    for row in analyse(found)["latency"].values():
        assert row["non_inferior"] is verdict
        assert row["difference"]["value"] == pytest.approx(worse)
