"""One trial: an agent with a seed and a budget on one problem."""

import json
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from archgym import agents, atomic, digest, domain, evaluation_log, simulators
from archgym.assembly import assemble
from archgym.domain import Platform
from archgym.errors import ArchgymError, DamagedError
from archgym.evaluation_log import LOG_SHA256, Journal, seal
from archgym.simulator import Simulator
from archgym.study import inputs
from archgym.study.parts import AgentSpec, WorkloadSpec
from archgym.texts import file_name
from archgym.workload import NamedWorkload


@dataclass(frozen=True)
class Trial:
    """Everything that determines one trial; small, and the same in every process.

    Attributes:
        domain: Name of the domain.
        options: All of the domain's options, sorted by name.
        space: Name of the space.
        simulator: Name of the simulator.
        workload: What to run.
        objective: Text of the objective.
        agent: Who searches.
        budget: Evaluations.
        seed_index: Number of the seed within the study.
        seed: The agent's seed.
        contents: What the simulator, the workload and the agent's files have to contain, as
            `archgym.study.inputs` has it; nothing if that does not matter.
    """

    domain: str
    options: tuple[tuple[str, Any], ...]
    space: str
    simulator: str
    workload: WorkloadSpec
    objective: str
    agent: AgentSpec
    budget: int
    seed_index: int
    seed: int
    contents: inputs.Contents = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """A name that is unique in the study and fit for a file."""
        labels = (self.workload.label, self.objective, self.agent.label)
        return file_name(*labels, str(self.seed_index))

    @property
    def settings(self) -> dict[str, Any]:
        """All that determines the trial but what files contain, as JSON has it."""
        of_files = inputs.files(self.agent)
        given = self.agent.hyperparameters.items()
        options = domain.load(self.domain).options
        settings = {
            "domain": self.domain,
            "space": self.space,
            **{name: value for name, value in self.options if not options[name].is_read},
            "workload": self.workload.label,
            "objective": self.objective,
            "algorithm": self.agent.agent,
            "hyperparameters": {name: True if name in of_files else value for name, value in given},
            "budget": self.budget,
            "seed": self.seed,
        }
        return dict(json.loads(json.dumps(settings)))

    @property
    def files(self) -> tuple[str, ...]:
        """Its journal, its summary and its sealed log."""
        return tuple(f"{self.name}.{ending}" for ending in ("jsonl", "json", "parquet"))

    def needs(self) -> Mapping[Hashable, Callable[[], Any]]:
        """Returns how to load the platform, the workload, the simulator and the agent's files."""
        files = inputs.files(self.agent).values()
        return {
            self._problem: partial(_load, *self._problem),
            self.simulator: partial(_simulator, self.simulator),
            **{path: path.read_bytes for path in files},
        }

    def run(self, folder: Path, given: Mapping[Hashable, Any] | None = None) -> None:
        """Runs the trial, or the rest of it, and seals its log as `NAME.parquet` in `folder`.

        Beside it, `NAME.json` sums the trial up. While it runs there is a journal, `NAME.jsonl`,
        from which a trial that was cut short goes on.

        Raises:
            ArchgymError: What the trial reads does not contain what it has to, or the journal is
                not this trial's.
        """
        began = time.perf_counter()
        agent_spec = self.agent
        if given is None:
            platform, workload = _load(*self._problem)
            simulator = _simulator(self.simulator)
        else:
            (platform, workload), simulator = given[self._problem], given[self.simulator]
            agent_spec = _with_files(agent_spec, given, folder)
        labels = {"trial": self.name, "agent": self.agent.label, "seed": self.seed}
        with Journal(folder / f"{self.name}.jsonl", **labels) as journal:
            problem = assemble(
                workload,
                self.space,
                self.objective,
                simulator,
                domain=self.domain,
                platform=platform,
                budget=self.budget,
                journal=journal,
            )
            recovered_seconds = problem.simulator_seconds
            loaded = time.perf_counter()
            hyperparameters = agent_spec.hyperparameters
            agent = agents.make(agent_spec.agent, problem.space, self.seed, **hyperparameters)
            # After everything has been read.
            self._check_contents(workload, simulator, agent_spec)
            agent.search(problem)
            ended = time.perf_counter()
            if problem.evaluations != journal.rows:
                raise ArchgymError(
                    f"{journal.path} is the journal of another trial: it has {journal.rows} steps, "
                    f"and this one {problem.evaluations}"
                )
            # A resumed agent searches from the start again, whereas the simulator does not.
            agent_seconds = ended - loaded - (problem.simulator_seconds - recovered_seconds)
            summary = {
                "schema_version": evaluation_log.SCHEMA_VERSION,
                "trial": self.name,
                "workload": self.workload.label,
                "workload_id": workload.id,
                "features": dict(
                    zip(problem.domain.features, workload.features.tolist(), strict=True)
                ),
                "objective": self.objective,
                "agent": self.agent.label,
                "seed_index": self.seed_index,
                "seed": self.seed,
                "simulator": problem.simulator.name,
                "simulator_version": problem.simulator.version,
                "evaluations": problem.evaluations,
                "simulations": problem.simulations,
                "default_cost": problem.default.cost,
                "best_cost": problem.best.cost if problem.best else None,
                "default_metrics": problem.default.metrics,
                "load_seconds": loaded - began,
                "simulator_seconds": problem.simulator_seconds,
                "agent_seconds": agent_seconds,
                "settings": self.settings,
                "contents": dict(self.contents),
            }

            def sum_up(log_sha256: str) -> None:
                document = digest.stamp({**summary, LOG_SHA256: log_sha256})
                replace_text(folder / f"{self.name}.json", json.dumps(document, indent=2))

            # The sealed log marks the end of the trial, so it comes last.
            seal(journal, sum_up)

    @property
    def _problem(self) -> tuple[str, tuple[tuple[str, Any], ...], WorkloadSpec]:
        """What the platform and the workload depend on."""
        return self.domain, self.options, self.workload

    def _check_contents(
        self, workload: NamedWorkload, simulator: Simulator, agent: AgentSpec
    ) -> None:
        """Checks that nothing was changed since the study began."""
        now = {
            **inputs.of_simulator(simulator),
            **inputs.of_workload(self.workload.label, workload),
            **inputs.of_files(agent),
        }
        change = inputs.change(self.contents, {name: now[name] for name in self.contents})
        if change is not None:
            raise ArchgymError(f"{change}: it was changed while the study runs")


# A worker keeps what it used last: trials come in order of their workloads, and a simulator keeps
# the workloads that it decoded.


@lru_cache(maxsize=1)
def _platform(name: str, options: tuple[tuple[str, Any], ...]) -> Platform:
    return domain.load(name).platform(dict(options))


@lru_cache(maxsize=2)
def _load(
    name: str, options: tuple[tuple[str, Any], ...], workload: WorkloadSpec
) -> tuple[Platform, NamedWorkload]:
    platform = _platform(name, options)
    return platform, workload.load(platform)


@lru_cache(maxsize=1)
def _simulator(name: str) -> Simulator:
    return simulators.make(name)


def _with_files(agent: AgentSpec, given: Mapping[Hashable, Any], folder: Path) -> AgentSpec:
    """Puts the files of an agent into a folder; returns the agent with their new paths."""
    paths = {}
    for name, path in inputs.files(agent).items():
        copy = folder / f"{name}{path.suffix}"
        copy.write_bytes(given[path])
        paths[name] = str(copy)
    return replace(agent, hyperparameters={**agent.hyperparameters, **paths})


_SUMMARY: Mapping[str, type[Any] | tuple[type[Any], ...]] = {
    "workload": str,
    "workload_id": str,
    "agent": str,
    "simulator": str,
    "simulator_version": str,
    "evaluations": int,
    "default_cost": (int, float),
    "default_metrics": dict,
    "simulator_seconds": (int, float),
    "agent_seconds": (int, float),
}
"""What of a summary is read again."""


def read_summary(log: Path, rows: int) -> dict[str, Any]:
    """Reads the summary of a trial that has ended.

    Args:
        log: The sealed log.
        rows: How many evaluations it has.

    Raises:
        ArchgymError: It can't be read.
        DamagedError: There is no summary, it is damaged, or of another number of evaluations.
    """
    summary = evaluation_log.read_summary(log)
    # Those of older studies have no digest.
    if summary is None or not all(
        isinstance(summary.get(name), kind) for name, kind in _SUMMARY.items()
    ):
        raise DamagedError(f"the summary of {log} is missing or damaged")
    if summary["evaluations"] != rows:
        raise DamagedError(
            f"{log} has {rows} evaluations, and its summary {summary['evaluations']}, so it is not "
            "the log of one trial"
        )
    return summary


def replace_text(path: Path, text: str) -> None:
    """Writes a file at once, so that nobody ever sees half of it."""
    with atomic.replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
