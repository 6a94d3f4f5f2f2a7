"""Which modules decide what any simulator measures, besides its own."""

SYSTEM = tuple(
    f"archgym.dram.{name}"
    for name in (
        "address_mapping",
        "controller",
        "device",
        "gf2",
        "mapping_family",
        "organization",
        "player",
        "standards",
        "system",
        "trace",
        "workload",
    )
)
"""Those that make a memory system of a device, and bursts in it of a trace.

Devices and traces are told apart by a workload's id.
"""
