"""A table stands in for the simulator that it was made by, to the last bit."""

import time
from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from archgym import domain, evaluation_log, simulators
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError, SimulationError
from archgym.problem import Problem
from archgym.simulator import Failure
from archgym.simulators.native import Native
from archgym.simulators.tabular import Tabular
from archgym.space import DesignSpace
from archgym.study import Study
from archgym.study.enumeration import enumerate_space
from archgym.study.parts import WorkloadSpec
from archgym.testing import check_simulator

WORKLOAD = WorkloadSpec("mixed", (("requests", 200),))
SMALL = ("PagePolicy", "Scheduler", "SchedulerBuffer", "RequestBufferSize", "RefreshPolicy")


def small(allow_data_loss: bool) -> DesignSpace:
    """Some parameters of a released space."""
    whole = make_space("archgym-pow2", allow_data_loss=allow_data_loss)
    return DesignSpace(
        "some", [whole.parameters[name] for name in SMALL], infeasible=whole.infeasible
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 576 designs, whatever happens to their data."""
    folder = tmp_path_factory.mktemp("tabular") / "table"
    enumerate_space(small(allow_data_loss=True), WORKLOAD, folder)
    return folder


@pytest.fixture(scope="module")
def tabular(folder: Path) -> Tabular:
    return Tabular(folder)


@pytest.fixture(scope="module")
def workload() -> Workload:
    return WORKLOAD.load(domain.load().platform({}))


def test_it_is_a_simulator(tabular: Tabular, workload: Workload) -> None:
    check_simulator(tabular, workload)


def test_outcomes_are_those_of_the_original(tabular: Tabular, workload: Workload) -> None:
    designs = tabular.table.header.space.sample(np.random.default_rng(0), 300)
    assert tabular.evaluate(designs, workload) == simulators.make("native").evaluate(
        [small(True).default | design for design in designs], workload
    )


def test_many_are_looked_up_as_they_are_one_by_one(tabular: Tabular, workload: Workload) -> None:
    space = tabular.table.header.space
    designs = space.sample(np.random.default_rng(1), 300)
    values = tabular.lookup(np.array([space.encode(design) for design in designs]))
    records = [dict(zip(tabular.table.metrics, row, strict=True)) for row in values.tolist()]
    assert records == tabular.evaluate(designs, workload)


def test_a_problem_has_the_same_evaluations(folder: Path) -> None:
    """Row by row, save for who is named as the simulator."""
    logs = []
    for simulator in ("native", f"tabular:{folder}"):
        space = small(allow_data_loss=False)
        problem = Problem(
            space, WORKLOAD.load(domain.load().platform({})), "edp", simulator, budget=60
        )
        evaluations = problem.evaluate(space.sample(np.random.default_rng(2), 60))
        logs.append([(each.cost, each.metrics, each.failure) for each in evaluations])
    assert logs[0] == logs[1]


STUDY = {
    "space": "archgym-pow2",
    "workloads": [{"name": "stream", "requests": 20}],
    "budget": 40,
    "seeds": 2,
    "agents": {"random_search": {}, "genetic_algorithm": {"population": 4}},
}


def test_a_study_says_what_its_table_lacks(folder: Path, tmp_path: Path) -> None:
    document = STUDY | {"simulator": f"tabular:{folder}"}
    failures = Study.from_mapping(document, "options").run(tmp_path)
    assert len(failures) == 4
    assert "unknown parameter of simulator tabular 'RespQueue'" in failures[0].reason


@pytest.mark.slow
def test_a_study_and_an_environment_on_a_table_of_the_whole_space(tmp_path: Path) -> None:
    """Every row of the logs is equal, save for who is named as the simulator."""
    table = tmp_path / "table"
    spec = WorkloadSpec("stream", (("requests", 20),))
    enumerate_space(make_space("archgym-pow2"), spec, table, workers=2)
    logs = []
    for simulator in ("native", f"tabular:{table}"):
        out = tmp_path / simulator[:6]
        assert Study.from_mapping(STUDY | {"simulator": simulator}, "options").run(out) == []
        logs.append(evaluation_log.read(out / "trials"))
    columns = ["simulator", "simulator_version"]
    assert logs[1]["simulator"].unique().tolist() == ["tabular"]
    assert logs[1]["simulator_version"].unique().tolist() == [Tabular(table).version]
    assert evaluation_log.equal(*(log.drop(columns=columns) for log in logs))
    environments = [
        gymnasium.make(
            "archgym/DRAM-v0",
            space="archgym-pow2",
            workload=spec.load(domain.load().platform({})),
            simulator=simulator,
        )
        for simulator in ("native", f"tabular:{table}")
    ]
    for environment in environments:
        environment.reset(seed=0)
        environment.action_space.seed(0)
    for _ in range(20):
        steps = [each.step(each.action_space.sample()) for each in environments]
        assert steps[0][1] == steps[1][1]
        assert (steps[0][0] == steps[1][0]).all()
        for environment in environments:
            environment.reset()


def test_version_names_the_table_and_its_simulator(tabular: Tabular) -> None:
    assert tabular.version.startswith(tabular.table.sha256[:16])
    assert tabular.version.endswith(f"(native {Native.version})")


@pytest.mark.parametrize(
    ("design", "reason"),
    [
        ({"RespQueue": "Fifo"}, "unknown parameter of space some 'RespQueue'"),
        ({"RequestBufferSize": 3}, "RequestBufferSize takes 1, 2, 4"),
        ({"RequestBufferSize": True}, "not True"),
        ({"RequestBufferSize": np.True_}, "not True"),
        ({"RequestBufferSize": [8]}, r"not \[8\]"),
        ({"RefreshPolicy": "PerBank"}, "RefreshPolicy takes"),
    ],
)
def test_a_design_that_is_not_in_the_table(
    tabular: Tabular, workload: Workload, design: dict, reason: str
) -> None:
    with pytest.raises(SimulationError, match=reason):
        simulators.simulate(design, workload, tabular)
    (failure,) = tabular.evaluate([design], workload)
    assert isinstance(failure, Failure)
    assert failure.kind == "invalid"


def test_numbers_of_other_types_are_taken_as_a_space_takes_them(
    tabular: Tabular, workload: Workload
) -> None:
    (plain,) = tabular.evaluate([{"RequestBufferSize": 2}], workload)
    for value in (np.int64(2), np.uint8(2), 2.0):
        assert tabular.evaluate([{"RequestBufferSize": value}], workload) == [plain]


def test_designs_that_were_ruled_out(tmp_path: Path, workload: Workload) -> None:
    enumerate_space(small(allow_data_loss=False), WORKLOAD, tmp_path)
    tabular = Tabular(tmp_path)
    good, bad = tabular.evaluate([{}, {"RefreshPolicy": "NoRefresh"}], workload)
    assert isinstance(good, dict)
    assert isinstance(bad, Failure)
    assert bad.kind == "unsupported"
    assert "of space some, which rules the design out: without refresh" in bad.reason


def test_another_workload(tabular: Tabular) -> None:
    with pytest.raises(SimulationError, match=r"is of workload mixed@.*, not stream@"):
        simulators.simulate({}, Workload.load("stream", requests=200), tabular)
    with pytest.raises(ArchgymError, match="can't run the default design of space some"):
        _ = Problem(small(True), Workload.load("stream"), "runtime", tabular).default


def test_a_folder_of_tables(folder: Path, tmp_path: Path, workload: Workload) -> None:
    other = WorkloadSpec("stream", (("requests", 100),))
    (tmp_path / "mixed").symlink_to(folder)
    enumerate_space(small(allow_data_loss=True), other, tmp_path / "stream")
    both = Tabular(tmp_path)
    designs = small(allow_data_loss=True).sample(np.random.default_rng(0), 20)
    for name, spec in {"mixed": WORKLOAD, "stream": other, "mixed again": WORKLOAD}.items():
        alone = Tabular(tmp_path / name.split()[0])
        known = spec.load(domain.load().platform({}))
        assert both.evaluate(designs, known) == alone.evaluate(designs, known)
        assert both.version != alone.version
    with pytest.raises(SimulationError, match=r"are of workloads mixed@.*, stream@.*, not random@"):
        simulators.simulate({}, Workload.load("random", requests=200), both)


def test_tables_of_different_spaces(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "whole").symlink_to(folder)
    enumerate_space(small(allow_data_loss=False), WORKLOAD, tmp_path / "safe")
    with pytest.raises(ArchgymError, match=r"safe and .*whole hold tables of different spaces"):
        Tabular(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tabular", "is selected as tabular:FOLDER, not tabular"),
        ("tabular:", "is selected as tabular:FOLDER, not tabular"),
        ("native:2", "is selected as native, not native:2"),
        ("tabulr:x", "did you mean 'tabular'"),
        ("tabular:nowhere", "nowhere holds no table of designs"),
    ],
)
def test_names(name: str, message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        simulators.make(name)


def test_a_path_may_have_colons(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a:b").symlink_to(folder)
    simulator = simulators.make(f"tabular:{tmp_path}/a:b")
    assert simulator.version == Tabular(folder).version


def least(repeats: int, work: Callable[[], object]) -> float:
    """Returns the least CPU time of several, since others' load only adds."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def test_it_does_not_do_by_row_what_it_can_do_at_once(tabular: Tabular, workload: Workload) -> None:
    space = tabular.table.header.space
    lengths = [len(parameter.values) for parameter in space.parameters.values()]
    indices = np.random.default_rng(0).integers(lengths, size=(100_000, len(lengths)))
    # 0.2 and 13 us on an idle machine.
    assert least(7, lambda: tabular.lookup(indices)) / len(indices) < 5e-6
    designs = space.sample(np.random.default_rng(0), 1000)
    assert least(7, lambda: [tabular.evaluate([d], workload) for d in designs]) / 1000 < 200e-6
