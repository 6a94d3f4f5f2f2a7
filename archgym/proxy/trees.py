"""Decision trees as plain arrays, and what they say of many designs at once.

The nodes of a tree are numbered level by level, the two children of a node next to each other: the
children of its k-th inner node are the nodes 2k + 1 and 2k + 2. So which nodes are leaves is all
that there is to say of a tree's shape, and no array can make a child of a node that is not below
it. Rows walk down all at the same time, one level per step.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAF = -1
"""The feature of a node that asks for none."""

BLOCK = 8192
"""Rows times trees that walk together: few enough for a cache, many enough for NumPy."""


@dataclass(frozen=True)
class Trees:
    """Some trees for each of several outputs.

    Attributes:
        counts: How many trees each output is the sum of, shape `[outputs]`.
        sizes: How many nodes each tree has, those of the first output first, shape `[trees]`.
        feature: What each node asks for, `LEAF` if it is one, shape `[nodes]`.
        value: The threshold up to which a node sends a row to the first of its children; of a
            leaf, what it adds to the output. Shape `[nodes]`.
    """

    counts: Ints
    sizes: Ints
    feature: Ints
    value: Floats

    def check(self, outputs: int, features: int) -> None:
        """Checks that they are trees.

        Args:
            outputs: How many outputs there must be.
            features: How many features there are.

        Raises:
            ArchgymError: They are none.
        """
        for name in ("counts", "sizes", "feature"):
            if getattr(self, name).dtype.kind != "i":
                raise ArchgymError(f"{name} of the trees are not integers")
        if self.value.dtype != np.float64:
            raise ArchgymError("values of the trees are not 64-bit numbers")
        if any(array.ndim != 1 for array in (self.counts, self.sizes, self.feature, self.value)):
            raise ArchgymError("the arrays of the trees are not one-dimensional")
        if len(self.counts) != outputs or not _adds_up(self.counts, len(self.sizes)):
            raise ArchgymError(f"there are not trees for each of {outputs} outputs")
        if not _adds_up(self.sizes, len(self.feature)) or len(self.value) != len(self.feature):
            raise ArchgymError("there are not as many nodes as the trees have")
        if not ((self.feature >= LEAF) & (self.feature < features)).all():
            raise ArchgymError(f"a tree asks for a feature beyond {features}")
        with np.errstate(over="ignore"):
            most = np.abs(self.value).sum()
        if not np.isfinite(most):
            raise ArchgymError("the trees have values that are not finite, or far too large")
        inner = self.feature >= 0
        inner_counts = np.add.reduceat(inner.astype(np.int64), self._starts)
        if (self.sizes != 2 * inner_counts + 1).any():
            raise ArchgymError("a tree does not have one leaf more than inner nodes")
        if (self._first_child[inner] <= np.flatnonzero(inner)).any():
            raise ArchgymError("a tree has a node that is not below another")

    def sums(self, x: Floats) -> Floats:
        """Returns what the trees of each output add up to, one after the other.

        Args:
            x: Features, shape `[n, features]`.

        Returns:
            Shape `[n, outputs]`.
        """
        sums = np.empty((len(x), len(self.counts)))
        for begin in range(0, len(x), BLOCK):
            part = slice(begin, begin + BLOCK)
            sums[part] = self._sums(x[part])
        return sums

    def _sums(self, x: Floats) -> Floats:
        rows = np.arange(len(x))
        by_feature = np.ascontiguousarray(x.T).reshape(-1)
        sums = np.empty((len(self.counts), len(x)))
        together = max(1, BLOCK // len(x))
        for output, end in enumerate(np.cumsum(self.counts).tolist()):
            total = np.zeros(len(x))
            for tree in range(end - int(self.counts[output]), end, together):
                trees = slice(tree, min(tree + together, end))
                at = np.repeat(self._starts[trees, None], len(x), axis=1)
                for _ in range(int(self._depths[trees].max())):
                    asked = self._asked.take(at)
                    asked *= len(x)
                    asked += rows
                    goes_second = by_feature.take(asked) > self._thresholds.take(at)
                    at = self._first_child.take(at)
                    at += goes_second
                leaves = self.value.take(at)
                # Sums of NumPy are of pairs, and so differ in the last bits from those in order.
                leaves[0] += total
                total = np.add.accumulate(leaves, axis=0)[-1]
            sums[output] = total
        return sums.T

    @cached_property
    def _starts(self) -> Ints:
        """The root of each tree."""
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def _asked(self) -> Ints:
        """The feature of each node, any of a leaf."""
        return np.maximum(self.feature, 0).astype(np.int64)

    @cached_property
    def _thresholds(self) -> Floats:
        """The threshold of each node; none is beyond that of a leaf, which is its own child."""
        return np.where(self.feature >= 0, self.value, np.inf)

    @cached_property
    def _first_child(self) -> Ints:
        inner = self.feature >= 0
        before: Ints = np.cumsum(inner) - inner
        starts = np.repeat(self._starts, self.sizes)
        children = starts + 2 * (before - before[starts]) + 1
        return np.where(inner, children, np.arange(len(inner)))

    @cached_property
    def _depths(self) -> Ints:
        """The levels below the root of each tree."""
        before: Ints = np.concatenate([[0], np.cumsum(self.feature >= 0)])
        begin, end = self._starts, self._starts + 1
        depths = np.zeros(len(begin), np.int64)
        while (inner := before[end] - before[begin]).any():
            depths += inner > 0
            begin, end = end, end + 2 * inner
        return depths


def _adds_up(lengths: Ints, total: int) -> bool:
    """Tells whether lengths of 1 and more add up to a total, without overflowing."""
    return bool(((lengths >= 1) & (lengths <= total)).all()) and sum(lengths.tolist()) == total
