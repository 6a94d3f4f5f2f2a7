import csv
import json
import os
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.dram.controller import PARAMETERS
from archgym.dram.device import Device
from archgym.dram.validation import validate
from archgym.errors import ArchgymError
from archgym.simulator import Failure, Simulator
from archgym.simulators.native import Native

HEADER = (
    "device,trace,design,PagePolicy,Scheduler,RequestBufferSize,ThinkDelayFw,total_time_ps,"
    "mean_latency_ps,p99_latency_ps,core_energy_J,total_energy_J,average_power_W,commands"
)
# The three runs of one trace differ by more than half, so that ranking them means something.
ROWS = (
    "toy,t,0,Open,Fifo,8,1,1000000,126673.2,378750,0.000172371,,,ACT:10 RD:7",
    "toy,t,1,Closed,FrFcfs,,1,2000000,44986.8,115000,6.78839e-05,,,ACT:20 RD:7",
    "toy,t,2,Open,FrFcfs,1,1,3000000,161879.4,487500,0.000532631,,,ACT:30 RD:7 PDEA:0",
)
# What the simulator below measures on each run by default: what the reference did.
MEASURED = (
    {
        "runtime_ns": 1000.0,
        "service_latency_ns": 126.67321,
        "service_latency_p99_ns": 378.75,
        "energy_nj": 172371.4,
        "commands_act": 10.0,
        "commands_rd": 7.0,
        "commands_wr": 0.0,
    },
    {
        "runtime_ns": 2000.0,
        "service_latency_ns": 44.98684,
        "service_latency_p99_ns": 115.0,
        "energy_nj": 67883.94,
        "commands_act": 20.0,
        "commands_rd": 7.0,
    },
    {
        "runtime_ns": 3000.0,
        "service_latency_ns": 161.8794,
        "service_latency_p99_ns": 487.5,
        "energy_nj": 532631.0,
        "commands_act": 30.0,
        "commands_rd": 7.0,
    },
)


class Recorded(Simulator):
    """Gives back what it was made with, batch by batch, and keeps the designs it was asked for."""

    name = "recorded"
    version = "1"
    standards = frozenset({"DDR4"})
    metrics = frozenset(MEASURED[0])
    parameters = {name: PARAMETERS[name] for name in ("PagePolicy", "Scheduler")} | {
        "RequestBufferSize": PARAMETERS["RequestBufferSize"]
    }

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.designs = []

    def evaluate(self, designs, workload):
        self.designs += designs
        return [self.outcomes.pop(0) for _ in designs]


def ddr4():
    return json.loads((resources.files("archgym.dram") / "devices/ddr4-2400.json").read_text())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "devices").mkdir()
    (tmp_path / "traces").mkdir()
    (tmp_path / "devices" / "toy.json").write_text(json.dumps(ddr4() | {"name": "toy"}))
    (tmp_path / "traces" / "t.stl").write_text("0: read 0x0\n5: write 0x40\n")
    write(tmp_path, HEADER, *ROWS)
    return tmp_path


def write(folder, *lines, file="runs"):
    (folder / f"{file}.csv").write_text("\n".join(lines) + "\n")


def entry(report, metric, device="toy", file="runs"):
    return report.summary()[file][device][metric]


def test_a_simulator_that_measures_the_same_is_exact(folder):
    report = validate(folder, Recorded(*MEASURED))
    for metric in ("total_time", "mean_latency", "p99_latency", "core_energy"):
        agreement = entry(report, metric)
        assert (agreement["n"], agreement["skipped"], agreement["exact"]) == (3, 0, 1.0)
        assert agreement["max_rel_err"] < 1e-5
        assert agreement["spearman"] == pytest.approx(1)
    assert entry(report, "commands")["exact"] == 1.0
    assert report.worst(3) == []


def test_an_empty_field_is_a_parameter_not_given(folder):
    simulator = Recorded(*MEASURED)
    validate(folder, simulator)
    assert simulator.designs == [
        {"PagePolicy": "Open", "Scheduler": "Fifo", "RequestBufferSize": 8},
        {"PagePolicy": "Closed", "Scheduler": "FrFcfs"},
        {"PagePolicy": "Open", "Scheduler": "FrFcfs", "RequestBufferSize": 1},
    ]


def test_errors_are_relative_to_the_reference(folder):
    times = (1000.0, 2200.0, 2400.0)
    outcomes = [m | {"runtime_ns": t} for m, t in zip(MEASURED, times, strict=True)]
    report = validate(folder, Recorded(*outcomes))
    agreement = entry(report, "total_time")
    assert agreement["exact"] == pytest.approx(1 / 3)
    assert agreement["median_rel_err"] == pytest.approx(0.1)
    assert agreement["max_rel_err"] == pytest.approx(0.2)
    assert [(item.design, item.ours) for item in report.worst(5)] == [
        ("2", pytest.approx(2.4e6)),
        ("1", pytest.approx(2.2e6)),
    ]


def test_spearman_is_that_of_the_worst_trace_whose_times_vary(folder):
    (folder / "traces" / "u.stl").write_text("0: read 0x0\n")
    (folder / "traces" / "v.stl").write_text("0: read 0x0\n")
    second = [row.replace("toy,t,", "toy,u,") for row in ROWS]
    # On this trace times differ by 20 %, too little for the order of designs to mean anything.
    flat = [f"toy,v,{i},Open,Fifo,8,1,1{i}00000,9,9,9,,,ACT:1" for i in range(3)]
    write(folder, HEADER, *ROWS, *second, *flat)
    swapped = [MEASURED[1], MEASURED[0], MEASURED[2]]
    report = validate(folder, Recorded(*MEASURED, *swapped, *reversed(MEASURED)))
    assert entry(report, "total_time")["spearman"] == pytest.approx(0.5)


def test_spearman_is_null_where_no_trace_tells_designs_apart(folder):
    write(folder, HEADER, ROWS[0])
    assert entry(validate(folder, Recorded(MEASURED[0])), "total_time")["spearman"] is None


@given(st.integers(0, 10**6), st.integers(0, 8), st.floats(-0.49, 0.49))
def test_exact_means_within_half_a_unit_of_the_last_digit(tmp_path_factory, digits, places, offset):
    folder = tmp_path_factory.mktemp("reference")
    (folder / "devices").mkdir()
    (folder / "traces").mkdir()
    (folder / "devices" / "toy.json").write_text(json.dumps(ddr4()))
    (folder / "traces" / "t.stl").write_text("0: read 0x0\n")
    unit = 10.0**-places
    printed = f"{digits * unit:.{places}f}"
    fields = ROWS[0].split(",")
    fields[8] = printed
    write(folder, HEADER, ",".join(fields), ",".join(fields))
    near, far = ((digits + d) * unit / 1e3 for d in (offset, 0.51 if offset > 0 else -0.51))
    outcomes = [MEASURED[0] | {"service_latency_ns": value} for value in (near, far)]
    assert entry(validate(folder, Recorded(*outcomes)), "mean_latency")["exact"] == 0.5


def test_every_command_must_be_counted_alike(folder):
    # The sum is right, the split is not.
    outcomes = [MEASURED[0] | {"commands_act": 9.0, "commands_wr": 1.0}, *MEASURED[1:]]
    agreement = entry(validate(folder, Recorded(*outcomes)), "commands")
    assert agreement["exact"] == pytest.approx(2 / 3)
    assert agreement["median_rel_err"] is None


def test_states_of_power_are_counted_by_their_entries(folder):
    write(folder, HEADER, ROWS[0].replace("ACT:10 RD:7", "ACT:10 PDNA:2 PDNP:3 RD:7 SREF:1"))
    powered = {"commands_pdea": 2.0, "commands_pdep": 3.0, "commands_srefen": 1.0}
    powered |= {"commands_pdxa": 2.0, "commands_pdxp": 2.0, "commands_srefex": 1.0}
    report = validate(folder, Recorded(MEASURED[0] | powered))
    assert entry(report, "commands")["exact"] == 1.0


def test_what_the_simulator_cannot_do_is_skipped_with_its_reason(folder):
    outcomes = [Failure("unsupported", "no such scheduler"), *MEASURED[1:]]
    report = validate(folder, Recorded(*outcomes))
    assert entry(report, "total_time") | {"spearman": 0} == {
        "n": 2,
        "skipped": 1,
        "exact": 1.0,
        "median_rel_err": 0.0,
        "max_rel_err": 0.0,
        "spearman": 0,
    }
    assert report.skips()["runs"] == {"no such scheduler": 1}


def test_an_unknown_parameter_is_skipped_unless_it_has_no_effect(folder):
    delayed = ROWS[1].replace(",,1,", ",,4,")
    simulator = Recorded(MEASURED[0], MEASURED[2])
    write(folder, HEADER, ROWS[0], delayed, ROWS[2])
    report = validate(folder, simulator)
    assert len(simulator.designs) == 2
    assert report.skips()["runs"] == {"recorded has no parameter ThinkDelayFw": 1}
    assert entry(report, "total_time")["exact"] == 1.0


def test_a_standard_that_is_not_simulated_is_skipped(folder):
    (folder / "devices" / "other.json").write_text('{"memspec": {"memoryType": "HBM9"}}')
    write(folder, HEADER, ROWS[0], *(row.replace("toy,", "other,") for row in ROWS))
    report = validate(folder, Recorded(MEASURED[0]))
    agreement = entry(report, "total_time", device="other")
    assert (agreement["n"], agreement["skipped"], agreement["exact"]) == (0, 3, None)
    assert report.skips()["runs"] == {"recorded does not simulate HBM9": 3}


def test_figures_with_interface_energy_are_skipped(folder):
    row = ROWS[0].replace("0.000172371,,,", "0.000172371,0.000174327,0.960072,")
    write(folder, HEADER, row)
    report = validate(folder, Recorded(MEASURED[0]))
    for metric in ("total_energy", "average_power"):
        assert (entry(report, metric)["n"], entry(report, metric)["skipped"]) == (0, 1)
    assert entry(report, "core_energy")["n"] == 1


def test_archgym_runs_are_core_energy_in_picojoules(folder):
    (folder / "runs.csv").unlink()
    header = "device,design,trace,PagePolicy,total_time_ps,total_energy_pJ,average_power_mW"
    write(folder, header, "toy,0,t,Open,66521250,168216975.00,2528.77", file="archgym_runs")
    measured = {"runtime_ns": 66521.25, "energy_nj": 168216.975, "power_mw": 2528.772}
    report = validate(folder, Recorded(measured))
    for metric in ("total_time", "total_energy", "average_power"):
        assert entry(report, metric, file="archgym_runs")["exact"] == 1.0


def test_filters(folder):
    (folder / "devices" / "other.json").write_text(json.dumps(ddr4()))
    write(folder, HEADER, *ROWS, *(row.replace("toy,", "other,") for row in ROWS))
    report = validate(folder, Recorded(*MEASURED), devices=["toy"], metrics=["core_energy"])
    assert list(report.summary()["runs"]) == ["toy"]
    assert list(report.summary()["runs"]["toy"]) == ["core_energy"]
    # The filter takes nothing from what a trace's total times say.
    assert entry(report, "core_energy")["spearman"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: (f / "runs.csv").unlink(), "is not a reference folder"),
        (lambda f: write(f, HEADER.replace("total_time_ps", "time")), "column 'total_time_ps'"),
        (lambda f: write(f, HEADER, ROWS[0] + ",1"), "runs.csv:2: expected 14 fields"),
        (lambda f: write(f, HEADER, ROWS[0], "toy,t,1"), "runs.csv:3: expected 14 fields"),
        (lambda f: write(f, HEADER, ROWS[0].replace("1000000", "ten")), "total_time_ps 'ten'"),
        (lambda f: write(f, HEADER, ROWS[0].replace("1000000", "nan")), "total_time_ps 'nan'"),
        (lambda f: write(f, HEADER, ROWS[0].replace("ACT:10", "ACT")), "can't read commands"),
        (lambda f: (f / "devices" / "toy.json").unlink(), "can't read device"),
        (lambda f: (f / "devices" / "toy.json").write_text("[]"), "memspec.memoryType"),
        (lambda f: (f / "traces" / "t.stl").unlink(), "t.stl"),
        (lambda f: (f / "traces" / "t.stl").write_text("0: fetch 0x0\n"), "t.stl:1"),
        (lambda f: (f / "runs.csv").write_bytes(b"\xff\xfe\x00"), "runs.csv"),
    ],
)
def test_a_malformed_folder_is_one_clear_error(folder, change, message):
    change(folder)
    with pytest.raises(ArchgymError) as error:
        validate(folder, Recorded(*MEASURED))
    assert message in str(error.value)


def test_unknown_names_are_refused(folder):
    with pytest.raises(ArchgymError, match="did you mean 'runs'"):
        validate(folder, Recorded(), files=["run"])
    with pytest.raises(ArchgymError, match="did you mean 'core_energy'"):
        validate(folder, Recorded(), metrics=["core_enery"])
    with pytest.raises(ArchgymError, match="did you mean 'toy'"):
        validate(folder, Recorded(), devices=["toi"])


REFERENCE = os.environ.get("ARCHGYM_REFERENCE")


@pytest.fixture(scope="module")
def agreement():
    if not REFERENCE:
        pytest.skip("ARCHGYM_REFERENCE does not name a folder of reference runs")
    return validate(Path(REFERENCE), Native(threads=2, dramsys_quirks=True)).summary()


RUNS = {
    "runs": {"ddr3-1600": 246, "ddr4-2400": 246, "hbm2": 198, "lpddr4-3200": 246},
    "systems": {
        "ddr3-1600": 84,
        "ddr3-1600-2rank": 84,
        "ddr4-2400": 84,
        "ddr4-2400-2rank-xor": 84,
        "hbm2": 64,
        "lpddr4-3200": 68,
        "lpddr4-3200-2rank": 76,
    },
}


@pytest.mark.parametrize(
    ("file", "device"), [(file, device) for file in RUNS for device in RUNS[file]]
)
def test_native_equals_dramsys_5(agreement, file, device):
    entries = agreement[file][device]
    for metric in ("total_time", "p99_latency", "commands"):
        assert entries[metric]["n"] == RUNS[file][device]
        assert entries[metric]["exact"] == 1
    assert entries["mean_latency"]["exact"] >= 0.99
    assert entries["mean_latency"]["max_rel_err"] <= 1e-4
    if "core_energy" in entries:
        assert entries["core_energy"]["exact"] == 1


def test_native_equals_dramsys_5_but_for_simultaneous_events_on_two_channels(agreement):
    entries = agreement["systems"]["ddr4-2400-2channel"]
    for metric in ("total_time", "p99_latency", "commands"):
        assert entries[metric]["n"] == 84
        assert entries[metric]["exact"] >= 0.95
    assert entries["total_time"]["max_rel_err"] <= 1e-4
    assert entries["mean_latency"]["max_rel_err"] <= 1e-4


def test_the_list_of_departures_is_that_of_today():
    if not REFERENCE:
        pytest.skip("ARCHGYM_REFERENCE does not name a folder of reference runs")
    listed = Path(__file__).parents[2] / "experiments" / "departures.csv"
    with listed.open(newline="") as text:
        rows = {tuple(row.values())[:4] for row in csv.DictReader(text)}
    report = validate(Path(REFERENCE), Native(threads=2), files=["runs", "systems"])
    assert rows == {
        (item.file, item.device, item.trace, item.design)
        for item in report.comparisons
        if item.metric == "total_time" and not item.skipped and not item.exact
    }


def test_native_is_close_to_dramsys_4(agreement):
    entries = agreement["archgym_runs"]["ddr3-1600"]
    for metric in ("total_time", "total_energy"):
        assert entries[metric]["n"] == 400
        assert entries[metric]["median_rel_err"] <= 0.01
        assert entries[metric]["spearman"] >= 0.99


def test_every_device_of_the_reference_is_bundled():
    if not REFERENCE:
        pytest.skip("ARCHGYM_REFERENCE does not name a folder of reference runs")
    names = {path.stem for path in (Path(REFERENCE) / "devices").glob("*.json")}
    assert names <= set(Device.names())
