"""A folder that is written of a simulator's runs says what the simulator measured."""

import csv
from pathlib import Path

import pytest

from archgym.dram.controller import PARAMETERS
from archgym.dram.reference import write_reference
from archgym.dram.validation import validate
from archgym.errors import ArchgymError
from archgym.simulator import Failure
from archgym.simulators._external import External, narrowed
from archgym.simulators.native import Native

NATIVE = Native(dramsys_quirks=True)


class Mirror(External):
    """Measures what native does, without a program of its own."""

    name = "mirror"
    title = "Mirror"
    variable = "ARCHGYM_MIRROR"
    expects = "nothing"
    page = "https://example.org"
    defects = ()
    parameters = PARAMETERS
    standards = Native.standards
    metrics = Native.metrics
    factor = 1.0

    @classmethod
    def find(cls):
        return Path("mirror")

    @classmethod
    def identify(cls, program):
        return "1"

    def unsupported(self, workload):
        return None

    def share(self, workload, folder):
        pass

    def simulate(self, job):
        (outcome,) = NATIVE.evaluate([job.design], job.workload)
        if job.design["PagePolicy"] == "Closed":
            return Failure("crash", "it is shut")
        assert isinstance(outcome, dict)
        return outcome | {"runtime_ns": self.factor * outcome["runtime_ns"]}


class Narrow(Mirror):
    parameters = narrowed(
        AddressMapping=PARAMETERS["AddressMapping"].values,
        PagePolicy=("Open",),
        Scheduler=("FrFcfs",),
        SchedulerBuffer=("Bankwise",),
        RequestBufferSize=range(1, 65),
        RefreshPolicy=("AllBank",),
    )


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(workers=2)


def test_validation_of_what_was_written_is_exact(mirror, tmp_path):
    written = write_reference(
        tmp_path,
        mirror,
        devices=["ddr3-1600", "lpddr4-3200"],
        names=["mixed", "random"],
        designs=12,
        requests=200,
    )
    assert written.failures
    assert {failure.reason for *_, failure in written.failures} == {"it is shut"}
    assert written.runs + len(written.failures) == 2 * 2 * 12
    summary = validate(tmp_path, NATIVE).summary()["runs"]
    assert set(summary) == {"ddr3-1600", "lpddr4-3200"}
    for quantities in summary.values():
        for name in ("total_time", "mean_latency", "p99_latency", "core_energy", "commands"):
            assert quantities[name]["n"] > 0, name
            assert quantities[name]["exact"] == 1.0, name


def test_a_difference_shows(mirror, tmp_path):
    mirror.factor = 1.25
    write_reference(tmp_path, mirror, names=["mixed"], designs=5, requests=200)
    quantities = validate(tmp_path, NATIVE).summary()["runs"]["ddr4-2400"]
    assert quantities["total_time"]["exact"] == 0.0
    assert quantities["total_time"]["median_rel_err"] == pytest.approx(0.2)
    assert quantities["mean_latency"]["exact"] == 1.0


def test_designs_depend_on_the_seed_alone(mirror, tmp_path):
    texts = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_reference(
            tmp_path / name, mirror, names=["stream"], designs=6, requests=50, seed=seed
        )
        texts.append((tmp_path / name / "runs.csv").read_text())
    assert texts[0] == texts[1] != texts[2]


def test_a_simulator_with_less_gets_designs_of_the_common_space(tmp_path):
    write_reference(tmp_path, Narrow(workers=1), names=["mixed"], designs=10, requests=50)
    with (tmp_path / "runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10
    # All that it sets is written, so that another can be given the same.
    assert {name for name in rows[0] if name in PARAMETERS} == set(Narrow.parameters)
    assert len({row["RequestBufferSize"] for row in rows}) > 1
    assert {row["PagePolicy"] for row in rows} == {"Open"}


def test_a_space_it_lacks_parameters_of_is_refused(tmp_path):
    with pytest.raises(ArchgymError, match="which Mirror lacks"):
        write_reference(tmp_path, Narrow(workers=1), space="archgym", designs=1)


def test_a_trace_file_is_taken_as_it_is(mirror, tmp_path):
    trace = tmp_path / "mine.stl"
    trace.write_text("0: read 0x0\n7: write 0x40\n")
    write_reference(tmp_path / "out", mirror, names=[str(trace)], designs=1)
    lines = (tmp_path / "out" / "traces" / "mine-ddr4-2400.stl").read_text().splitlines()
    assert [line.split(":")[0] for line in lines if not line.startswith("#")] == ["0", "7"]
