"""The models that a proxy can be made of, all of which are plain arrays once they are trained.

A model maps a coded design and a *context*, numbers that describe the workload (none, if there is
one workload only), to standardised metrics.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError, unknown
from archgym.extras import needed_by
from archgym.proxy import lightgbm_text, network
from archgym.proxy.arrays import Arrays, array
from archgym.proxy.coding import Coding
from archgym.proxy.network import Training
from archgym.proxy.onnx_graph import to_onnx
from archgym.proxy.tabulated import Tabulated
from archgym.proxy.trees import Trees

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Advance = Callable[[], None]

CHUNK = 8192
"""Designs that are predicted at a time, few enough for what lies in between to stay in a cache."""


@dataclass(frozen=True)
class Examples:
    """What a model learns from, one row per sample.

    Attributes:
        codes: Coded designs, shape `[n, groups]`.
        context: What describes the workload, shape `[n, context]`.
        outputs: Standardised metrics, shape `[n, metrics]`.
        emphasis: What each error counts, of the same shape, 1 in the mean.
    """

    codes: Ints
    context: Floats
    outputs: Floats
    emphasis: Floats


class Model(ABC):
    """Predicts standardised metrics.

    Attributes:
        kind: What it is called.
    """

    kind: ClassVar[str]

    @classmethod
    @abstractmethod
    def fit(
        cls, coding: Coding, examples: Examples, seed: int, effort: float, advance: Advance
    ) -> "Model":
        """Learns from examples.

        Args:
            coding: How the designs are coded.
            examples: The examples.
            seed: Its only source of randomness.
            effort: How long to train, as a multiple of what is usual.
            advance: Called `steps(effort)` times meanwhile.
        """

    @classmethod
    @abstractmethod
    def steps(cls, metrics: int, effort: float) -> int:
        """Returns how often `fit` calls `advance`."""

    @abstractmethod
    def predict(self, codes: Ints, context: Floats) -> Floats:
        """Returns the outputs, shape `[n, metrics]`.

        Args:
            codes: Coded designs, shape `[n, groups]`.
            context: What describes the workload of all of them, shape `[context]`.
        """

    @abstractmethod
    def write(self) -> dict[str, NDArray[Any]]:
        """Returns the arrays that it is made of, by name."""

    @classmethod
    @abstractmethod
    def read(cls, coding: Coding, arrays: Arrays, context: int, outputs: int) -> "Model":
        """Makes a model of what `write` returned.

        Args:
            coding: How the designs are coded.
            arrays: The arrays by name; they may be from anywhere, and are not trusted.
            context: How many numbers describe the workload.
            outputs: How many metrics it predicts.

        Raises:
            ArchgymError: The arrays don't make a model whose outputs are always finite.
        """


class Ridge(Model):
    """Linear regression on features and their pairwise products: the baseline.

    Hoerl, Kennard: "Ridge Regression: Biased Estimation for Nonorthogonal Problems",
    Technometrics 1970.
    """

    kind: ClassVar[str] = "ridge"
    PENALTY: ClassVar[float] = 1e-3

    def __init__(self, coding: Coding, weights: Floats) -> None:
        self._coding = coding
        self._weights = weights

    @classmethod
    def fit(
        cls, coding: Coding, examples: Examples, seed: int, effort: float, advance: Advance
    ) -> "Ridge":
        """Solves the normal equations; see `Model.fit`."""
        gram: Any = 0.0
        moment: Any = 0.0
        for first in range(0, len(examples.codes), CHUNK):
            part = slice(first, first + CHUNK)
            x = _products(coding.features(examples.codes[part]), examples.context[part])
            gram, moment = gram + x.T @ x, moment + x.T @ examples.outputs[part]
        gram = gram + cls.PENALTY * len(examples.codes) / 100 * np.eye(len(gram))
        weights: Floats = np.linalg.solve(gram, moment)
        advance()
        return cls(coding, weights)

    @classmethod
    def steps(cls, metrics: int, effort: float) -> int:
        """Returns 1."""
        return 1

    def predict(self, codes: Ints, context: Floats) -> Floats:
        """Predicts; see `Model.predict`."""
        parts = []
        for first in range(0, len(codes), CHUNK):
            features = self._coding.features(codes[first : first + CHUNK])
            rows = np.broadcast_to(context, (len(features), len(context)))
            parts.append(_products(features, rows) @ self._weights)
        return np.concatenate(parts) if parts else np.empty((0, self._weights.shape[1]))

    def write(self) -> dict[str, NDArray[Any]]:
        """Returns the weights, shape `[products, metrics]`."""
        return {"weights": self._weights}

    @classmethod
    def read(cls, coding: Coding, arrays: Arrays, context: int, outputs: int) -> "Ridge":
        """Takes them; see `Model.read`."""
        inputs = 1 + sum(table.shape[1] for table in coding.basis) + context
        weights = array(arrays, "weights", np.float64, (inputs * (inputs + 1) // 2, outputs))
        # What is multiplied by them is less than 10.
        with np.errstate(over="ignore"):
            most = np.abs(weights).sum(axis=0)
        if not (most < np.finfo(np.float64).max / 10).all():
            raise ArchgymError("its weights are not finite, or add up to more than a number can be")
        return cls(coding, weights)


def _products(features: Floats, context: Floats) -> Floats:
    x = np.hstack([np.ones((len(features), 1)), features, context])
    one, other = np.triu_indices(x.shape[1])
    products: Floats = x[:, one] * x[:, other]
    return products


class _Ensemble(Model):
    """Trees for each metric, grown by LightGBM."""

    def __init__(self, coding: Coding, trees: Trees) -> None:
        self._coding = coding
        self._trees = trees

    @classmethod
    @abstractmethod
    def _settings(cls, effort: float) -> tuple[dict[str, Any], int]:
        """Returns LightGBM's parameters and the number of trees."""

    @classmethod
    def fit(
        cls, coding: Coding, examples: Examples, seed: int, effort: float, advance: Advance
    ) -> "_Ensemble":
        """Grows the trees; see `Model.fit`."""
        lightgbm = _lightgbm(cls.kind)
        settings, trees = cls._settings(effort)
        settings |= {"seed": seed, "verbose": -1, "deterministic": True, "num_threads": 1}
        x = np.hstack([coding.positions(examples.codes), examples.context])
        texts = []
        for outputs, emphasis in zip(examples.outputs.T, examples.emphasis.T, strict=True):
            data = lightgbm.Dataset(x, outputs, weight=emphasis, free_raw_data=False)
            booster = lightgbm.train(settings, data, trees, callbacks=[lambda _state: advance()])
            texts.append(booster.model_to_string())
        return cls(coding, lightgbm_text.read(texts))

    @classmethod
    def steps(cls, metrics: int, effort: float) -> int:
        """Returns the number of trees."""
        return metrics * cls._settings(effort)[1]

    def predict(self, codes: Ints, context: Floats) -> Floats:
        """Predicts; see `Model.predict`."""
        rows = np.broadcast_to(context, (len(codes), len(context)))
        return self._trees.sums(np.hstack([self._coding.positions(codes), rows]))

    def write(self) -> dict[str, NDArray[Any]]:
        """Returns the trees' arrays; see `Trees`."""
        trees = self._trees
        return {
            "counts": trees.counts,
            "sizes": trees.sizes,
            "feature": trees.feature.astype(np.int32),
            "value": trees.value,
        }

    @classmethod
    def read(cls, coding: Coding, arrays: Arrays, context: int, outputs: int) -> "_Ensemble":
        """Takes them; see `Model.read`."""
        integers = {
            name: array(arrays, name, dtype, (None,)).astype(np.int64)
            for name, dtype in (("counts", np.int64), ("sizes", np.int64), ("feature", np.int32))
        }
        trees = Trees(**integers, value=array(arrays, "value", np.float64, (None,)))
        trees.check(outputs, len(coding.space) + context)
        return cls(coding, trees)


class Boosting(_Ensemble):
    """Gradient boosting: each tree corrects the trees before it.

    Ke et al.: "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017.
    """

    kind: ClassVar[str] = "lightgbm"

    @classmethod
    def _settings(cls, effort: float) -> tuple[dict[str, Any], int]:
        settings = {
            "num_leaves": 63,
            "learning_rate": 0.05,
            "min_data_in_leaf": 3,
            "feature_fraction": 0.8,
        }
        return settings, max(1, round(600 * effort))


class Forest(_Ensemble):
    """A random forest: the mean of trees that are grown apart, each on a part of the samples.

    Breiman: "Random Forests", Machine Learning 2001.
    """

    kind: ClassVar[str] = "forest"

    @classmethod
    def _settings(cls, effort: float) -> tuple[dict[str, Any], int]:
        settings = {
            "boosting": "rf",
            "num_leaves": 4096,
            "min_data_in_leaf": 2,
            "bagging_freq": 1,
            "bagging_fraction": 0.63,
            "feature_fraction_bynode": 0.7,
        }
        return settings, max(1, round(100 * effort))

    def predict(self, codes: Ints, context: Floats) -> Floats:
        """Predicts; see `Model.predict`."""
        means: Floats = super().predict(codes, context) / self._trees.counts
        return means


class Perceptron(Model):
    """A small neural network for all metrics together, run by ONNX Runtime.

    Trained by `archgym.proxy.network`; see there.
    """

    kind: ClassVar[str] = "mlp"

    def __init__(self, network: Tabulated) -> None:
        self._network = network
        self._session = _session(to_onnx(network))
        self._outputs = len(network.biases[-1])

    def __reduce__(self) -> tuple[type["Perceptron"], tuple[Tabulated]]:
        """Pickles the network, of which another session can be made."""
        return type(self), (self._network,)

    @classmethod
    def fit(
        cls, coding: Coding, examples: Examples, seed: int, effort: float, advance: Advance
    ) -> "Perceptron":
        """Trains the network; see `Model.fit`."""
        how = cls._training(effort, over_workloads=examples.context.shape[1] > 0)
        x = np.hstack([coding.features(examples.codes), examples.context]).astype(np.float32)
        found = network.train(
            x,
            examples.outputs.astype(np.float32),
            examples.emphasis.astype(np.float32),
            np.random.default_rng(seed),
            how,
            advance,
        )
        return cls(Tabulated.of(found, coding.basis))

    @classmethod
    def steps(cls, metrics: int, effort: float) -> int:
        """Returns the number of epochs."""
        return cls._training(effort, over_workloads=False).epochs

    @classmethod
    def _training(cls, effort: float, over_workloads: bool) -> Training:
        # Of many workloads there are many samples, and no need for steps as many and as small.
        batch = 4 * Training.batch if over_workloads else Training.batch
        return Training(epochs=max(1, round(Training.epochs * effort)), batch=batch)

    def predict(self, codes: Ints, context: Floats) -> Floats:
        """Predicts; see `Model.predict`."""
        if len(codes) <= CHUNK:
            return self._run(codes, context).astype(np.float64)
        outputs = np.empty((len(codes), self._outputs))
        for first in range(0, len(codes), CHUNK):
            outputs[first : first + CHUNK] = self._run(codes[first : first + CHUNK], context)
        return outputs

    def _run(self, codes: Ints, context: Floats) -> NDArray[np.float32]:
        inputs: dict[str, Any] = {"codes": codes}
        if len(self._network.context):
            inputs["context"] = context[None].astype(np.float32)
        outputs: NDArray[np.float32] = self._session.run(["outputs"], inputs)[0]
        return outputs

    def write(self) -> dict[str, NDArray[Any]]:
        """Returns the network's arrays; see `Tabulated`."""
        return self._network.write()

    @classmethod
    def read(cls, coding: Coding, arrays: Arrays, context: int, outputs: int) -> "Perceptron":
        """Takes them; see `Model.read`."""
        network = Tabulated.read(arrays, [len(table) for table in coding.basis], context, outputs)
        return cls(network)


MODELS: dict[str, type[Model]] = {
    model.kind: model for model in (Ridge, Forest, Boosting, Perceptron)
}
"""By name, the simplest first."""


def model_class(kind: str) -> type[Model]:
    """Returns the model called `kind`.

    Raises:
        ArchgymError: There is none.
    """
    if kind not in MODELS:
        raise unknown("model", kind, MODELS)
    return MODELS[kind]


def _lightgbm(kind: str) -> Any:
    with needed_by(f"model {kind!r} of a proxy"):
        import lightgbm
    return lightgbm


def _session(graph: bytes) -> Any:
    with needed_by("model 'mlp' of a proxy"):
        import onnxruntime  # type: ignore[import-untyped,unused-ignore]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


__all__ = ["MODELS", "ArchgymError", "Examples", "Model", "model_class"]
