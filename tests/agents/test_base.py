"""What all agents share: settings, names, feasible samples, and an example in the docstring."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym import agents, make_space
from archgym.agents import AskTellAgent
from archgym.agents.random_search import RandomSearch
from archgym.condition import Condition
from archgym.errors import ArchgymError, MissingExtraError
from archgym.extras import EXTRAS
from archgym.parameter import Parameter
from archgym.problem import Problem
from archgym.space import DesignSpace
from archgym.testing import FormulaSimulator, FormulaWorkload
from archgym.testing.agents import POINT_SPACE, SPACE

# Agent -> what it needs beyond the core, as imported.
NEEDS = {
    "ant_colony": None,
    "bayesian_optimization": "skopt",
    "genetic_algorithm": None,
    "grid": None,
    "optuna": "optuna",
    "random_search": None,
    "random_walk": None,
    "simulated_annealing": None,
    "sobol": "scipy",
    "ppo": "stable_baselines3",
    "a2c": "stable_baselines3",
    "dqn": "stable_baselines3",
    "sac": "stable_baselines3",
    "ippo": "torch",
    "mappo": "torch",
    "rllib_ppo": "ray",
    "proxy_search": "scipy",
}
BUILT_IN = tuple(NEEDS)

SEARCH_ONLY = {"ppo", "a2c", "dqn", "sac", "ippo", "mappo", "rllib_ppo"}


def test_built_in_agents_are_found() -> None:
    assert set(BUILT_IN) <= set(agents.registry.names())


class Without:
    """Finds no package of a name, as if it were not installed."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == self.package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.parametrize("name", [name for name, needed in NEEDS.items() if needed])
def test_missing_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = NEEDS[name]
    assert package is not None
    for module in [module for module in sys.modules if module.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Without(package), *sys.meta_path])
    for module in (name, "_rllib_env", "_stable_baselines", "ippo"):
        monkeypatch.delitem(sys.modules, f"archgym.agents.{module}", raising=False)
    extra = EXTRAS[package]
    with pytest.raises(MissingExtraError) as raised:
        agents.make(name, SPACE, 0)
    assert str(raised.value) == (
        f"agent '{name}' needs {package}, which is not installed; "
        f"run: pip install 'archgym[{extra}]'"
    )


def test_a_space_without_parameters_is_refused() -> None:
    with pytest.raises(ArchgymError, match="space nothing needs parameters"):
        DesignSpace("nothing", [])


def test_a_budget_of_0_is_refused() -> None:
    simulator = FormulaSimulator(SPACE, lambda _: {"runtime_ns": 1.0, "refresh_debt_ns": 0.0})
    with pytest.raises(ArchgymError, match="a budget is at least 1 evaluation, not 0"):
        Problem(SPACE, FormulaWorkload(), "runtime", simulator, budget=0)


def test_neighbours_are_feasible_and_there_is_always_one() -> None:
    agent = RandomSearch(SPACE, 0)
    for design in agent.sample(200):
        assert SPACE.infeasibility(agent.neighbour(design)) is None
    assert RandomSearch(POINT_SPACE, 0).neighbour(POINT_SPACE.default) == POINT_SPACE.default


@pytest.mark.parametrize("name", BUILT_IN)
def test_docstring_has_an_example(name: str) -> None:
    assert ">>> " in (agents.registry.load(name).__doc__ or "")


@pytest.mark.parametrize(
    ("name", "hyperparameters", "message"),
    [
        ("genetic_algoritm", {}, "did you mean 'genetic_algorithm'"),
        ("genetic_algorithm", {"populaton": 8}, "did you mean 'population'"),
        ("genetic_algorithm", {"entropy": 0.1}, "unknown hyperparameter of GeneticAlgorithm"),
        ("ippo", {"discount": 0.9}, "'discount' of IPPO is now called 'gamma'"),
        ("mappo", {"entropy": 0.1}, "'entropy' of MAPPO is now called 'ent_coef'"),
        ("ippo", {"trace": 0.9}, "'trace' of IPPO is now called 'gae_lambda'"),
        ("dqn", {"updates": 2}, "'updates' of DQN is now called 'gradient_steps'"),
        ("sac", {"mixing": 0.1}, "'mixing' of SAC is now called 'tau'"),
        ("genetic_algorithm", {"population": 1}, "a whole number from 2 to 10000, not 1"),
        ("genetic_algorithm", {"population": 8.5}, "a whole number from 2"),
        ("genetic_algorithm", {"population": True}, "a whole number from 2"),
        ("genetic_algorithm", {"crossover": "high"}, "a number from 0.0 to 1.0, not 'high'"),
        ("genetic_algorithm", {"crossover": float("nan")}, "a number from 0.0 to 1.0, not nan"),
        ("bayesian_optimization", {"surrogate": "extra_tree"}, "did you mean 'extra_trees'"),
        ("random_search", {"population": 8}, "no hyperparameter 'population'"),
    ],
)
def test_bad_names_and_settings(name: str, hyperparameters: dict, message: str) -> None:
    with pytest.raises(ArchgymError, match=message):
        agents.make(name, SPACE, 0, **hyperparameters)


def test_whole_number_is_a_number() -> None:
    agent = agents.make("genetic_algorithm", SPACE, 0, crossover=1, mutations=2)
    assert agent.hyperparameters.crossover == 1


@given(st.integers(0, 10**9))
def test_samples_are_feasible(seed: int) -> None:
    samples = RandomSearch(SPACE, seed).sample(20)
    assert all(SPACE.infeasibility(design) is None for design in samples)


def test_sampling_a_space_with_hardly_any_feasible_design_ends() -> None:
    space = DesignSpace(
        "hopeless",
        [Parameter("A", range(1000), 7)],
        infeasible={Condition("A", not_in=(7,)): "only 7 works"},
    )
    assert len(RandomSearch(space, 0).sample(5)) == 5


@pytest.mark.slow
def test_searches_do_not_depend_on_the_hash_seed() -> None:
    script = f"""
from archgym import agents
from archgym.assembly import assemble
from archgym.dram.workload import Workload
workload = Workload.load("mixed", requests=100)
for name in {BUILT_IN}:
    problem = assemble(workload, objective="latency", budget=45)
    agent = agents.make(name, problem.space, 3)
    agent.search(problem)
    print(name, problem.best, agent.ask(3) if hasattr(agent, 'ask') else agent.sample(3))
"""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]


def test_agents_that_are_asked_propose_designs_of_the_released_space() -> None:
    space = make_space("archgym")
    for name in set(BUILT_IN) - SEARCH_ONLY:
        agent = agents.make(name, space, 0)
        assert isinstance(agent, AskTellAgent)
        (design,) = agent.ask(1)
        assert space.validate(design) == design


def test_agents_that_learn_from_what_they_saw_are_not_asked_and_told() -> None:
    for name in SEARCH_ONLY:
        agent = agents.registry.load(name)
        assert not issubclass(agent, AskTellAgent)
        assert not hasattr(agent, "tell")


@pytest.mark.parametrize("path", [".", "nowhere.proxy", "é" * 300])
def test_what_is_no_file_is_refused_where_one_is_needed(path: str) -> None:
    with pytest.raises(ArchgymError, match="hyperparameter proxy: there is no file"):
        agents.configure(agents.registry.load("proxy_search"), {"proxy": path})
