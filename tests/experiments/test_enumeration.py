"""The experiment on all designs, on a space and workloads that take seconds."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from archgym import domain
from archgym.dram.spaces import SPACES, Outline, make_space
from archgym.simulators import make
from archgym.study.parts import WorkloadSpec
from archgym.table import Table
from experiments.enumeration import __main__ as command_line
from experiments.enumeration import workloads
from experiments.enumeration.summary import OBJECTIVES

objective_of = domain.load().objective


COMMITTED = Path(command_line.__file__).parent
WHOLE = SPACES["archgym-pow2"]
FEW = {"SchedulerBuffer": ("Bankwise",), "RespQueue": ("Fifo",), "Scheduler": ("Fifo", "FrFcfs")}
FEWER = {"RequestBufferSize": (1, 8), "MaxActiveTransactions": (4, 128), "Arbiter": ("Simple",)}
SHORT = {
    "stream": WorkloadSpec("stream", (("requests", 60),)),
    "zipf": WorkloadSpec("zipf", (("requests", 60),)),
}


@pytest.fixture(scope="module")
def run():
    """Runs the command on a part of the space and two short workloads."""
    assert isinstance(WHOLE, Outline)
    part = Outline({**WHOLE.values, **FEW, **FEWER}, WHOLE.defaults, WHOLE.active)
    groups = {"To report on": ("stream",), "To tune on": ("zipf",)}

    def invoke(*arguments):
        app = command_line.typer.Typer()
        app.command()(command_line.main)
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SPACES, "archgym-pow2", part)
        patch.setattr(command_line, "WORKLOADS", SHORT)
        patch.setattr(command_line, "GROUPS", groups)
        yield invoke


@pytest.fixture(scope="module")
def done(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("enumeration")
    ended = run("--out", folder / "tables", "--results", folder / "results")
    assert ended.exit_code == 0, ended.output
    return folder


def test_optima_are_those_of_the_simulator(done):
    summary = json.loads((done / "results" / "summary.json").read_text())
    assert list(summary) == ["stream", "zipf"]
    for name, spec in SHORT.items():
        workload = spec.load(domain.load().platform({}))
        space = make_space("archgym-pow2", allow_data_loss=True)
        designs = list(Table(done / "tables" / name).designs)
        outcomes = make("native").evaluate(designs, workload)
        (reference,) = make("native").evaluate([space.default], workload)
        for text in OBJECTIVES:
            costs = [objective_of(text).cost(outcome, reference) for outcome in outcomes]
            kept = [
                cost
                for cost, design in zip(costs, designs, strict=True)
                if design["RefreshPolicy"] != "NoRefresh"
            ]
            found = summary[name]["objectives"][text]
            for some, optimum in ((costs, found["losing_data"]), (kept, found["keeping_data"])):
                assert optimum["optimum"] == min(some)
                near = np.mean(np.array(some) <= 1.01 * min(some))
                assert optimum["share_within_1_percent"] == pytest.approx(near)
                assert optimum["too_easy"] == (near >= 0.01)
                (metrics,) = make("native").evaluate([optimum["design"]], workload)
                assert objective_of(text).cost(metrics, reference) == min(some)
            quantiles = list(found["keeping_data"]["quantiles_over_optimum"].values())
            assert quantiles[0] == 1
            assert quantiles[-1] == pytest.approx(max(kept) / min(kept), rel=1e-6)
            assert quantiles == sorted(quantiles)


def test_the_page_and_the_picture_show_every_workload(done):
    page = (done / "results" / "results.md").read_text()
    for text in ("## To report on", "## To tune on", "### Latency", "`stream`", "too easy"):
        assert text in page
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.count("|") >= 3 for line in tables)
    assert "stream" in (done / "results" / "costs.svg").read_text()


def test_again_gives_the_same_and_one_workload_leaves_the_other(run, done):
    results = done / "results"
    before = {path.name: path.read_bytes() for path in results.iterdir()}
    ended = run("--out", done / "tables", "--results", results, "--workload", "zipf")
    assert ended.exit_code == 0, ended.output
    assert {path.name: path.read_bytes() for path in results.iterdir()} == before


def test_an_unknown_workload(run, tmp_path):
    ended = run("--out", tmp_path, "--results", tmp_path, "--workload", "zpif")
    assert ended.exit_code == 2
    assert "zpif is none of stream, zipf" in ended.output


def test_a_table_that_is_out_of_date_is_found(run, tmp_path, monkeypatch):
    """The header says one simulator, the rows are another's."""
    arguments = ("--out", tmp_path, "--results", tmp_path / "results", "--workload", "zipf")
    native = make("native")
    monkeypatch.setattr(
        "experiments.enumeration.summary.make", lambda name: type(native)(dramsys_quirks=True)
    )
    ended = run(*arguments)
    assert isinstance(ended.exception, RuntimeError)
    assert "does not measure any more" in str(ended.exception)


def test_workloads_to_tune_on_are_none_to_report_on():
    assert len(workloads.REPORT) == 8
    assert len(workloads.DEVELOPMENT) == 4
    assert not set(workloads.REPORT) & set(workloads.DEVELOPMENT)
    traces = [spec.load(domain.load().platform({})).id for spec in workloads.WORKLOADS.values()]
    assert len(set(traces)) == 12


def test_committed_results_are_of_these_workloads():
    """And of traces that have not changed since."""
    summary = json.loads((COMMITTED / "summary.json").read_text())
    assert list(summary) == list(workloads.WORKLOADS)
    for name, spec in workloads.WORKLOADS.items():
        assert summary[name]["workload"] == spec.load(domain.load().platform({})).id
        assert summary[name]["designs"] == 166_464
        assert summary[name]["designs_keeping_data"] == 156_672


@pytest.mark.parametrize("name", workloads.WORKLOADS)
def test_committed_optima_can_be_simulated(name):
    summary = json.loads((COMMITTED / "summary.json").read_text())[name]
    here = f"native {make('native').version}"
    if summary["simulator"] != here:
        pytest.skip(f"marked as stale: made by {summary['simulator']}, and this is {here}")
    found = summary["objectives"]
    workload = workloads.WORKLOADS[name].load(domain.load().platform({}))
    space = make_space("archgym-pow2", allow_data_loss=True)
    (reference,) = make("native").evaluate([space.default], workload)
    for text, each in found.items():
        objective = objective_of(text)
        assert objective.cost(reference, reference) == pytest.approx(each["default"], rel=1e-12)
        for optimum in (each["keeping_data"], each["losing_data"]):
            (metrics,) = make("native").evaluate([optimum["design"]], workload)
            cost = objective.cost(metrics, reference)
            assert cost == pytest.approx(optimum["optimum"], rel=1e-12)
            assert metrics["refreshes_owed"] == optimum["refreshes_owed"]
