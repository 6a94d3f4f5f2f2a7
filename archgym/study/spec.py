"""What a study consists of, read from TOML or given as options."""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Self

import numpy as np

from archgym import agents, simulators
from archgym import domain as domains
from archgym.documents import parse_toml, read_toml
from archgym.domain import Domain, Platform
from archgym.errors import ArchgymError, unknown
from archgym.study import inputs, toml
from archgym.study.inputs import Inputs
from archgym.study.parts import AgentSpec, WorkloadSpec
from archgym.study.sweep import expand
from archgym.study.trial import Trial
from archgym.texts import check_printable

MOST_COUNTED = 10**8
"""The largest budget, and the most seeds."""

MOST_TRIALS = 10**5
"""The most trials of a study; each leaves two files in one folder."""


@dataclass(frozen=True)
class Spec:
    """What a comparison of agents consists of; made by `load` or `from_mapping`.

    Attributes:
        name: What it is called.
        domain: Name of the domain.
        options: All of the domain's options, sorted by name.
        space: Name of the design space.
        simulator: Name of the simulator.
        budget: Evaluations per trial.
        seeds: Trials of each agent on each problem.
        seed: From which the trials' seeds derive.
        objectives: Texts of the objectives.
        workloads: What to run.
        agents: Who searches.
    """

    name: str
    budget: int
    seeds: int
    workloads: tuple[WorkloadSpec, ...]
    agents: tuple[AgentSpec, ...]
    objectives: tuple[str, ...]
    space: str
    simulator: str
    options: tuple[tuple[str, Any], ...]
    domain: str = domains.DEFAULT
    seed: int = 0

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a study from a TOML file and checks every name in it.

        Raises:
            ArchgymError: The file is not a study; the message names the file and the key.
        """
        study = cls.parse(path)
        study.check(str(path))
        return study

    @classmethod
    def parse(cls, path: str | Path, *, checked: bool = True) -> Self:
        """Reads a study without loading anything that it names.

        Args:
            path: The TOML file.
            checked: Whether the spec in a study's folder has to be what was written there.

        Raises:
            ArchgymError: The file can't be read or lacks the form of a study.
            DamagedError: It is the spec of a study's folder, and not what was written there.
        """
        path = Path(path)
        if checked:
            inputs.check_spec(path)
        if path.is_dir():
            own = path / "spec.toml"
            hint = f"; the study in it is {own}" if own.exists() else ""
            raise ArchgymError(f"a study is a TOML file, and {path} is a folder{hint}")
        return cls._of(read_toml(path), str(path), path.stem)

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any], source: str) -> Self:
        """Makes a study of the keys and values that a TOML file would have, and checks every name.

        Args:
            document: Keys and values; the package's docstring lists them.
            source: Where they come from, for error messages, e.g. `"options"`.

        Raises:
            ArchgymError: It is not a study.
        """
        study = cls.parse_mapping(document, source)
        study.check(source)
        return study

    @classmethod
    def parse_mapping(cls, document: Mapping[str, Any], source: str) -> Self:
        """Makes a study as `from_mapping` does, without loading anything that it names.

        Raises:
            ArchgymError: The document lacks the form of a study.
        """
        return cls._of(document, source, "study")

    @classmethod
    def _of(cls, document: Mapping[str, Any], source: str, name: str) -> Self:
        study = cls(**_values(document, source, name))
        trials = study.count_trials()
        if trials > MOST_TRIALS:
            raise ArchgymError(
                f"{source}: a study of {trials:,} trials is too large, at most {MOST_TRIALS:,} are "
                "run"
            )
        return study

    def to_mapping(self) -> dict[str, Any]:
        """Returns what `from_mapping` takes, every key given."""
        document = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        document |= document.pop("options")
        document["workloads"] = [workload_document(workload) for workload in self.workloads]
        # Tables come last in TOML.
        del document["agents"]
        document["agents"] = {agent.label: _agent_document(agent) for agent in self.agents}
        return document

    def to_toml(self) -> str:
        """Returns the text of a TOML file that describes the study, once it was read back.

        Raises:
            ArchgymError: What is read back is another study.
        """
        text = toml.dumps(self.to_mapping())
        if type(self).parse_mapping(parse_toml(text, "the study"), "the study") != self:
            raise ArchgymError("the study would be another one when read back from its TOML")
        return text

    @property
    def trials(self) -> list[Trial]:
        """All trials; those of one workload follow each other."""
        most = max(agent.seeds or self.seeds for agent in self.agents)
        seeds = [_seed(self.seed, index) for index in range(most)]
        return [
            Trial(
                self.domain,
                self.options,
                self.space,
                self.simulator,
                workload,
                objective,
                agent,
                agent.budget or self.budget,
                index,
                seeds[index],
            )
            for workload in self.workloads
            for objective, index, agent in product(
                workload.objectives or self.objectives, range(most), self.agents
            )
            if index < (agent.seeds or self.seeds)
        ]

    def count_trials(self) -> int:
        """Returns how many trials there are, without making them."""
        problems = sum(len(each.objectives or self.objectives) for each in self.workloads)
        return problems * sum(agent.seeds or self.seeds for agent in self.agents)

    def check(self, source: str) -> Inputs:
        """Looks up every name and loads every workload, so that no trial can fail on a mistake.

        Returns:
            What the study reads, with the contents that it has now.

        Raises:
            ArchgymError: A name or value is not known; the message names `source` and the key.
        """
        contents: dict[str, str] = {}
        domain = domains.load(self.domain)
        platform = self._platform(source, domain)
        contents |= platform.contents
        with _blame(source, "space"):
            platform.space(self.space)
        with _blame(source, "simulator"):
            simulator = simulators.make(self.simulator)
            contents |= inputs.of_simulator(simulator)
        for objective in self.objectives:
            with _blame(source, "objectives"):
                domain.objective(objective)
        for workload in self.workloads:
            for objective in workload.objectives or ():
                with _blame(source, f"workloads, objectives of {workload.label}"):
                    domain.objective(objective)
        load = cache(agents.registry.load)  # Searches all packages.
        for agent in self.agents:
            with _blame(source, f"agents.{agent.label}"):
                agents.configure(load(agent.agent), agent.hyperparameters)
                contents |= inputs.of_files(agent)
        for workload in self.workloads:
            where = f"{workload.label} on {platform.name}"
            with _blame(source, f"workloads, {where}"):
                loaded = workload.load(platform)
                contents |= inputs.of_workload(workload.label, loaded)
            # Any values will do: an objective complains of metrics that are not there.
            measured = dict.fromkeys(simulator.reported(loaded), 1.0)
            for objective in workload.objectives or self.objectives:
                with _blame(source, f"objectives, {objective!r} of {where}"):
                    domain.objective(objective).cost(measured, measured)
        # Some file systems take large and small letters for the same.
        for name, count in Counter(trial.name.lower() for trial in self.trials).items():
            if count > 1:
                raise ArchgymError(f"{source}: two trials would be called {name}; rename one")
        return Inputs(contents, platform.document)

    def _platform(self, source: str, domain: Domain) -> Platform:
        """Settles the options of the domain; an error names the one that is read."""
        read = [name for name, option in domain.options.items() if option.is_read]
        with _blame(source, " or ".join(read) or "domain"):
            return domain.platform(dict(self.options))


def _values(document: Mapping[str, Any], source: str, name: str) -> dict[str, Any]:
    """Returns the fields of a study from a document that has the form of one."""
    domain_name = document.get("domain", domains.DEFAULT)
    with _blame(source, "domain"):
        if not isinstance(domain_name, str):
            raise ArchgymError(f"must be a text, not {domain_name!r}")
        domain = domains.load(domain_name)
    defaults = domain.defaults
    document = {
        "name": name,
        "objectives": (defaults.objective,),
        "space": defaults.space,
        "simulator": defaults.simulator,
        **document,
    }
    for key, value in document.items():
        if key not in _READERS and key not in domain.options:
            raise _at(source, unknown("key", key, [*_READERS, *domain.options]))
        with _blame(source, key):
            _check_values(value)
    for key in ("budget", "seeds", "workloads", "agents"):
        if key not in document:
            raise ArchgymError(f"{source}: key {key!r} is missing, {_EXPECTED[_READERS[key]]}")
    values: dict[str, Any] = {}
    for key, reader in _READERS.items():
        if key not in document:
            continue
        value = document[key]
        with _blame(source, key):
            values[key] = reader(value)
        if values[key] is None:
            raise ArchgymError(f"{source}: {key} must be {_EXPECTED[reader]}, not {value!r}")
    with _blame(source, "workloads"):
        values["workloads"] = tuple(
            replace(each, options=domain.read_workload_options(dict(each.options)))
            for each in values["workloads"]
        )
    with _blame(source, "agents"):
        values["agents"] = tuple(_swept(values["agents"], values.get("seed", 0)))
    given = {key: value for key, value in document.items() if key in domain.options}
    try:
        options = domain.settle(given)
    except ArchgymError as error:
        raise ArchgymError(f"{source}: {error}") from error
    return values | {"options": tuple(sorted(options.items()))}


def _check_values(value: Any) -> None:
    """Refuses what would not be the same in the written spec, wherever it stands in a value."""
    if isinstance(value, str):
        check_printable(value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _check_values(name)
            _check_values(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_values(item)
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ArchgymError("a whole number is beyond 64 bits")
    elif not isinstance(value, float) or math.isnan(value):
        raise ArchgymError(f"{value} is no text, number, switch, list or table")


# Each reader returns None for what it can't take; `_EXPECTED` says what it takes.


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    if _natural(value) is None or value < 1:
        return None
    if value > MOST_COUNTED:
        raise ArchgymError(f"{value:,} is too many, at most {MOST_COUNTED:,} are possible")
    return value  # type: ignore[no-any-return]


def _natural(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _texts(value: Any) -> tuple[str, ...] | None:
    texts = [_text(item) for item in value] if isinstance(value, (list, tuple)) else []
    return tuple(texts) if texts and None not in texts else None  # type: ignore[arg-type]


def _workloads(value: Any) -> tuple[WorkloadSpec, ...] | None:
    """Returns workloads whose tables of options are still mappings."""
    found = []
    for item in value if isinstance(value, (list, tuple)) else []:
        options = dict(item) if isinstance(item, Mapping) else {"name": item}
        name = _text(options.pop("name", None))
        own = _texts(options.pop("objectives")) if "objectives" in options else ()
        if name is None or own is None:
            return None
        found.append(WorkloadSpec(name, tuple(options.items()), own or None))
    return tuple(found) or None


def workload_document(workload: WorkloadSpec) -> str | dict[str, Any]:
    """Returns a workload as a study's document has it, the name alone where that is enough."""
    document = {"name": workload.name, **workload.others}
    document |= {name: table.to_mapping() for name, table in workload.tables.items()}
    if workload.objectives is not None:
        document["objectives"] = workload.objectives
    return document if len(document) > 1 else workload.name


def _agents(value: Any) -> tuple[AgentSpec, ...] | None:
    """Returns agents whose hyperparameters are still as in their tables; see `_swept`."""
    found = []
    for label, table in value.items() if isinstance(value, Mapping) else ():
        if not isinstance(table, Mapping):
            return None
        settings = dict(table)
        agent = _text(settings.pop("agent", label))
        counts = {name: settings.pop(name) for name in ("budget", "seeds") if name in settings}
        if agent is None or None in map(_count, counts.values()):
            return None
        found.append(AgentSpec(label, agent, settings, **counts))
    return tuple(found) or None


def _swept(tables: tuple[AgentSpec, ...], seed: int) -> Iterator[AgentSpec]:
    """Yields the agents that tables stand for."""
    for table in tables:
        settings = dict(table.hyperparameters)
        samples = settings.pop("samples", None)
        if samples is not None and _count(samples) is None:
            raise ArchgymError(f"samples of {table.label} must be {_EXPECTED[_count]}")
        try:
            expanded = expand(table.label, settings, samples, seed)
        except ArchgymError as error:
            raise ArchgymError(f"{table.label}: {error}") from error
        for label, hyperparameters in expanded:
            yield replace(table, label=label, hyperparameters=hyperparameters)


def _agent_document(agent: AgentSpec) -> dict[str, Any]:
    counts = {"budget": agent.budget, "seeds": agent.seeds}
    given = {name: count for name, count in counts.items() if count is not None}
    return {"agent": agent.agent, **given, **agent.hyperparameters}


_READERS: dict[str, Callable[[Any], Any]] = {
    "name": _text,
    "domain": _text,
    "space": _text,
    "simulator": _text,
    "budget": _count,
    "seeds": _count,
    "seed": _natural,
    "objectives": _texts,
    "workloads": _workloads,
    "agents": _agents,
}

_EXPECTED: dict[Callable[[Any], Any], str] = {
    _text: "a text",
    _count: "a whole number of at least 1",
    _natural: "a whole number of at least 0",
    _texts: "a list of texts",
    _workloads: "a list of names, paths or tables like { name = 'stream', requests = 5000 "
    "}, in which objectives is a list of texts",
    _agents: "tables like [agents.random_search], one per agent, in which budget and seeds are "
    "whole numbers of at least 1",
}


def _seed(study_seed: int, index: int) -> int:
    """Derives independent seeds, the same for every agent."""
    return int(np.random.SeedSequence([study_seed, index]).generate_state(1)[0])


@contextmanager
def _blame(source: str, key: str) -> Iterator[None]:
    """Says where in the spec an error lies."""
    try:
        yield
    except ArchgymError as error:
        raise _at(f"{source}: {key}", error) from error


def _at(where: str, error: ArchgymError) -> ArchgymError:
    return type(error)(f"{where}: {error}")
