"""`archgym enumerate`, on a space of 36 distinct designs in place of a released one."""

import inspect
import json
import shutil

import pytest

from archgym import Player, Workload, domain
from archgym.cli.enumerate import enumerate_designs
from archgym.condition import Condition
from archgym.dram import spaces
from archgym.simulators import make
from archgym.study.enumeration import LIMIT, enumerate_space
from archgym.study.parts import WorkloadSpec

OUTLINE = spaces.Outline(
    values={
        "PagePolicy": ("OpenAdaptive", "Closed"),
        "Scheduler": ("Fifo", "FrFcfs", "FrFcfsGrp"),
        "RefreshPolicy": ("NoRefresh", "AllBank"),
        "Arbiter": ("Simple", "Fifo"),
        "MaxActiveTransactions": (4, 128),
    },
    active={"MaxActiveTransactions": Condition("Arbiter", not_in=("Simple",))},
)
WORKLOAD = WorkloadSpec("mixed", (("requests", 300),))
COMMAND = ("enumerate", "--space", "small", "--workload", "mixed", "--option", "requests=300")


@pytest.fixture(autouse=True, scope="module")
def small_space():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(spaces.SPACES, "small", OUTLINE)
        yield


@pytest.fixture(scope="module")
def made(small_space, tmp_path_factory):
    """What `COMMAND` makes in a folder `table`, made only once."""
    folder = tmp_path_factory.mktemp("made") / "table"
    enumerate_space(spaces.make_space("small"), WORKLOAD, folder)
    return folder


@pytest.fixture
def table(made, tmp_path):
    return shutil.copytree(made, tmp_path / "table")


def test_best_designs_are_printed_and_can_be_simulated(archgym):
    out, err = archgym(*COMMAND, "--out", "table", "--json")
    assert err == ""
    report = json.loads(out)
    assert report["designs"] == 36
    assert report["without_metrics"] == 18
    workload = WORKLOAD.load(domain.load().platform({}))
    assert report["workload"] == workload.id
    optima = {each["objective"]: each for each in report["optima"]}
    assert set(optima) == {"runtime", "latency", "energy", "edp", "power with runtime <= 1.05x"}
    (metrics,) = make("native").evaluate([optima["latency"]["design"]], workload)
    assert metrics["latency_ns"] == optima["latency"]["cost"]
    for each in optima.values():
        assert each["design"]["RefreshPolicy"] == "AllBank"
        assert each["cost"] <= each["default_cost"]


def test_as_a_table(archgym):
    out, err = archgym(*COMMAND, "--out", "table", "--allow-data-loss", "--workers", "2")
    assert err == ""
    assert "36 distinct designs, 0 without metrics" in out
    assert "power with runtime <= 1.05x" in out
    assert "default: space small+data-loss's default design {" in out
    assert "RefreshPolicy=NoRefresh" in out
    again, _ = archgym(*COMMAND, "--out", "table", "--allow-data-loss")
    assert again == out


def test_without_currents_there_is_no_energy(archgym):
    out, _ = archgym(*COMMAND, "--out", "table", "--device", "hbm3-6400", "--json")
    assert [each["objective"] for each in json.loads(out)["optima"]] == ["runtime", "latency"]


def test_what_is_made_already_is_only_read(archgym, table):
    out, _ = archgym(*COMMAND, "--out", "table", "--json")
    assert json.loads(out)["sha256"] == json.loads((table / "table.json").read_text())["sha256"]


def test_simulate_takes_the_table(archgym, table, tmp_path):
    (tmp_path / "trace.stl").write_text("0: read 0x0\n3: write 0x40\n")
    archgym(*COMMAND[:3], "--workload", "trace.stl", "--out", "short")
    design = json.dumps({"PagePolicy": "Closed", "Scheduler": "Fifo", "MaxActiveTransactions": 4})
    command = ("simulate", "--trace", "trace.stl", "--design", design, "--json")
    replayed, _ = archgym(*command, "--simulator", "tabular:short")
    simulated, _ = archgym(*command)
    assert json.loads(replayed)["metrics"] == json.loads(simulated)["metrics"]
    _, err = archgym(*command, "--simulator", "tabular:table", code=2)
    assert "is of workload mixed@ddr4-2400#" in err
    assert err.count("\n") == 1


def test_a_trace_file_is_read_and_played_as_the_options_say(archgym, tmp_path):
    (tmp_path / "t.csv").write_text("address\n8\n136\n8\n")
    command = (*COMMAND[:3], "--workload", "t.csv", "--out", "told")
    options = ("--reads-only", "--size", 128, "--max-outstanding", 2)
    out, err = archgym(*command, *options, "--option", "clock_mhz=100", "--json")
    assert err == "note: t.csv: read as csv\n"
    player = Player("closed", 2)
    told = {"reads_only": True, "size": 128, "clock_mhz": 100}
    assert json.loads(out)["workload"] == Workload.from_file("t.csv", player=player, **told).id
    _, err = archgym(*COMMAND, "--out", "other", "--clock-mhz", 100, code=2)
    assert "--clock-mhz is for trace files, which mixed is not" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workload", "stream"], ["table", "another workload", "stream"]),
        (["--option", "requests"], ["--option", "NAME=VALUE", "'requests'"]),
        (["--option", "request=3"], ["did you mean 'requests'"]),
        (["--option", "requests=many"], ["requests"]),
        (["--space", "archgym"], ["9,622,080", "limit of 1,000,000"]),
        (["--limit", "35"], ["36", "limit of 35"]),
        (["--device", "ddr3-1600"], ["table", "another workload"]),
        (["--simulator", "tabular"], ["tabular:FOLDER"]),
        (["--workers", "0"], ["--workers"]),
    ],
)
def test_bad_input(archgym, table, options, words):
    before = {path: path.read_bytes() for path in table.iterdir()}
    out, err = archgym(*COMMAND, "--out", "table", *options, code=2)
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert {path: path.read_bytes() for path in table.iterdir()} == before


def test_the_limit_is_the_librarys():
    assert inspect.signature(enumerate_designs).parameters["limit"].default == LIMIT
