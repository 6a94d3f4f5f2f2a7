"""Options that commands share, as parameters that are dataclasses."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from archgym import domain as domains
from archgym.documents import parse_toml
from archgym.domain import CommandOptions
from archgym.errors import ArchgymError

if TYPE_CHECKING:
    from archgym.study.parts import WorkloadSpec

Command = Callable[..., None]


def options(**groups: type) -> Callable[[Command], Command]:
    """Gives a command an option for each field of its parameters that are dataclasses.

    Args:
        groups: The types of parameters whose annotations do not say them.
    """

    def decorate(command: Command) -> Command:
        hints = get_type_hints(command, include_extras=True) | groups
        named = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
        parameters = []
        for name, parameter in inspect.signature(command).parameters.items():
            if name in named:
                parameters += _parameters(named[name])
            else:
                keyword = parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=hints[name])
                parameters.append(keyword)

        @wraps(command)
        def flat(**values: Any) -> None:
            grouped = {name: _take(group, values) for name, group in named.items()}
            command(**values, **grouped)

        flat.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        flat.__annotations__ = {each.name: each.annotation for each in parameters}
        return flat

    return decorate


def _parameters(group: Any) -> list[inspect.Parameter]:
    """Returns a parameter for each field of a dataclass, and of those within it."""
    types = get_type_hints(group, include_extras=True)
    found = []
    for field in fields(group):
        if is_dataclass(types[field.name]):
            found += _parameters(types[field.name])
        else:
            default = inspect.Parameter.empty if field.default is MISSING else field.default
            kind = inspect.Parameter.KEYWORD_ONLY
            parameter = inspect.Parameter(
                field.name, kind, default=default, annotation=types[field.name]
            )
            found.append(parameter)
    return found


def _take(group: Any, values: dict[str, Any]) -> Any:
    """Makes a dataclass of values, and takes these out."""
    types = get_type_hints(group)
    return group(
        **{
            field.name: _take(types[field.name], values)
            if is_dataclass(types[field.name])
            else values.pop(field.name)
            for field in fields(group)
        }
    )


def own_options() -> type:
    """Returns the options that the default domain has of its own, for a command that has them."""
    found = domains.load().command_options()
    assert found is not None
    return found


@dataclass(frozen=True)
class DomainOptions:
    """What is tuned.

    Attributes:
        domain: Name of the domain.
        set_: Its options, as `NAME=VALUE`.
    """

    domain: Annotated[str, typer.Option(help="What is tuned.")] = domains.DEFAULT
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="An option of the domain, NAME=VALUE.")
    ] = None

    def settings(self, own: CommandOptions) -> dict[str, Any]:
        """Returns the options of the domain.

        Args:
            own: What the command was told in options that the default domain has of its own.

        Raises:
            ArchgymError: They are given for another domain, or one is no `NAME=VALUE`.
        """
        given = read_assignments(self.set_ or [], "--set")
        if self.domain == domains.DEFAULT:
            return {**own.settings(), **given}
        for parameter in _parameters(type(own)):
            if _flat(own)[parameter.name] != parameter.default:
                option = f"--{parameter.name.replace('_', '-')}"
                raise ArchgymError(f"{option} is of domain {domains.DEFAULT}, not {self.domain}")
        return given

    def specify(
        self, own: CommandOptions, names: Iterable[str], others: Mapping[str, Any] | None = None
    ) -> "tuple[list[WorkloadSpec], list[str]]":
        """Says what a study runs; see `CommandOptions.specify`."""
        from archgym.study.parts import WorkloadSpec

        domain = domains.load(self.domain)
        given = dict(domain.read_workload_options(others or {}))
        specified = [(name.strip(), given) for name in names]
        notes: list[str] = []
        if self.domain == domains.DEFAULT:
            specified, notes = own.specify(names, given)
        specs = [WorkloadSpec(name, tuple(sorted(each.items()))) for name, each in specified]
        return specs, notes


def _flat(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(group):
        value = getattr(group, field.name)
        found |= _flat(value) if is_dataclass(value) else {field.name: value}
    return found


def read_assignments(texts: Iterable[str], option: str) -> dict[str, Any]:
    """Reads `NAME=VALUE`; a value that is no number, list or the like is text.

    Raises:
        ArchgymError: A text has another form.
    """
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise ArchgymError(f"{option} takes NAME=VALUE, not {text!r}")
        try:
            values[name] = parse_toml(f"value = {value}", option)["value"]
        except ArchgymError:
            values[name] = value
    return values
