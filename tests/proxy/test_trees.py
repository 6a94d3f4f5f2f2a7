"""Trees say what LightGBM says, to the last bit, and what is no tree is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym.errors import ArchgymError
from archgym.proxy import lightgbm_text
from archgym.proxy.models import Boosting, Forest
from archgym.proxy.trees import BLOCK, Trees

lightgbm = pytest.importorskip("lightgbm")

QUIET = {"verbose": -1, "num_threads": 1, "deterministic": True}


def booster(seed: int, rows: int = 300, trees: int = 20, **how):
    """Trained on features like those of designs, some few whole numbers and some continuous."""
    rng = np.random.default_rng(seed)
    x = np.hstack([rng.integers(-1, 6, (rows, 4)), rng.normal(size=(rows, 2)).round(1)])
    y = np.sin(x @ rng.normal(size=6)) + rng.normal(0, 0.1, rows)
    weight = rng.uniform(0.5, 2, rows)
    data = lightgbm.Dataset(x, y, weight=weight, free_raw_data=False)
    return lightgbm.train(QUIET | {"seed": seed} | how, data, trees), x


def unlike(x: np.ndarray, seed: int, rows: int) -> np.ndarray:
    """Rows that are partly on and partly between the values of the training, and beyond."""
    rng = np.random.default_rng(seed)
    drawn = x[rng.integers(len(x), size=(rows, x.shape[1])), np.arange(x.shape[1])]
    return drawn + rng.choice([0, 0, 0, 1e-17, 0.5, -100, 1e35], drawn.shape)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([Boosting, Forest]), st.integers(1, 300))
def test_they_say_what_lightgbm_says(seed: int, kind: type, rows: int) -> None:
    how, _ = kind._settings(1.0)
    grown, x = booster(seed, rows + 10, **how)
    trees = lightgbm_text.read([grown.model_to_string()])
    trees.check(1, x.shape[1])
    asked = unlike(x, seed, rows)
    sums = trees.sums(asked)[:, 0]
    found = sums / trees.counts[0] if kind is Forest else sums
    np.testing.assert_array_equal(found, grown.predict(asked, num_threads=1))


def test_the_number_of_rows_does_not_matter() -> None:
    grown, x = booster(0, num_leaves=63)
    other, _ = booster(1, num_leaves=5, trees=3)
    trees = lightgbm_text.read([grown.model_to_string(), other.model_to_string()])
    asked = unlike(x, 2, BLOCK + 50)
    sums = trees.sums(asked)
    assert sums.shape == (BLOCK + 50, 2)
    for rows in (0, 1, 7, 500):
        np.testing.assert_array_equal(trees.sums(asked[:rows]), sums[:rows])
    np.testing.assert_array_equal(trees.sums(asked[-60:]), sums[-60:])


def test_a_metric_that_never_changes_is_one_leaf() -> None:
    data = lightgbm.Dataset(np.arange(40.0)[:, None], np.full(40, 3.0))
    grown = lightgbm.train(QUIET, data, 5)
    trees = lightgbm_text.read([grown.model_to_string()])
    trees.check(1, 1)
    np.testing.assert_array_equal(trees.sums(np.zeros((2, 1)))[:, 0], grown.predict([[0.0], [1.0]]))


def _odd(**how):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, (200, 3)).astype(float)
    y = x[:, 0] * x[:, 1]
    if how.pop("nan", False):
        x[::3, 0] = np.nan
    columns = how.pop("categorical", "auto")
    if "num_class" in how:
        y = y % how["num_class"]
    data = lightgbm.Dataset(x, y + 1, categorical_feature=columns)
    if "num_class" in how:
        data = lightgbm.Dataset(x, y)
    return lightgbm.train(QUIET | how, data, 3).model_to_string()


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"nan": True}, "categorical splits, or some of missing values"),
        ({"zero_as_missing": True}, "categorical splits, or some of missing values"),
        (
            {"categorical": [0], "min_data_per_group": 1, "cat_smooth": 0},
            "linear or has categorical splits",
        ),
        ({"linear_tree": True}, "linear or has categorical splits"),
        ({"objective": "poisson"}, "objective 'poisson'; only 'regression' can be used"),
        ({"reg_sqrt": True}, "objective 'regression sqrt'; only"),
        ({"objective": "multiclass", "num_class": 3}, "num_class '3'; only '1' can be used"),
    ],
)
def test_trees_that_archgym_does_not_train_are_refused(how: dict, why: str) -> None:
    with pytest.raises(ArchgymError, match=why):
        lightgbm_text.read([_odd(**how)])


def _with(text: str, key: str, change) -> str:
    """Changes the numbers after the first `key=` in a model."""
    found = re.search(rf"^{key}=(.*)$", text, re.MULTILINE)
    return text[: found.start(1)] + " ".join(change(found[1].split())) + text[found.end(1) :]


@pytest.mark.parametrize(
    ("key", "change", "why"),
    [
        ("left_child", lambda each: ["0", *each[1:]], "not children of one node each"),
        ("left_child", lambda each: ["99999", *each[1:]], "not children of one node each"),
        ("right_child", lambda each: ["-2147483648", *each[1:]], "not children of one node each"),
        ("threshold", lambda each: each[1:], "not have one leaf more than splits"),
        ("threshold", lambda each: ["x", *each[1:]], "no numbers as its threshold"),
        ("split_feature", lambda each: ["-7", *each[1:]], "feature below 0"),
        ("split_feature", lambda each: ["9" * 30, *each[1:]], "no integers as its split_feature"),
        ("leaf_value", lambda each: each[1:], "as many leaves as it says"),
        ("num_leaves", lambda _: ["1000000000"], "as many leaves as it says"),
        ("decision_type", lambda each: ["8", *each[1:]], "splits, or some of missing values"),
    ],
)
def test_texts_that_are_no_trees_are_refused(key: str, change, why: str) -> None:
    text = booster(0)[0].model_to_string()
    with pytest.raises(ArchgymError, match=why):
        lightgbm_text.read([_with(text, key, change)])


def test_nodes_in_a_circle_beside_the_tree_are_refused() -> None:
    text = booster(0, num_leaves=4, trees=1)[0].model_to_string()
    text = _with(text, "left_child", lambda _: ["-1", "2", "1"])
    text = _with(text, "right_child", lambda _: ["-2", "-3", "-4"])
    with pytest.raises(ArchgymError, match="not all below its root"):
        lightgbm_text.read([text])


@pytest.mark.parametrize("text", ["", "tree\n", "end of trees", "tree\nTree=0\nnum_leaves=1\n"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ArchgymError, match="has no trees, or no end"):
        lightgbm_text.read([text])


TREES = Trees(
    counts=np.array([2, 1]),
    sizes=np.array([3, 1, 5]),
    feature=np.array([0, -1, -1, -1, 1, -1, 0, -1, -1]),
    value=np.array([0.5, 1.0, 2.0, 10.0, 0.0, 5.0, 1.0, 6.0, 7.0]),
)


def test_trees_are_walked_from_their_roots() -> None:
    TREES.check(2, 2)
    x = np.array([[0.5, 0.0], [0.6, 0.1], [1.1, 0.1]])
    np.testing.assert_array_equal(TREES.sums(x), [[11, 5], [12, 6], [12, 7]])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"counts": np.array([3])}, "not trees for each of 2 outputs"),
        ({"counts": np.array([3, 0])}, "not trees for each of 2 outputs"),
        ({"counts": np.array([2**62, 2**62])}, "not trees for each of 2 outputs"),
        ({"sizes": np.array([3, 1, 7])}, "not as many nodes as the trees have"),
        ({"sizes": np.array([5, -1, 5])}, "not as many nodes as the trees have"),
        ({"sizes": np.array([1, 3, 5])}, "one leaf more than inner nodes"),
        ({"feature": np.where(TREES.feature == 1, 2, TREES.feature)}, "a feature beyond 2"),
        ({"feature": TREES.feature - 1}, "a feature beyond 2"),
        ({"feature": np.array([0, -1, -1, -1, -1, 1, 0, -1, -1])}, "not below another"),
        ({"value": np.where(TREES.value == 7, np.nan, TREES.value)}, "not finite"),
        ({"value": np.where(TREES.value == 7, 1e308, 1e308)}, "not finite"),
        ({"value": TREES.value[:-1]}, "not as many nodes as the trees have"),
    ],
)
def test_arrays_that_are_no_trees_are_refused(changes: dict, why: str) -> None:
    with pytest.raises(ArchgymError, match=why):
        replace(TREES, **changes).check(2, 2)
