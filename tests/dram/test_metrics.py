import pytest

from archgym.dram.metrics import METRICS
from archgym.dram.workload import Workload
from archgym.simulators import simulate

SUFFIXES = {"ns": "_ns", "nJ": "_nj", "mW": "_mw", "GB/s": "_gb_per_s"}


@pytest.mark.parametrize("name", list(METRICS))
def test_names_end_with_their_unit(name):
    metric = METRICS[name]
    assert metric.name == name
    assert metric.description
    if metric.unit:
        assert name.endswith(SUFFIXES[metric.unit])


def test_the_native_simulator_reports_metrics_of_the_schema():
    reported = simulate({}, Workload.load("mixed", requests=200))
    assert set(reported) <= set(METRICS)
