"""Seeded synthetic traces: a pattern of addresses or a kernel, and a process of arrivals.

A new generator is one more entry of `GENERATORS`; a new pattern, kernel or process is one more
function. Addresses are those of 64-byte lines; patterns and processes draw from random streams of
their own, so that changing the intensity or the read share leaves the addresses as they are.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from archgym.errors import ArchgymError, unknown
from archgym.traces.generators.catalogue import GENERATORS, Generator
from archgym.traces.generators.kernels import Accesses
from archgym.traces.generators.options import LINE, MEANINGS, check, defaults, merged
from archgym.traces.trace import Trace

__all__ = ["GENERATORS", "MEANINGS", "Generator", "generate"]


def generate(name: str, **options: Any) -> Trace:
    """Makes a synthetic trace; the same arguments give the same trace.

    Args:
        name: One of `GENERATORS`.
        options: Those of the generator; `MEANINGS` says what each is. All have `requests`,
            `intensity`, `footprint` and `seed`.

    Raises:
        ArchgymError: The name or an option is not known, an option is out of range, or the trace
            does not fit into memory.
    """
    if name not in GENERATORS:
        raise unknown("generator", name, GENERATORS)
    generator = GENERATORS[name]
    values = merged(name, generator.options, options)
    check("requests", values["requests"], values["requests"] >= 1, "1 or more")
    check("footprint", values["footprint"], values["footprint"] >= LINE, f"{LINE} or more")
    check("intensity", values["intensity"], values["intensity"] >= 1e-9, "1e-9 or more")
    check("seed", values["seed"], values["seed"] >= 0, "0 or more")

    try:
        return _draw(name, generator, values)
    except MemoryError as error:
        raise ArchgymError(f"trace {name} does not fit into memory: {error}") from error


def _draw(name: str, generator: Generator, values: Mapping[str, Any]) -> Trace:
    """Makes a trace of all of a generator's options."""
    requests, lines = values["requests"], values["footprint"] // LINE
    where, which, when = np.random.default_rng(values["seed"]).spawn(3)
    drawn = generator.pattern(where, requests, lines, **_own(generator.pattern, values))
    if not isinstance(drawn, Accesses):
        share = values["read_share"]
        check("read_share", share, 0 <= share <= 1, "from 0 to 1")
        drawn = Accesses(drawn % lines, which.random(requests) >= share)
    if math.isinf(values["intensity"]):
        arrival_ns = np.zeros(requests)
    else:
        own = _own(generator.arrivals, values)
        arrival_ns = generator.arrivals(when, requests, 1 / values["intensity"], **own)
    if arrival_ns[-1] * 1000 >= 2**63:
        raise ArchgymError(
            f"trace {name} would end after {arrival_ns[-1]:.3g} ns, beyond what picoseconds hold"
        )
    return Trace(
        arrival_ps=np.rint(arrival_ns * 1000).astype(np.int64),
        address=drawn.line.astype(np.uint64) * np.uint64(LINE),
        is_write=drawn.is_write,
        size=LINE,
        initiator=drawn.initiator,
        player=generator.player,
        name=name,
    )


def _own(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in defaults(function)}
