"""The index of the workloads: all of them side by side."""

from collections.abc import Mapping
from typing import Any

from archgym.dram.features import FEATURES
from archgym.dram.trace_statistics import TraceStatistics
from experiments.workloads.markdown import table

HEADER = """# Bundled workloads

Each is a recording of a real program: what its caches left for memory to do. To play one:
`archgym.Workload.load(NAME)` or `--trace NAME`. These pages: `python -m experiments.workloads`.
"""


def overview(
    device: str,
    manifest: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, TraceStatistics],
    metrics: Mapping[str, Mapping[str, float]],
) -> str:
    """Returns the section that compares the workloads in figures."""

    def row(name: str) -> tuple[str, ...]:
        values = found[name].values
        bandwidth = values.get("bandwidth_gb_per_s")
        return (
            f"[{name}]({name}.md)",
            str(manifest[name]["description"]),
            f"{values['requests']:,}",
            f"{values['footprint_bytes'] / 2**20:.1f}",
            f"{100 * values['read_share']:.0f}",
            "" if bandwidth is None else f"{bandwidth:.2f}",
            f"{100 * values['row_hit_share']:.0f}",
            f"{100 * values['reuse_share']:.0f}",
            f"{metrics[name]['latency_ns']:,.0f}",
            f"{metrics[name]['latency_p99_ns']:,.0f}",
            f"{metrics[name]['power_mw']:,.0f}",
        )

    rows = table(
        (
            "workload",
            "",
            "requests>",
            "footprint (MiB)>",
            "reads (%)>",
            "asked for (GB/s)>",
            "row open (%)>",
            "touched again (%)>",
            "latency (ns)>",
            "p99 (ns)>",
            "power (mW)>",
        ),
        (row(name) for name in sorted(found)),
    )
    return f"""{rows}
*Row open*: of the bursts, served in order with rows left open on `{device}`. *Touched again*: of
the accesses to lines of 64 bytes, those to a line seen before. Latency and power are the default
design's on `{device}`; each page has more.
"""


def feature_section(device: str, found: Mapping[str, TraceStatistics]) -> str:
    """Returns the section on the features: their values, and what they mean."""
    names = sorted(found)
    values = table(
        ("feature", *(f"{name}>" for name in names)),
        (
            (f"`{feature}`", *(f"{found[name].features[feature]:.2f}" for name in names))
            for feature in FEATURES
        ),
    )
    meanings = table(("feature", ""), ((f"`{name}`", text) for name, text in FEATURES.items()))
    return f"""## Features

`workload.features` has these numbers of any trace, in this order: environments show them to agents,
and proxies learn from them. Each lies in 0 to 1 (`length` and `footprint` exceed it beyond 10^8
bursts and 1 TiB), and depends on the trace, its player and the device alone. On `{device}`:

{values}
A *touch* is a request's access to one line of 64 bytes; its *reuse distance* is the number of other
lines touched since the last touch of that line; windows are 64 successive bursts or touches.

{meanings}"""
