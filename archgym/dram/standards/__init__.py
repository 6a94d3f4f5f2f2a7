"""DRAM standards as data: one table of timing constraints each."""

from archgym.dram.standards import ddr3, ddr4
from archgym.dram.standards.constraint import Standard, TimingConstraint

STANDARDS: dict[str, Standard] = {"DDR3": ddr3.STANDARD, "DDR4": ddr4.STANDARD}

__all__ = ["STANDARDS", "Standard", "TimingConstraint"]
