"""A proxy is a simulator, and leaves to the real one what it does not know."""

from dataclasses import replace

import numpy as np
import pytest

from archgym import proxy, simulators
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.problem import Problem
from archgym.simulator import Failure
from archgym.simulators.proxy import ProxySimulator
from archgym.testing import check_simulator


@pytest.fixture
def simulator(path) -> ProxySimulator:
    return ProxySimulator(path, widest=1e9)


@pytest.mark.parametrize(("fallback", "widest"), [("native", 0.05), ("native", 1e9), ("none", 1e9)])
def test_it_is_a_simulator(path, mixed: Workload, fallback: str, widest: float) -> None:
    check_simulator(ProxySimulator(path, fallback, widest=widest), mixed)


def test_predictions_are_near_to_what_is_simulated(simulator, mixed: Workload) -> None:
    space = make_space("archgym-pow2")
    designs = [d for d in space.sample(np.random.default_rng(9), 200) if not space.infeasibility(d)]
    predicted = simulator.evaluate(designs, mixed)
    simulated = simulators.make("native").evaluate(designs, mixed)
    assert simulator.counts == {"predicted": len(designs)}
    assert {each["predicted"] for each in predicted} == {1.0}
    runtimes = np.array(
        [[each["runtime_ns"] for each in found] for found in (predicted, simulated)]
    )
    assert np.median(np.abs(runtimes[0] / runtimes[1] - 1)) < 0.02
    assert predicted == [simulator.evaluate([each], mixed)[0] for each in designs]


def test_what_is_outside_the_data_is_simulated(simulator, mixed: Workload) -> None:
    outside = [
        {"RefreshPolicy": "NoRefresh"},
        {"RequestBufferSize": 100},
        {"PowerDownPolicy": "Staggered"},
    ]
    full = [make_space("archgym-pow2").default | each for each in outside]
    found = simulator.evaluate(outside, mixed)
    assert [each.pop("predicted") for each in found] == [0, 0, 0]
    assert found == simulators.make("native").evaluate(full, mixed)
    assert simulator.counts == {"outside": 3}


def test_where_the_interval_is_too_wide_it_is_simulated(path, mixed: Workload) -> None:
    simulator = ProxySimulator(path, widest=1e-9)
    (found,) = simulator.evaluate([{}], mixed)
    assert found["predicted"] == 0
    assert simulator.counts == {"wide": 1}


def test_other_workloads_and_systems_are_simulated(simulator) -> None:
    workload = Workload.load("stream", requests=100)
    other = Workload.load("stream", "ddr3-1600", requests=100)
    for each in (workload, other):
        (found,) = simulator.evaluate([{}], each)
        assert found["predicted"] == 0
    assert simulator.counts == {"workload": 2}
    with pytest.raises(ArchgymError, match="is for ddr4-2400, not ddr3-1600"):
        simulator.bind(other)


def test_without_a_fallback_there_are_failures(path, mixed: Workload) -> None:
    simulator = ProxySimulator(path, None, widest=1e9)
    other = Workload.load("stream", requests=100)
    for design, workload in (({}, other), ({"RefreshPolicy": "NoRefresh"}, mixed)):
        (found,) = simulator.evaluate([design], workload)
        assert isinstance(found, Failure)
        assert found.kind == "unsupported"


@pytest.fixture(scope="module")
def new() -> Workload:
    return Workload.load("cloud-2", requests=200)


@pytest.mark.parametrize("widest", [0.25, 1e9])
def test_it_is_one_on_a_new_workload_too(transfer_path, new: Workload, widest: float) -> None:
    check_simulator(ProxySimulator(transfer_path, widest=widest), new)


def test_of_a_new_workload_probes_say_how_far_off_predictions_are(transfer_path, new) -> None:
    workload = new
    trusting = ProxySimulator(transfer_path, widest=1e9)
    (found,) = trusting.evaluate([{"PagePolicy": "Closed"}], workload)
    assert found["predicted"] == 1
    doubting = ProxySimulator(transfer_path, widest=1e-6)
    (found,) = doubting.evaluate([{"PagePolicy": "Closed"}], workload)
    assert found["predicted"] == 0


def test_a_new_workload_whose_designs_it_can_not_rank_is_simulated(transfer_path, new) -> None:
    certain = ProxySimulator(transfer_path, ranks=1.01)
    with pytest.raises(ArchgymError, match="can't tell the order of designs of workload cloud-2"):
        certain.bind(new)
    (found,) = certain.evaluate([{}], new)
    assert found["predicted"] == 0
    assert certain.counts == {"workload": 1}
    # Where nothing differs by more than may be ignored, there is no order to tell.
    ProxySimulator(transfer_path, ranks=1.01, widest=1e9).bind(new)


def test_by_default_the_simulator_of_the_domain_is_asked(mixed_proxy, tmp_path) -> None:
    assert mixed_proxy.domain == "dram"
    other = replace(mixed_proxy, provenance=mixed_proxy.provenance | {"domain": "bridges"})
    proxy.save(other, tmp_path / "other.proxy")
    with pytest.raises(ArchgymError, match="unknown domain 'bridges'"):
        ProxySimulator(tmp_path / "other.proxy")
    assert ProxySimulator(tmp_path / "other.proxy", None).fallback is None
    old = {key: value for key, value in mixed_proxy.provenance.items() if key != "domain"}
    proxy.save(replace(mixed_proxy, provenance=old), tmp_path / "old.proxy")
    fallback = ProxySimulator(tmp_path / "old.proxy").fallback
    assert fallback is not None
    assert fallback.name == "native"


def test_problems_take_it_by_name_and_logs_tell_predictions_apart(path, mixed) -> None:
    space = make_space("archgym-pow2")
    problem = Problem(space, mixed, "latency with queue_entries <= 64", f"proxy:{path}", budget=50)
    evaluations = problem.evaluate(space.sample(np.random.default_rng(3), 50))
    assert {each.metrics["predicted"] for each in evaluations if each.metrics} <= {0.0, 1.0}
    assert problem.best.metrics["queue_entries"] <= 64


def test_bad_options_are_refused(path, tmp_path) -> None:
    with pytest.raises(ArchgymError, match="more than 0"):
        ProxySimulator(path, widest=0)
    with pytest.raises(ArchgymError, match="unknown coverage"):
        ProxySimulator(path, coverage=0.33)
    with pytest.raises(ArchgymError, match="unknown simulator 'natve'"):
        ProxySimulator(path, "natve")
    with pytest.raises(ArchgymError, match="can't read proxy"):
        simulators.make(f"proxy:{tmp_path / 'none'}")
