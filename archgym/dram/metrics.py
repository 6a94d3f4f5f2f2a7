"""The metrics that simulators report, with their units.

A simulator reports those it can measure and leaves out the rest: without currents there is no
energy, without reads no read latency, and no counts of commands that the device does not have. So
the metrics depend on the workload, and are the same for all designs.

The latency of a request is the time from its *arrival* in the trace, or in closed-loop replay from
when it is made, to the end of its response (of the last one, if it is cut into bursts). Percentiles
come from a histogram, so that memory does not grow with the trace: the element at index
floor(q * (n - 1)) of the sorted latencies, exact below 2^15 and rounded down by less than 1 part in
16,384 above. Latencies are counted in picoseconds there, service latencies in clock cycles.
"""

from collections.abc import Mapping
from pathlib import Path

from archgym.documents import read_toml
from archgym.metric import Metric

DECLARATIONS = Path(__file__).parent / "metrics.toml"
"""Where they are declared, for Python and C++ alike."""

_IS_LOWER_BETTER = {True: True, False: False, "neither": None}

METRICS: dict[str, Metric] = {
    name: Metric(
        name,
        declared["unit"],
        declared["description"].strip(),
        _IS_LOWER_BETTER[declared.get("lower_is_better", True)],
    )
    for name, declared in read_toml(DECLARATIONS).items()
}
"""Every metric by name."""


# Within 128 refresh intervals, a controller that postpones eight refreshes, as many as standards
# allow, owes at most this share of those that are due: too little to win by.
_SETTLED = 8 / 128


def refreshes_left_out(metrics: Mapping[str, float]) -> str | None:
    """Says how many of the refreshes due a run ended without, or `None` if there are none."""
    owed = metrics.get("refreshes_owed", 0.0)
    if not owed > 0:
        return None
    issued = [
        value for name, value in metrics.items() if name.startswith("commands_ref") and value > 0
    ]
    due = owed + sum(issued)
    text = f"owes {owed:,.0f} of {due:,.0f} refreshes"
    return f"{text}: too short to judge postponing" if owed > _SETTLED * due else text
