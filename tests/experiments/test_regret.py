"""Regrets are measured from the optimum that a table has, and never from what a search found."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from archgym.dram.spaces import SPACES, Outline, make_space
from archgym.errors import ArchgymError
from archgym.study import Study, WorkloadSpec
from archgym.study.enumeration import enumerate_space
from experiments.regret import __main__ as command_line
from experiments.regret.regrets import measure

WHOLE = SPACES["archgym-pow2"]
FEW = {"RespQueue": ("Fifo",), "RefreshMaxPulledin": (1,), "RefreshMaxPostponed": (1,)}
SPEC = WorkloadSpec("mixed", (("requests", 1500),))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """A study of two agents on a table of a part of the space."""
    assert isinstance(WHOLE, Outline)
    folder = tmp_path_factory.mktemp("regret")
    part = Outline({**WHOLE.values, **FEW}, WHOLE.defaults, WHOLE.active)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SPACES, "archgym-pow2", part)
        space = make_space("archgym-pow2", allow_data_loss=True)
        enumerate_space(space, SPEC, folder / "tables" / "mixed")
        study = Study.from_mapping(
            {
                "space": "archgym-pow2",
                "simulator": f"tabular:{folder / 'tables'}",
                "workloads": [{"name": "mixed", "requests": 1500}],
                "objectives": ["latency"],
                "budget": 120,
                "seeds": 3,
                "agents": {"random_search": {"budget": 20}, "genetic_algorithm": {}},
            },
            "test",
        )
        # In this process, whose space is the smaller one.
        (folder / "run" / "trials").mkdir(parents=True)
        (folder / "run" / "spec.toml").write_text(study.to_toml())
        for trial in study.trials:
            trial.run(folder / "run" / "trials")
        yield folder / "run"


def test_regrets_are_those_of_the_table(run: Path) -> None:
    regrets = measure(run)
    assert regrets.budgets == (20, 100, 120)  # 100 is of no agent
    (found,) = regrets.problems.values()
    assert set(found["random_search"].regret) == {20}
    genetic = found["genetic_algorithm"]
    assert (genetic.regret[120] <= genetic.regret[100]).all()
    for agent in found.values():
        for budget, values in agent.regret.items():
            assert values.shape == (3,)
            assert (values >= 0).all()
            # Only the optimum has no regret, and nothing costs less than it.
            assert ((values == 0) == (agent.quantile[budget] == 0)).all()
        assert (np.diff(agent.curve, axis=1) <= 0).all()


def test_the_command_writes_what_was_measured(run: Path, tmp_path: Path) -> None:
    app = command_line.typer.Typer()
    app.command()(command_line.main)
    done = CliRunner().invoke(app, [str(run), str(tmp_path)])
    assert done.exit_code == 0, done.output
    results = json.loads((tmp_path / "results.json").read_text())
    after = results["latency"]
    assert set(after["20"]) == {"random_search", "genetic_algorithm"}
    assert set(after["120"]) == {"genetic_algorithm"}
    assert 0 <= after["20"]["genetic_algorithm"]["improvement"]["value"] <= 1
    assert "After 20 evaluations" in (tmp_path / "results.md").read_text()
    assert (tmp_path / "regret.svg").stat().st_size > 0


def test_nothing_but_easy_problems_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archgym.analysis.landscape.TOO_EASY", 0.0)
    with pytest.raises(ArchgymError, match=r"every problem of .* is too easy"):
        measure(run)


def test_an_incomplete_study_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    (tmp_path / "spec.toml").write_text((run / "spec.toml").read_text())
    for log in sorted((run / "trials").iterdir())[:2]:
        (tmp_path / "trials" / log.name).write_bytes(log.read_bytes())
    with pytest.raises(ArchgymError, match=r"trials of .* are missing"):
        measure(tmp_path)
