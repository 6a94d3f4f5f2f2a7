"""The gradients are those of the loss, and training finds what there is to find."""

import numpy as np

from archgym.proxy.network import Network, Training, train
from archgym.proxy.onnx_graph import to_onnx
from archgym.proxy.tabulated import Tabulated


def test_gradients_are_the_slopes_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    network = Network.random((5, 7, 6, 3), rng)
    # In double precision, so that differences are not rounded away.
    network.weights = [each.astype(np.float64) for each in network.weights]
    network.biases = [rng.normal(size=each.shape) for each in network.biases]
    x, y = rng.normal(size=(11, 5)), rng.normal(size=(11, 3))
    emphasis = rng.uniform(0.5, 2, size=(11, 3))
    _, gradients = network.gradients(x, y, emphasis)
    for parameter, gradient in zip(network.weights + network.biases, gradients, strict=True):
        at = tuple(rng.integers(parameter.shape))
        before = parameter[at]
        losses = []
        for step in (1e-6, -1e-6):
            parameter[at] = before + step
            losses.append(network.gradients(x, y, emphasis)[0])
        parameter[at] = before
        slope = (losses[0] - losses[1]) / 2e-6
        np.testing.assert_allclose(gradient[at], slope, rtol=1e-5, atol=1e-8)


def test_it_learns_a_function_and_equal_seeds_learn_the_same() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (2000, 2)).astype(np.float32)
    y = np.column_stack([np.sin(3 * x[:, 0]) * x[:, 1], x[:, 0] ** 2]).astype(np.float32)
    y = (y - y.mean(0)) / y.std(0)
    how = Training(hidden=(32, 32), epochs=30)
    networks = [
        train(x[:1500], y[:1500], np.ones((1500, 2), np.float32), np.random.default_rng(2), how)
        for _ in range(2)
    ]
    for one, other in zip(networks[0].weights, networks[1].weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.square(networks[0](x[1500:]) - y[1500:]).mean() < 0.01


def test_the_graph_computes_what_the_network_does() -> None:
    import onnxruntime

    rng = np.random.default_rng(3)
    basis = [rng.uniform(size=(6, 4)), rng.uniform(size=(5, 3))]
    network = Network.random((4 + 3 + 2, 16, 16, 2), rng)
    network.biases = [rng.normal(size=each.shape).astype(np.float32) for each in network.biases]
    codes = np.column_stack([rng.integers(6, size=20), rng.integers(5, size=20)])
    context = rng.normal(size=(1, 2)).astype(np.float32)
    x = np.hstack(
        [basis[0][codes[:, 0]], basis[1][codes[:, 1]], np.broadcast_to(context, (20, 2))]
    ).astype(np.float32)
    session = onnxruntime.InferenceSession(to_onnx(Tabulated.of(network, basis)))
    (outputs,) = session.run(None, {"codes": codes, "context": context})
    np.testing.assert_allclose(outputs, network(x), rtol=1e-4, atol=1e-5)
