"""The columns of every environment's observations, in every released space: they never change."""

from dataclasses import dataclass
from typing import Any

import gymnasium
import pytest

from archgym import domain
from archgym.assembly import assemble
from archgym.dram.objectives import TERMS
from archgym.dram.workload import Workload
from archgym.envs import dram_parallel_env, observation_names
from archgym.envs.columns import sufficient_version
from archgym.envs.sequential import SequentialVectorEnv
from archgym.envs.vector import DesignVectorEnv
from archgym.errors import ArchgymError
from archgym.objectives import Least, Metrics

PAPER = """
    PagePolicy Scheduler SchedulerBuffer RequestBufferSize RespQueue RefreshPolicy
    RefreshMaxPostponed RefreshMaxPulledin Arbiter MaxActiveTransactions
"""
SPACES = {
    "archgym": PAPER,
    "archgym-pow2": PAPER,
    "common-v1": "AddressMapping PagePolicy RequestBufferSize",
    "controller-v1": """
        AddressMapping PagePolicy Scheduler LowWatermark HighWatermark SchedulerBuffer
        RequestBufferSize RequestBufferSizeRead RequestBufferSizeWrite CmdMux RespQueue
        RefreshPolicy RefreshMaxPostponed RefreshMaxPulledin PowerDownPolicy Arbiter
        MaxActiveTransactions
    """,
}
FEATURES = """
    length footprint size read_share turnarounds load burstiness dispersion row_locality
    row_locality_64 bank_spread bank_repeats sequential reuse reuse_1k reuse_16k initiators
    outstanding dependent think_time
"""
METRICS_0 = "runtime_ns latency_ns latency_p99_ns latency_max_ns energy_nj power_mw"
METRICS_1 = f"{METRICS_0} read_latency_ns read_latency_p99_ns bandwidth_gb_per_s queue_entries"
TERMS_0 = "runtime latency energy edp power"
TERMS_1 = f"{TERMS_0} latency_p99 read_latency read_latency_p99 bandwidth queue_entries"

# What comes between the design and the workload.
MIDDLE = {
    0: [("metric", METRICS_0), ("least", TERMS_0), ("limit", TERMS_0)],
    1: [("metric", METRICS_1), ("least", TERMS_1), ("limit", TERMS_1), ("floor", TERMS_1)],
}


def expected(version: int, space: str) -> tuple[str, ...]:
    groups = [("design", SPACES[space]), *MIDDLE[version], ("workload", FEATURES)]
    names = [f"{group}.{name}" for group, listed in groups for name in listed.split()]
    return (*names, "step")


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("version", MIDDLE)
def test_columns_of_whole_designs(version: int, space: str) -> None:
    assert observation_names(f"archgym/DRAM-v{version}", space) == expected(version, space)
    assert observation_names(f"archgym_dram_v{version}", space) == expected(version, space)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("version", MIDDLE)
def test_columns_one_parameter_a_step(version: int, space: str) -> None:
    turn = tuple(f"next.{name}" for name in SPACES[space].split())
    names = observation_names(f"archgym/DRAMSequential-v{version}", space)
    assert names == (*expected(version, space), *turn)


def test_there_are_no_other_versions() -> None:
    assert list(domain.load().columns) == list(MIDDLE)
    ids = {name for name in gymnasium.registry if name.startswith("archgym/")}
    assert ids == {f"archgym/{name}-v{v}" for name in ("DRAM", "DRAMSequential") for v in MIDDLE}
    with pytest.raises(ArchgymError, match="did you mean 'archgym/DRAM-v"):
        observation_names("archgym/DRAM-v2")
    with pytest.raises(ArchgymError, match="unknown version of the environments 2; known: 0, 1"):
        gymnasium.make("archgym/DRAM-v1", version=2)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("version", MIDDLE)
@pytest.mark.parametrize("objective", ["runtime", "archgym-both", "power with runtime <= 1.05x"])
def test_they_do_not_depend_on_the_objective(
    short_stream: Workload, version: int, space: str, objective: str
) -> None:
    arguments: dict[str, Any] = {
        "problem": assemble(short_stream, space=space, objective=objective)
    }
    whole = gymnasium.make(f"archgym/DRAM-v{version}", **arguments).unwrapped
    several = DesignVectorEnv(2, version=version, **arguments)
    for env in (whole, several):
        assert env.observation_names == expected(version, space)
    assert whole.observation_space.shape == (len(expected(version, space)),)
    assert several.single_observation_space.shape == whole.observation_space.shape
    by_parameter = gymnasium.make(f"archgym/DRAMSequential-v{version}", **arguments).unwrapped
    several = SequentialVectorEnv(2, version=version, **arguments)
    assert by_parameter.observation_names == several.observation_names
    assert by_parameter.observation_space.shape == (len(several.observation_names),)


@pytest.mark.parametrize("version", MIDDLE)
def test_teams_have_them_too(short_stream: Workload, version: int) -> None:
    pytest.importorskip("pettingzoo", reason="pettingzoo is not installed")
    team = dram_parallel_env(workload=short_stream, version=version)
    assert team.observation_names == observation_names(team.metadata["name"])
    assert team.observation_space("Arbiter").shape == (len(team.observation_names),)


NEWER = (
    "which version 0 of the environments does not show; take archgym/DRAM-v1, "
    r"archgym/DRAMSequential-v1 or parallel_env\(version=1\)"
)


@pytest.mark.parametrize("name", ["DRAM", "DRAMSequential"])
def test_version_0_refuses_what_it_does_not_show(short_stream: Workload, name: str) -> None:
    objective = "latency with queue_entries <= 64"
    with pytest.raises(ArchgymError, match=f"is about queue_entries, {NEWER}"):
        gymnasium.make(f"archgym/{name}-v0", workload=short_stream, objective=objective)
    with pytest.raises(ArchgymError, match=NEWER):
        gymnasium.make_vec(f"archgym/{name}-v0", workload=short_stream, objective=objective)
    gymnasium.make(f"archgym/{name}-v1", workload=short_stream, objective=objective)
    problem = assemble(short_stream, objective=objective)
    assert sufficient_version(problem) == 1
    assert sufficient_version(assemble(short_stream)) == 0


def test_lower_limits_are_shown_in_version_1(short_stream: Workload) -> None:
    objective = "energy with bandwidth >= 0.9x and latency_p99 <= 2x"
    env = gymnasium.make("archgym/DRAM-v1", workload=short_stream, objective=objective).unwrapped
    first = dict(zip(env.observation_names, env.reset()[0], strict=True))
    kinds = ("least.", "limit.", "floor.")
    assert {name: value for name, value in first.items() if name.startswith(kinds) and value} == {
        "least.energy": 1,
        "limit.latency_p99": 2,
        "floor.bandwidth": pytest.approx(0.9),
    }
    with pytest.raises(ArchgymError, match=f"latency_p99, bandwidth and a lower limit, {NEWER}"):
        gymnasium.make("archgym/DRAM-v0", workload=short_stream, objective=objective)


@dataclass(frozen=True)
class Beautiful(Least):
    """The least of a term, with a lower limit of another."""

    floor: str = "beauty"

    def floors(self, reference: Metrics) -> dict[str, float]:
        return {self.floor: 0.9}


def test_a_lower_limit_of_a_term_that_version_0_shows(short_stream: Workload) -> None:
    problem = assemble(short_stream, objective=Beautiful(TERMS["runtime"], "latency"))
    with pytest.raises(ArchgymError, match=f"about a lower limit, {NEWER}"):
        gymnasium.make("archgym/DRAM-v0", problem=problem)


def test_a_term_that_no_version_shows(short_stream: Workload) -> None:
    problem = assemble(short_stream, objective=Beautiful(TERMS["runtime"]))
    with pytest.raises(ArchgymError, match=r"about beauty, which version 1 .* does not show$"):
        gymnasium.make("archgym/DRAM-v1", problem=problem)
    assert sufficient_version(problem) == 1
