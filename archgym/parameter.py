"""Parameters of a design, each with its values."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archgym.errors import ArchgymError

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
