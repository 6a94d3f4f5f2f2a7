"""The embedded simulator: a cycle-exact DRAM controller in C++, event by event."""

from archgym.simulators.native.simulator import COMMANDS, Native

__all__ = ["COMMANDS", "Native"]
