import pytest

from archgym.dram.device import Device
from archgym.dram.metrics import METRICS
from archgym.dram.standards import STANDARDS
from archgym.dram.testing.strategies import Access, make_workload, one_channel
from archgym.dram.workload import Workload
from archgym.simulators import simulate
from archgym.simulators.native import Native

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


def test_the_native_simulator_can_report_every_metric_of_the_schema():
    assert Native.metrics == set(METRICS)


@pytest.mark.parametrize("name", Device.names())
def test_commands_are_counted_that_the_device_has(name):
    device = one_channel(Device.load(name))
    rules = STANDARDS[device.standard].rules(device.timing, device.organization)
    reported = simulate({}, make_workload(device, [Access(0, 0, 0)]))
    counted = {metric for metric in reported if metric.startswith("commands_")}
    refreshes = {refresh.command for refresh in rules.refreshes.values()}
    for command in ("REFAB", "REFPB", "REFP2B", "REFSB"):
        assert (f"commands_{command.lower()}" in counted) == (command in refreshes)
    constrained = {following for edge in rules.constraints for following in edge.following}
    assert counted == {f"commands_{command.lower()}" for command in constrained}
