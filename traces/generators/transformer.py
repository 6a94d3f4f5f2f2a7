"""What the inference of a large language model asks of memory: decode and prefill.

A decoder of the shape of Llama (Touvron et al., 2023): each layer has square projections to
queries, keys, values and output and a gated feed-forward network of three matrices. Keys, values
and activations have 16 bits. What a layer computes for a block of tokens stays in the cache; its
weights do not, so they are streamed once a block: of one token in decode, of many in prefill. That
ratio is why decode is bound by memory and prefill by arithmetic (Pope et al., "Efficiently Scaling
Transformer Inference", MLSys 2023).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from archgym.traces.generators.kernels import Accesses
from archgym.traces.generators.options import LINE, check, check_footprint
from archgym.traces.generators.patterns import Rng

_Run = tuple[int, int, bool]
"""Consecutive lines that are read or written: the first, how many, whether written."""


def decode(
    rng: Rng,
    requests: int,
    lines: int,
    layers: int = 2,
    hidden: int = 256,
    feedforward: int = 704,
    weight_bits: int = 8,
    context: int = 512,
) -> Accesses:
    """One token after the other: all weights, all keys and values so far, and those of the token.

    When the footprint holds no more keys and values, a new answer to the same context begins.
    """
    check("context", context, context >= 0, "0 or more")
    model = _Model.checked(layers, hidden, feedforward, weight_bits)
    check_footprint(lines, model.lines(context + 1))
    capacity = (lines - model.lines(0)) // (2 * layers * model.vector)

    def runs() -> Iterator[_Run]:
        for step in count():
            token = context + step % (capacity - context)
            for layer in range(layers):
                yield from model.pass_layer(layer, token, 1, capacity)

    return _expanded(runs(), requests)


def prefill(
    rng: Rng,
    requests: int,
    lines: int,
    layers: int = 2,
    hidden: int = 256,
    feedforward: int = 704,
    weight_bits: int = 8,
    prompt: int = 512,
    block: int = 64,
) -> Accesses:
    """A prompt, layer by layer and in blocks of tokens, each of which uses the same weights.

    A block's activations are read before a layer and written after it.
    """
    check("prompt", prompt, prompt >= 1, "1 or more")
    check("block", block, block >= 1, "1 or more")
    model = _Model.checked(layers, hidden, feedforward, weight_bits)
    activations = model.lines(prompt)
    check_footprint(lines, activations + prompt * model.vector)

    def runs() -> Iterator[_Run]:
        for step in count():
            for first in range(0, prompt, block):
                tokens = min(block, prompt - first)
                place, length = activations + first * model.vector, tokens * model.vector
                yield place, length, False
                yield from model.pass_layer(step % layers, first, tokens, prompt)
                yield place, length, True

    return _expanded(runs(), requests)


@dataclass(frozen=True)
class _Model:
    """Where a model lies: its weights, layer by layer, then the keys and the values of each layer.

    Attributes:
        layers: How many layers.
        projection: Lines of one square weight matrix.
        feedforward: Lines of one matrix of the feed-forward network.
        vector: Lines of a token's keys, values or activations.
    """

    layers: int
    projection: int
    feedforward: int
    vector: int

    @classmethod
    def checked(cls, layers: int, hidden: int, feedforward: int, weight_bits: int) -> "_Model":
        check("layers", layers, layers >= 1, "1 or more")
        check("hidden", hidden, hidden >= 32 and hidden % 32 == 0, "a multiple of 32")
        valid = feedforward >= 32 and feedforward % 32 == 0
        check("feedforward", feedforward, valid, "a multiple of 32")
        check("weight_bits", weight_bits, weight_bits in (2, 4, 8, 16), "2, 4, 8 or 16")
        # Multiples of 32 make whole lines of both vectors and matrices.
        line_bits = 8 * LINE
        return cls(
            layers,
            projection=hidden * hidden * weight_bits // line_bits,
            feedforward=hidden * feedforward * weight_bits // line_bits,
            vector=hidden * 16 // line_bits,
        )

    def lines(self, tokens: int) -> int:
        """Lines of all weights and of the keys and values of some tokens."""
        weights = 4 * self.projection + 3 * self.feedforward
        return self.layers * (weights + 2 * tokens * self.vector)

    def pass_layer(self, layer: int, first: int, tokens: int, capacity: int) -> Iterator[_Run]:
        """Takes tokens through a layer; space is reserved for the keys and values of `capacity`."""
        weights = layer * (self.lines(0) // self.layers)
        keys = self.lines(0) + 2 * layer * capacity * self.vector
        values = keys + capacity * self.vector
        yield weights, 3 * self.projection, False
        for cache in (keys, values):
            yield cache + first * self.vector, tokens * self.vector, True
        for cache in (keys, values):
            yield cache, first * self.vector, False
        yield weights + 3 * self.projection, self.projection + 3 * self.feedforward, False


def _expanded(runs: Iterable[_Run], requests: int) -> Accesses:
    """Returns the lines of the first runs, as many as there are requests."""
    begun = []
    made = 0
    for run in runs:
        begun.append(run)
        made += run[1]
        if made >= requests:
            break
    first, length, is_write = (np.array(column) for column in zip(*begun, strict=True))
    line = np.arange(made) + np.repeat(first - (np.cumsum(length) - length), length)
    return Accesses(line[:requests], np.repeat(is_write, length)[:requests])
