"""The models that a proxy can be made of, none of which needs a pickle to be saved.

A model maps a coded design and a *context*, numbers that describe the workload (none, if there is
one workload only), to standardised metrics.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from archgym.errors import ArchgymError, unknown
from archgym.extras import needed_by
from archgym.proxy import network
from archgym.proxy.coding import Coding
from archgym.proxy.network import Training
from archgym.proxy.onnx_graph import to_onnx

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Advance = Callable[[], None]

CHUNK = 8192
"""Designs that are predicted at a time, few enough for what lies in between to stay in a cache."""


@dataclass(frozen=True)
class Examples:
    """What a model learns from, a row a sample.

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
    def write(self) -> dict[str, bytes]:
        """Returns the content of the files that hold it, by name."""

    @classmethod
    @abstractmethod
    def read(cls, coding: Coding, files: Mapping[str, bytes]) -> "Model":
        """Makes a model of what `write` returned.

        Raises:
            Exception: Of any kind, if it is something else.
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

    def write(self) -> dict[str, bytes]:
        """Writes the weights as JSON."""
        return {"weights.json": json.dumps(self._weights.tolist()).encode()}

    @classmethod
    def read(cls, coding: Coding, files: Mapping[str, bytes]) -> "Ridge":
        """Reads them; see `Model.read`."""
        return cls(coding, np.array(json.loads(files["weights.json"]), np.float64))


def _products(features: Floats, context: Floats) -> Floats:
    x = np.hstack([np.ones((len(features), 1)), features, context])
    one, other = np.triu_indices(x.shape[1])
    products: Floats = x[:, one] * x[:, other]
    return products


class _Trees(Model):
    """Trees by LightGBM, some for each metric; saved as LightGBM's text."""

    def __init__(self, coding: Coding, boosters: list[Any]) -> None:
        self._coding = coding
        self._boosters = boosters

    @classmethod
    @abstractmethod
    def _settings(cls, effort: float) -> tuple[dict[str, Any], int]:
        """Returns LightGBM's parameters and the number of trees."""

    @classmethod
    def fit(
        cls, coding: Coding, examples: Examples, seed: int, effort: float, advance: Advance
    ) -> "_Trees":
        """Grows the trees; see `Model.fit`."""
        lightgbm = _lightgbm(cls.kind)
        settings, trees = cls._settings(effort)
        settings |= {"seed": seed, "verbose": -1, "deterministic": True, "num_threads": 1}
        x = np.hstack([coding.positions(examples.codes), examples.context])
        boosters = []
        for outputs, emphasis in zip(examples.outputs.T, examples.emphasis.T, strict=True):
            data = lightgbm.Dataset(x, outputs, weight=emphasis, free_raw_data=False)
            boosters.append(
                lightgbm.train(settings, data, trees, callbacks=[lambda _state: advance()])
            )
        return cls(coding, boosters)

    @classmethod
    def steps(cls, metrics: int, effort: float) -> int:
        """Returns the number of trees."""
        return metrics * cls._settings(effort)[1]

    def predict(self, codes: Ints, context: Floats) -> Floats:
        """Predicts; see `Model.predict`."""
        rows = np.broadcast_to(context, (len(codes), len(context)))
        x = np.hstack([self._coding.positions(codes), rows])
        if not len(x):
            return np.empty((0, len(self._boosters)))
        return np.column_stack([each.predict(x, num_threads=1) for each in self._boosters])

    def write(self) -> dict[str, bytes]:
        """Writes a text file a metric."""
        return {
            f"{number}.txt": each.model_to_string().encode()
            for number, each in enumerate(self._boosters)
        }

    @classmethod
    def read(cls, coding: Coding, files: Mapping[str, bytes]) -> "_Trees":
        """Reads them; see `Model.read`."""
        lightgbm = _lightgbm(cls.kind)
        texts = [files[f"{number}.txt"].decode() for number in range(len(files))]
        return cls(coding, [lightgbm.Booster(model_str=text) for text in texts])


class Boosting(_Trees):
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


class Forest(_Trees):
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


class Perceptron(Model):
    """A small neural network for all metrics together, run by ONNX Runtime.

    Trained by `archgym.proxy.network`; see there.
    """

    kind: ClassVar[str] = "mlp"

    def __init__(self, graph: bytes, threads: int = 1) -> None:
        self._graph = graph
        self._threads = threads
        self._session = _session(graph, threads)
        self._context = len(self._session.get_inputs()) > 1
        self._outputs = self._session.get_outputs()[0].shape[1]

    def __reduce__(self) -> tuple[type["Perceptron"], tuple[bytes, int]]:
        """Pickles the graph, of which another session can be made."""
        return type(self), (self._graph, self._threads)

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
        return cls(to_onnx(found, coding.basis, examples.context.shape[1]))

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
        if self._context:
            inputs["context"] = context[None].astype(np.float32)
        outputs: NDArray[np.float32] = self._session.run(["outputs"], inputs)[0]
        return outputs

    def write(self) -> dict[str, bytes]:
        """Writes the graph."""
        return {"network.onnx": self._graph}

    @classmethod
    def read(cls, coding: Coding, files: Mapping[str, bytes]) -> "Perceptron":
        """Reads it; see `Model.read`."""
        return cls(files["network.onnx"])


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


def _session(graph: bytes, threads: int) -> Any:
    with needed_by("model 'mlp' of a proxy"):
        import onnxruntime  # type: ignore[import-untyped,unused-ignore]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


__all__ = ["MODELS", "ArchgymError", "Examples", "Model", "model_class"]
