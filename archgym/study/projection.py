"""What a study will take, from short probes of its agents and workloads.

A *probe* is the beginning of a trial: of each agent on the first workload that it is to run on, and
of random search on every workload, which tells how long designs take to simulate there. Probes run
in processes of their own with a journal in a temporary folder, so nothing of the study changes by
them. All times are of the processor, since a machine that does something else meanwhile says
nothing about the study.

What an agent does by itself (to propose, to learn, to keep the log) is extrapolated to its budget
as `a + b n` for its `n`-th evaluation: models of the costs take longer with every design.
"""

import json
import os
import resource
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archgym import agents, domain, simulators
from archgym.assembly import assemble
from archgym.evaluation_log import Journal
from archgym.parameter import Design
from archgym.problem import BudgetExhausted, Evaluation, Problem
from archgym.simulator import Outcome, Simulator
from archgym.study.parts import AgentSpec
from archgym.study.processes import LocalProcesses
from archgym.study.trial import Trial

SHARE = 0.02
"""The most of a study's evaluations that probes may repeat."""

# Evaluations of a probe: a quarter of the budget, within limits. After fewer, the Parzen estimator
# of Optuna, with a thousand to go, does not show yet how much it slows down.
_ENOUGH = 64
_SHARE_OF_BUDGET = 4
_TOO_FEW = 16
# A probe goes on until it has lasted so long, and never much longer than that; wall-clock seconds.
_LEAST_SECONDS = 0.25
_MOST_SECONDS = 10.0
# Steps of an agent, the fewest that can show whether it slows down.
_STEPS = 8

_RANDOM = AgentSpec("", "random_search", {})


@dataclass(frozen=True)
class Projection:
    """What trials are about to take.

    Attributes:
        trials: How many there are.
        evaluations: Of all trials.
        core_seconds: Time of one processor core for all of them.
        longest: Likewise, for the trial that takes longest.
        workers: How many trials run at the same time.
    """

    trials: int
    evaluations: int
    core_seconds: float
    longest: float
    workers: int

    @property
    def seconds(self) -> float:
        """The time until the end, if each worker has a core of its own."""
        return max(self.longest, self.core_seconds / self.workers)

    def __str__(self) -> str:
        """Returns e.g. `1,440 trials, 7,200,000 evaluations: about 3.1 core-hours, ...`."""
        size, unit = _in_words(self.core_seconds)
        text = f"{self.trials:,} trials, {self.evaluations:,} evaluations: about {size} core-{unit}"
        if self.workers > 1:
            text += ", {} {} with {} workers".format(*_in_words(self.seconds), self.workers)
        return text


def project(trials: Sequence[Trial], workers: int = 1) -> Projection | None:
    """Projects what trials will take.

    Args:
        trials: Those that are to be run.
        workers: How many will run at the same time. Probes run on this machine, at most as many
            as it has cores.

    Returns:
        The projection; `None` where probes would be more than a small `SHARE` of the trials, or
        where one fails, since its trial will tell why.
    """
    sizes = _sizes(trials)
    if sizes is None:
        return None
    of_agents, of_workloads = _probes(trials, sizes)
    with TemporaryDirectory() as name:
        folder = Path(name)
        probes = [*of_agents.values(), *of_workloads.values()]
        here = LocalProcesses(min(workers, os.cpu_count() or 1))
        if any(failure for _, failure in here.execute(probes, folder)):
            return None
        agent = {label: probe.found(folder) for label, probe in of_agents.items()}
        workload = {label: probe.found(folder) for label, probe in of_workloads.items()}
    seconds = []
    for trial in trials:
        found = agent[trial.agent.label]
        # Designs that an agent likes may take longer, or less long, than others.
        probed = workload[of_agents[trial.agent.label].trial.workload.label]
        pace = found.design_seconds / probed.design_seconds if probed.design_seconds else 1.0
        simulated = found.simulated(trial.budget) * pace + 1  # The default design too.
        seconds.append(
            found.own_seconds(trial.budget)
            + simulated * workload[trial.workload.label].design_seconds
        )
    workers = min(workers, len(trials))
    # Every worker loads what it needs.
    loading = sum(each.load_seconds for each in workload.values()) * workers
    return Projection(
        len(trials),
        sum(trial.budget for trial in trials),
        sum(seconds) + loading,
        max(seconds),
        workers,
    )


def _sizes(trials: Sequence[Trial]) -> dict[str, int] | None:
    """Returns the evaluations of each agent's probe, by label; `None` if they are not worth it."""
    budgets = {trial.agent.label: trial.budget for trial in trials}
    wanted = {
        label: min(budget, max(_ENOUGH, budget // _SHARE_OF_BUDGET))
        for label, budget in budgets.items()
    }
    of_workloads = _TOO_FEW * len({trial.workload for trial in trials})
    allowed = SHARE * sum(trial.budget for trial in trials) - of_workloads
    share = min(1.0, allowed / max(1, sum(wanted.values())))
    sizes = {label: int(share * size) for label, size in wanted.items()}
    too_few = any(size < min(_TOO_FEW, budgets[label]) for label, size in sizes.items())
    return None if too_few or not sizes else sizes


def _probes(
    trials: Sequence[Trial], sizes: dict[str, int]
) -> tuple[dict[str, "_Probe"], dict[str, "_Probe"]]:
    """Returns the probes of agents and of workloads, by label."""
    of_agents: dict[str, _Probe] = {}
    of_workloads: dict[str, _Probe] = {}
    for trial in trials:
        label = trial.agent.label
        if label not in of_agents:
            of_agents[label] = _Probe(f"agent-{len(of_agents)}", trial, sizes[label])
        if trial.workload.label not in of_workloads:
            of_workloads[trial.workload.label] = _Probe(
                f"workload-{len(of_workloads)}", replace(trial, agent=_RANDOM), _TOO_FEW
            )
    return of_agents, of_workloads


@dataclass(frozen=True)
class _Found:
    """What a probe found out.

    Attributes:
        load_seconds: Until the default design was simulated, for the first time in a process.
        evaluations: How many there had been after each step, from 0; shape `[steps + 1]`.
        own: Time since the agent was made, without the simulator's; likewise.
        designs: Designs simulated; likewise.
        simulator_seconds: For those designs.
    """

    load_seconds: float
    evaluations: NDArray[np.float64]
    own: NDArray[np.float64]
    designs: NDArray[np.float64]
    simulator_seconds: float

    @property
    def design_seconds(self) -> float:
        """The time to simulate a design."""
        return self.simulator_seconds / max(1.0, float(self.designs[-1]))

    def own_seconds(self, budget: int) -> float:
        """Returns what a whole trial takes without the simulator."""
        return _extrapolate(self.evaluations, self.own, budget, may_grow=True)

    def simulated(self, budget: int) -> float:
        """Returns how many designs of a whole trial are simulated."""
        return _extrapolate(self.evaluations, self.designs, budget, may_grow=False)


def _extrapolate(
    steps: NDArray[np.float64], total: NDArray[np.float64], budget: int, *, may_grow: bool
) -> float:
    """Returns what a total that is known after some evaluations will be after all.

    The first quarter is left out of the fit: agents often begin with designs at random.

    Args:
        steps: Evaluations, ascending, shape `[n]`.
        total: What there was after so many; likewise.
        budget: All evaluations.
        may_grow: Whether an evaluation may add more than those before it did.
    """
    last = steps[-1]
    left = budget - last
    if left <= 0 or last == 0:
        return float(total[-1])
    late = steps[:-1] >= last / 4
    if not late.any():  # A batch that large leaves no choice.
        late[:] = True
    weight = np.diff(steps)[late]
    at = (steps[:-1] + steps[1:])[late] / 2
    each = np.diff(total)[late] / weight
    middle, rate = np.average(at, weights=weight), np.average(each, weights=weight)
    spread = (weight * (at - middle) ** 2).sum()
    if may_grow and len(at) >= _STEPS and spread > 0:
        growth = (weight * (at - middle) * each).sum() / spread
        rest = each - rate - growth * (at - middle)
        error = np.sqrt((weight * rest**2).sum() / (len(at) - 2) / spread)
        # What could be chance, extrapolated far, would be nonsense.
        if growth > 2 * error:
            rate += growth * ((last + budget) / 2 - middle)
    return float(total[-1] + left * rate)


@dataclass(frozen=True)
class _Probe:
    """The job of beginning a trial, to see how long it takes."""

    name: str
    trial: Trial
    evaluations: int

    @property
    def files(self) -> tuple[str, ...]:
        return (f"{self.name}.json",)

    def needs(self) -> Mapping[Hashable, Callable[[], Any]]:
        return {}  # It runs on this machine, and takes the time that loading takes.

    def run(self, folder: Path, given: Mapping[Hashable, Any] | None = None) -> None:
        """Runs the probe and writes `NAME.json`."""
        trial = self.trial
        began = _cpu_seconds()
        platform = domain.load(trial.domain).platform(dict(trial.options))
        simulator = _Timed(simulators.make(trial.simulator))
        with Journal(folder / f"{self.name}.jsonl") as journal:
            problem = assemble(
                trial.workload.load(platform),
                trial.space,
                trial.objective,
                simulator,
                domain=trial.domain,
                platform=platform,
                budget=trial.budget,
                journal=journal,
                kind=_Beginning,
            )
            assert isinstance(problem, _Beginning)
            assert problem.default
            load_seconds = _cpu_seconds() - began
            hyperparameters = trial.agent.hyperparameters
            # Twice, since the first one may have to import what it needs.
            for _ in range(2):
                simulator.reset()
                problem.begin(self.evaluations)
                agent = agents.make(trial.agent.agent, problem.space, trial.seed, **hyperparameters)
            with suppress(BudgetExhausted):
                agent.search(problem)
        found = {
            "load_seconds": load_seconds,
            "steps": problem.steps,
            "simulator_seconds": simulator.seconds,
        }
        (folder / f"{self.name}.json").write_text(json.dumps(found), encoding="utf-8")

    def found(self, folder: Path) -> _Found:
        """Returns what `run` wrote."""
        found = json.loads((folder / f"{self.name}.json").read_text(encoding="utf-8"))
        evaluations, own, designs = np.array(found["steps"]).T
        return _Found(found["load_seconds"], evaluations, own, designs, found["simulator_seconds"])


class _Timed(Simulator):
    """Another simulator, whose time is taken."""

    def __init__(self, simulator: Simulator) -> None:
        self.name = simulator.name  # type: ignore[misc]
        self.version = simulator.version
        self.parameters = simulator.parameters
        self.metrics = simulator.metrics
        self._simulator = simulator
        self.reset()

    def reset(self) -> None:
        """Sets the counts to zero."""
        self.seconds = 0.0
        self.designs = 0

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        began = _cpu_seconds()
        outcomes = self._simulator.evaluate(designs, workload)
        self.seconds += _cpu_seconds() - began
        self.designs += len(designs)
        return outcomes


class _Beginning(Problem):
    """A problem whose budget ends early: after some evaluations, or when time is up.

    Until then agents see the whole budget, by which some of them plan.
    """

    def begin(self, enough: int) -> None:
        """Starts the clocks."""
        assert isinstance(self.simulator, _Timed)
        self._timed = self.simulator
        self._enough = enough
        self._wall_began = time.perf_counter()
        self._cpu_began = _cpu_seconds()
        self.steps = [(0, 0.0, 0)]

    @property
    def remaining(self) -> int:
        lasted = time.perf_counter() - self._wall_began
        if lasted > _MOST_SECONDS or (self.evaluations >= self._enough and lasted > _LEAST_SECONDS):
            return 0
        return super().remaining

    def evaluate(self, designs: Sequence[Design]) -> list[Evaluation]:
        evaluations = super().evaluate(designs)
        own = _cpu_seconds() - self._cpu_began - self._timed.seconds
        if designs:
            self.steps.append((self.evaluations, own, self._timed.designs))
        return evaluations


def _cpu_seconds() -> float:
    """Returns the processor's time of this process and of those that it has run."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _in_words(seconds: float) -> tuple[str, str]:
    """Returns a duration to two digits, and its unit."""
    for unit, length in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 0.95 * length:
            return _rounded(seconds / length), unit
    return _rounded(seconds), "seconds"


def _rounded(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"
