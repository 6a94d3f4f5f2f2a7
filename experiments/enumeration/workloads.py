"""The workloads whose every design is simulated.

Recordings are cut to 12,000 requests from where the program is at its work; `matmul` where that
lasts more than 128 refresh intervals, so that its latency too is to be relied on.
"""

from archgym.study.parts import WorkloadSpec


def _stretch(name: str, first: int) -> WorkloadSpec:
    return WorkloadSpec(name, (("first", first), ("requests", 12_000)))


REPORT = {
    "stream": WorkloadSpec("stream"),
    "random": WorkloadSpec("random"),
    "cloud-1": WorkloadSpec("cloud-1"),
    "cloud-2": WorkloadSpec("cloud-2"),
    "sqlite": _stretch("sqlite", 40_000),
    "pagerank": _stretch("pagerank", 200_000),
    "llm-decode": _stretch("llm-decode", 100_000),
    "matmul": _stretch("matmul", 210_000),
}
"""Those that results are reported on, by the name of their table."""

DEVELOPMENT = {
    "mixed": WorkloadSpec("mixed"),
    "bursty": WorkloadSpec("bursty"),
    "zipf": WorkloadSpec("zipf"),
    "json": _stretch("json", 100_000),
}
"""Those that agents' defaults may be tuned on, kept apart so that the reports stay fair."""

WORKLOADS = REPORT | DEVELOPMENT
