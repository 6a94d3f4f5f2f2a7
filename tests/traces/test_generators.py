import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym import traces
from archgym.errors import ArchgymError
from archgym.traces.generators import GENERATORS, generate

NAMES = sorted(GENERATORS)


@settings(max_examples=25)
@given(st.sampled_from(NAMES), st.integers(1, 500), st.integers(0, 2**32))
def test_equal_arguments_give_equal_traces(name, requests, seed):
    first = generate(name, requests=requests, seed=seed)
    assert len(first) == requests
    assert generate(name, requests=requests, seed=seed).sha256 == first.sha256
    assert int(first.address.max()) < 2**30
    assert not (first.address % 64).any()


@pytest.mark.parametrize("name", NAMES)
def test_seeds_differ(name):
    assert generate(name, seed=1).sha256 != generate(name, seed=2).sha256


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("read_share", [0, 0.3, 1])
def test_read_share_is_as_asked(name, read_share):
    trace = generate(name, requests=20_000, read_share=read_share)
    assert 1 - trace.is_write.mean() == pytest.approx(read_share, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("intensity", [0.01, 0.2])
def test_intensity_is_as_asked(name, intensity):
    # A burst counts as one event, so bursts need many requests to average out.
    trace = generate(name, requests=200_000, intensity=intensity)
    assert len(trace) / trace.duration_ps * 1000 == pytest.approx(intensity, rel=0.05)


def test_infinite_intensity_is_all_at_once():
    assert generate("random", intensity=math.inf).duration_ps == 0


@pytest.mark.parametrize("name", NAMES)
def test_addresses_do_not_depend_on_intensity_or_read_share(name):
    trace = generate(name)
    other = generate(name, intensity=0.01, read_share=0.5)
    np.testing.assert_array_equal(trace.address, other.address)
    assert trace.sha256 != other.sha256


@pytest.mark.parametrize("name", NAMES)
def test_footprint_bounds_addresses(name):
    options = {"pages": 16} if name == "zipf" else {}
    trace = generate(name, footprint=64 * 1024, **options)
    assert int(trace.address.max()) < 64 * 1024


def runs_of(name, **options):
    """Lengths of maximal sequential runs, shortest dropped."""
    line = generate(name, requests=50_000, **options).address.astype(np.int64) // 64
    breaks = np.flatnonzero(np.diff(line) != 1)
    lengths = np.diff(np.concatenate([[-1], breaks, [line.size - 1]]))
    return lengths[lengths > 2]


def test_stream_is_one_run():
    assert runs_of("stream").tolist() == [50_000]


def test_cloud_1_alternates_runs_with_random_phases():
    lengths = runs_of("cloud-1")
    # The last run may be cut short.
    assert 50 <= lengths[:-1].min() < 80 < 270 < lengths.max() <= 300
    assert lengths.sum() == pytest.approx(25_000, rel=0.1)


def test_cloud_2_strews_random_lines_into_runs():
    lengths = runs_of("cloud-2", random_share=0)
    assert 50 <= lengths[:-1].min() < 80 < 270 < lengths.max() <= 300
    assert runs_of("cloud-2", random_share=0.9).sum() < 1000


def test_mixed_interleaves_streams():
    line = generate("mixed", random_share=0, streams=3).address.astype(np.int64) // 64
    lines = set(line.tolist())
    assert len(lines) == line.size
    assert sum(first - 1 not in lines for first in lines) == 3


def test_zipf_prefers_few_pages():
    page = generate("zipf", requests=50_000).address // 4096
    share = np.sort(np.bincount(page.astype(np.int64)))[::-1] / page.size
    # 1 / H(16384, 0.99) = 0.094 for the first page; half of that, nearly, for the second.
    assert share[0] == pytest.approx(0.094, rel=0.1)
    assert share[1] == pytest.approx(share[0] / 2**0.99, rel=0.1)
    uniform = generate("zipf", requests=50_000, exponent=0).address // 4096
    assert np.unique(uniform).size > 15_000


def test_bursty_requests_arrive_together():
    gaps = np.diff(generate("bursty", requests=50_000, burst=64).arrival_ps)
    assert (gaps == 0).mean() == pytest.approx(1 - 1 / 64, abs=0.005)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"request": 5}, "unknown option of trace mixed 'request'; did you mean 'requests'"),
        ({"requests": 0}, "requests must be"),
        ({"requests": 10.5}, "requests must be a whole number"),
        ({"requests": "10"}, "requests must be a whole number"),
        ({"requests": True}, "requests must be a whole number"),
        ({"read_share": 1.5}, "read_share must be from 0 to 1"),
        ({"read_share": math.nan}, "read_share must be from 0 to 1"),
        ({"intensity": 0}, "intensity must be above 0"),
        ({"intensity": -1}, "intensity must be above 0"),
        ({"intensity": math.nan}, "intensity must be above 0"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"footprint": 63}, "footprint must be 64 or more"),
        ({"streams": 0}, "streams must be"),
        ({"random_share": 2}, "random_share must be from 0 to 1"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ArchgymError, match=message):
        generate("mixed", **options)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("zipf", {"pages": 2**30}),
        ("zipf", {"exponent": -1}),
        ("cloud-1", {"shortest": 0}),
        ("cloud-2", {"longest": 10}),
        ("bursty", {"burst": 0}),
    ],
)
def test_impossible_options_of_patterns_are_refused(name, options):
    with pytest.raises(ArchgymError, match=f"{next(iter(options))} must be"):
        generate(name, **options)


def test_unknown_names_get_a_suggestion():
    with pytest.raises(ArchgymError, match="unknown trace 'steam'; did you mean 'stream'"):
        traces.load("steam")
    with pytest.raises(ArchgymError, match="unknown generator 'steam'"):
        generate("steam")
