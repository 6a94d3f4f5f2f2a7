"""Open- and closed-loop replay of the same traces."""

from collections.abc import Mapping

from archgym.dram.trace_statistics import TraceStatistics
from archgym.dram.workload import Workload
from archgym.simulators import simulate
from archgym.traces.player import OPEN, Player
from experiments.workloads.markdown import table

PLAYERS = (OPEN, Player("closed", 4), Player("closed", 16), Player("closed", 64))


def compared(workloads: Mapping[str, Workload], found: Mapping[str, TraceStatistics]) -> list[str]:
    """Returns the names of three workloads: the one that asks for least, the median and the most.

    Only those count that are meant to be played open.
    """
    by_load = sorted(
        (found[name].features["load"], name)
        for name, workload in workloads.items()
        if workload.player == OPEN
    )
    names = [name for _, name in by_load]
    return [names[index] for index in sorted({0, len(names) // 2, len(names) - 1})]


def comparison(device: str, workloads: Mapping[str, Workload], names: list[str]) -> str:
    """Returns the section that compares open-loop with closed-loop replay."""
    rows = []
    for name in names:
        original = workloads[name]
        for player in PLAYERS:
            metrics = simulate({}, Workload(original.system, original.trace, player))
            rows.append(
                (
                    name,
                    str(player),
                    f"{metrics['latency_ns']:,.1f}",
                    f"{metrics['latency_p99_ns']:,.1f}",
                    f"{metrics['runtime_ns'] / 1000:,.1f}",
                    f"{metrics['bandwidth_gb_per_s']:.2f}",
                )
            )
    columns = ("workload", "play", "latency (ns)>", "p99 (ns)>", "runtime (us)>", "GB/s>")
    return f"""## Open- and closed-loop replay

The default design on `{device}`. Played open, requests come when the recorded program made them,
however slow the memory is: the runtime can't fall below the recording's, and the latency shows how
bursts of requests pile up; where they ask for more than the memory can do, it grows with the length
of the trace. Played closed, an initiator has at most so many requests in flight and makes the next
one as soon as a response is there: the runtime shows how fast the memory can be, and the latency
grows with the requests that may wait. A program lies between the two. Compared are the workloads
that ask for the least bandwidth, the median and the most.

{table(columns, rows)}"""
