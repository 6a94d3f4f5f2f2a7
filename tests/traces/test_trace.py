import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.errors import ArchgymError
from archgym.traces.trace import Trace

ARRAYS = ("arrival_ps", "address", "is_write", "size", "initiator")


def test_keeps_read_only_copies_of_stated_types():
    arrival = np.array([0, 5, 5], dtype=np.int32)
    address = np.array([64, 0, 2**64 - 1], dtype=np.uint64)
    trace = Trace(arrival, address, [1, 0, 0], size=32)
    arrival[0] = 9
    assert len(trace) == 3
    assert trace.duration_ps == 5
    assert trace.arrival_ps.tolist() == [0, 5, 5]
    assert trace.address.tolist() == [64, 0, 2**64 - 1]
    assert trace.is_write.tolist() == [True, False, False]
    assert trace.size.tolist() == [32, 32, 32]
    dtypes = [getattr(trace, name).dtype for name in ARRAYS]
    assert dtypes == [np.int64, np.uint64, np.bool_, np.uint32, np.uint16]
    for name in ARRAYS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(trace, name)[0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], []), "trace t is empty"),
        (([0, 1], [0], [0, 0]), r"t: address has shape \(1,\), expected \(2,\)"),
        (([0, 1], [0, 0], [[0, 0]]), "is_write has shape"),
        (([2, 1], [0, 0], [0, 0]), "t, request 1: arrives before the request before it"),
        (([-1, 1], [0, 0], [0, 0]), "t, request 0: arrives before time 0"),
        (([0.5, 1], [0, 0], [0, 0]), "arrival_ps must be whole numbers"),
        (([0, 1], [0, -1], [0, 0]), "address must lie in 0 to"),
        (([0, 1], [0, 0], [0, 0], 2**32), "size must lie in"),
        (([0, 1], [0, 0], [0, 0], 64, 65536), "initiator must lie in"),
    ],
)
def test_impossible_traces_are_refused(arguments, message):
    with pytest.raises(ArchgymError, match=message):
        Trace(*arguments, name="t")


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 200)), min_size=1),
    st.sampled_from([1, 32, 64, 128]),
)
def test_a_request_without_a_size_is_the_burst_that_holds_its_address(requests, burst):
    address, size = (list(column) for column in zip(*requests, strict=True))
    trace = Trace([0] * len(size), np.array(address, np.uint64), [0] * len(size), size, name="t")
    sized = trace.sized(burst)
    assert list(zip(sized.address.tolist(), sized.size.tolist(), strict=True)) == [
        (a, n) if n else (a // burst * burst, burst) for a, n in requests
    ]
    assert sized.sized(burst) is sized
    assert (sized is trace) == all(size)


@given(st.lists(st.tuples(st.integers(0, 2**40), st.booleans()), min_size=1), st.data())
def test_hash_is_that_of_the_requests(requests, data):
    address, is_write = (list(column) for column in zip(*requests, strict=True))
    arrival, address = np.arange(len(requests)), np.array(address, dtype=np.uint64)
    trace = Trace(arrival, address, is_write, name="a")
    assert Trace(arrival, address, is_write, name="b").sha256 == trace.sha256
    assert pickle.loads(pickle.dumps(trace)).sha256 == trace.sha256
    index = data.draw(st.integers(0, len(requests) - 1))
    address[index] ^= np.uint64(1 << data.draw(st.integers(0, 63)))
    assert Trace(arrival, address, is_write, name="a").sha256 != trace.sha256
