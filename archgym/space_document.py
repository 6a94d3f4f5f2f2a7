"""Spaces as JSON: what a file that depends on a space says of it, so that it explains itself."""

from collections.abc import Mapping
from typing import Any

from archgym.condition import Condition, NotBelow
from archgym.errors import ArchgymError
from archgym.parameter import Parameter
from archgym.space import DesignSpace

Document = dict[str, Any]


def to_document(space: DesignSpace) -> Document:
    """Returns a space as what JSON can hold, without descriptions, which change nothing."""
    return {
        "name": space.name,
        "parameters": [
            {
                "name": parameter.name,
                "values": _values(parameter),
                "default": parameter.default,
                "ordered": parameter.ordered,
            }
            for parameter in space.parameters.values()
        ],
        "active": {name: _statement(condition) for name, condition in space.active.items()},
        "infeasible": [
            {**_statement(statement), "reason": reason}
            for statement, reason in space.infeasible.items()
        ],
    }


def from_document(document: Mapping[str, Any]) -> DesignSpace:
    """Makes a space of what `to_document` returned.

    Raises:
        ArchgymError: It is not the document of a space.
    """
    try:
        return DesignSpace(
            document["name"],
            [
                Parameter(**{**each, "values": _read_values(each["values"])})
                for each in document["parameters"]
            ],
            active={
                name: Condition(**_tuples(statement))
                for name, statement in document["active"].items()
            },
            infeasible={_read_statement(each): each["reason"] for each in document["infeasible"]},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ArchgymError):
            raise
        raise ArchgymError(f"not the document of a design space: {error!r}") from error


def _values(parameter: Parameter) -> Any:
    values = parameter.values
    if isinstance(values, range):
        return {"start": values.start, "stop": values.stop, "step": values.step}
    return list(values)


def _read_values(values: Any) -> Any:
    if isinstance(values, Mapping):
        return range(values["start"], values["stop"], values["step"])
    return tuple(values)


def _statement(statement: Condition | NotBelow) -> Document:
    if isinstance(statement, NotBelow):
        return {"lower": statement.lower, "upper": statement.upper}
    document: Document = {"parameter": statement.parameter, "not_in": list(statement.not_in)}
    if statement.one_of is not None:
        document["one_of"] = list(statement.one_of)
    return document


def _read_statement(document: Mapping[str, Any]) -> Condition | NotBelow:
    given = {name: value for name, value in document.items() if name != "reason"}
    return NotBelow(**given) if "lower" in given else Condition(**_tuples(given))


def _tuples(document: Mapping[str, Any]) -> Document:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
