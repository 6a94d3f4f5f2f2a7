"""The metrics that simulators report, with their units.

A simulator reports those it can measure and leaves out the rest: without currents there is no
energy, without reads no read latency, and no counts of commands that the device does not have. So
the metrics depend on the workload, and are the same for all designs.

The latency of a request is the time from its *arrival* in the trace, or in closed play from when it
is made, to the end of its response (of the last one, if it is cut into bursts). Percentiles come
from a histogram, so that memory does not grow with the trace: the element at index
floor(q * (n - 1)) of the sorted latencies, exact below 2^15 and rounded down by less than 1 part in
16,384 above. Latencies are counted in picoseconds there, service latencies in clock cycles.
"""

from collections.abc import Mapping

from archgym.metric import Metric

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("runtime_ns", "ns", "end of the last response"),
        Metric("latency_ns", "ns", "mean latency: end of response - arrival"),
        Metric("latency_p50_ns", "ns", "median latency"),
        Metric("latency_p99_ns", "ns", "99th percentile of the latency"),
        Metric("latency_max_ns", "ns", "largest latency"),
        Metric("read_latency_ns", "ns", "mean latency of reads"),
        Metric("read_latency_p99_ns", "ns", "99th percentile of the latency of reads"),
        Metric("write_latency_ns", "ns", "mean latency of writes"),
        Metric(
            "service_latency_ns",
            "ns",
            "mean of end of response - begin of the controller's acceptance; hides the wait at "
            "the door, so it is for validation and never an objective",
        ),
        Metric("service_latency_p99_ns", "ns", "99th percentile of the service latency"),
        Metric("service_latency_max_ns", "ns", "largest service latency"),
        Metric("energy_nj", "nJ", "energy of the DRAM core, without its interface"),
        Metric("power_mw", "mW", "energy / runtime"),
        Metric("energy_activate_nj", "nJ", "energy of activates"),
        Metric("energy_precharge_nj", "nJ", "energy of precharges"),
        Metric("energy_read_nj", "nJ", "energy of reads"),
        Metric("energy_write_nj", "nJ", "energy of writes"),
        Metric("energy_refresh_nj", "nJ", "energy of refreshes"),
        Metric("energy_background_nj", "nJ", "energy of standby"),
        Metric("energy_power_down_nj", "nJ", "energy of power-down"),
        Metric("energy_self_refresh_nj", "nJ", "energy of self-refresh"),
        Metric("bandwidth_gb_per_s", "GB/s", "bytes asked for / runtime", lower_is_better=False),
        Metric(
            "bus_bandwidth_gb_per_s",
            "GB/s",
            "bytes moved on the data bus, in whole bursts / runtime",
            lower_is_better=False,
        ),
        Metric("row_hits", "", "accesses to a row that was open for another request", False),
        Metric("row_misses", "", "accesses that found their bank closed"),
        Metric("row_conflicts", "", "accesses that found another row open in their bank"),
        Metric("commands_act", "", "activates (ACT)"),
        Metric("commands_prepb", "", "precharges of one bank (PREPB)"),
        Metric("commands_rd", "", "reads (RD)", None),
        Metric("commands_rda", "", "reads with auto-precharge (RDA)", None),
        Metric("commands_wr", "", "writes (WR)", None),
        Metric("commands_wra", "", "writes with auto-precharge (WRA)", None),
        Metric("commands_refpb", "", "refreshes of one bank (REFPB)"),
        Metric("commands_refp2b", "", "refreshes of a pair of banks (REFP2B)"),
        Metric("commands_refsb", "", "refreshes of the same bank of every bank group (REFSB)"),
        Metric("commands_presb", "", "precharges of the same bank of every bank group (PRESB)"),
        Metric("commands_preab", "", "precharges of all banks (PREAB)"),
        Metric("commands_refab", "", "refreshes of all banks (REFAB)"),
        Metric("commands_pdea", "", "entries to power-down with a row open (PDEA)", None),
        Metric("commands_pdxa", "", "exits from it (PDXA)", None),
        Metric("commands_pdep", "", "entries to power-down with all banks precharged (PDEP)", None),
        Metric("commands_pdxp", "", "exits from it (PDXP)", None),
        Metric("commands_srefen", "", "entries to self-refresh (SREFEN)", None),
        Metric("commands_srefex", "", "exits from it (SREFEX)", None),
        Metric(
            "refreshes_owed",
            "",
            "refreshes due by the end and not done, over all ranks and channels; none falls due in "
            "self-refresh",
        ),
        Metric(
            "refresh_debt_ns",
            "ns",
            "time that they would take, each tRFC: of the rank that owes most, as ranks and "
            "channels refresh side by side",
        ),
        Metric("refresh_debt_nj", "nJ", "energy that they would take, all together"),
        Metric("queue_entries", "", "hardware cost: request-buffer entries over all banks"),
    )
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
