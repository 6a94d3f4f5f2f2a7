"""Inference reads weights once a token or block, and keys and values as often as it attends."""

import numpy as np
import pytest

from archgym.errors import ArchgymError
from archgym.traces.generators import generate

LAYERS, HIDDEN, FEEDFORWARD = 3, 64, 96
MODEL = {"layers": LAYERS, "hidden": HIDDEN, "feedforward": FEEDFORWARD}
VECTOR = HIDDEN * 2 // 64
"""Lines of a token's keys, values or activations."""


def weight_lines(weight_bits):
    matrices = 4 * HIDDEN * HIDDEN + 3 * HIDDEN * FEEDFORWARD
    return LAYERS * matrices * weight_bits // 512


def lines_per_token(tokens_before, weight_bits=8):
    """Lines that decoding a token reads and writes, where so many came before it."""
    return weight_lines(weight_bits) + LAYERS * 2 * VECTOR * (tokens_before + 1)


def counts(trace, start=0, end=None):
    """How often each line is read and written."""
    line = (trace.address // 64).astype(np.int64)[start:end]
    is_write = trace.is_write[start:end]
    length = int((trace.address // 64).max()) + 1
    return (
        np.bincount(line[~is_write], minlength=length),
        np.bincount(line[is_write], minlength=length),
    )


@pytest.mark.parametrize("weight_bits", [2, 8, 16])
def test_decode_reads_all_weights_once_a_token(weight_bits):
    tokens, context = 5, 7
    lengths = [lines_per_token(context + token, weight_bits) for token in range(tokens)]
    trace = generate(
        "transformer-decode",
        requests=sum(lengths),
        footprint=2**20,
        context=context,
        weight_bits=weight_bits,
        **MODEL,
    )
    weights = weight_lines(weight_bits)
    ends = np.cumsum(lengths)
    for token, (start, end) in enumerate(zip(ends - lengths, ends, strict=True)):
        reads, writes = counts(trace, start, end)
        assert (reads[:weights] == 1).all()
        assert not writes[:weights].any()
        # Of each layer the keys and values of all tokens before this one, each line once.
        assert reads[weights:].max() == 1
        assert reads[weights:].sum() == LAYERS * 2 * VECTOR * (context + token)
        assert writes[weights:].max() == 1
        assert writes[weights:].sum() == LAYERS * 2 * VECTOR
    # Later tokens read what earlier ones wrote, so only the last one's lines were never read.
    reads, writes = counts(trace)
    assert ((writes > 0) & (reads == 0)).sum() == LAYERS * 2 * VECTOR


def test_decode_begins_again_when_its_cache_is_full():
    context, room = 4, 3
    footprint = 64 * (weight_lines(8) + LAYERS * 2 * VECTOR * (context + room))
    answer = sum(lines_per_token(context + token) for token in range(room))
    trace = generate(
        "transformer-decode", requests=2 * answer, footprint=footprint, context=context, **MODEL
    )
    np.testing.assert_array_equal(trace.address[:answer], trace.address[answer:])
    assert int(trace.address.max()) + 64 == footprint


@pytest.mark.parametrize("block", [1, 8, 12, 64])
def test_prefill_reads_weights_once_a_block(block):
    prompt = 32
    footprint = 64 * (weight_lines(8) + (LAYERS * 2 + 1) * VECTOR * prompt)
    blocks = -(-prompt // block)
    attended = sum(range(0, prompt, block))
    per_prompt = (
        blocks * weight_lines(8)
        + LAYERS * 2 * VECTOR * (prompt + attended)  # keys and values written and read
        + LAYERS * 2 * VECTOR * prompt  # activations read and written
    )
    trace = generate(
        "transformer-prefill",
        requests=per_prompt,
        footprint=footprint,
        prompt=prompt,
        block=block,
        **MODEL,
    )
    reads, writes = counts(trace)
    weights = weight_lines(8)
    activations = weights + LAYERS * 2 * VECTOR * prompt
    assert (reads[:weights] == blocks).all()
    assert not writes[:weights].any()
    assert (writes[weights:activations] == 1).all()
    assert reads[weights:activations].sum() == LAYERS * 2 * VECTOR * attended
    assert (reads[activations:] == LAYERS).all()
    assert (writes[activations:] == LAYERS).all()
    assert activations + VECTOR * prompt == footprint // 64
    with pytest.raises(ArchgymError, match=f"footprint must be {footprint} or more"):
        generate(
            "transformer-prefill", footprint=footprint - 64, prompt=prompt, block=block, **MODEL
        )
