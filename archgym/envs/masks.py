"""Which values of parameters can be part of a design that the space does not rule out."""

import itertools
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from archgym.parameter import Design
from archgym.space import DesignSpace

Mask = NDArray[np.bool_]


class Masks:
    """Tells values that lead to a feasible design from those that can't.

    Feasible is what the space does not rule out; that a simulator may fail is not foreseen.

    Args:
        space: The design space.
    """

    def __init__(self, space: DesignSpace) -> None:
        self._space = space
        self._order = {name: position for position, name in enumerate(space.parameters)}
        # Those that statements look at, and those that decide whether these are active.
        names = {name for statement in space.infeasible for name in statement.parameters}
        for name in reversed(space.active):
            if name in names:
                names |= {*space.active[name].parameters}
        self._deciding = [name for name in space.parameters if name in names]

    @cached_property
    def _feasible(self) -> Mask:
        """Flags every combination of deciding values; one axis per parameter, in order."""
        space = self._space
        values = [space.parameters[name].values for name in self._deciding]
        flags = [
            space.infeasibility(space.default | dict(zip(self._deciding, each, strict=True)))
            is None
            for each in itertools.product(*values)
        ]
        return np.array(flags, np.bool_).reshape([len(each) for each in values])

    @cached_property
    def whole(self) -> tuple[Mask, ...]:
        """Flags, for each parameter, the values that some feasible design has."""
        return tuple(self._of(name, self._feasible, self._deciding) for name in self._order)

    def following(self, design: Design, name: str) -> Mask:
        """Flags the values of a parameter that some feasible design has.

        Args:
            design: Has the values that are settled: those of the parameters before it.
            name: The parameter.
        """
        before = [each for each in self._deciding if self._order[each] < self._order[name]]
        settled = [self._space.parameters[each].index(design[each]) for each in before]
        left = np.asarray(self._feasible[tuple(settled)])
        return self._of(name, left, self._deciding[len(before) :])

    def _of(self, name: str, feasible: Mask, axes: list[str]) -> Mask:
        count = len(self._space.parameters[name].values)
        if name not in axes:
            return np.full(count, feasible.any())
        by_value = np.moveaxis(feasible, axes.index(name), 0).reshape(count, -1)
        return np.asarray(by_value.any(axis=1))
