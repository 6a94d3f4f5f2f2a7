"""Decodes tokens with a small transformer, one at a time, in NumPy.

Each token reads every weight once, and all keys and values of the tokens before it: the layout of
LLaMA (Touvron et al. 2023) with 3 layers of 256 numbers and random weights, 10 MB in all.
"""

import os
import sys

import numpy as np
import numpy.typing as npt

LAYERS, WIDTH, HEADS, HIDDEN, VOCABULARY = 3, 256, 4, 704, 512
CONTEXT, PROMPT, TOKENS = 512, 256, 2
HEAD = WIDTH // HEADS

Numbers = npt.NDArray[np.float32]


def weights(random: np.random.Generator, *shape: int) -> Numbers:
    """Makes up weights that keep the size of what they multiply."""
    return (random.random(shape, dtype=np.float32) - 0.5) * np.float32(np.sqrt(12 / shape[-1]))


def normalised(x: Numbers) -> Numbers:
    """Scales a vector to elements of size 1."""
    scaled: Numbers = x / np.sqrt(np.mean(x * x) + np.float32(1e-5))
    return scaled


def softmax(x: Numbers) -> Numbers:
    """Turns scores into shares."""
    shares: Numbers = np.exp(x - x.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return shares


class Layer:
    """Attention and a gated perceptron, with the keys and values of the tokens so far."""

    def __init__(self, random: np.random.Generator) -> None:
        def matrix(rows: int, columns: int) -> Numbers:
            return weights(random, rows, columns)

        self.query, self.key = matrix(WIDTH, WIDTH), matrix(WIDTH, WIDTH)
        self.value, self.output = matrix(WIDTH, WIDTH), matrix(WIDTH, WIDTH)
        self.gate, self.up = matrix(HIDDEN, WIDTH), matrix(HIDDEN, WIDTH)
        self.down = matrix(WIDTH, HIDDEN)
        # The prompt's are taken as computed before.
        self.keys = weights(random, HEADS, CONTEXT, HEAD)
        self.values = weights(random, HEADS, CONTEXT, HEAD)

    def attend(self, x: Numbers, at: int) -> Numbers:
        """Attends to all tokens up to the one at `at`, which is `x`."""
        x = normalised(x)
        self.keys[:, at] = (self.key @ x).reshape(HEADS, HEAD)
        self.values[:, at] = (self.value @ x).reshape(HEADS, HEAD)
        query = (self.query @ x).reshape(HEADS, HEAD, 1)
        scores: Numbers = (self.keys[:, : at + 1] @ query)[..., 0]
        scores /= np.float32(np.sqrt(HEAD))
        mixed = softmax(scores)[:, None] @ self.values[:, : at + 1]
        attended: Numbers = self.output @ mixed.reshape(WIDTH)
        return attended

    def think(self, x: Numbers) -> Numbers:
        """Passes a token through the perceptron."""
        x = normalised(x)
        gate = self.gate @ x
        thought: Numbers = self.down @ (gate / (1 + np.exp(-gate)) * (self.up @ x))
        return thought


def main() -> None:
    """Makes up the weights and, unless told `setup`, decodes."""
    random = np.random.default_rng(0)
    embedding = weights(random, VOCABULARY, WIDTH)
    layers = [Layer(random) for _ in range(LAYERS)]
    if sys.argv[1:] == ["setup"]:
        # At once: what Python does at its end would count as set-up.
        os._exit(0)
    token = 1
    for at in range(PROMPT, PROMPT + TOKENS):
        x = embedding[token]
        for layer in layers:
            x = x + layer.attend(x, at)
            x = x + layer.think(x)
        token = int(np.argmax(embedding @ normalised(x)))
        print(token)


if __name__ == "__main__":
    main()
