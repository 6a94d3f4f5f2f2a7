"""What the real simulators wrote is read as what it means, and what is damaged is refused."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from archgym import simulators
from archgym.dram.workload import Workload
from archgym.simulator import Failure
from archgym.simulators._external import Job, UnreadableError
from archgym.simulators.dramsim3 import Dramsim3, measured, read_statistics
from archgym.simulators.dramsys import read_printed
from archgym.simulators.native import Native
from archgym.simulators.ramulator2 import Ramulator2, configuration, read_result
from archgym.simulators.ramulator2 import measured as measured_by_ramulator


def job(kind, workload: Workload, folder: Path) -> Job:
    design = {name: parameter.default for name, parameter in kind.parameters.items()}
    return Job(design, workload, workload.system, folder, folder)


@pytest.fixture
def dramsys(program, monkeypatch) -> Callable[..., object]:
    """Runs DRAMSys's adapter with a script in its place."""

    def evaluate(script: str, workload: Workload, **design: object) -> object:
        monkeypatch.setenv("ARCHGYM_DRAMSYS", str(program(script)))
        (outcome,) = simulators.make("dramsys", workers=1, limit_s=60).evaluate([design], workload)
        return outcome

    return evaluate


def test_dramsys_measures_what_native_does(dramsys, replay, eight):
    outcome = dramsys(replay, eight)
    assert isinstance(outcome, dict), outcome
    (native,) = Native(dramsys_quirks=True).evaluate([{}], eight)
    assert isinstance(native, dict)
    assert outcome == pytest.approx({name: native[name] for name in outcome})
    assert {"latency_p99_ns", "service_latency_max_ns", "commands_rda"} <= outcome.keys()
    # That build has no model of energy: absent, never zero.
    assert not any(name.startswith(("energy", "power")) for name in outcome)


def test_dramsys_energy_is_read_with_its_unit(dramsys, replay, eight):
    core = "echo 'DRAMSys.dram0  Core Energy:   0.00012 mJ'"
    outcome = dramsys(f"{replay}; {core}", eight)
    assert outcome["energy_nj"] == pytest.approx(120)
    assert outcome["power_mw"] == pytest.approx(120 / outcome["runtime_ns"] * 1e3)


@pytest.mark.parametrize(
    ("printed", "time_ns"),
    [("590000 ps", 590), ("590 ns", 590), ("0.59 us", 590), ("5.9e-4 ms", 590), ("1 s", 1e9)],
)
def test_units_are_read(printed, time_ns):
    told = read_printed(f"x\nDRAMSys.controller0       Total Time:     {printed}\n")
    assert told == {"Total Time": [pytest.approx(time_ns)]}


def test_channels_are_kept_apart():
    text = "".join(f"DRAMSys.dram{n}  Core Energy:   {n}.5 uJ\n" for n in range(2))
    assert read_printed(text) == {"Core Energy": [500.0, 1500.0]}


@pytest.mark.parametrize("printed", ["590000 fortnights", "much ns", "1,5 ns"])
def test_unknown_units_and_numbers_are_refused(printed):
    with pytest.raises(UnreadableError, match="can't read"):
        read_printed(f"DRAMSys.controller0  Total Time:  {printed}\n")


def test_dramsys_times_must_agree(dramsys, replay, eight):
    outcome = dramsys(f"{replay} | sed 's/590 ns/600 ns/'", eight)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "crash"
    assert "590000 ps by its record" in outcome.reason


DAMAGE = {
    "unanswered": "DELETE FROM Phases WHERE PhaseName = 'RESP' AND Transact = 8",
    "lost": "DELETE FROM Phases WHERE Transact = 8",
    "unknown": "UPDATE Transactions SET ID = 1000 WHERE ID = 8",
    "text": "UPDATE Phases SET PhaseEnd = 'late' WHERE PhaseName = 'RESP'",
    "null": "UPDATE Phases SET PhaseEnd = NULL WHERE PhaseName = 'RESP'",
    "empty": "DELETE FROM Phases",
    "table": "DROP TABLE Phases",
    "transactions": "DELETE FROM Transactions",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_damaged_databases_are_refused(dramsys, recorded, database, eight, tmp_path, statement):
    damaged = tmp_path / database.name
    damaged.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(damaged)) as base:
        base.execute(statement)
        base.commit()
    script = f"cp '{damaged}' . && cat '{recorded}/dramsys/printed.txt'"
    outcome = dramsys(script, eight)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "crash"
    assert "gave no result that can be read" in outcome.reason


def test_dramsys_is_told_the_design(dramsys, program, recorded, eight, tmp_path):
    kept = tmp_path / "kept.json"
    dramsys(f"cp run.json '{kept}'; cp ../initiator-0.stl '{kept}.stl'", eight, Scheduler="Fifo")
    told = json.loads(kept.read_text())["simulation"]
    assert told["mcconfig"]["Scheduler"] == "Fifo"
    assert told["mcconfig"]["PagePolicy"] == "OpenAdaptive"
    assert "AddressMapping" not in told["mcconfig"]
    assert told["memspec"] == eight.system.device.data["memspec"]
    lines = Path(f"{kept}.stl").read_text().splitlines()
    assert len(lines) == len(eight)
    # In picoseconds.
    assert lines[1] == f"{eight.trace.arrival_ps[1]}: read 0x2000"


def test_a_later_mapping_moves_addresses_only(dramsys, replay, eight, tmp_path):
    kept = tmp_path / "kept.json"
    dramsys(f"cp run.json '{kept}'", eight, AddressMapping="RowColumnBankXor")
    told = json.loads(kept.read_text())["simulation"]["addressmapping"]
    from archgym.dram.address_mapping import AddressMapping
    from archgym.dram.mapping_family import mappings

    assert AddressMapping(told) == mappings(eight.system)["RowColumnBankXor"]


@pytest.fixture
def dramsys4(recorded) -> str:
    """A script that does what DRAMSys 4.0 did; its name for itself is what tells it from others."""
    return f"# DRAMSys4.0\ncat '{recorded}/dramsys4/printed.txt'"


def test_dramsys_4_tells_time_and_energy_only(dramsys, dramsys4, eight):
    assert dramsys(dramsys4, eight) == pytest.approx(
        {
            "runtime_ns": 587.5,
            "bandwidth_gb_per_s": 8 * 64 / 587.5,
            "bus_bandwidth_gb_per_s": 8 * 64 / 587.5,
            "energy_nj": 434.925,
            "power_mw": 434.925 / 587.5 * 1e3,
            "queue_entries": 64,
        }
    )
    assert simulators.make("dramsys").version.startswith("4.0 sha256:")


def test_dramsys_4_has_one_size_for_both_buffers(dramsys, dramsys4, eight):
    design = {"SchedulerBuffer": "ReadWrite", "RequestBufferSize": 3}
    assert dramsys(dramsys4, eight, **design)["queue_entries"] == 6


def test_dramsys_4_units_are_read(dramsys, dramsys4, eight):
    plain = dramsys(dramsys4, eight)
    other = "s/587500 ps/0.5875 us/; s/434925.00 pJ/434.925 nJ/"
    assert dramsys(f"{dramsys4} | sed '{other}'", eight) == pytest.approx(plain)
    outcome = dramsys(f"{dramsys4} | sed 's/434925.00 pJ/434925 cal/'", eight)
    assert isinstance(outcome, Failure)
    assert "can't read 'DRAMSys.dram0  Total Energy:   434925 cal'" in outcome.reason
    outcome = dramsys(f"{dramsys4} | grep -v Energy", eight)
    assert isinstance(outcome, Failure)
    assert "it did not print one total time and energy" in outcome.reason


def test_dramsys_4_is_told_the_design_in_its_own_units(dramsys, dramsys4, eight, tmp_path):
    kept = tmp_path / "kept"
    outcome = dramsys(f"cp -r . '{kept}'\n{dramsys4}", eight, PagePolicy="Closed")
    assert isinstance(outcome, dict), outcome
    simulation = json.loads((kept / "run.json").read_text())["simulation"]

    def told(folder: str, part: str) -> dict[str, object]:
        return json.loads((kept / "configs" / folder / simulation[part]).read_text())

    design = told("mcconfigs", "mcconfig")["mcconfig"]
    assert design["PagePolicy"] == "Closed"
    assert not {"AddressMapping", "RequestBufferSizeRead"} & design.keys()
    memspec = told("memspecs", "memspec")["memspec"]
    ours = eight.system.device.data["memspec"]
    # mA and MHz.
    assert memspec["mempowerspec"]["idd0"] == pytest.approx(1e3 * ours["mempowerspec"]["idd0"])
    assert memspec["mempowerspec"]["vdd"] == ours["mempowerspec"]["vdd"]
    assert memspec["memtimingspec"]["clkMhz"] == 800
    levels = told("amconfigs", "addressmapping")["CONGEN"]
    assert sorted(bit for bits in levels.values() for bit in bits) == list(range(30))


def test_dramsys_4_lacks_what_5_has(dramsys, dramsys4, eight):
    lacking = {
        "AddressMapping": "RowColumnBankXor",
        "Scheduler": "GrpFrFcfs",
        "RequestBufferSizeRead": 4,
        "CmdMux": "Strict",
    }
    for name, value in lacking.items():
        outcome = dramsys(dramsys4, eight, **{name: value})
        assert isinstance(outcome, Failure)
        assert outcome.kind == "unsupported", name
        assert "DRAMSys 4.0" in outcome.reason
    outcome = dramsys(dramsys4, Workload.load("stream", device="ddr4-2400", requests=5))
    assert isinstance(outcome, Failure)
    assert outcome.reason == "DRAMSys 4.0 simulates DDR3, not DDR4 (ddr4-2400)"


def test_dramsim3_statistics(recorded, eight, tmp_path):
    statistics = read_statistics(recorded / "dramsim3" / "dramsim3.json")
    metrics = measured(statistics, job(Dramsim3, eight, tmp_path))
    clock_ns = eight.system.device.clock_ps / 1e3
    assert metrics["runtime_ns"] == statistics["num_cycles"] * clock_ns
    assert metrics["power_mw"] == pytest.approx(statistics["average_power"])
    # mW x ns = pJ: what it calls pJ is in mW x cycles.
    assert metrics["energy_nj"] == pytest.approx(
        statistics["average_power"] * metrics["runtime_ns"] * 1e-3
    )
    # Reads and writes cost the same by its formula and by DRAMPower's.
    (native,) = Native().evaluate([{"PagePolicy": "Open"}], eight)
    for name in ("energy_read_nj", "energy_write_nj", "commands_act"):
        assert metrics[name] == pytest.approx(native[name]), name


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"0": {}}', '{"0": null}', "nan"],
    ids=["empty", "cut", "list", "object", "bare", "null", "number"],
)
def test_unreadable_statistics_are_refused(tmp_path, text):
    path = tmp_path / "dramsim3.json"
    path.write_text(text)
    with pytest.raises(UnreadableError):
        read_statistics(path)
    with pytest.raises(UnreadableError, match=r"there is no result\.json"):
        read_result(tmp_path / "result.json")
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(UnreadableError):
        read_result(tmp_path / "result.json")


def test_statistics_must_be_numbers(recorded, tmp_path):
    statistics = json.loads((recorded / "dramsim3" / "dramsim3.json").read_text())
    for wrong in ("many", None, True, float("nan")):
        statistics["0"]["num_act_cmds"] = wrong
        path = tmp_path / "dramsim3.json"
        path.write_text(json.dumps(statistics))
        with pytest.raises(UnreadableError):
            read_statistics(path)


def test_ramulator_results(recorded, eight, tmp_path):
    result = read_result(recorded / "ramulator2" / "result.json")
    metrics = measured_by_ramulator(result, job(Ramulator2, eight, tmp_path))
    timing, clock_ps = eight.system.device.timing, eight.system.device.clock_ps
    # The first read finds its bank closed: a cycle on the way, ACT, RD and the data.
    first = (1 + timing["RCD"] + timing["RL"] + 4) * clock_ps
    assert result["issued"][0] * clock_ps == first - (timing["RL"] + 4) * clock_ps
    assert metrics["row_hits"] + metrics["row_misses"] + metrics["row_conflicts"] == len(eight)
    assert metrics["commands_rd"] + metrics["commands_wr"] == len(eight)
    assert metrics["runtime_ns"] * 1e3 % clock_ps == 0
    assert not any("energy" in name or "power" in name for name in metrics)
    assert metrics.keys() <= Ramulator2.metrics


def test_ramulator_requests_that_vanish_take_a_cycle(recorded, eight, tmp_path):
    result = read_result(recorded / "ramulator2" / "result.json")
    result["forwarded"] = np.array([5])
    result["issued"][5] = -1
    metrics = measured_by_ramulator(result, job(Ramulator2, eight, tmp_path))
    whole = read_result(recorded / "ramulator2" / "result.json")
    unchanged = measured_by_ramulator(whole, job(Ramulator2, eight, tmp_path))
    assert metrics["read_latency_ns"] < unchanged["read_latency_ns"]
    result["issued"] = result["issued"][:-1]
    with pytest.raises(UnreadableError, match="7 of 8 requests"):
        measured_by_ramulator(result, job(Ramulator2, eight, tmp_path))


@pytest.mark.parametrize("device", ["ddr3-1600", "ddr4-2400", "ddr5-4800"])
def test_ramulator_is_told_where_requests_go(device):
    workload = Workload.load("random", device=device, requests=50)
    told = configuration(job(Ramulator2, workload, Path()))
    organization = told["organization"]
    names = [
        name for name in ("rank", "bankgroup", "bank", "row", "column") if name in organization
    ]
    for arrival, is_write, place in told["requests"]:
        assert isinstance(is_write, bool)
        assert arrival >= 0
        assert len(place) == 1 + len(names)
        for name, index in zip(names, place[1:], strict=True):
            assert 0 <= index < organization[name]
    # Two requests lie in the same place only if they have the same address.
    places = {tuple(place) for *_, place in told["requests"]}
    assert len(places) == np.unique(workload.bursts().address).size


def test_the_version_names_the_program_and_the_adapter(dramsys, dramsys4, eight):
    dramsys(dramsys4, eight)
    version = simulators.make("dramsys").version
    assert re.fullmatch(r"4\.0 sha256:[0-9a-f]+, adapter [0-9a-f]{12}", version)
