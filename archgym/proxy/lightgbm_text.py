"""Reads the text that LightGBM writes of a model, without LightGBM, whose own reader trusts it.

What is read are regression trees with numerical splits of features of which none is missing, as
archgym trains them. Anything else is refused: categorical splits, linear leaves, several classes,
other objectives, and splits that treat zero or NaN as missing.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError
from archgym.proxy.trees import LEAF, Trees

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_END = "end of trees"

_EXPECTED = {"num_class": "1", "num_tree_per_iteration": "1", "objective": "regression"}

# The flags of a split: categorical, go left where the feature is missing, and in two bits what
# counts as missing. Where nothing does, the second has no effect.
_NUMERICAL = (0, 2)


def read(texts: Sequence[str]) -> Trees:
    """Reads models.

    Args:
        texts: What LightGBM has written of the model of each output.

    Returns:
        Their trees. Whether they ask for features that there are is up to `Trees.check`.

    Raises:
        ArchgymError: A text is not of such a model.
    """
    counts, sizes, features, values = [], [], [], []
    for text in texts:
        trees = [_tree(block) for block in _blocks(text)]
        counts.append(len(trees))
        for feature, value in trees:
            sizes.append(len(feature))
            features.append(feature)
            values.append(value)
    return Trees(
        np.array(counts, np.int64),
        np.array(sizes, np.int64),
        np.concatenate(features),
        np.concatenate(values),
    )


def _blocks(text: str) -> list[dict[str, str]]:
    """Returns the lines of each tree by their keys."""
    whole, end, _ = text.partition(f"\n{_END}\n")
    head, *trees = whole.split("\nTree=")
    if not end or not trees:
        raise ArchgymError("a model of LightGBM has no trees, or no end")
    header = _lines(head)
    for key, expected in _EXPECTED.items():
        if header.get(key) != expected:
            raise ArchgymError(
                f"a model of LightGBM has {key} {header.get(key)!r}; only {expected!r} can be used"
            )
    return [_lines(tree) for tree in trees]


def _lines(block: str) -> dict[str, str]:
    return {
        key: value
        for key, equals, value in (line.partition("=") for line in block.splitlines())
        if equals
    }


def _tree(lines: Mapping[str, str]) -> tuple[Ints, Floats]:
    """Returns the features and values of a tree's nodes, level by level."""
    leaves = _numbers(lines, "leaf_value")
    inner = len(leaves) - 1
    if inner < 0 or lines.get("num_leaves") != str(len(leaves)):
        raise ArchgymError("a tree of LightGBM does not have as many leaves as it says")
    if lines.get("num_cat", "0") != "0" or lines.get("is_linear", "0") != "0":
        raise ArchgymError("a tree of LightGBM is linear or has categorical splits")
    if not inner:
        return np.array([LEAF]), leaves
    feature = _integers(lines, "split_feature")
    threshold = _numbers(lines, "threshold")
    kinds = _integers(lines, "decision_type")
    sides = [_integers(lines, "left_child"), _integers(lines, "right_child")]
    if any(len(each) != inner for each in (feature, threshold, kinds, *sides)):
        raise ArchgymError("a tree of LightGBM does not have one leaf more than splits")
    children = np.column_stack(sides)
    if not np.isin(kinds, _NUMERICAL).all():
        raise ArchgymError("a tree of LightGBM has categorical splits, or some of missing values")
    if (feature < 0).any():
        raise ArchgymError("a tree of LightGBM asks for a feature below 0")
    # LightGBM numbers inner nodes from 0 up, and leaves from -1 down.
    order = _level_by_level(np.where(children < 0, inner + ~children, children), inner)
    return (
        np.concatenate([feature, np.full(len(leaves), LEAF)])[order],
        np.concatenate([threshold, leaves])[order],
    )


def _level_by_level(children: Ints, inner: int) -> Ints:
    """Returns the nodes of a tree so that siblings are neighbours, the highest level first.

    Args:
        children: Of each inner node, shape `[inner, 2]`; leaves are numbered from `inner`.
        inner: The number of inner nodes.
    """
    nodes = 2 * inner + 1
    # As every node but the root is the child of just one, what hangs on the root has no circles.
    if not np.array_equal(np.sort(children, axis=None), np.arange(1, nodes)):
        raise ArchgymError("the nodes of a tree of LightGBM are not children of one node each")
    level = np.zeros(1, np.int64)
    levels = [level]
    while (deeper := level[level < inner]).size:
        level = children[deeper].reshape(-1)
        levels.append(level)
    order = np.concatenate(levels)
    if len(order) != nodes:
        raise ArchgymError("the nodes of a tree of LightGBM are not all below its root")
    return order


def _integers(lines: Mapping[str, str], key: str) -> Ints:
    try:
        return np.array([int(word) for word in lines[key].split()], np.int64)
    except (KeyError, ValueError, OverflowError) as error:
        raise ArchgymError(f"a tree of LightGBM has no integers as its {key}: {error}") from error


def _numbers(lines: Mapping[str, str], key: str) -> Floats:
    try:
        return np.array([float(word) for word in lines[key].split()], np.float64)
    except (KeyError, ValueError) as error:
        raise ArchgymError(f"a tree of LightGBM has no numbers as its {key}: {error}") from error
