"""Counts what two levels of caches do, and what that costs in time, energy and area."""

import csv
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, ClassVar, NamedTuple

from archgym.errors import ArchgymError
from archgym.fingerprint import hash_sources, read_sources
from archgym.metric import Metric
from archgym.parameter import Design
from archgym.simulator import Failure, Metrics, Outcome, Simulator
from archgym.traces.recorder import CacheHierarchy, CacheSize
from cache_gym.space import SPACE
from cache_gym.workload import AccessTrace

_METRICS = (
    Metric("amat_ns", "ns", "mean time of an access"),
    Metric("energy_nj", "nJ", "energy of all accesses, that of the memory included"),
    Metric("area_mm2", "mm2", "area of both caches"),
    Metric("l1_misses", "", "accesses that the first level did not have"),
    Metric("l2_misses", "", "accesses that the second level did not have either"),
    Metric("l2_mpki", "", "misses of the second level in 1,000 instructions"),
    Metric("write_backs", "", "lines written to memory"),
    Metric("prefetches", "", "lines fetched from memory unasked", None),
    Metric("useful_prefetches", "", "those that were asked for later", None),
)
METRICS = {metric.name: metric for metric in _METRICS}

# Hennessy & Patterson, Computer Architecture: A Quantitative Approach, 5th edition, figure 2.1: a
# memory responds within 50 to 100 ns. Its bus is DDR3-1600's, of 64 bits (JEDEC JESD79-3).
MEMORY_NS = 75.0
MEMORY_BYTES_PER_NS = 12.8
# Horowitz, Computing's Energy Problem, ISSCC 2014, figure 1.1.9: at 45 nm, 8 bytes from DRAM take
# 1.3 to 2.6 nJ. Of lines, most bytes are in an open row.
MEMORY_NJ_PER_BYTE = 1.3 / 8


class Figures(NamedTuple):
    """What CACTI says of a cache at 45 nm; the README has the version and the settings."""

    access_ns: float
    read_nj: float
    write_nj: float
    leakage_mw: float
    area_mm2: float


_CACTI = (files(__package__) / "cacti.csv").read_text(encoding="utf-8")
# By level, size in KiB, ways and bytes of a line.
FIGURES = {
    tuple(map(int, row[:4])): Figures(*map(float, row[4:]))
    for row in list(csv.reader(_CACTI.splitlines()))[1:]
}


class CacheSimulator(Simulator):
    """Plays accesses to caches; a level is asked once the one before it has missed."""

    name: ClassVar[str] = "cache"
    version = hash_sources(read_sources(["cache_gym"]), _CACTI, CacheHierarchy.version)
    parameters = SPACE.parameters
    metrics = frozenset(METRICS)

    def evaluate(self, designs: Sequence[Design], workload: Any) -> list[Outcome]:
        """Plays the accesses to the caches of each design; see `Simulator.evaluate`."""
        return [self._outcome(design, workload) for design in designs]

    def _outcome(self, design: Design, workload: Any) -> Outcome:
        if not isinstance(workload, AccessTrace):
            return Failure("unsupported", f"caches take accesses of a program, not {workload}")
        try:
            return _measure(SPACE.canonical(design), workload)
        except ArchgymError as error:
            return Failure("invalid", str(error))


def _measure(design: Design, trace: AccessTrace) -> Metrics:
    line = design["line_bytes"]
    caches = CacheHierarchy(
        [CacheSize(1024 * design[f"{each}_kib"], design[f"{each}_ways"]) for each in ("l1", "l2")],
        line_bytes=line,
        **{name: design[name] for name in ("inclusion", "prefetcher", "degree")},
    )
    for part in (slice(trace.warm_up), slice(trace.warm_up, None)):
        l1, l2 = caches.play(trace.address[part], trace.size[part], trace.is_write[part])
    first = FIGURES[1, design["l1_kib"], design["l1_ways"], line]
    second = FIGURES[2, design["l2_kib"], design["l2_ways"], line]
    memory_ns = MEMORY_NS + line / MEMORY_BYTES_PER_NS
    time_ns = l1.accesses * first.access_ns + l1.misses * second.access_ns + l2.misses * memory_ns
    writes = int(trace.is_write[trace.warm_up :].sum())
    # Lines that come from memory go past the second level where it is exclusive.
    filled = l2.prefetches + (0 if design["inclusion"] == "exclusive" else l2.fills)
    moved = l2.fills + l2.prefetches + l2.write_backs
    energy_nj = (
        (l1.accesses - writes + l1.write_backs) * first.read_nj
        + (writes + l1.fills) * first.write_nj
        + (l2.accesses + l2.write_backs) * second.read_nj
        + (l1.write_backs + filled) * second.write_nj
        + moved * line * MEMORY_NJ_PER_BYTE
        + (first.leakage_mw + second.leakage_mw) * time_ns * 1e-3
    )
    return {
        "amat_ns": time_ns / l1.accesses,
        "energy_nj": energy_nj,
        "area_mm2": first.area_mm2 + second.area_mm2,
        "l1_misses": float(l1.misses),
        "l2_misses": float(l2.misses),
        "l2_mpki": 1000 * l2.misses / trace.instructions,
        "write_backs": float(l2.write_backs),
        "prefetches": float(l2.prefetches),
        "useful_prefetches": float(l2.useful_prefetches),
    }
