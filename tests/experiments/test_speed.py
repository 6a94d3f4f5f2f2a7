import json
import os
import sys

import numpy as np
import pytest

from archgym.dram.device import Device
from archgym.dram.standards import STANDARDS
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.simulators.native import Native
from experiments.speed import __main__ as command_line
from experiments.speed import agents as agents_speed
from experiments.speed import evaluations
from experiments.speed.clock import cpu, in_turn, wall
from experiments.speed.comparison import DEVICE, compare
from experiments.speed.peers import PEERS, dramsim3, dramsys, ramulator2
from experiments.speed.saturating import NAMES, saturating, write_stl
from experiments.speed.simulator import DEVICES, SCHEDULERS

# Takes time by the length of the trace, then prints or writes what the simulator would.
PROGRAM = """#!{python}
import json, pathlib
trace = next(path for path in map(pathlib.Path, ("trace", "trace.stl")) if path.exists())
requests = len(trace.read_text().splitlines())
sum(range(requests * 10_000))
print("     Total Time:     1.5 us")
pathlib.Path("outcome.json").write_text(json.dumps([1000, requests]))
pathlib.Path("dramsim3.json").write_text(json.dumps(
    {{"0": {{"num_reads_done": requests, "num_writes_done": 0, "num_cycles": 1000}}}}
))
"""


@pytest.fixture
def no_peers(monkeypatch):
    for peer in PEERS:
        monkeypatch.delenv(peer.variable, raising=False)


def program(tmp_path, content=PROGRAM):
    path = tmp_path / "program"
    path.write_text(content.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


def test_every_standard_and_scheduler_is_measured():
    assert [Device.load(name).standard for name in DEVICES] == list(STANDARDS)
    assert set(SCHEDULERS) == set(Native.parameters["Scheduler"].values)


@pytest.mark.parametrize("clock", [cpu, wall])
def test_measurements_take_turns(clock):
    turns = []
    seconds = in_turn({name: clock(lambda name=name: turns.append(name)) for name in "AB"}, 3)
    assert turns == ["A", "B"] * 3
    assert all(len(taken) == 3 and (taken >= 0).all() for taken in seconds.values())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("device", DEVICES)
def test_saturating_traces_are_bursts_at_time_zero(name, device):
    workload = saturating(name, device, 1000)
    assert workload.trace.duration_ps == 0
    assert len(workload.bursts().address) == 1000
    assert 0.2 < workload.trace.is_write.mean() < 0.45


def test_a_written_trace_reads_the_same(tmp_path):
    workload = saturating("mixed", "lpddr4-3200", 1000)
    write_stl(workload, tmp_path / "trace.stl")
    assert (
        Workload.from_file(tmp_path / "trace.stl", "lpddr4-3200").trace.sha256
        == workload.trace.sha256
    )


@pytest.mark.usefixtures("no_peers")
def test_figures_are_written_and_shown(tmp_path, capsys):
    out = tmp_path / "speed.json"
    command_line.main(out, scale=0.002)
    report = json.loads(out.read_text())
    rates = report["requests_per_cpu_second"]
    assert all(rate > 0 for by_trace in rates["standards"].values() for rate in by_trace.values())
    assert report["batch"]["wall_time_ratio"] > 0
    assert report["environment"]["vector"]["steps_per_second"] > 0
    shown = capsys.readouterr().out
    for peer in PEERS:
        assert peer.variable in shown


def test_the_cost_of_agents_is_written(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    learners = {"ippo": ("ippo", {"epochs": 1}, 1.0), "absent": ("nobody", {}, 1.0)}
    monkeypatch.setattr(agents_speed, "LEARNERS", learners)
    out = tmp_path / "agents.json"
    agents_speed.main(out, scale=0.01)
    report = json.loads(out.read_text())
    searchers = report["milliseconds_per_evaluation"]
    assert set(searchers) == set(agents_speed.SEARCHERS)
    assert all(each > 0 for each in searchers.values())
    assert set(report["steps_per_cpu_second"]) == {"ippo"}


@pytest.mark.slow
def test_the_cost_of_evaluations_is_written(tmp_path):
    out = tmp_path / "evaluations.json"
    evaluations.main(out, scale=0.05)
    figures = json.loads(out.read_text())["microseconds_per_evaluation_by_batch"]
    assert list(figures) == [str(batch) for batch in evaluations.BATCHES]
    assert all(each > 0 for each in figures.values())


@pytest.mark.usefixtures("no_peers")
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_is_run_on_the_same_traces(peer, tmp_path, monkeypatch):
    monkeypatch.setenv(peer.variable, program(tmp_path))
    (found,) = compare(1000, 1).items()
    assert found[0] == peer.name
    assert set(found[1]) == set(NAMES)
    for figures in found[1].values():
        assert figures["ratio"] == pytest.approx(figures["native"] / figures["peer"])
        assert figures["ratio"] > figures["ratio_from_file"] > 0
        assert figures["peer_simulated_ns"] > 0


@pytest.mark.usefixtures("no_peers")
def test_a_peer_that_is_not_there_or_fails_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCHGYM_DRAMSYS", str(tmp_path / "missing"))
    with pytest.raises(ArchgymError, match=r"ARCHGYM_DRAMSYS names .*missing"):
        compare(100, 1)
    monkeypatch.setenv("ARCHGYM_DRAMSYS", program(tmp_path, "#!/bin/sh\necho oh no >&2; exit 3\n"))
    with pytest.raises(ArchgymError, match="DRAMSys 5 failed: oh no"):
        compare(100, 1)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_that_is_installed_takes_about_as_long_in_simulated_time(peer):
    if not os.environ.get(peer.variable):
        pytest.skip(f"{peer.variable} is not set")
    for figures in compare(3000, 1)[peer.name].values():
        assert figures["peer_simulated_ns"] == pytest.approx(
            figures["native_simulated_ns"], rel=0.25
        )


def test_dramsys_gets_the_device_and_design():
    workload = saturating("random", DEVICE, 10)
    given = dramsys.configuration(workload)["simulation"]
    assert given["memspec"] == workload.system.device.data["memspec"]
    assert given["addressmapping"] == workload.system.device.address_mapping
    assert dramsys.DRAMSYS.design.items() <= given["mcconfig"].items()
    assert Native.parameters.keys() >= dramsys.DRAMSYS.design.keys()


def test_ramulator_decodes_its_addresses_to_the_same_places():
    workload = saturating("random", DEVICE, 100)
    lines = [line.split() for line in ramulator2.lines(workload).splitlines()]
    assert [name == "ST" for name, _ in lines] == workload.trace.is_write.tolist()
    address = np.array([int(place) for _, place in lines])
    # Row, bank, bank group, column (in bursts), byte.
    where = workload.locations()
    assert (address >> 17 == where.row).all()
    assert (address >> 15 & 3 == where.bank % 4).all()
    assert (address >> 13 & 3 == where.bank_group).all()
    assert (address >> 6 & 127 == where.column // 8).all()


def test_dramsim3_decodes_addresses_to_the_same_places():
    workload = saturating("random", DEVICE, 100)
    settings = dict(
        line.split(" = ") for line in dramsim3.configuration(workload).splitlines() if "=" in line
    )
    counts = {
        "ro": int(settings["rows"]),
        "ba": int(settings["banks_per_group"]),
        "bg": int(settings["bankgroups"]),
        "co": int(settings["columns"]) // int(settings["BL"]),
        "ch": 1,
        "ra": 1,
    }
    order = settings["address_mapping"]
    rest, places = workload.bursts().address.astype(np.int64) >> 6, {}
    for field in (order[i : i + 2] for i in range(len(order) - 2, -1, -2)):
        rest, places[field] = np.divmod(rest, counts[field])
    where = workload.locations()
    assert (places["ro"] == where.row).all()
    assert (places["bg"] == where.bank_group).all()
    assert (places["ba"] == where.bank % 4).all()
    assert (places["co"] == where.column // 8).all()
