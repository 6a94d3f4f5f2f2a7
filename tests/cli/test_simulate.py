import json

import pytest

import archgym as library
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
    assert json.loads(out) == library.simulate(DESIGN, workload)
    assert err == ""


def test_design_from_a_file(archgym, trace, tmp_path):
    (tmp_path / "design.json").write_text(json.dumps(DESIGN))
    inline = archgym("simulate", "--trace", trace, "--design", json.dumps(DESIGN), "--json")
    assert archgym("simulate", "--trace", trace, "--design", "@design.json", "--json") == inline


def test_table_has_every_metric_with_its_unit(archgym, trace):
    out, _ = archgym("simulate", "--trace", trace)
    metrics = library.simulate({}, library.Workload.from_file(trace))
    lines = {line.split()[0]: line.split()[1:3] for line in out.splitlines()[1:]}
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


def test_closed_play(archgym, trace):
    out, _ = archgym(
        "simulate", "--trace", trace, "--player", "closed", "--max-outstanding", "1",
        "--think-time", "8.33", "--json",
    )  # fmt: skip
    player = library.Player("closed", 1, think_time_ps=8330)
    workload = library.Workload.from_file(trace, player=player)
    assert json.loads(out) == library.simulate({}, workload)
    assert json.loads(out) != library.simulate({}, library.Workload.from_file(trace))


def test_played_as_the_trace_is_meant_to_be(archgym):
    own, _ = archgym("simulate", "--trace", "pointer-chase", "--json")
    workload = library.Workload.load("pointer-chase")
    assert workload.player.mode == "closed"
    assert json.loads(own) == library.simulate({}, workload)
    for options, player in (
        (["--max-outstanding", "4"], library.Player("closed", 4, dependent=True)),
        (["--player", "closed", "--think-time", "5"], library.Player("closed", 1, 5000, True)),
        (["--max-outstanding", "4", "--independent"], library.Player("closed", 4)),
        (["--player", "open"], library.Player()),
    ):
        out, _ = archgym("simulate", "--trace", "pointer-chase", *options, "--json")
        played = library.Workload(workload.system, workload.trace, player)
        assert json.loads(out) == library.simulate({}, played)
        # It only reads, so as long as it is dependent there is never a second one under way.
        assert (out == own) == (player.dependent and not player.think_time_ps)


def test_workload_by_name(archgym):
    out, _ = archgym("simulate", "--trace", "stream", "--json")
    assert json.loads(out)["commands_rd"] > 0
