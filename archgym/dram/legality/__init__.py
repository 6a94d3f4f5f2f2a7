"""Checks DRAM commands against the standards, independently of the simulator that issued them.

The rules are written as JEDEC's standards state them: from the end of write data, from the start of
an internal precharge, by occupancy of the data bus. A simulator derives command-to-command
distances from the same device data; that both agree is the point of this package, so it takes
nothing but the data and the names of commands from elsewhere.
"""

from archgym.dram.legality.checker import check
from archgym.dram.legality.violation import Violation

__all__ = ["Violation", "check"]
