"""Patterns of addresses: `(rng, requests, lines, **options)` -> the line of each request.

Lines are counted from 0 and taken modulo `lines`, those of the footprint. A pattern says nothing of
reads and writes, which are drawn by the share of reads.
"""

import numpy as np
import numpy.typing as npt

from archgym.traces.generators.options import LINE, check

Rng = np.random.Generator
Ints = npt.NDArray[np.int64]


def sequential(rng: Rng, requests: int, lines: int) -> Ints:
    """One line after the other, from line 0."""
    return np.arange(requests) % lines


def strided(rng: Rng, requests: int, lines: int, stride: int = 4096) -> Ints:
    """Every n-th line; at the end again from the first line that was left out, until all were."""
    check("stride", stride, stride >= LINE and stride % LINE == 0, f"a multiple of {LINE}")
    step = min(stride // LINE, lines)
    short, longer = divmod(lines, step)
    # The first sweeps may have one line more than the others.
    turn = np.arange(requests) % lines
    rest = turn - longer * (short + 1)
    sweep = np.where(rest < 0, turn // (short + 1), longer + rest // short)
    line: Ints = sweep + step * np.where(rest < 0, turn % (short + 1), rest % short)
    return line


def uniform(rng: Rng, requests: int, lines: int) -> Ints:
    """Any line, all equally likely."""
    return rng.integers(lines, size=requests)


def streams(
    rng: Rng, requests: int, lines: int, streams: int = 4, random_share: float = 0.25
) -> Ints:
    """Sequential streams, interleaved at random with one another and with random lines."""
    check("streams", streams, streams >= 1, "1 or more")
    check("random_share", random_share, 0 <= random_share <= 1, "from 0 to 1")
    stream = rng.integers(streams, size=requests)
    line: Ints = rng.integers(lines, size=streams)[stream] + _occurrence(stream)
    return np.where(rng.random(requests) < random_share, uniform(rng, requests, lines), line)


def zipf(rng: Rng, requests: int, lines: int, pages: int = 16384, exponent: float = 0.99) -> Ints:
    """Any line of a 4 KiB page; some pages are more popular than others."""
    lines_per_page = 64
    check("pages", pages, 1 <= pages <= lines // lines_per_page, "from 1 to those of footprint")
    popularity = zipf_ranks(rng, requests, pages, exponent)
    place = rng.choice(lines // lines_per_page, size=pages, replace=False)
    page: Ints = place[popularity]
    return page * lines_per_page + rng.integers(lines_per_page, size=requests)


def zipf_ranks(rng: Rng, draws: int, items: int, exponent: float) -> Ints:
    """Draws items, from 0; the k-th most popular one, k from 1, has weight k^-exponent.

    An exponent of 0.99 is that of YCSB (Cooper et al., SoCC 2010).
    """
    check("exponent", exponent, exponent >= 0, "0 or more")
    cumulative = np.cumsum(np.arange(1, items + 1) ** -float(exponent))
    ranks: Ints = np.searchsorted(cumulative, rng.random(draws) * cumulative[-1], side="right")
    return ranks


def phases(rng: Rng, requests: int, lines: int, shortest: int = 50, longest: int = 300) -> Ints:
    """Runs of sequential lines from random places, taking turns with equally long random phases."""
    _check_run(shortest, longest)
    run, inside = _runs(rng, requests, shortest, longest)
    line = uniform(rng, requests, lines)
    first = np.flatnonzero(inside == 0)[run]
    return np.where(run % 2 == 0, line[first] + inside, line)


def tenants(
    rng: Rng,
    requests: int,
    lines: int,
    shortest: int = 50,
    longest: int = 300,
    random_share: float = 0.5,
) -> Ints:
    """Runs of sequential lines from random places, with random lines strewn in between."""
    _check_run(shortest, longest)
    check("random_share", random_share, 0 <= random_share <= 1, "from 0 to 1")
    run, inside = _runs(rng, requests, shortest, longest)
    sequential = rng.integers(lines, size=run[-1] + 1)[run] + inside
    is_random = rng.random(requests) < random_share
    # Only the requests that are not random advance through the runs.
    position = np.cumsum(~is_random) - 1
    return np.where(is_random, uniform(rng, requests, lines), sequential[position])


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


def _check_run(shortest: int, longest: int) -> None:
    check("shortest", shortest, shortest >= 1, "1 or more")
    check("longest", longest, longest >= shortest, "at least shortest")
