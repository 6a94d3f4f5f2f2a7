"""The domain as archgym sees it: run where cache-gym is installed."""

import gymnasium
import numpy as np
import pytest
from cache_gym.simulator import FIGURES, CacheSimulator
from cache_gym.workload import FEATURES, PROGRAMS, AccessTrace
from gymnasium.utils.env_checker import check_env

from archgym.assembly import assemble
from archgym.errors import ArchgymError
from archgym.testing import check_simulator


def test_the_simulator_keeps_its_contract():
    check_simulator(CacheSimulator(), AccessTrace("sort"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_is_a_workload_of_its_own(name):
    trace = AccessTrace(name)
    assert trace.address.shape == trace.size.shape == trace.is_write.shape == (100_000,)
    assert len(trace.features) == len(FEATURES)
    assert ((trace.features >= 0) & (trace.features <= 1)).all()


def test_a_larger_cache_takes_more_of_everything():
    for (level, kib, *shape), figures in FIGURES.items():
        larger = FIGURES.get((level, 2 * kib, *shape))
        assert larger is None or all(np.less(figures, larger))


def test_designs_differ_as_they_should():
    problem = assemble(domain="cache", workload="sort", objective="misses", budget=4)
    plain, next_line, small, impossible = problem.evaluate(
        [{}, {"prefetcher": "next-line"}, {"l1_kib": 8}, {"l1_kib": 64, "l2_kib": 64}]
    )
    assert next_line.cost < plain.cost
    assert small.metrics["area_mm2"] < plain.metrics["area_mm2"]
    assert small.metrics["l1_misses"] > plain.metrics["l1_misses"]
    assert impossible.failure == "the second level is no larger than the first"


def test_what_is_not_there_is_refused():
    for names, message in (
        ({"workload": "bsf"}, "unknown workload 'bsf'; did you mean 'bfs'"),
        ({"space": "cache-v2"}, "unknown space 'cache-v2'; did you mean 'cache-v1'"),
        ({"objective": "area"}, "rewards small caches"),
        ({"device": "ddr4-2400"}, "unknown key 'device'"),
    ):
        with pytest.raises(ArchgymError, match=message):
            assemble(**({"domain": "cache"} | names))


@pytest.mark.parametrize("kind", ["Cache", "CacheSequential"])
def test_there_are_environments(kind):
    environment = gymnasium.make(f"cache_gym:cache_gym/{kind}-v0", workload="sort")
    check_env(environment.unwrapped)
