"""Codes designs for models: a few small numbers per design, equal for equivalent designs.

The parameters of a space fall into *groups*: those that decide on each other's effect, and, to make
few of them, others packed together. A group's *code* counts through the combinations of its values.
All that a model needs to know of a design is looked up in one table per group, whose rows for
equivalent combinations are the same; so designs need not be brought into canonical form first, and
the first layer of a network becomes a sum of rows.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError
from archgym.parameter import Design, Parameter
from archgym.space import DesignSpace

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

PACKED = 1024
"""The most combinations of values that parameters are packed together for."""

LIMIT = 1_000_000
"""The most combinations of parameters that depend on each other."""

CELLS = 50_000_000
"""The most numbers in all tables."""

KNOTS = 16
"""The most points between which a model interpolates along an ordered parameter."""


class Coding:
    """How the designs of a space are coded.

    Args:
        space: The space.

    Attributes:
        space: As given.
        groups: The columns of the parameters in each group.
        levels: By group, shape `[combinations, parameters in it]`: the position of each value, or
            -1 where the parameter has no effect.
        basis: By group, shape `[combinations, features of it]`: the same as numbers from 0 to 1.
            A value without order has a feature of its own; an ordered parameter has hat functions
            at up to `KNOTS` of its values; a parameter without effect has zeros.

    Raises:
        ArchgymError: So many parameters depend on each other, or have so many values, that they
            can't be tabulated; or values of an ordered one don't ascend.

    Example:
        >>> from archgym.dram.spaces import make_space
        >>> coding = Coding(make_space("archgym-pow2"))
        >>> [len(levels) for levels in coding.levels]
        [576, 768]
    """

    def __init__(self, space: DesignSpace) -> None:
        self.space = space
        self._parameters = list(space.parameters.values())
        self.groups = self._group()
        self._check_size()
        self._code = np.zeros((len(space), len(self.groups)))
        self.levels: list[Ints] = []
        self.basis: list[Floats] = []
        for group, columns in enumerate(self.groups):
            lengths = [len(self._parameters[column].values) for column in columns]
            combinations = np.indices(lengths).reshape(len(lengths), -1).T
            strides = [int(np.prod(lengths[place + 1 :])) for place in range(len(lengths))]
            self._code[columns, group] = strides
            levels = self._effective(columns, combinations)
            self.levels.append(levels)
            self.basis.append(
                np.hstack(
                    [
                        _hats(self._parameters[column])[level]
                        for column, level in zip(columns, levels.T, strict=True)
                    ]
                )
            )
        self._steps = [
            {value: self._step(column, index) for index, value in enumerate(parameter.values)}
            for column, parameter in enumerate(self._parameters)
        ]

    def codes(self, indices: Ints) -> Ints:
        """Returns the codes of designs.

        Args:
            indices: Designs as `DesignSpace.encode` gives them, shape `[n, len(space)]`; taken to
                be valid.

        Returns:
            int64, shape `[n, groups]`.
        """
        # Floats are exact here and multiply many times as fast.
        return (indices.astype(np.float64) @ self._code).astype(np.int64)

    def code(self, design: Design) -> list[int]:
        """Returns the codes of one design; what it leaves out has its default.

        Raises:
            ArchgymError: It has a parameter or value that the space does not.
        """
        codes = [0] * len(self.groups)
        values = self.space.validate(design).values()
        for value, steps in zip(values, self._steps, strict=True):
            group, step = steps[value]
            codes[group] += step
        return codes

    def features(self, codes: Ints) -> Floats:
        """Returns what networks and linear models see of designs, shape `[n, features]`."""
        return np.hstack([table[code] for table, code in zip(self.basis, codes.T, strict=True)])

    def positions(self, codes: Ints) -> Floats:
        """Returns what trees see: the `levels` of every group, shape `[n, len(space)]`."""
        found = [table[code] for table, code in zip(self.levels, codes.T, strict=True)]
        return np.hstack(found).astype(np.float64)

    def keys(self, codes: Ints) -> Ints:
        """Returns one number per design, the same for equivalent designs and for no others."""
        key = np.zeros(len(codes), np.int64)
        for table, code in zip(self.levels, codes.T, strict=True):
            distinct, inverse = np.unique(table, axis=0, return_inverse=True)
            key = key * len(distinct) + inverse.reshape(-1)[code]
        return key

    def _step(self, column: int, index: int) -> tuple[int, int]:
        group = int(np.flatnonzero([column in columns for columns in self.groups])[0])
        return group, int(self._code[column, group]) * index

    def _effective(self, columns: Sequence[int], combinations: Ints) -> Ints:
        """Marks by -1 what has no effect; the others of its group are all that decide on it."""
        names = [self._parameters[column].name for column in columns]
        levels = combinations.copy()
        for place, name in enumerate(names):
            condition = self.space.active.get(name)
            if condition is None:
                continue
            decider = names.index(condition.parameter)
            parameter = self._parameters[columns[decider]]
            # A condition sees the default of what is without effect itself.
            default = parameter.index(parameter.default)
            seen = np.where(levels[:, decider] < 0, default, levels[:, decider])
            holds = np.array([condition.holds({parameter.name: v}) for v in parameter.values])
            levels[~holds[seen], place] = -1
        return levels

    def _group(self) -> list[list[int]]:
        names = [parameter.name for parameter in self._parameters]
        group_of = list(range(len(names)))
        for name, condition in self.space.active.items():
            one, other = group_of[names.index(name)], group_of[names.index(condition.parameter)]
            group_of = [one if group == other else group for group in group_of]
        groups: list[list[int]] = []
        for label in dict.fromkeys(group_of):
            columns = [column for column, group in enumerate(group_of) if group == label]
            if self._combinations(columns) > LIMIT:
                listed = ", ".join(names[column] for column in columns)
                raise ArchgymError(
                    f"a proxy can't tabulate space {self.space.name}: {listed} depend on each "
                    f"other and have more than {LIMIT:,} combinations"
                )
            for group in groups:
                if self._combinations(group + columns) <= PACKED:
                    group.extend(columns)
                    group.sort()
                    break
            else:
                groups.append(columns)
        return groups

    def _check_size(self) -> None:
        cells = sum(
            self._combinations(columns)
            * sum(1 + _hat_count(self._parameters[column]) for column in columns)
            for columns in self.groups
        )
        if cells > CELLS:
            raise ArchgymError(
                f"a proxy can't tabulate space {self.space.name}: its tables would have more than "
                f"{CELLS:,} numbers"
            )

    def _combinations(self, columns: Iterable[int]) -> int:
        count = 1
        for column in columns:
            count *= len(self._parameters[column].values)
        return count


def _hat_count(parameter: Parameter) -> int:
    """Returns the number of features of a parameter."""
    count = len(parameter.values)
    return min(count, KNOTS) if parameter.ordered else count


def _hats(parameter: Parameter) -> Floats:
    """Returns the features of each value of a parameter, and below them zeros for no effect."""
    count = len(parameter.values)
    if not parameter.ordered or count <= KNOTS:
        return np.vstack([np.eye(count), np.zeros(count)])
    # In many parameters, such as sizes, what matters is the ratio of values.
    place = np.array([float(value) for value in parameter.values])
    if not (np.isfinite(place).all() and (np.diff(place) > 0).all()):
        raise ArchgymError(f"the values of {parameter.name}, which is ordered, don't ascend")
    place = np.log2(place - place[0] + 1)
    knots = np.linspace(place[0], place[-1], KNOTS)
    distance = np.abs(place[:, None] - knots) / (knots[1] - knots[0])
    return np.vstack([np.maximum(1 - distance, 0), np.zeros(KNOTS)])
