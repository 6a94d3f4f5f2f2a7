"""Every generator by name: a pattern or kernel, arrivals, and the defaults of its options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archgym.traces.generators import arrivals, kernels, patterns, transformer
from archgym.traces.generators.arrivals import Floats
from archgym.traces.generators.kernels import Accesses
from archgym.traces.generators.options import defaults
from archgym.traces.generators.patterns import Ints
from archgym.traces.player import OPEN, Player


@dataclass(frozen=True)
class Generator:
    """What makes up a synthetic trace, with its defaults.

    Attributes:
        description: What it is like.
        pattern: A pattern or kernel: draws the line of each request; a kernel also says whether
            it writes, and who asks.
        read_share: Share of reads; `None` if a kernel decides.
        intensity: Mean requests a nanosecond; the data pins of a DDR4-2400 channel move 0.3.
        arrivals: Draws the arrivals.
        requests: How many requests.
        footprint: Bytes that addresses spread over.
        player: How the trace is meant to be played.
    """

    description: str
    pattern: Callable[..., Ints | Accesses]
    read_share: float | None
    intensity: float
    arrivals: Callable[..., Floats] = field(default=arrivals.poisson)
    requests: int = 10_000
    footprint: int = 2**30
    player: Player = OPEN

    @property
    def options(self) -> dict[str, Any]:
        """Every option with its default."""
        common: dict[str, Any] = {"requests": self.requests}
        if self.read_share is not None:
            common["read_share"] = self.read_share
        common |= {"intensity": self.intensity, "footprint": self.footprint, "seed": 0}
        return common | defaults(self.pattern) | defaults(self.arrivals)


GENERATORS: Mapping[str, Generator] = {
    "stream": Generator("one sequential stream", patterns.sequential, 0.67, 0.25),
    "strided": Generator("one line in each 4 KiB", patterns.strided, 0.70, 0.18),
    "random": Generator("uniformly random lines", patterns.uniform, 0.70, 0.18),
    "mixed": Generator("interleaved streams and random lines", patterns.streams, 0.67, 0.20),
    "bursty": Generator(
        "streams and random lines in bursts", patterns.streams, 0.75, 0.12, arrivals.bursts
    ),
    "on-off": Generator(
        "streams and random lines, switched on and off",
        patterns.streams,
        0.75,
        0.08,
        arrivals.on_off,
    ),
    "zipf": Generator("a few pages are popular", patterns.zipf, 0.80, 0.15),
    "cloud-1": Generator("sequential and random phases in turn", patterns.phases, 0.80, 0.20),
    "cloud-2": Generator("sequential runs among random lines", patterns.tenants, 0.80, 0.18),
    "triad": Generator(
        "STREAM's triad: two arrays are read, one is written", kernels.triad, None, 0.25
    ),
    "gups": Generator("random lines are read and written back", kernels.gups, None, 0.15),
    "pointer-chase": Generator(
        "each read says where the next one goes; played closed",
        kernels.pointer_chase,
        None,
        0.02,
        player=Player("closed", max_outstanding=1, dependent=True),
    ),
    "tiled-matmul": Generator(
        "a matrix product, tile by tile",
        kernels.matrix_product,
        None,
        0.22,
        requests=100_000,
        footprint=2**24,
    ),
    "embedding-gather": Generator(
        "bags of rows from embedding tables, some of them popular",
        kernels.embedding_gather,
        None,
        0.18,
        footprint=2**28,
    ),
    "transformer-decode": Generator(
        "an LLM's weights and its keys and values so far, once a token",
        transformer.decode,
        None,
        0.25,
        requests=100_000,
        footprint=2**24,
    ),
    "transformer-prefill": Generator(
        "an LLM's weights, once a block of the prompt's tokens",
        transformer.prefill,
        None,
        0.22,
        requests=100_000,
        footprint=2**24,
    ),
}
"""Every generator by name."""
