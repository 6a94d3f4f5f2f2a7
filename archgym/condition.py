"""Statements about a design: when a parameter has any effect, and what rules a design out."""

from dataclasses import dataclass
from typing import Any

from archgym.parameter import Design


@dataclass(frozen=True)
class Condition:
    """A statement on the value of one parameter, as data that can be printed and counted.

    Attributes:
        parameter: The name of the parameter.
        one_of: Holds for these values only; `None` for any.
        not_in: Holds for none of these values.
    """

    parameter: str
    one_of: tuple[Any, ...] | None = None
    not_in: tuple[Any, ...] = ()

    def holds(self, design: Design) -> bool:
        """Tells whether a design, which must have the parameter, fulfils the condition."""
        value = design[self.parameter]
        return (self.one_of is None or value in self.one_of) and value not in self.not_in

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters that it is about."""
        return (self.parameter,)

    @property
    def values(self) -> tuple[Any, ...]:
        """All values that it mentions."""
        return (self.one_of or ()) + self.not_in

    def __str__(self) -> str:
        """Returns e.g. `Arbiter not Simple`."""
        words = [] if self.one_of is None else [" or ".join(map(str, self.one_of))]
        if self.not_in:
            words.append("not " + " or ".join(map(str, self.not_in)))
        return " ".join([self.parameter, *words])


@dataclass(frozen=True)
class NotBelow:
    """The statement that a parameter is not below one that it must be below, as data.

    Attributes:
        lower: The name of the one that must be below.
        upper: The name of the other.
    """

    lower: str
    upper: str

    def holds(self, design: Design) -> bool:
        """Tells whether it is true of a design, which must have both parameters."""
        return bool(design[self.lower] >= design[self.upper])

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters that it is about."""
        return (self.lower, self.upper)

    def __str__(self) -> str:
        """Returns e.g. `LowWatermark not below HighWatermark`."""
        return f"{self.lower} not below {self.upper}"
