"""Every build of the core gives the same results, to the last bit."""

import importlib

import pytest

import archgym
from archgym.simulators.native import Native, _portable, lowering, simulator

BUILDS = ["_portable"]
if _portable.PROCESSOR_HAS_AVX2:
    BUILDS.append("_avx2")
DEVICES = ["ddr3-1600", "ddr4-2400", "ddr4-2400-2rank-xor", "ddr5-4800", "lpddr4-3200", "hbm2"]


@pytest.fixture
def native_with(monkeypatch):
    def make(build):
        core = importlib.import_module(f"archgym.simulators.native.{build}")
        for module in (lowering, simulator):
            monkeypatch.setattr(module, "_core", core)
        return Native()

    return make


@pytest.mark.parametrize("device", DEVICES)
def test_builds_agree(native_with, device):
    workload = archgym.Workload.load("random", requests=3000, device=device)
    candidates = [
        {"Scheduler": scheduler, "RequestBufferSize": size, "PagePolicy": policy}
        for scheduler in ("Fifo", "FrFcfs", "FrFcfsGrp", "GrpFrFcfs", "GrpFrFcfsWm")
        for size in (1, 8, 100)
        for policy in ("Open", "ClosedAdaptive")
    ]
    results = [native_with(build).evaluate(candidates, workload) for build in BUILDS]
    assert all(result == results[0] for result in results)
    assert all("runtime_ns" in metrics for metrics in results[0])
