"""Numbers the distinct designs of a space, so that all of them can be walked through and stored."""

from collections.abc import Iterator
from operator import getitem
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archgym.errors import ArchgymError
from archgym.space import DesignSpace

Ints = NDArray[np.int64]


class DistinctDesigns:
    """The canonical designs of a space, numbered from 0, infeasible ones included.

    The designs of a class (`DesignSpace.classes`) follow each other; the last parameter in which
    they differ changes fastest. A number is a sum with one term per parameter, in which those
    without effect have the factor 0: so `numbers` takes any design to the number of its canonical
    form.

    Args:
        space: The space.

    Attributes:
        space: As given.

    Example:
        >>> from archgym.dram.spaces import make_space
        >>> designs = DistinctDesigns(make_space("archgym-pow2"))
        >>> len(designs)
        166464
        >>> designs.numbers(designs.indices([0, 7, 166463])).tolist()
        [0, 7, 166463]
    """

    def __init__(self, space: DesignSpace) -> None:
        self.space = space
        names = list(space.parameters)
        self._lengths = np.array([len(p.values) for p in space.parameters.values()], np.int64)
        classes = list(space.classes())
        # By class and parameter: the index where it is not free, else its factor in the number.
        self._fixed = np.array([space.encode(each.design) for each in classes])
        self._factor = np.zeros_like(self._fixed)
        first = [0]
        for row, each in enumerate(classes):
            count = 1
            for name in reversed(each.free):
                column = names.index(name)
                self._factor[row, column] = count
                self._fixed[row, column] = 0
                count *= int(self._lengths[column])
            first.append(first[-1] + count)
        self._first = np.array(first, np.int64)
        self._reasons = [space.infeasibility(each.design) for each in classes]
        self._number_classes(names)

    def _number_classes(self, names: list[str]) -> None:
        """Finds the class of every combination of deciding values, canonical or not."""
        deciding = [names.index(name) for name in self.space.deciding]
        self._code = np.zeros(len(names), np.int64)
        combinations = 1
        for column in reversed(deciding):
            self._code[column] = combinations
            combinations *= int(self._lengths[column])
        canonical = self._fixed @ self._code
        class_of = {code: row for row, code in enumerate(canonical.tolist())}
        default = self.space.encode(self.space.default)
        self._class_of = np.empty(combinations, np.int64)
        for code in range(combinations):
            indices = default.copy()
            for column in deciding:
                indices[column] = code // self._code[column] % self._lengths[column]
            reset = self.space.encode(self.space.canonical(self.space.decode(indices)))
            self._class_of[code] = class_of[int(reset @ self._code)]

    def __len__(self) -> int:
        """Returns how many there are; `space.count_distinct()`."""
        return int(self._first[-1])

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Returns one of them."""
        (design,) = self.designs([number])
        return design

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yields all of them, in order."""
        return (self[number] for number in range(len(self)))

    def designs(self, numbers: ArrayLike) -> list[dict[str, Any]]:
        """Returns designs by their numbers, shape `[n]`.

        Raises:
            ArchgymError: There is no design of such a number.
        """
        values = [parameter.values for parameter in self.space.parameters.values()]
        names = list(self.space.parameters)
        return [
            dict(zip(names, map(getitem, values, row), strict=True))
            for row in self.indices(numbers).tolist()
        ]

    def indices(self, numbers: ArrayLike) -> Ints:
        """Returns designs, as `DesignSpace.encode` does.

        Args:
            numbers: Their numbers, shape `[n]`.

        Returns:
            int64, shape `[n, len(space)]`.

        Raises:
            ArchgymError: There is no design of such a number.
        """
        array = self._checked(numbers)
        row = self._class(array)
        factor = self._factor[row]
        rest = (array - self._first[row])[:, None]
        free = rest // np.maximum(factor, 1) % self._lengths
        return np.where(factor > 0, free, self._fixed[row])

    def numbers(self, indices: Ints) -> Ints:
        """Returns the number of each design's canonical form.

        Args:
            indices: Designs as `DesignSpace.encode` gives them, shape `[n, len(space)]`; taken to
                be valid.

        Returns:
            int64, shape `[n]`.
        """
        row = self._class_of[indices @ self._code]
        numbers: Ints = self._first[row] + np.einsum("ij,ij->i", self._factor[row], indices)
        return numbers

    def infeasibility(self, numbers: ArrayLike) -> list[str | None]:
        """Returns why each design is ruled out, or `None` where it is not.

        Raises:
            ArchgymError: There is no design of such a number.
        """
        return [self._reasons[row] for row in self._class(self._checked(numbers)).tolist()]

    def _class(self, numbers: Ints) -> Ints:
        return np.searchsorted(self._first, numbers, side="right") - 1

    def _checked(self, numbers: ArrayLike) -> Ints:
        array = np.asarray(numbers, np.int64)
        if array.size and not (array.min() >= 0 and array.max() < len(self)):
            raise ArchgymError(
                f"space {self.space.name} has distinct designs 0 to {len(self) - 1}, "
                f"not {array.min()} to {array.max()}"
            )
        return array
