"""Which modules decide what any simulator measures, besides its own."""

SYSTEM = tuple(
    f"archgym.dram.{name}"
    for name in (
        "address_mapping",
        "controller",
        "device",
        "device_keys",
        "device_rules",
        "gf2",
        "mapping_family",
        "organization",
        "player",
        "section",
        "standards",
        "system",
        "trace",
        "trace_clock",
        "workload",
    )
)
"""Those that make a memory system of a device, and bursts in it of a trace.

Devices and traces are told apart by a workload's id.
"""
