"""Design spaces: named parameters, which of them matter when, and which designs are ruled out.

A design is a mapping of parameter names to values. A space turns it into indices (one integer
per parameter), into a point of the unit cube (one float per parameter), and into its *canonical*
form, in which every parameter without effect has its default. Two designs that behave alike by
construction have one canonical form.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archgym.condition import Condition, NotBelow
from archgym.errors import ArchgymError, unknown
from archgym.parameter import Completion, Design, Parameter


class DesignClass(NamedTuple):
    """Canonical designs that are alike in all that conditions and statements look at.

    Attributes:
        design: One of them, with `free` at their defaults.
        free: The parameters in which they differ: every combination of their values is one.
    """

    design: dict[str, Any]
    free: tuple[str, ...]


class DesignSpace:
    """All designs over some parameters.

    Args:
        name: Its name, which logs record.
        parameters: In the order in which designs are encoded.
        active: Conditions under which a parameter has any effect; one without is always active.
            A condition refers to a parameter earlier in the order (and sees its default where
            that one is itself inactive).
        infeasible: Statements that rule a design out, each with the reason.

    Attributes:
        name: As given.
        parameters: By name, in order.
        active: As given.
        infeasible: As given.
        default: Every parameter at its default.

    Raises:
        ArchgymError: The arguments contradict each other, or the default design is ruled out.
    """

    def __init__(
        self,
        name: str,
        parameters: Iterable[Parameter],
        *,
        active: Mapping[str, Condition] | None = None,
        infeasible: Mapping[Condition | NotBelow, str] | None = None,
    ) -> None:
        listed, active = list(parameters), active or {}
        self.name = name
        self.parameters: dict[str, Parameter] = {p.name: p for p in listed}
        # In the order of the parameters, so that one pass settles chains of conditions.
        self.active = {name: active[name] for name in self.parameters if name in active}
        self.infeasible: dict[Condition | NotBelow, str] = dict(infeasible or {})
        self.default: dict[str, Any] = {p.name: p.default for p in listed}
        self._completion = Completion(self.parameters, f"parameter of space {name}")
        self._lengths = np.array([len(p.values) for p in listed], dtype=np.int64)
        self._check(listed, active)

    def __len__(self) -> int:
        """Returns the number of parameters."""
        return len(self.parameters)

    def __repr__(self) -> str:
        """Returns the name and size."""
        return f"DesignSpace({self.name!r}, {len(self)} parameters, {self.size:,} points)"

    # Counting

    @property
    def size(self) -> int:
        """The number of points: every combination of values."""
        return math.prod(len(parameter.values) for parameter in self.parameters.values())

    def count_distinct(self) -> int:
        """Counts the canonical designs, without listing them."""
        return sum(self._count(each) for each in self.classes())

    def count_feasible(self) -> int:
        """Counts the canonical designs that are not ruled out, without listing them."""
        return sum(
            self._count(each) for each in self.classes() if not self.infeasibility(each.design)
        )

    @property
    def deciding(self) -> tuple[str, ...]:
        """The parameters that conditions and statements look at, in order."""
        statements = (*self.active.values(), *self.infeasible)
        looked_at = {name for statement in statements for name in statement.parameters}
        return tuple(name for name in self.parameters if name in looked_at)

    def classes(self) -> Iterator[DesignClass]:
        """Yields the classes of canonical designs, one per combination of the deciding values."""
        deciding = self.deciding
        for values in itertools.product(*(self.parameters[name].values for name in deciding)):
            design = self.default | dict(zip(deciding, values, strict=True))
            if self.canonical(design) != design:
                continue  # An inactive one is not at its default: it belongs to another class.
            yield DesignClass(
                design,
                tuple(
                    name
                    for name in self.parameters
                    if name not in deciding and self.is_active(name, design)
                ),
            )

    def _count(self, designs: DesignClass) -> int:
        return math.prod(len(self.parameters[name].values) for name in designs.free)

    # Designs

    def validate(self, design: Design) -> dict[str, Any]:
        """Returns the design in full: in order, with defaults for parameters that it leaves out.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        return self._completion.complete(design)

    def canonical(self, design: Design) -> dict[str, Any]:
        """Returns the design in full, with every inactive parameter at its default.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        return self.reset_inactive(self.validate(design))

    def reset_inactive(self, full: Design) -> dict[str, Any]:
        """Returns the canonical form of a design that is known to be full and valid."""
        canonical = dict(full)
        for name, condition in self.active.items():
            if not condition.holds(canonical):
                canonical[name] = self.parameters[name].default
        return canonical

    def key(self, design: Design) -> tuple[Any, ...]:
        """Returns what designs with the same effect share: the values of the canonical form."""
        return tuple(self.canonical(design).values())

    def is_active(self, name: str, design: Design) -> bool:
        """Tells whether a parameter has an effect in a design whose earlier ones are canonical."""
        condition = self.active.get(name)
        return condition is None or condition.holds(design)

    def infeasibility(self, design: Design) -> str | None:
        """Returns why a design is ruled out, or `None` when it is not.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        return self.reason_against(self.canonical(design))

    def reason_against(self, canonical: Design) -> str | None:
        """Returns why a design is ruled out that is known to be canonical, or `None`."""
        for statement, reason in self.infeasible.items():
            if statement.holds(canonical):
                return reason
        return None

    def allowed(self, name: str) -> NDArray[np.bool_]:
        """Marks the values of a parameter that are not ruled out whatever the others are.

        Returns:
            A flag a value of the parameter, at least one of them true.
        """
        parameter = self.parameters[name]
        alone = [s for s in self.infeasible if isinstance(s, Condition) and s.parameter == name]
        ruled_out = [any(s.holds({name: value}) for s in alone) for value in parameter.values]
        return ~np.array(ruled_out, dtype=np.bool_)

    # Encodings

    def positions(self, design: Design) -> list[int]:
        """Returns the position of each parameter's value, as `encode` does, in a list.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        return self._completion.positions(self.validate(design))

    def encode(self, design: Design) -> NDArray[np.int64]:
        """Returns the position of each parameter's value; int64, shape `[len(space)]`.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        return np.array(self.positions(design), dtype=np.int64)

    def decode(self, indices: ArrayLike) -> dict[str, Any]:
        """Returns the design with these positions of values; the inverse of `encode`.

        Args:
            indices: Integers, shape `[len(space)]`.

        Raises:
            ArchgymError: Wrong shape or type, or a position that a parameter does not have.
        """
        array = np.asarray(indices)
        if array.shape != self._lengths.shape or array.dtype.kind not in "iu":
            raise ArchgymError(
                f"space {self.name} decodes {len(self)} integers, "
                f"not {array.dtype} of shape {array.shape}"
            )
        design = {}
        for (name, parameter), index in zip(self.parameters.items(), array.tolist(), strict=True):
            if not 0 <= index < len(parameter.values):
                raise ArchgymError(
                    f"{name} has values 0 to {len(parameter.values) - 1}, there is no value {index}"
                )
            design[name] = parameter.values[index]
        return design

    def to_unit(self, design: Design) -> NDArray[np.float64]:
        """Returns the design as a point of the unit cube, values evenly spaced, ends included.

        Returns:
            float64, shape `[len(space)]`; 0 for the first value of a parameter, 1 for its last.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        last = [max(len(parameter.values) - 1, 1) for parameter in self.parameters.values()]
        return np.array([i / n for i, n in zip(self.positions(design), last, strict=True)])

    def from_unit(self, point: ArrayLike) -> dict[str, Any]:
        """Returns the design in whose cell a point lies; values have cells of equal width.

        `from_unit(to_unit(design))` is the design in full, and a uniform point gives a uniform
        design.

        Args:
            point: Floats in [0, 1], shape `[len(space)]`.

        Raises:
            ArchgymError: Wrong shape, or a coordinate outside [0, 1].
        """
        array = np.asarray(point, dtype=np.float64)
        if array.shape != self._lengths.shape or not ((array >= 0) & (array <= 1)).all():
            raise ArchgymError(
                f"space {self.name} takes {len(self)} coordinates in [0, 1], not {array.tolist()}"
            )
        cells = np.minimum((array * self._lengths).astype(np.int64), self._lengths - 1)
        return self.decode(cells)

    # Moving about

    def sample(self, rng: np.random.Generator, n: int) -> list[dict[str, Any]]:
        """Draws `n` designs, uniform over the points of the space, infeasible ones included."""
        return [self.decode(row) for row in rng.integers(self._lengths, size=(n, len(self)))]

    def neighbour(self, design: Design, rng: np.random.Generator) -> dict[str, Any]:
        """Returns a design that differs in one active parameter, chosen at random.

        An ordered parameter moves one value up or down, any other to some other value. Inactive
        parameters stay as they are.

        Raises:
            ArchgymError: No active parameter has a second value, or the design is not of the space.
        """
        full = self.validate(design)
        canonical = self.canonical(design)
        movable = [
            parameter
            for name, parameter in self.parameters.items()
            if len(parameter.values) > 1 and self.is_active(name, canonical)
        ]
        if not movable:
            raise ArchgymError(f"design {full} has no neighbour in space {self.name}")
        parameter = movable[rng.integers(len(movable))]
        last = len(parameter.values) - 1
        index = parameter.index(full[parameter.name])
        if parameter.ordered:
            steps = [step for step in (index - 1, index + 1) if 0 <= step <= last]
            moved = steps[rng.integers(len(steps))]
        else:
            other = int(rng.integers(last))
            moved = other + (other >= index)
        return full | {parameter.name: parameter.values[moved]}

    def _check(self, listed: list[Parameter], active: Mapping[str, Condition]) -> None:
        names = list(self.parameters)
        if len(listed) != len(names) or not listed:
            raise ArchgymError(f"space {self.name} needs parameters, each with a name of its own")
        for statement in (*active.values(), *self.infeasible):
            for name in statement.parameters:
                if name not in self.parameters:
                    raise unknown(f"parameter of space {self.name}", name, names)
            if isinstance(statement, Condition):
                for value in statement.values:
                    self.parameters[statement.parameter].index(value)
        for name, condition in active.items():
            if name not in self.parameters:
                raise unknown(f"parameter of space {self.name}", name, names)
            if names.index(condition.parameter) >= names.index(name):
                raise ArchgymError(
                    f"in space {self.name}, {name} depends on {condition.parameter}, "
                    f"which must come before it"
                )
        if reason := self.infeasibility(self.default):
            raise ArchgymError(f"the default design of space {self.name} is ruled out: {reason}")
