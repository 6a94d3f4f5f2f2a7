"""Samples of a formula that behaves like a simulator, and of the native one."""

import numpy as np
import pytest

from archgym import domain, proxy, simulators
from archgym.dram.spaces import make_space
from archgym.dram.workload import Workload
from archgym.proxy.coding import Coding
from archgym.proxy.samples import Samples
from archgym.proxy.workloads import Facts


def measured(workload: Workload, designs: int, seed: int = 0) -> Samples:
    """Random distinct designs of archgym-pow2 on a workload, natively simulated."""
    native = simulators.make("native")
    coding = Coding(make_space("archgym-pow2"))
    drawn = coding.space.sample(np.random.default_rng(seed), 3 * designs)
    feasible = [each for each in drawn if coding.space.infeasibility(each) is None]
    codes = coding.codes(np.array([coding.space.encode(each) for each in feasible]))
    chosen = np.sort(np.unique(coding.keys(codes), return_index=True)[1])[:designs]
    outcomes = native.evaluate([feasible[row] for row in chosen], workload)
    (anchor,) = native.evaluate([coding.space.default], workload)
    metrics = tuple(name for name in domain.load().learned if name in anchor)
    return Samples(
        coding,
        codes[chosen],
        np.zeros(len(chosen), np.int64),
        metrics,
        np.array([[each[name] for name in metrics] for each in outcomes]),
        (Facts(workload.id, anchor, tuple(workload.features), "ddr4-2400"),),
        f"native {native.version}",
    )


@pytest.fixture(scope="session")
def mixed() -> Workload:
    return Workload.load("mixed", requests=300)


@pytest.fixture(scope="session")
def mixed_samples(mixed: Workload) -> Samples:
    return measured(mixed, 1500)


@pytest.fixture(scope="session")
def many_samples() -> Samples:
    """Six short workloads, other designs on each."""
    names = ("mixed", "stream", "random", "zipf", "cloud-1", "bursty")
    loaded = [Workload.load(name, requests=200) for name in names]
    return proxy.join([measured(each, 250, seed) for seed, each in enumerate(loaded)])


@pytest.fixture(scope="session")
def mixed_proxy(mixed_samples: Samples) -> proxy.Proxy:
    return proxy.train(mixed_samples.take(np.arange(1200)), "mlp", effort=0.7)


@pytest.fixture(scope="session")
def path(mixed_proxy: proxy.Proxy, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("proxy") / "mixed.proxy"
    proxy.save(mixed_proxy, path)
    return path


@pytest.fixture(scope="session")
def transfer_path(many_samples: Samples, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("proxy") / "many.proxy"
    proxy.save(proxy.train(many_samples, "forest", effort=0.05), path)
    return path
