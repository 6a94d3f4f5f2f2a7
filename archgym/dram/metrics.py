"""The metrics that simulators report, with their units.

A simulator reports those it can measure and leaves out the rest: without currents there is no
energy, and without reads no read latency. The latency of a request is the time from its *arrival*
in the trace to the end of its response (of the last one, if it is cut into bursts).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: Its name, which ends with its unit unless it is a count.
        unit: `ns`, `nJ`, `mW`, `GB/s`, or empty for a count.
        description: What it measures.
        lower_is_better: Whether less of it is better; `None` where neither is.
    """

    name: str
    unit: str
    description: str
    lower_is_better: bool | None = True


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("runtime_ns", "ns", "end of the last response"),
        Metric("latency_ns", "ns", "mean latency: end of response - arrival"),
        Metric("latency_p50_ns", "ns", "median latency"),
        Metric("latency_p99_ns", "ns", "99th percentile of the latency"),
        Metric("latency_max_ns", "ns", "largest latency"),
        Metric("read_latency_ns", "ns", "mean latency of reads"),
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
        Metric("energy_background_nj", "nJ", "energy of standby, power-down and self-refresh"),
        Metric("bandwidth_gb_per_s", "GB/s", "bytes asked for / runtime", lower_is_better=False),
        Metric("row_hits", "", "accesses to a row that was open for another request", False),
        Metric("row_misses", "", "accesses that found their bank closed"),
        Metric("row_conflicts", "", "accesses that found another row open in their bank"),
        Metric("commands_act", "", "activates (ACT)"),
        Metric("commands_rd", "", "reads (RD)", None),
        Metric("commands_rda", "", "reads with auto-precharge (RDA)", None),
        Metric("commands_wr", "", "writes (WR)", None),
        Metric("commands_wra", "", "writes with auto-precharge (WRA)", None),
        Metric("commands_prepb", "", "precharges of one bank (PREPB)"),
        Metric("commands_preab", "", "precharges of all banks (PREAB)"),
        Metric("commands_refab", "", "refreshes of all banks (REFAB)"),
        Metric("refreshes_owed", "", "refreshes postponed and not made up for at the end"),
        Metric("refresh_debt_ns", "ns", "time that the refreshes owed would take: each tRFC"),
        Metric("refresh_debt_nj", "nJ", "energy that the refreshes owed would take"),
        Metric("queue_entries", "", "hardware cost: request-buffer entries over all banks"),
    )
}
"""Every metric by name."""
