import json

import pytest

import archgym as library
from archgym.dram.controller import complete
from archgym.dram.spaces import make_space
from archgym.dram.timeline import write_timeline
from archgym.simulators.native import COMMANDS, Native

DESIGN = {"PagePolicy": "Closed", "RequestBufferSize": 2}
TRACE = "0: read 0x0\n3: write 0x40\n9: read 0x100000\n"


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "t.stl"
    path.write_text(TRACE)
    return path


def test_json_is_what_the_library_measures(archgym, trace):
    out, err = archgym(
        "simulate", "--device", "ddr3-1600", "--trace", trace, "--design", json.dumps(DESIGN),
        "--json",
    )  # fmt: skip
    workload = library.Workload.from_file(trace, device="ddr3-1600")
    printed = json.loads(out)
    assert printed.keys() == {"design", "metrics"}
    assert printed["metrics"] == library.simulate(DESIGN, workload)
    assert printed["design"] == complete(DESIGN)
    assert library.simulate(printed["design"], workload) == printed["metrics"]
    assert err == f"note: {trace}: read as stl, in cycles of the device's clock, 800 MHz\n"


def test_design_from_a_file(archgym, trace, tmp_path):
    (tmp_path / "design.json").write_text(json.dumps(DESIGN))
    inline = archgym("simulate", "--trace", trace, "--design", json.dumps(DESIGN), "--json")
    assert archgym("simulate", "--trace", trace, "--design", "@design.json", "--json") == inline


def test_table_has_every_metric_with_its_unit(archgym, trace):
    out, _ = archgym("simulate", "--trace", trace)
    metrics = library.simulate({}, library.Workload.from_file(trace))
    table = out.partition("\n\n")[2]
    lines = {line.split()[0]: line.split()[1:3] for line in table.splitlines()[1:]}
    assert lines.keys() == metrics.keys()
    assert lines["commands_act"][0] == str(round(metrics["commands_act"]))
    runtime, unit = lines["runtime_ns"]
    assert float(runtime.replace(",", "")) == pytest.approx(metrics["runtime_ns"], abs=0.005)
    assert unit == "ns"


def test_timeline_is_written_beside_the_metrics(archgym, trace, tmp_path):
    plain = archgym("simulate", "--trace", trace, "--json")
    assert archgym("simulate", "--trace", trace, "--json", "--timeline", "t.pftrace") == plain
    workload = library.Workload.from_file(trace)
    write_timeline("direct", Native().command_trace({}, workload), workload, names=COMMANDS)
    assert (tmp_path / "t.pftrace").read_bytes() == (tmp_path / "direct").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"t.stl", "t.pftrace", "direct"}


OTHERS = """
from archgym.simulator import Simulator
from archgym.simulators.native import Native

class Like(Native):
    name = "like"

class Mute(Simulator):
    name, version, parameters, metrics = "mute", "1", Native.parameters, Native.metrics

    def evaluate(self, designs, workload):
        return Native().evaluate(designs, workload)
"""


@pytest.fixture
def others(tmp_path_factory, monkeypatch):
    """Installs a simulator that shows its commands, and one that does not."""
    site = tmp_path_factory.mktemp("site")
    (site / "others.py").write_text(OTHERS)
    info = site / "others-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: others\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[archgym.simulators]\nlike = others:Like\nmute = others:Mute\n"
    )
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.usefixtures("others")
def test_timeline_of_any_simulator_that_shows_its_commands(archgym, trace, tmp_path):
    archgym("simulate", "--trace", trace, "--timeline", "native.pftrace")
    archgym("simulate", "--trace", trace, "--simulator", "like", "--timeline", "like.pftrace")
    assert (tmp_path / "like.pftrace").read_bytes() == (tmp_path / "native.pftrace").read_bytes()
    _, err = archgym(
        "simulate", "--trace", trace, "--simulator", "mute", "--timeline", "mute.pftrace", code=2
    )
    assert "as native does; mute does not" in err
    assert not (tmp_path / "mute.pftrace").exists()


def test_closed_play(archgym, trace):
    out, _ = archgym(
        "simulate", "--trace", trace, "--player", "closed", "--max-outstanding", "1",
        "--think-time", "8.33", "--json",
    )  # fmt: skip
    player = library.Player("closed", 1, think_time_ps=8330)
    workload = library.Workload.from_file(trace, player=player)
    metrics = json.loads(out)["metrics"]
    assert metrics == library.simulate({}, workload)
    assert metrics != library.simulate({}, library.Workload.from_file(trace))


def test_played_as_the_trace_is_meant_to_be(archgym):
    own, _ = archgym("simulate", "--trace", "pointer-chase", "--json")
    workload = library.Workload.load("pointer-chase")
    assert workload.player.mode == "closed"
    assert json.loads(own)["metrics"] == library.simulate({}, workload)
    for options, player in (
        (["--max-outstanding", "4"], library.Player("closed", 4, dependent=True)),
        (["--player", "closed", "--think-time", "5"], library.Player("closed", 1, 5000, True)),
        (["--max-outstanding", "4", "--independent"], library.Player("closed", 4)),
        (["--player", "open"], library.Player()),
    ):
        out, _ = archgym("simulate", "--trace", "pointer-chase", *options, "--json")
        played = library.Workload(workload.system, workload.trace, player)
        assert json.loads(out)["metrics"] == library.simulate({}, played)
        # It only reads, so as long as it is dependent there is never a second one under way.
        assert (out == own) == (player.dependent and not player.think_time_ps)


def test_workload_by_name(archgym):
    out, _ = archgym("simulate", "--trace", "stream", "--json")
    assert json.loads(out)["metrics"]["commands_rd"] > 0


def parameters(out):
    """The table of parameters: what stands beside each."""
    lines = out.partition("\n\n")[0].splitlines()
    return {line.split()[0]: " ".join(line.split()[1:]) for line in lines[2:]}


def test_the_whole_design_is_printed_and_what_is_not_the_default(archgym, trace):
    out, _ = archgym("simulate", "--trace", trace, "--design", json.dumps(DESIGN))
    assert "by the defaults of simulator native" in out.splitlines()[0]
    full = complete(DESIGN)
    assert parameters(out) == {
        name: f"{value} default: {complete({})[name]}"
        if value != complete({})[name]
        else f"{value}"
        for name, value in full.items()
    }


def test_the_defaults_of_a_space(archgym, trace):
    command = ("simulate", "--trace", trace, "--design", json.dumps(DESIGN))
    out, _ = archgym(*command, "--space", "archgym")
    assert "by the defaults of space archgym" in out.splitlines()[0]
    found = parameters(out)
    assert found["RefreshMaxPostponed"] == "1 the controller's own default: 0"
    assert found["PagePolicy"] == "Closed default: OpenAdaptive"
    printed = json.loads(archgym(*command, "--space", "archgym", "--json")[0])
    expected = complete(make_space("archgym").validate(DESIGN))
    assert printed["design"] == expected
    assert expected["RefreshMaxPostponed"] == 1 != complete(DESIGN)["RefreshMaxPostponed"]
    assert printed["metrics"] == library.simulate(expected, library.Workload.from_file(trace))


@pytest.mark.parametrize(
    ("space", "design", "words"),
    [
        (
            "archgym",
            {"RefreshMaxPostponed": 0},
            ["archgym: RefreshMaxPostponed takes 1 to 8, not 0"],
        ),
        ("archgym", {"CmdMux": "Strict"}, ["parameter of space archgym 'CmdMux'"]),
        ("archgym", {"RefreshPolicy": "NoRefresh"}, ["archgym rules the design out", "data"]),
        ("controller-v1", {"LowWatermark": 9}, ["LowWatermark takes"]),
        ("archgim", {}, ["did you mean 'archgym'"]),
    ],
)
def test_designs_that_a_space_has_not_are_refused(archgym, trace, space, design, words):
    command = ("simulate", "--trace", trace, "--space", space, "--design", json.dumps(design))
    out, err = archgym(*command, code=2)
    assert (out, err.count("\n")) == ("", 1)
    for word in words:
        assert word in err


def test_without_refresh_there_is_a_warning(archgym):
    command = ("simulate", "--trace", "stream", "--design", '{"RefreshPolicy": "NoRefresh"}')
    for options in ([], ["--json"], ["--space", "archgym", "--allow-data-loss"]):
        out, err = archgym(*command, *options)
        assert "NoRefresh" in out
        assert err.startswith("warning: with RefreshPolicy NoRefresh the DRAM loses its data")
        assert err.count("\n") == 1
    assert archgym(*command[:3])[1] == ""
    _, err = archgym(*command, "--allow-data-loss", code=2)
    assert "--space" in err


def test_refreshes_that_are_left_out_are_marked(archgym, tmp_path):
    path = tmp_path / "t.csv"
    rows = "".join(f"{n * 3300},{n % 4096 * 64},0\n" for n in range(18_000))
    path.write_text("arrival_ps,address,is_write\n" + rows)
    command = ("simulate", "--trace", path, "--design")
    for postponed, due in ((8, 7), (0, None)):
        out, _ = archgym(*command, json.dumps({"RefreshMaxPostponed": postponed}))
        (line,) = (line for line in out.splitlines() if line.startswith("refreshes_owed"))
        said = "owes 7 of 7 refreshes: too short to judge postponing"
        assert (said in line) == (due is not None)


def test_files_are_read_as_the_options_say(archgym, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("address\n8\n136\n8\n")
    out, err = archgym("simulate", "--trace", path, "--json", code=2)
    assert out == ""
    assert "there is no column 'is_write'" in err
    options = ("--reads-only", "--size", 128, "--clock-mhz", 100, "--player", "open")
    out, err = archgym("simulate", "--trace", path, *options, "--json")
    player, settings = library.Player(), {"size": 128, "clock_mhz": 100, "reads_only": True}
    workload = library.Workload.from_file(path, player=player, **settings)
    assert json.loads(out)["metrics"] == library.simulate({}, workload)
    assert json.loads(out)["metrics"]["commands_rd"] == 9
    assert err == (
        f"note: {path}: read as csv\nnote: {path}: has no times, a request arrives every 10000 ps\n"
    )


def test_a_trace_without_times_is_played_closed_and_says_so(archgym, tmp_path):
    path = tmp_path / "t.loadstore"
    path.write_text("".join(f"LD {n * 8}\n" for n in range(1000)))
    out, err = archgym("simulate", "--trace", path, "--json")
    workload = library.Workload.from_file(path, player=library.Player("closed", 16))
    assert json.loads(out)["metrics"] == library.simulate({}, workload)
    assert json.loads(out)["metrics"]["commands_rd"] == 1000
    assert err == (
        f"note: {path}: read as loadstore\n"
        f"note: {path}: has no times, so it is played closed, 16 outstanding\n"
    )
    _, err = archgym("simulate", "--trace", path, "--max-outstanding", 8)
    assert err == f"note: {path}: read as loadstore\n"


@pytest.mark.parametrize("option", ["--size", "--clock-mhz"])
def test_nothing_is_no_size_and_no_clock(archgym, trace, option):
    _, err = archgym("simulate", "--trace", trace, option, 0, code=2)
    assert f"{option.strip('-').replace('-', '_')} must be a" in err


def test_a_file_that_is_not_what_its_ending_says_is_named(archgym, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TRACE)
    _, err = archgym("simulate", "--trace", path, "--clock-mhz", 1000)
    assert err == f"note: {path}: read as stl\n"
    path.write_text("arrival_ps,address,is_wrte\n0,0,1\n")
    _, err = archgym("simulate", "--trace", path, code=2)
    assert "t.csv:1: unknown column 'is_wrte'; did you mean 'is_write'?" in err
