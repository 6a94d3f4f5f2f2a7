"""Domains: the kinds of hardware that can be tuned, each from names in a study to what they mean.

The gym itself knows spaces, simulators, objectives and workloads, and nothing of what they are
about. A domain does. `dram` is built in; others come through the entry-point group
`archgym.domains`, each the class of a `Domain`, and are chosen by `domain = "NAME"` in a study. The
example `examples/cache-gym` is one.

What others add to a domain comes through entry-point groups too, of which a domain reads those that
it knows: `archgym.DOMAIN.spaces`, `archgym.DOMAIN.workloads` and `archgym.DOMAIN.objectives`.
"""

import importlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from archgym.errors import ArchgymError, ArchgymWarning, MissingExtraError, unknown
from archgym.extras import needed_by
from archgym.metric import Metric
from archgym.objectives import Objective, Term, Vocabulary, read, respell
from archgym.space import DesignSpace
from archgym.workload import NamedWorkload

DEFAULT = "dram"
"""The domain of a study that names none."""

_GROUP = "archgym.domains"
_BUILT_IN = {"dram": "archgym.dram.domain:Dram"}


@dataclass(frozen=True)
class Option:
    """A setting of a domain: a key of a study, beside those that every study has.

    Attributes:
        default: Its value unless it is given; its type is the setting's.
        description: What it is, for error messages and lists.
        is_read: Whether it names something that is read, so that its content counts and not what it
            is called.
    """

    default: str | int | float | bool
    description: str
    is_read: bool = False


class Table(Protocol):
    """An option of a workload that is a table in a study, such as how a trace is played.

    Values can be hashed and compared, and `str` says one in a few words.
    """

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Makes one of names and values.

        Raises:
            ArchgymError: They are not possible.
        """

    def to_mapping(self) -> dict[str, Any]:
        """Returns what `from_mapping` takes."""


@dataclass(frozen=True)
class Defaults:
    """What a study, problem or environment has where nothing else is asked for.

    Attributes:
        space: Name of the design space.
        workload: Name of the workload.
        objective: Text of the objective.
        simulator: Name of the simulator.
        enumerated: Name of a space that can be enumerated in minutes.
    """

    space: str
    workload: str
    objective: str
    simulator: str
    enumerated: str


@dataclass(frozen=True)
class Columns:
    """What observations show, whatever the objective; a version that is released never changes.

    Attributes:
        metrics: Those shown relative to the default design's.
        terms: Those that an objective may be about.
        has_floors: Whether lower limits are shown, so that an objective may have some.
    """

    metrics: tuple[str, ...]
    terms: tuple[str, ...]
    has_floors: bool = True


class CommandOptions(Protocol):
    """What the default domain adds to the commands that any domain has: a dataclass of options.

    Its fields are annotated for Typer, or dataclasses of such themselves.
    """

    def settings(self) -> dict[str, Any]:
        """Returns the options of the domain."""

    def specify(
        self, names: Iterable[str], others: Mapping[str, Any]
    ) -> tuple[list[tuple[str, dict[str, Any]]], list[str]]:
        """Says what a study runs.

        Args:
            names: Names of workloads.
            others: Further options of each.

        Returns:
            The name and the options of each workload, tables among them as such; and what was
            assumed of them.

        Raises:
            ArchgymError: A name or an option is not known, or does not fit.
        """


class Platform(ABC):
    """What the designs of a domain are tried on: the domain with its options settled, read once."""

    options: Mapping[str, Any]
    """All options of the domain, by name, as they were given or at their defaults."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it calls itself, as in the ids of workloads."""

    @property
    @abstractmethod
    def contents(self) -> Mapping[str, str]:
        """What it has read, by content: `{"device": "NAME#SHA256"}`."""

    @property
    def document(self) -> Mapping[str, Any] | None:
        """What `Domain.restore` makes it of where it can't be made of its options any more.

        `None` if there is no need to keep anything.
        """
        return None

    @abstractmethod
    def space(self, name: str) -> DesignSpace:
        """Makes a design space.

        Args:
            name: One of `Domain.spaces`.

        Raises:
            ArchgymError: The name is not known, or there is no such space on this platform.
        """

    @abstractmethod
    def workload(self, name: str, options: Mapping[str, Any]) -> NamedWorkload:
        """Makes a workload.

        Args:
            name: One of `Domain.workloads`, or whatever else the domain can read, such as a path.
            options: The workload's own options, those among `Domain.tables` as such.

        Raises:
            ArchgymError: A name or an option is not known, or does not fit.
        """


class Domain(ABC):
    """A kind of hardware: what designs there are of it, and what they are tried on and judged by.

    Attributes:
        name: How it is selected.
        options: Its settings, by name.
        tables: The options of workloads that are tables, by name.
        defaults: What is taken where nothing is asked for.
        metrics: What its simulators can report, by name.
        features: What the features of a workload are, by name, in order.
        columns: What observations of its environments show, by version.
        compared: The metrics by which a report compares the best design with the default one.
        learned: The metrics that a proxy learns unless others are asked for.
        judged: Texts of the objectives by which an enumeration is summed up.
        own_defaults: Values that parameters have in the hardware's own default design, so that it
            can be said where a space departs from them.
    """

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    tables: ClassVar[Mapping[str, type[Table]]] = {}
    defaults: ClassVar[Defaults]
    metrics: ClassVar[Mapping[str, Metric]]
    features: ClassVar[Mapping[str, str]] = {}
    columns: ClassVar[Mapping[int, Columns]]
    compared: ClassVar[Sequence[str]] = ()
    learned: ClassVar[Sequence[str]] = ()
    judged: ClassVar[Sequence[str]] = ()
    own_defaults: ClassVar[Mapping[str, Any]] = {}

    @property
    @abstractmethod
    def words(self) -> Vocabulary:
        """The objectives that are built in; `vocabulary` has those of others too."""

    @abstractmethod
    def spaces(self) -> Sequence[str]:
        """Returns the names of the design spaces."""

    @abstractmethod
    def workloads(self) -> Mapping[str, str]:
        """Returns the names of the workloads that need no file, and what each is."""

    @abstractmethod
    def platform(self, options: Mapping[str, Any]) -> Platform:
        """Settles the options, and reads what they name.

        Args:
            options: Any of `options`; the others are at their defaults.

        Raises:
            ArchgymError: A value is not possible.
        """

    def restore(
        self, document: Mapping[str, Any], options: Mapping[str, Any], source: str
    ) -> Platform:
        """Makes a platform as it was.

        Args:
            document: `Platform.document`.
            options: As for `platform`.
            source: Where the document comes from, for error messages.

        Raises:
            ArchgymError: The document is none of a platform.
        """
        return self.platform(options)

    def space_called(self, name: str, find: Callable[[str], Platform]) -> DesignSpace:
        """Makes the space that calls itself `name`, as a log has it.

        Args:
            name: The name of a `DesignSpace`, which may say more than the one it was made by.
            find: Returns the platform that calls itself by a name.

        Raises:
            ArchgymError: There is no such space.
        """
        return self.platform({}).space(name)

    def platform_of(self, workload: Any) -> Platform:
        """Returns the platform that a workload was made for; by default that of no options."""
        return self.platform({})

    def platform_called(self, name: str) -> Platform:
        """Returns the platform that calls itself `name`; by default that of no options.

        Raises:
            ArchgymError: There is none.
        """
        return self.platform({})

    def is_file(self, workload: str) -> bool:
        """Tells whether the name of a workload is a path."""
        return False

    def remark(self, design: Mapping[str, Any], metrics: Mapping[str, float]) -> str:
        """Returns what a reader has to know of a design and would not see in its cost; or nothing.

        Args:
            design: Its parameters.
            metrics: What was measured.
        """
        return ""

    def import_log(self, path: Path, workload: str) -> tuple[Any, str]:
        """Reads evaluations that another program has logged.

        Args:
            path: The file.
            workload: What was run, where the file does not say.

        Returns:
            An `archgym.datasets.Dataset`, and a sentence on what was made of the file.

        Raises:
            ArchgymError: The file is no such log, or the domain can read none.
        """
        raise ArchgymError(f"domain {self.name} reads no logs of other programs")

    def listings(self) -> Mapping[str, Callable[[], Iterator[tuple[str, str]]]]:
        """Returns what else `archgym list` can list: names and descriptions, by what they are."""
        return {}

    def command_options(self) -> type[CommandOptions] | None:
        """Returns what it adds to the commands that any domain has, if it is the default one."""
        return None

    def commands(self) -> Mapping[str, Any]:
        """Returns commands of its own, by name: functions, or applications of Typer."""
        return {}

    # What follows is the same for all domains.

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words in which objectives are written, those of other packages included.

        These come through the entry-point group `archgym.DOMAIN.objectives`: a `Term`, or a
        `Formula` by the first word of its texts.
        """
        words = self.words
        terms, formulas = dict(words.terms), dict(words.formulas)
        others = self.added("objectives")
        for name in others:
            try:
                added = others[name]
            except MissingExtraError as error:
                warnings.warn(str(error), ArchgymWarning, stacklevel=2)
                continue
            if isinstance(added, Term):
                terms[name] = added
            else:
                formulas[name] = added
        return Vocabulary(terms, formulas, words.examples)

    def objective(self, text: str) -> Objective:
        """Makes an objective from its text, also one of before limits had units.

        Raises:
            ArchgymError: The text is not an objective.
        """
        return read(text, self.vocabulary)

    def respell(self, text: str) -> str:
        """Returns the text of an objective of older results as it is written today."""
        return respell(text, self.vocabulary)

    def settle(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Returns all options, those that are not given at their defaults.

        Raises:
            ArchgymError: A name is not known, or a value has another type.
        """
        for name, value in options.items():
            if name not in self.options:
                raise unknown("key", name, self.options)
            wanted = type(self.options[name].default)
            if type(value) is not wanted and not (wanted is float and type(value) is int):
                raise ArchgymError(f"{name} must be {_KINDS[wanted]}, not {value!r}")
        return {name: options.get(name, option.default) for name, option in self.options.items()}

    def read_workload_options(self, options: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        """Returns the options of a workload as a study has them, sorted, with tables as such.

        Raises:
            ArchgymError: A table is not possible.
        """
        made = dict(options)
        for name, kind in self.tables.items():
            if name in made:
                value = made[name]
                if not isinstance(value, Mapping):
                    raise ArchgymError(f"{name} must be a table, not {value!r}")
                made[name] = kind.from_mapping(value)
        return tuple(sorted(made.items()))

    @cache  # noqa: B019 - there is one object of each domain
    def added(self, kind: str) -> Mapping[str, Any]:
        """Returns what other packages add to the domain, by name; each is loaded when it is used.

        Args:
            kind: The end of the entry-point group, e.g. `spaces`.
        """
        return Added(f"archgym.{self.name}.{kind}")


class Added(Mapping[str, Any]):
    """The entry points of a group, by name.

    Args:
        group: The group.

    Raises:
        MissingExtraError: One that is asked for can't be imported.
    """

    def __init__(self, group: str) -> None:
        self._points = {point.name: point for point in entry_points(group=group)}
        self._group = group

    def __getitem__(self, name: str) -> Any:
        """Imports and returns what is called `name`."""
        point = self._points[name]
        with needed_by(f"{name!r} of entry points {self._group}"):
            return point.load()

    def __iter__(self) -> Iterator[str]:
        """Yields the names."""
        return iter(self._points)

    def __len__(self) -> int:
        """Returns how many there are."""
        return len(self._points)


_KINDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def names() -> list[str]:
    """Returns the names of all domains, sorted."""
    return sorted({*_BUILT_IN, *(point.name for point in entry_points(group=_GROUP))})


@cache
def load(name: str = DEFAULT) -> Domain:
    """Returns the domain called `name`.

    Raises:
        ArchgymError: The name is not known, or the domain can't be imported.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        domain: Domain = getattr(importlib.import_module(module), attribute)()
        return domain
    for point in entry_points(group=_GROUP):
        if point.name == name:
            with needed_by(f"domain {name!r}"):
                made: Domain = point.load()()
                return made
    raise unknown("domain", name, names())
