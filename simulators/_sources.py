"""Which modules decide what any simulator measures, besides its own."""

SYSTEM = (
    "archgym.dram.address_mapping",
    "archgym.dram.controller",
    "archgym.dram.device",
    "archgym.dram.device_keys",
    "archgym.dram.device_rules",
    "archgym.dram.gf2",
    "archgym.dram.mapping_family",
    "archgym.dram.organization",
    "archgym.dram.played_trace",
    "archgym.traces.player",
    "archgym.dram.section",
    "archgym.dram.standards",
    "archgym.dram.system",
    "archgym.traces.trace",
    "archgym.traces.clock",
    "archgym.dram.workload",
    "archgym.parameter",
)
"""Those that make a memory system of a device, and bursts in it of a trace.

Devices and traces are told apart by a workload's id.
"""
