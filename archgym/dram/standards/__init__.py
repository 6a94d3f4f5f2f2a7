"""DRAM standards as data: one table of timing constraints each."""

from archgym.dram.standards import ddr3, ddr4
from archgym.dram.standards.constraint import COMMANDS, Rules, Standard, TimingConstraint

STANDARDS: dict[str, Standard] = {
    standard.name: standard for standard in (ddr3.STANDARD, ddr4.STANDARD)
}
"""Every standard by its name in a device's `memoryType`."""

__all__ = ["COMMANDS", "STANDARDS", "Rules", "Standard", "TimingConstraint"]
