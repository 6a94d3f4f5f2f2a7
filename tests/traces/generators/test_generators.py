import math
import re
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archgym import simulate, traces
from archgym.dram.workload import Workload
from archgym.errors import ArchgymError
from archgym.traces.generators import GENERATORS, MEANINGS, generate

NAMES = sorted(GENERATORS)
PATTERNS = [name for name in NAMES if "read_share" in GENERATORS[name].options]

SMALL_MODEL = {"layers": 1, "hidden": 64, "feedforward": 64}
SMALL = {
    "zipf": {"pages": 16},
    "tiled-matmul": {"tile": 16},
    "transformer-decode": {**SMALL_MODEL, "context": 8},
    "transformer-prefill": {**SMALL_MODEL, "prompt": 32},
}
"""Options with which a generator does with 64 KiB."""

RELEASED = [
    # The tables of experiments depend on these traces.
    ("stream", {}, "1680f9103e98"),
    ("random", {}, "ef190bf5e28a"),
    ("mixed", {}, "ab41207fb386"),
    ("bursty", {}, "0c920e29ec58"),
    ("zipf", {}, "6afb31b11855"),
    ("cloud-1", {}, "a65e433e0da8"),
    ("cloud-2", {}, "ffd6a6e2d9b3"),
    ("stream", {"requests": 5000}, "8b3be389d657"),
    ("random", {"requests": 777, "seed": 5, "intensity": math.inf}, "602faedf03fe"),
    ("mixed", {"requests": 300, "streams": 7, "random_share": 0.1, "seed": 3}, "65e317c6dc91"),
    ("bursty", {"burst": 16, "intensity": 0.3, "seed": 9}, "a67abc7dc47a"),
    (
        "zipf",
        {"footprint": 2**20, "pages": 100, "exponent": 0.5, "read_share": 0.3},
        "82745d21027a",
    ),
    ("cloud-1", {"shortest": 5, "longest": 9, "seed": 2}, "2afb3e992da6"),
    ("cloud-2", {"random_share": 0.8, "requests": 25_000, "seed": 11}, "d3217c94fb01"),
]


@pytest.mark.parametrize(("name", "options", "sha256"), RELEASED)
def test_released_traces_never_change(name, options, sha256):
    assert generate(name, **options).sha256.startswith(sha256)


def test_every_name_is_one_trace():
    names = traces.names()
    assert len(set(names)) == len(names)


def test_every_option_has_a_meaning_and_every_meaning_an_option():
    assert {option for name in NAMES for option in GENERATORS[name].options} == set(MEANINGS)


@pytest.mark.parametrize("name", NAMES)
def test_runs_on_a_memory_system(name):
    workload = Workload.load(name, requests=2000)
    assert workload.player == GENERATORS[name].player
    metrics = simulate({}, workload)
    bursts = metrics["commands_rd"] + metrics["commands_wr"]
    bursts += metrics["commands_rda"] + metrics["commands_wra"]
    assert bursts == 2000


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


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("read_share", [0, 0.3, 1])
def test_read_share_is_as_asked(name, read_share):
    trace = generate(name, requests=20_000, read_share=read_share)
    assert 1 - trace.is_write.mean() == pytest.approx(read_share, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("intensity", [0.01, 0.2])
def test_intensity_is_as_asked(name, intensity):
    # A burst counts as one event, so bursts need many requests to average out, and so do silences.
    options = {"on_ns": 25.0, "off_ns": 75.0} if name == "on-off" else {}
    trace = generate(name, requests=200_000, intensity=intensity, **options)
    assert len(trace) / trace.duration_ps * 1000 == pytest.approx(intensity, rel=0.05)


def test_infinite_intensity_is_all_at_once():
    assert generate("random", intensity=math.inf).duration_ps == 0


@pytest.mark.parametrize("name", NAMES)
def test_addresses_do_not_depend_on_intensity_or_read_share(name):
    trace = generate(name)
    options = {"read_share": 0.5} if name in PATTERNS else {}
    other = generate(name, intensity=0.01, **options)
    np.testing.assert_array_equal(trace.address, other.address)
    np.testing.assert_array_equal(trace.initiator, other.initiator)
    assert trace.duration_ps < other.duration_ps
    assert (trace.is_write == other.is_write).all() == (name not in PATTERNS)


@pytest.mark.parametrize("name", NAMES)
def test_footprint_bounds_addresses(name):
    trace = generate(name, footprint=64 * 1024, **SMALL.get(name, {}))
    assert int(trace.address.max()) < 64 * 1024


@pytest.mark.parametrize("name", [name for name in NAMES if name != "zipf"])
def test_the_least_footprint_is_said_and_suffices(name):
    options = {"requests": 3000, **SMALL.get(name, {})}
    footprint, trace = 63, None
    while trace is None:
        try:
            trace = generate(name, footprint=footprint, **options)
        except ArchgymError as error:
            said = re.findall(r"footprint must be (\d+) or more", str(error))
            if not said or int(said[0]) <= footprint:
                raise
            footprint = int(said[0])
    assert int(trace.address.max()) < footprint


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


@given(st.integers(1, 300), st.integers(1, 20))
def test_strided_visits_every_line_once_a_round(lines, step):
    trace = generate("strided", requests=2 * lines, footprint=64 * lines, stride=64 * step)
    round_ = [line for first in range(step) for line in range(first, lines, step)]
    assert (trace.address // 64).tolist() == 2 * round_


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


def test_on_off_is_dense_or_silent():
    options = {"intensity": 0.05, "on_ns": 400.0, "off_ns": 1600.0}
    gaps = np.diff(generate("on-off", requests=200_000, **options).arrival_ps) / 1000
    # 100 requests a period: the gaps within have a mean of 4 ns, of one in 100 a mean of 1600 more.
    long = gaps > 80
    assert long.mean() == pytest.approx(0.01 * np.exp(-76 / 1600), rel=0.05)
    assert gaps[~long].mean() == pytest.approx(4, rel=0.1)
    assert np.diff(generate("on-off", off_ns=0).arrival_ps).mean() == pytest.approx(
        1000 / GENERATORS["on-off"].intensity, rel=0.05
    )


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
        ({"intensity": 0}, "intensity must be 1e-9 or more"),
        ({"intensity": -1}, "intensity must be 1e-9 or more"),
        ({"intensity": math.nan}, "intensity must be 1e-9 or more"),
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
        ("strided", {"stride": 100}),
        ("strided", {"stride": 0}),
        ("embedding-gather", {"footprint": 2**40}),
        ("random", {"footprint": 2**48 + 1}),
        ("on-off", {"intensity": 1e-300}),
        ("on-off", {"on_ns": 0}),
        ("on-off", {"off_ns": math.inf}),
        ("triad", {"write_allocate": 1}),
        ("gups", {"lookahead": 1025}),
        ("pointer-chase", {"chains": 0}),
        ("pointer-chase", {"footprint": 64, "chains": 2}),
        ("tiled-matmul", {"tile": 24}),
        ("tiled-matmul", {"element_bytes": 3}),
        ("embedding-gather", {"row_bytes": 96}),
        ("embedding-gather", {"bag": 0}),
        ("embedding-gather", {"tables": 0}),
        ("transformer-decode", {"hidden": 100}),
        ("transformer-decode", {"layers": 0}),
        ("transformer-decode", {"context": -1}),
        ("transformer-decode", {"weight_bits": 3}),
        ("transformer-prefill", {"feedforward": 16}),
        ("transformer-prefill", {"prompt": 0}),
        ("transformer-prefill", {"block": 0}),
    ],
)
def test_impossible_options_of_patterns_are_refused(name, options):
    with pytest.raises(ArchgymError, match=f"{next(iter(options))} must be"):
        generate(name, **options)


def test_times_beyond_picoseconds_are_refused():
    with pytest.raises(
        ArchgymError, match=r"trace stream would end after 1.2e\+16 ns, beyond what"
    ):
        generate("stream", requests=12_000_000, intensity=1e-9)


def test_unknown_names_get_a_suggestion():
    with pytest.raises(ArchgymError, match="unknown trace 'steam'; did you mean 'stream'"):
        traces.load("steam")
    with pytest.raises(ArchgymError, match="unknown generator 'steam'"):
        generate("steam")


NUMBERS = [math.inf, -math.inf, math.nan, 1e308, -0.0, 5e-324, -1, 0, 1, 10**9, 10**18, 10**400]


@pytest.mark.parametrize("name", NAMES)
def test_any_number_makes_a_trace_or_one_sentence(name):
    for option in GENERATORS[name].options:
        for number in [*NUMBERS, -(10**400), True, "x", None, [1], {}]:
            with suppress(ArchgymError):
                assert len(generate(name, **{"requests": 20, option: number})) >= 1
