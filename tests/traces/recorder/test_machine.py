"""Machines, and their sizes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgym.errors import ArchgymError
from archgym.traces.recorder import CacheSize, Machine
from archgym.traces.recorder.machine import parse_size, print_size


@given(st.integers(0, 10**8), st.sampled_from([1, 2**10, 2**20, 2**30]))
def test_sizes_are_read_as_they_are_written(number, multiple):
    assert parse_size(print_size(number * multiple)) == number * multiple


@given(st.integers(0, 10).map(lambda n: 2**n * 1024), st.integers(1, 64))
def test_caches_are_read_as_they_are_written(size, ways):
    assert CacheSize.parse(str(CacheSize(size, ways))) == CacheSize(size, ways)


@pytest.mark.parametrize("machine", [Machine(), Machine(l2=CacheSize(2**18, 4), ipc=0.5, seed=3)])
def test_machines_are_read_as_they_are_written(machine):
    assert Machine.from_mapping(machine.to_mapping()) == machine


@pytest.mark.parametrize(
    "text", ["", "32", "32k", "32k:", "32k:x", ":8", "32q:8", "-1:8", "32k:8:1"]
)
def test_what_is_no_cache_is_refused(text):
    with pytest.raises(ArchgymError, match=r"--l1.* must be"):
        CacheSize.parse(text, "--l1")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"line_bytes": 48}, "power of two of bytes, 16 to 1024, not 48"),
        ({"l1": CacheSize(3 * 1024, 8)}, "l1 3k:8: expected a power of two of sets of 8 lines"),
        ({"l2": CacheSize(0, 8)}, "l2 .* expected a power of two of sets"),
        ({"llc": CacheSize(2**31, 8)}, "llc 2G:8: expected 1 to 1024 ways and at most 1G"),
        ({"llc": CacheSize(2**20, 0)}, "1 to 1024 ways"),
        ({"page_bytes": 8192}, "a page has 4k or 2M bytes, not 8k"),
        ({"memory_bytes": 5000}, "multiple of a page"),
        ({"memory_bytes": 0}, "multiple of a page"),
        ({"allocation": "randon"}, "did you mean 'random'"),
        ({"seed": -1}, "a seed is"),
        ({"ipc": 0.0}, "ipc must lie in"),
        ({"clock_ghz": float("nan")}, "clock_ghz must lie in"),
    ],
)
def test_impossible_machines_are_refused(values, message):
    with pytest.raises(ArchgymError, match=message):
        Machine(**values)
