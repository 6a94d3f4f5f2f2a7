"""DRAM standards as data: one table of timing constraints each."""

from archgym.dram.standards import ddr3, ddr4, ddr5, gddr6, hbm2, hbm3, lpddr4, lpddr5
from archgym.dram.standards.constraint import COMMANDS, Rules, Standard, TimingConstraint

_MODULES = (ddr3, ddr4, ddr5, lpddr4, lpddr5, gddr6, hbm2, hbm3)

STANDARDS: dict[str, Standard] = {module.STANDARD.name: module.STANDARD for module in _MODULES}
"""Every standard by its name in a device's `memoryType`."""

__all__ = ["COMMANDS", "STANDARDS", "Rules", "Standard", "TimingConstraint"]
