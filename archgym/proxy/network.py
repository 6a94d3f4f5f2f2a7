"""A small neural network, trained by NumPy: layers, their gradients and Adam.

Ba, Caruana: "Do Deep Nets Really Need to be Deep?", NeurIPS 2014, is why a small one will do;
Kingma, Ba: "Adam", ICLR 2015; Loshchilov, Hutter: "Decoupled Weight Decay Regularization", ICLR
2019; Smith, Topin: "Super-Convergence", 2018, for the schedule of the learning rate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from archgym.extras import needed_by

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Training:
    """How a network is trained.

    Attributes:
        hidden: Units of the hidden layers.
        epochs: Passes over the data.
        batch: Samples a step.
        peak_rate: The highest learning rate, reached after a tenth of the steps.
        weight_decay: Share of the weights that is taken off, times the learning rate.
    """

    hidden: tuple[int, ...] = (128, 128, 128)
    epochs: int = 300
    batch: int = 32
    peak_rate: float = 5e-3
    weight_decay: float = 1e-4


@dataclass
class Network:
    """Affine layers with SiLU, x / (1 + exp(-x)), in between.

    Attributes:
        weights: By layer, shape `[inputs, outputs]`.
        biases: By layer, shape `[outputs]`.
    """

    weights: list[Array]
    biases: list[Array]

    @classmethod
    def random(cls, sizes: Sequence[int], rng: np.random.Generator) -> "Network":
        """Draws the weights of a network with layers of these sizes, inputs first."""
        pairs = list(pairwise(sizes))
        weights = [rng.normal(0, np.sqrt(2 / i), (i, o)).astype(np.float32) for i, o in pairs]
        return cls(weights, [np.zeros(o, np.float32) for _, o in pairs])

    def __call__(self, x: Array) -> Array:
        """Returns the outputs, shape `[n, outputs]`."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = x @ weight + bias
            x = x * _sigmoid(x)
        outputs: Array = x @ self.weights[-1] + self.biases[-1]
        return outputs

    def gradients(self, x: Array, y: Array, emphasis: Array) -> tuple[float, list[Array]]:
        """Returns the mean squared error and its gradients, those of the weights first.

        Args:
            x: Inputs, shape `[n, inputs]`.
            y: Targets, shape `[n, outputs]`.
            emphasis: What each squared error counts, shape `[n, outputs]`.
        """
        inputs, slopes = [x], []
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = inputs[-1] @ weight
            x += bias
            gate = _sigmoid(x)
            x *= gate
            # The derivative of SiLU, from its value and that of the sigmoid.
            slopes.append(gate + x * (1 - gate))
            inputs.append(x)
        delta = inputs[-1] @ self.weights[-1] + self.biases[-1] - y
        loss = float((emphasis * np.square(delta)).mean())
        delta *= emphasis
        delta *= np.float32(2 / delta.size)
        of_weights, of_biases = [], []
        for layer in reversed(range(len(self.weights))):
            of_weights.append(inputs[layer].T @ delta)
            of_biases.append(delta.sum(axis=0))
            if layer:
                delta = delta @ self.weights[layer].T
                delta *= slopes[layer - 1]
        return loss, of_weights[::-1] + of_biases[::-1]


def train(
    x: Array,
    y: Array,
    emphasis: Array,
    rng: np.random.Generator,
    how: Training,
    advance: Callable[[], None] = lambda: None,
) -> Network:
    """Trains a network on standardised targets.

    Args:
        x: Inputs, shape `[n, inputs]`.
        y: Targets, shape `[n, outputs]`.
        emphasis: What each squared error counts, shape `[n, outputs]`, 1 in the mean.
        rng: Its only source of randomness.
        how: How.
        advance: Called after every epoch.
    """
    with needed_by("training a network"):
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]
    with threadpool_limits(1):  # Matrices as small as these only wait for several threads.
        return _train(x, y, emphasis, rng, how, advance)


def _train(
    x: Array,
    y: Array,
    emphasis: Array,
    rng: np.random.Generator,
    how: Training,
    advance: Callable[[], None],
) -> Network:
    network = Network.random((x.shape[1], *how.hidden, y.shape[1]), rng)
    parameters = network.weights + network.biases
    mean = [np.zeros_like(each) for each in parameters]
    square = [np.zeros_like(each) for each in parameters]
    steps = -(-len(x) // how.batch)
    total = steps * how.epochs
    step = 0
    for _ in range(how.epochs):
        order = rng.permutation(len(x))
        for part in np.array_split(order, steps):
            step += 1
            rate = how.peak_rate * _schedule(step / total)
            _, gradients = network.gradients(x[part], y[part], emphasis[part])
            correction = np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            for weight, gradient, m, v in zip(parameters, gradients, mean, square, strict=True):
                m += np.float32(0.1) * (gradient - m)
                v += np.float32(0.001) * (gradient * gradient - v)
                if weight.ndim > 1:
                    weight *= np.float32(1 - rate * how.weight_decay)
                weight -= np.float32(rate * correction) * m / (np.sqrt(v) + np.float32(1e-8))
        advance()
    return network


def _schedule(progress: float) -> float:
    """Returns the share of the peak rate: up within a tenth, then down to nothing, by cosines."""
    rising = progress / 0.1
    if rising < 1:
        return 0.04 + 0.96 * (1 - float(np.cos(np.pi * rising))) / 2
    return (1 + float(np.cos(np.pi * (progress - 0.1) / 0.9))) / 2


def _sigmoid(x: Array) -> Array:
    # One function fewer than by the exponential, and no overflow.
    gate: Array = np.tanh(x * np.float32(0.5))
    gate *= np.float32(0.5)
    gate += np.float32(0.5)
    return gate
