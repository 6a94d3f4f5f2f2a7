"""Seeded synthetic traces: a pattern of addresses, a process of arrivals, a share of reads.

A new generator is one more entry of `GENERATORS`; a new pattern or process is one more function.
Addresses are those of 64-byte lines; patterns and processes draw from random streams of their own,
so that changing the intensity or the read share leaves the addresses as they are.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from archgym.dram.trace import Trace
from archgym.errors import ArchgymError, unknown

LINE = 64
"""Bytes of a request: a cache line."""

Rng = np.random.Generator
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


# Patterns: (rng, requests, lines, **options) -> the line of each request, below `lines`.


def _sequential(rng: Rng, requests: int, lines: int) -> Ints:
    """One line after the other, from line 0."""
    return np.arange(requests) % lines


def _uniform(rng: Rng, requests: int, lines: int) -> Ints:
    """Any line, all equally likely."""
    return rng.integers(lines, size=requests)


def _streams(
    rng: Rng, requests: int, lines: int, streams: int = 4, random_share: float = 0.25
) -> Ints:
    """Sequential streams, interleaved at random with one another and with random lines."""
    _check("streams", streams, streams >= 1, "1 or more")
    _check("random_share", random_share, 0 <= random_share <= 1, "from 0 to 1")
    stream = rng.integers(streams, size=requests)
    line: Ints = rng.integers(lines, size=streams)[stream] + _occurrence(stream)
    return np.where(rng.random(requests) < random_share, _uniform(rng, requests, lines), line)


def _zipf(rng: Rng, requests: int, lines: int, pages: int = 16384, exponent: float = 0.99) -> Ints:
    """Any line of a 4 KiB page; the k-th most popular page is drawn with weight k^-exponent.

    The exponent is that of YCSB (Cooper et al., SoCC 2010).
    """
    lines_per_page = 64
    _check("pages", pages, 1 <= pages <= lines // lines_per_page, "from 1 to those of footprint")
    _check("exponent", exponent, exponent >= 0, "0 or more")
    cumulative = np.cumsum(np.arange(1, pages + 1) ** -float(exponent))
    popularity = np.searchsorted(cumulative, rng.random(requests) * cumulative[-1], side="right")
    place = rng.choice(lines // lines_per_page, size=pages, replace=False)
    page: Ints = place[popularity]
    return page * lines_per_page + rng.integers(lines_per_page, size=requests)


def _phases(rng: Rng, requests: int, lines: int, shortest: int = 50, longest: int = 300) -> Ints:
    """Runs of sequential lines from random places, taking turns with equally long random phases."""
    _check_run(shortest, longest)
    run, inside = _runs(rng, requests, shortest, longest)
    line = _uniform(rng, requests, lines)
    first = np.flatnonzero(inside == 0)[run]
    return np.where(run % 2 == 0, line[first] + inside, line)


def _tenants(
    rng: Rng,
    requests: int,
    lines: int,
    shortest: int = 50,
    longest: int = 300,
    random_share: float = 0.5,
) -> Ints:
    """Runs of sequential lines from random places, with random lines strewn in between."""
    _check_run(shortest, longest)
    _check("random_share", random_share, 0 <= random_share <= 1, "from 0 to 1")
    run, inside = _runs(rng, requests, shortest, longest)
    sequential = rng.integers(lines, size=run[-1] + 1)[run] + inside
    is_random = rng.random(requests) < random_share
    # Only the requests that are not random advance through the runs.
    position = np.cumsum(~is_random) - 1
    return np.where(is_random, _uniform(rng, requests, lines), sequential[position])


def _runs(rng: Rng, requests: int, shortest: int, longest: int) -> tuple[Ints, Ints]:
    """Cuts the requests into runs; returns each one's run and its place in it."""
    lengths = rng.integers(shortest, longest + 1, size=requests // shortest + 1)
    run = np.repeat(np.arange(lengths.size), lengths)[:requests]
    return run, _occurrence(run)


def _occurrence(labels: Ints) -> Ints:
    """Returns how often each element's label has occurred before it."""
    order = np.argsort(labels, kind="stable")
    ordered = labels[order]
    first = np.searchsorted(ordered, ordered, side="left")
    result = np.empty_like(order)
    result[order] = np.arange(labels.size) - first
    return result


# Arrival processes: (rng, requests, gap_ns, **options) -> arrival of each request in ns.


def _poisson(rng: Rng, requests: int, gap_ns: float) -> Floats:
    """Independent arrivals, `gap_ns` apart on average."""
    return np.cumsum(rng.exponential(gap_ns, size=requests))


def _bursts(rng: Rng, requests: int, gap_ns: float, burst: int = 64) -> Floats:
    """Bursts of requests that arrive at once: `burst` of them on average, geometric."""
    _check("burst", burst, burst >= 1, "1 or more")
    starts = rng.random(requests) < 1 / burst
    return np.cumsum(np.where(starts, rng.exponential(gap_ns * burst, size=requests), 0.0))


@dataclass(frozen=True)
class Generator:
    """What makes up a synthetic trace, with its defaults.

    Attributes:
        description: What it is like.
        pattern: Draws the line of each request.
        read_share: Share of reads.
        intensity: Mean requests a nanosecond; the data pins of a DDR4-2400 channel move 0.3.
        arrivals: Draws the arrivals.
    """

    description: str
    pattern: Callable[..., Ints]
    read_share: float
    intensity: float
    arrivals: Callable[..., Floats] = field(default=_poisson)

    @property
    def options(self) -> dict[str, Any]:
        """Every option with its default."""
        common = {
            "requests": 10_000,
            "read_share": self.read_share,
            "intensity": self.intensity,
            "footprint": 2**30,
            "seed": 0,
        }
        return common | _defaults(self.pattern) | _defaults(self.arrivals)


GENERATORS: Mapping[str, Generator] = {
    "stream": Generator("one sequential stream", _sequential, 0.67, 0.25),
    "random": Generator("uniformly random lines", _uniform, 0.70, 0.18),
    "mixed": Generator("interleaved streams and random lines", _streams, 0.67, 0.20),
    "bursty": Generator("streams and random lines in bursts", _streams, 0.75, 0.12, _bursts),
    "zipf": Generator("a few pages are popular", _zipf, 0.80, 0.15),
    "cloud-1": Generator("sequential and random phases in turn", _phases, 0.80, 0.20),
    "cloud-2": Generator("sequential runs among random lines", _tenants, 0.80, 0.18),
}
"""Every generator by name."""


def generate(name: str, **options: Any) -> Trace:
    """Makes a synthetic trace; the same arguments give the same trace.

    Args:
        name: One of `GENERATORS`.
        options: `requests`; `read_share` (0 to 1); `intensity` (mean requests a nanosecond,
            infinite for all at time 0); `footprint` (bytes that addresses spread over, from 0);
            `seed`; and those of the generator's pattern and arrivals.

    Raises:
        ArchgymError: The name or an option is not known, or an option is out of range.
    """
    if name not in GENERATORS:
        raise unknown("generator", name, GENERATORS)
    generator = GENERATORS[name]
    for option in options:
        if option not in generator.options:
            raise unknown(f"option of trace {name}", option, generator.options)
    values = generator.options | options
    for option, default in generator.options.items():
        wanted = (int, np.integer) if isinstance(default, int) else (int, float, np.number)
        _check(
            option,
            values[option],
            isinstance(values[option], wanted) and not isinstance(values[option], bool),
            "a whole number" if isinstance(default, int) else "a number",
        )
    requests, lines = values["requests"], values["footprint"] // LINE
    _check("requests", requests, requests >= 1, "1 or more")
    _check("footprint", values["footprint"], lines >= 1, f"{LINE} or more")
    _check("read_share", values["read_share"], 0 <= values["read_share"] <= 1, "from 0 to 1")
    _check("intensity", values["intensity"], values["intensity"] > 0, "above 0")
    _check("seed", values["seed"], values["seed"] >= 0, "0 or more")

    where, which, when = np.random.default_rng(values["seed"]).spawn(3)
    line = generator.pattern(where, requests, lines, **_own(generator.pattern, values)) % lines
    if math.isinf(values["intensity"]):
        arrival_ns = np.zeros(requests)
    else:
        own = _own(generator.arrivals, values)
        arrival_ns = generator.arrivals(when, requests, 1 / values["intensity"], **own)
    return Trace(
        arrival_ps=np.rint(arrival_ns * 1000).astype(np.int64),
        address=line.astype(np.uint64) * np.uint64(LINE),
        is_write=which.random(requests) >= values["read_share"],
        size=LINE,
        name=name,
    )


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _own(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _defaults(function)}


def _check_run(shortest: int, longest: int) -> None:
    _check("shortest", shortest, shortest >= 1, "1 or more")
    _check("longest", longest, longest >= shortest, "at least shortest")


def _check(option: str, value: Any, valid: bool, expected: str) -> None:
    if not valid:
        raise ArchgymError(f"{option} must be {expected}, is {value!r}")
