"""Parameters of a design, each with its values, and how a design is completed and checked."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archgym.errors import ArchgymError, unknown

Design = Mapping[str, Any]
"""Values of parameters by name."""


@dataclass(frozen=True)
class Parameter:
    """One choice of a design.

    Attributes:
        name: Its name.
        values: What it can be: a tuple, or a `range`, which costs nothing however long it is.
        default: The value taken when none is given.
        ordered: Whether neighbouring values are alike, as sizes are and policies are not.
        description: What it does, for people.

    Raises:
        ArchgymError: No values, a value twice, or a default that is not among them.
    """

    name: str
    values: Sequence[Any]
    default: Any
    ordered: bool = False
    description: str = ""

    def __post_init__(self) -> None:
        """Checks the values and the default."""
        if not isinstance(self.values, range):
            object.__setattr__(self, "values", tuple(self.values))
        if not self.values:
            raise ArchgymError(f"parameter {self.name} has no values")
        if not isinstance(self.values, range) and len(set(self.values)) < len(self.values):
            raise ArchgymError(f"parameter {self.name} lists a value twice")
        self.index(self.default)

    def index(self, value: Any) -> int:
        """Returns the position of `value`; NumPy scalars are taken as what they hold.

        Raises:
            ArchgymError: It is not one of `values`.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(self.values, range) and isinstance(value, float) and value.is_integer():
            value = int(value)  # Or else a range looks through all of its values.
        # Python holds True for 1; a switch given for a size is a mistake.
        is_possible = isinstance(value, int) or not isinstance(self.values, range)
        if is_possible and (not isinstance(value, bool) or isinstance(self.values[0], bool)):
            try:
                return self.values.index(value)
            except ValueError:
                pass
        raise ArchgymError(f"{self.name} takes {self.domain}, not {value!r}{self._hint(value)}")

    @property
    def domain(self) -> str:
        """The values in words, e.g. `1 to 8` or `Fifo, FrFcfs or FrFcfsGrp`."""
        if isinstance(self.values, range) and self.values.step == 1 and len(self.values) > 2:
            return f"{self.values[0]} to {self.values[-1]}"
        *others, last = map(str, self.values)
        return f"{', '.join(others)} or {last}" if others else last

    def _hint(self, value: Any) -> str:
        if not isinstance(value, str) or isinstance(self.values, range):
            return ""
        names = [known for known in self.values if isinstance(known, str)]
        close = difflib.get_close_matches(value, names, n=1, cutoff=0.5)
        return f" (did you mean {close[0]!r}?)" if close else ""


class Completion:
    """Completes and checks designs over some parameters, and numbers their values.

    Args:
        parameters: By name, in order.
        what: What messages call one of them.

    Attributes:
        parameters: As given.
    """

    def __init__(self, parameters: Mapping[str, Parameter], what: str = "parameter") -> None:
        self.parameters = parameters
        self._what = what
        self._ordinary = [(name, *_ordinary(p), p.default) for name, p in parameters.items()]
        self._positions = [
            p.values.index
            if isinstance(p.values, range)
            else {value: index for index, value in enumerate(p.values)}.__getitem__
            for p in parameters.values()
        ]

    def complete(self, design: Design) -> dict[str, Any]:
        """Returns a design in full: in order, with defaults for parameters that it leaves out.

        Raises:
            ArchgymError: It has a parameter or value that there is not.
        """
        full: dict[str, Any] = {}
        given = 0
        for name, kind, values, default in self._ordinary:
            if name in design:
                value = design[name]
                # Whatever else may equal a value, such as a NumPy scalar, is looked at closely.
                if type(value) is not kind or value not in values:
                    break
                given += 1
                full[name] = value
            else:
                full[name] = default
        if given == len(design) and len(full) == len(self.parameters):
            return full
        return self._complete_closely(design)

    def _complete_closely(self, design: Design) -> dict[str, Any]:
        for name in design:
            if name not in self.parameters:
                raise unknown(self._what, name, self.parameters)
        return {
            name: parameter.values[parameter.index(design[name])]
            if name in design
            else parameter.default
            for name, parameter in self.parameters.items()
        }

    def positions(self, full: Design) -> list[int]:
        """Returns the position of each parameter's value, in a design that `complete` returned."""
        pairs = zip(self._positions, full.values(), strict=True)
        return [position(value) for position, value in pairs]


def _ordinary(parameter: Parameter) -> tuple[type | None, Collection[Any]]:
    """Returns the type that all values of a parameter have, and the values, quick to look up.

    The type is `None` where they have several, or one for which equality is not enough.
    """
    if isinstance(parameter.values, range):
        return int, parameter.values
    kinds = {type(value) for value in parameter.values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return (kind if kind in (int, str) else None), frozenset(parameter.values)
